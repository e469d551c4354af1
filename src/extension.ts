import { ExtensionMode, window } from 'vscode';
import type { ExtensionContext } from 'vscode';
import { describeError } from './core/errors';
import { registerAgents } from './vscode/agents/register';
import { createCachesView } from './vscode/caches/cachesView';
import { registerGeneralCommands } from './vscode/generalCommands';
import { registerInstructions } from './vscode/instructions/register';
import type { Prompts } from './vscode/prompts';
import { registerLocalCaches } from './vscode/localCaches/register';
import { registerPrompts } from './vscode/prompts/register';
import { registerSandboxes } from './vscode/sandboxes/register';
import { createSeedLibrary } from './vscode/sandboxes/seedLibrary';
import { createServices } from './vscode/services';
import type { Services } from './vscode/services';
import { registerSummaries } from './vscode/summaries/register';
import { registerTokens } from './vscode/tokens/register';
import { registerWorkersKv } from './vscode/workersKv/register';

/** What tests inside the editor get hold of: nothing there can answer a dialog. */
export interface TestAccess {
  readonly prompts: Prompts;
}

/** Registers everything, part by part in turns of their own; each part starts its own scanning afterwards. */
export async function activate(context: ExtensionContext): Promise<TestAccess | undefined> {
  const services = createServices(context);
  const failures: string[] = [];
  /** One part that fails must not take the others with it. */
  const attempt = async <Result>(part: string, register: () => Result): Promise<Result | undefined> => {
    await services.turns.next('visible');
    try {
      return register();
    } catch (error) {
      services.log.error(`${part} could not start`, error);
      failures.push(`${part} could not start: ${describeError(error)}`);
      return undefined;
    }
  };

  await attempt('General commands', () => {
    registerGeneralCommands(services, context.extension.id);
  });
  const instructions = await attempt('Instructions', () => registerInstructions(services));
  const measured = await attempt('Tokens', () => registerTokens(services, instructions));
  const library = services.own(createSeedLibrary(services));
  const caches = services.own(createCachesView());
  const sandboxes = await attempt('Sandbox caches', () => registerSandboxes(services, library, caches));
  await attempt('Workers KV', () => {
    registerWorkersKv(services, caches);
  });
  await attempt('Local caches', () => {
    registerLocalCaches(services, caches);
  });
  if (instructions !== undefined && sandboxes !== undefined) {
    await attempt('Agents', () => {
      registerAgents(services, instructions, sandboxes);
    });
  }
  if (sandboxes !== undefined) {
    await attempt('Summaries', () => {
      registerSummaries(services, sandboxes);
    });
  }
  await attempt('Prompts', () => {
    registerPrompts(services, library, instructions, measured);
  });
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
