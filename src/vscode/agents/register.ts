import { letGo, registerCommand } from '../commands';
import { createFindingDiagnostics } from '../findingDiagnostics';
import { uriOf } from '../instructions/editorFiles';
import type { InstructionsModel } from '../instructions/instructionsModel';
import type { SandboxTools } from '../sandboxes/sandboxTools';
import type { Services } from '../services';
import { checkWorkspace } from './commands/checkWorkspace';
import { connectAgents } from './commands/connectAgents';
import { registerLanguageModelTools } from './languageModelTools';
import { registerMcpProvider } from './mcpProvider';
import { createProposedTexts } from './proposedTexts';
import { createWorkspaceCheck, notShownYet } from './workspaceCheck';

/** The doors for agents inside the editor and beside it, and the check that CI makes. */
export function registerAgents(services: Services, instructions: InstructionsModel, sandboxes: SandboxTools): void {
  const { library, history, store } = sandboxes;
  registerMcpProvider(services, sandboxes);
  registerLanguageModelTools(services, { library, history });
  const proposed = createProposedTexts(services);
  registerCommand(services, 'contextCache.connectAgents', async () => connectAgents(services, proposed));

  const check = services.own(createWorkspaceCheck(services, { instructions, library, history }));
  const diagnostics = services.own(createFindingDiagnostics(services, 'context-cache-check', uriOf));
  let shown = Promise.resolve();
  services.own(
    check.onDidChange(() => {
      const show = async (): Promise<void> =>
        diagnostics.show(await notShownYet(check.findings, instructions.snapshot.findings, services));
      shown = show();
      letGo(services, 'Showing what the check found', shown);
    }),
  );
  for (const event of [instructions.onDidChange, library.onDidChange, store.onDidChange]) {
    services.own(
      (event as typeof instructions.onDidChange)(() => {
        check.request();
      }),
    );
  }
  registerCommand(services, 'contextCache.checkWorkspace', async () => {
    const findings = await checkWorkspace(services, check, instructions);
    await shown.catch(() => undefined);
    return findings;
  });
}
