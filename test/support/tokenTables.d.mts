export function mochaGlobalSetup(): Promise<void>;
