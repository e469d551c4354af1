import { posix } from 'node:path';
import { Uri, workspace } from 'vscode';
import { isSourceError } from '../../../core/errors';
import { lockFileName, parseLock } from '../../../core/prompts/lock';
import type { MeasuredPrompt } from '../../../core/prompts/measure';
import type { LockRevision } from '../../../core/prompts/report/history';
import { lockRevisions } from '../../../core/prompts/report/lockHistory';
import type { PromptReport } from '../../../core/prompts/report/model';
import { promptReport } from '../../../core/prompts/report/promptReport';
import type { PromptSnapshots } from '../../../core/prompts/versions/snapshots';
import { asSource } from '../../fileSystemErrors';
import { findFiles } from '../../findFiles';
import { locationOf } from '../../instructions/editorFiles';
import type { Services } from '../../services';
import type { PromptsModel } from '../promptsModel';
import { requireCompiled } from '../promptState';
import type { PromptState } from '../promptState';
import { readWorkload } from '../workload';

/** What reports and versions of prompts are made from. */
export interface ReportTools {
  readonly services: Services;
  readonly model: PromptsModel;
  readonly snapshots: PromptSnapshots;
}

/** The report of a prompt as it stands in the editor. Throws a `UserError` when it can't be compiled. */
export async function readReport(tools: ReportTools, prompt: PromptState, signal: AbortSignal): Promise<PromptReport> {
  const { services, model, snapshots } = tools;
  const [first, ...rest] = requireCompiled(prompt).map(({ measured }) => measured);
  const variants: [MeasuredPrompt, ...MeasuredPrompt[]] = [first!, ...rest];
  const revisions = [
    ...(await lockHistory(services, prompt, signal)),
    ...(await snapshots.revisions(locationOf(prompt.uri))),
  ];
  const input = {
    // What could be compiled was resolved.
    prompt: prompt.resolved!,
    variants,
    counter: services.counter,
    providers: model.snapshot.providers,
    workload: readWorkload(services.workspaceState),
    revisions,
  };
  return promptReport(input, { signal, priority: 'visible' });
}

/** The lock file of a prompt: the one beside its manifest, else the first one of the folder. */
export async function findLock(prompt: PromptState): Promise<{ readonly uri: Uri; readonly text: string } | undefined> {
  const name = lockFileName(prompt.name);
  const beside = Uri.joinPath(prompt.uri, '..', name);
  const text = await readText(beside);
  if (text !== undefined) {
    return { uri: beside, text };
  }
  const found = await findFiles(prompt.folder.uri, ['.prompt.lock.json']);
  const uri = found.find(({ path }) => posix.basename(path) === name)?.uri;
  const other = uri === undefined ? undefined : await readText(uri);
  return uri === undefined || other === undefined ? undefined : { uri, text: other };
}

/** Git runs in trusted workspaces on this machine only; the lock file itself is read everywhere. */
async function lockHistory(
  services: Services,
  prompt: PromptState,
  signal: AbortSignal,
): Promise<readonly LockRevision[]> {
  const lock = await findLock(prompt);
  if (canRunGit(services, prompt)) {
    const uri = lock?.uri ?? Uri.joinPath(prompt.uri, '..', lockFileName(prompt.name));
    return lockRevisions(uri.fsPath, lock?.text, signal);
  }
  const parsed = lock === undefined ? undefined : parseLock(lock.text);
  return parsed === undefined ? [] : [{ origin: 'lock', label: lockFileName(prompt.name), at: null, lock: parsed }];
}

/** Whether the prompt lies where Git may be asked about it. */
export function canRunGit(services: Services, { folder }: PromptState): boolean {
  return services.trust.isTrusted && folder.uri.scheme === 'file';
}

async function readText(uri: Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await asSource(uri, undefined, () => workspace.fs.readFile(uri)));
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}
