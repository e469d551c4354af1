import { settleFindings } from '../../core/check/order';
import { withLevels } from '../../core/check/checkInstructions';
import { defaultConfig } from '../../core/config';
import type { Finding } from '../../core/findings';
import type { InstructionFile } from '../../core/instructions/model';
import { lintText } from '../../core/prompts/lint/lintText';
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
  const diagnostics = services.own(createFindingDiagnostics('context-cache-prompts', uriOf));
  /** A file that was not read again is the same object, so it is linted once. */
  const linted = new WeakMap<InstructionFile, readonly Finding[]>();

  const lintOf = (file: InstructionFile): readonly Finding[] => {
    const before = linted.get(file);
    if (before !== undefined) {
      return before;
    }
    const found = lintText({ text: file.source.text, kind: 'instruction', location: file.location });
    linted.set(file, found);
    return found;
  };
  const show = async (signal: AbortSignal): Promise<void> => {
    const configs = await readFolderConfigs(signal);
    const files = (instructions?.indexed?.files ?? []).filter(({ realPath, path }) => realPath === path);
    const ofFiles = files.flatMap((file) => {
      const folder = configs.find((config) => config.folder.uri.toString() === file.rootId);
      return withLevels(lintOf(file), folder?.config ?? configs[0]?.config ?? defaultConfig);
    });
    const ofPrompts = model.snapshot.prompts.flatMap(({ findings }) => findings);
    diagnostics.show(settleFindings([...model.snapshot.providerFindings, ...ofPrompts, ...ofFiles]));
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
