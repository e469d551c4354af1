import type { OpenOptions, TestHost } from './testHost';
import type { Workbench } from './workbench';

declare module 'mocha' {
  interface Context {
    /** Set by the root hooks of the run. */
    testHost: TestHost;
  }
}

/**
 * Opens one window before the tests of the surrounding `describe` and closes it after them.
 * @returns a function that gives the window, for use inside tests and hooks
 */
export function useWorkbench(options: OpenOptions = {}): () => Workbench {
  let workbench: Workbench | undefined;
  before(async function () {
    workbench = await this.testHost.open(options);
  });
  after(async () => {
    await workbench?.close();
  });
  return () => {
    if (!workbench) {
      throw new Error('The window is only there inside tests and hooks.');
    }
    return workbench;
  };
}

/** The hooks that share a host among all test files, keep a picture of what a failed test saw, and tidy up after it. */
export function rootHooks(host: TestHost): Mocha.RootHookObject {
  return {
    beforeAll(this: Mocha.Context) {
      this.testHost = host;
    },
    async afterEach(this: Mocha.Context) {
      const test = this.currentTest;
      if (test?.state === 'failed') {
        const name = test.fullTitle().replace(/[^\p{L}\p{N}]+/gu, '-');
        await host.screenshotAll(`failed-${name}`.slice(0, 120));
      }
      await host.closeLeftovers();
    },
  };
}
