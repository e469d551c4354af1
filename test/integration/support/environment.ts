/** What the run of the integration tests tells the extension host through environment variables. */
export interface TestEnvironment {
  /** The folder below `test/integration` whose tests are run. */
  readonly profile: string;
  /** A folder with untouched copies of the profile's fixtures, each under its name. */
  readonly pristine: string;
  readonly reportPort: number;
  readonly projectRoot: string;
  readonly grep: string | undefined;
}

const prefix = 'CONTEXT_CACHE_TEST_';

/** The variables to start VS Code with. */
export function toVariables(environment: TestEnvironment): Record<string, string> {
  return {
    [`${prefix}PROFILE`]: environment.profile,
    [`${prefix}PRISTINE`]: environment.pristine,
    [`${prefix}REPORT_PORT`]: String(environment.reportPort),
    [`${prefix}ROOT`]: environment.projectRoot,
    ...(environment.grep === undefined ? {} : { [`${prefix}GREP`]: environment.grep }),
  };
}

/** Reads them again inside the extension host. */
export function testEnvironment(): TestEnvironment {
  const required = (name: string): string => {
    const value = process.env[prefix + name];
    if (value === undefined) {
      throw new Error(`${prefix}${name} is not set: start these tests with «npm run test:integration».`);
    }
    return value;
  };
  return {
    profile: required('PROFILE'),
    pristine: required('PRISTINE'),
    reportPort: Number(required('REPORT_PORT')),
    projectRoot: required('ROOT'),
    grep: process.env[`${prefix}GREP`],
  };
}
