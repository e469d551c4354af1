import { commands } from 'vscode';
import { registerCommand } from './commands';
import type { Services } from './services';

/** Commands that belong to no view: the walkthrough, the settings, the log. */
export function registerGeneralCommands(services: Services, extensionId: string): void {
  registerCommand(services, 'contextCache.openWalkthrough', async () => {
    await commands.executeCommand('workbench.action.openWalkthrough', `${extensionId}#gettingStarted`, false);
  });
  registerCommand(services, 'contextCache.openSettings', async () => {
    await commands.executeCommand('workbench.action.openSettings', `@ext:${extensionId}`);
  });
  registerCommand(services, 'contextCache.showLog', () => {
    services.log.show();
  });
}
