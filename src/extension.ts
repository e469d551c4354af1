import { ExtensionMode, window } from 'vscode';
import type { ExtensionContext } from 'vscode';
import { describeError } from './core/errors';
import { inTurns } from './core/turns';
import type { Prompts } from './vscode/prompts';
import { createServices } from './vscode/services';
import type { Services } from './vscode/services';

/** What tests inside the editor get hold of: nothing there can answer a dialog. */
export interface TestAccess {
  readonly prompts: Prompts;
}

/**
 * Registers everything, part by part: what a part needs is loaded in turns of the event loop, file by file as the build
 * divides it, and it is registered in another. Each part starts its own scanning afterwards.
 */
export async function activate(context: ExtensionContext): Promise<TestAccess | undefined> {
  const services = createServices(context);
  const { turns } = services;
  const failures: string[] = [];
  /** One part that fails must not take the others with it. */
  const attempt = async <Part, Result>(
    part: string,
    load: () => Promise<Part>,
    register: (loaded: Part) => Result | Promise<Result>,
  ): Promise<Result | undefined> => {
    try {
      await turns.next('visible');
      const loaded = await load();
      await turns.next('visible');
      return await register(loaded);
    } catch (error) {
      services.log.error(`${part} could not start`, error);
      failures.push(`${part} could not start: ${describeError(error)}`);
      return undefined;
    }
  };

  await attempt(
    'General commands',
    async () => import('./vscode/generalCommands'),
    ({ registerGeneralCommands }) => {
      registerGeneralCommands(services, context.extension.id);
    },
  );
  const instructions = await attempt(
    'Instructions',
    async () => {
      // Large, and so a part of the code by itself.
      await import('yaml');
      const { prepareFrontMatter } = await import('./core/instructions/frontMatter');
      await inTurns(prepareFrontMatter(), { turns }, 'visible');
      return import('./vscode/instructions/register');
    },
    async ({ registerInstructions }) => registerInstructions(services),
  );
  const measured = await attempt(
    'Tokens',
    async () => import('./vscode/tokens/register'),
    ({ registerTokens }) => registerTokens(services, instructions),
  );
  const library = await attempt(
    'The library',
    async () => import('./vscode/sandboxes/seedLibrary'),
    ({ createSeedLibrary }) => services.own(createSeedLibrary(services)),
  );
  const caches = await attempt(
    'The view of caches',
    async () => import('./vscode/caches/cachesView'),
    ({ createCachesView }) => services.own(createCachesView()),
  );
  if (library !== undefined && caches !== undefined) {
    const sandboxes = await attempt(
      'Sandbox caches',
      async () => {
        // A part of the code by itself, since it is the larger half.
        await import('./vscode/sandboxes/commands/register');
        return import('./vscode/sandboxes/register');
      },
      async ({ registerSandboxes }) => registerSandboxes(services, library, caches),
    );
    await attempt(
      'Workers KV',
      async () => import('./vscode/workersKv/register'),
      ({ registerWorkersKv }) => {
        registerWorkersKv(services, caches);
      },
    );
    await attempt(
      'Local caches',
      async () => import('./vscode/localCaches/register'),
      ({ registerLocalCaches }) => {
        registerLocalCaches(services, caches);
      },
    );
    if (instructions !== undefined && sandboxes !== undefined) {
      await attempt(
        'Agents',
        async () => import('./vscode/agents/register'),
        ({ registerAgents }) => {
          registerAgents(services, instructions, sandboxes);
        },
      );
    }
    if (sandboxes !== undefined) {
      await attempt(
        'Summaries',
        async () => import('./vscode/summaries/register'),
        ({ registerSummaries }) => {
          registerSummaries(services, sandboxes);
        },
      );
    }
    await attempt(
      'Prompts',
      async () => {
        await import('./vscode/prompts/report/exportReport');
        return import('./vscode/prompts/register');
      },
      async ({ registerPrompts }) => registerPrompts(services, library, instructions, measured),
    );
  }
  if (failures.length > 0) {
    tellFailedStart(services, failures);
  }
  return context.extensionMode === ExtensionMode.Test ? { prompts: services.prompts } : undefined;
}

function tellFailedStart(services: Services, failures: readonly string[]): void {
  const showLog = 'Show Log';
  void window.showErrorMessage(`Context Cache: ${failures.join(' ')}`, showLog).then((choice) => {
    if (choice === showLog) {
      services.log.show();
    }
  });
}
