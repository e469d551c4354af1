import { window } from 'vscode';
import type { ExtensionContext } from 'vscode';
import { describeError } from './core/errors';
import { registerInstructions } from './vscode/instructions/register';
import { registerSandboxes } from './vscode/sandboxes/register';
import { createServices } from './vscode/services';
import type { Services } from './vscode/services';
import { registerTokens } from './vscode/tokens/register';

/** Registers everything, synchronously; each part starts its own scanning afterwards. */
export function activate(context: ExtensionContext): void {
  const services = createServices(context);
  const failures = [
    attempt(services, 'Instructions', registerInstructions),
    attempt(services, 'Tokens', registerTokens),
    attempt(services, 'Sandbox caches', registerSandboxes),
  ].filter((failure) => failure !== undefined);
  if (failures.length > 0) {
    tellFailedStart(services, failures);
  }
}

/** One part that fails must not take the others with it. Returns what failed. */
function attempt(services: Services, part: string, register: (services: Services) => void): string | undefined {
  try {
    register(services);
    return undefined;
  } catch (error) {
    services.log.error(`${part} could not start`, error);
    return `${part} could not start: ${describeError(error)}`;
  }
}

function tellFailedStart(services: Services, failures: readonly string[]): void {
  const showLog = 'Show Log';
  void window.showErrorMessage(`Context Cache: ${failures.join(' ')}`, showLog).then((choice) => {
    if (choice === showLog) {
      services.log.show();
    }
  });
}
