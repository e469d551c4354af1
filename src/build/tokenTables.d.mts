export function buildTokenTables(folder: string): Promise<void>;
