import { settleFindings } from '../../core/check/order';
import { withLevels } from '../../core/check/checkInstructions';
import { defaultConfig } from '../../core/config';
import type { Finding } from '../../core/findings';
import { LintMemory } from '../../core/prompts/lint/lintMemory';
import { takeTurn } from '../../core/turns';
import { createFindingDiagnostics } from '../findingDiagnostics';
import { uriOf } from '../instructions/editorFiles';
import type { InstructionsModel } from '../instructions/instructionsModel';
import { readFolderConfigs } from '../instructions/workspaceConfig';
import { createSingleFlight } from '../singleFlight';
import type { Services } from '../services';
import type { PromptsModel } from './promptsModel';

const settleMs = 100;

/** Shows the findings of manifests, of their parts, and the lint of instruction files in the Problems view. */
export function registerPromptDiagnostics(
  services: Services,
  model: PromptsModel,
  instructions: InstructionsModel | undefined,
): void {
  const diagnostics = services.own(createFindingDiagnostics(services, 'context-cache-prompts', uriOf));
  const lints = instructions?.lints ?? new LintMemory();
  const show = async (signal: AbortSignal): Promise<void> => {
    const configs = await readFolderConfigs(signal);
    const files = (instructions?.indexed?.files ?? []).filter(({ realPath, path }) => realPath === path);
    const work = { signal, turns: services.turns };
    const byRoot = new Map(configs.map(({ folder, config }) => [folder.uri.toString(), config]));
    const ofFiles: Finding[] = [];
    for (const file of files) {
      await takeTurn(work);
      const found = await lints.lint(file, work);
      ofFiles.push(...withLevels(found, byRoot.get(file.rootId) ?? configs[0]?.config ?? defaultConfig));
    }
    const ofPrompts = model.snapshot.prompts.flatMap(({ findings }) => findings);
    const findings = [...model.snapshot.providerFindings, ...ofPrompts, ...ofFiles];
    await diagnostics.show(await settleFindings(findings, work));
  };
  const runner = services.own(
    createSingleFlight(async (signal) => {
      try {
        await show(signal);
      } catch (error) {
        if (!signal.aborted) {
          services.log.error('Showing what is wrong with the prompts', error);
        }
      }
    }, settleMs),
  );
  services.own(
    model.onDidChange(() => {
      runner.request();
    }),
  );
  if (instructions !== undefined) {
    services.own(
      instructions.onDidChange(() => {
        runner.request();
      }),
    );
  }
}
