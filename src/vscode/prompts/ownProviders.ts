import { homedir } from 'node:os';
import { Uri, workspace } from 'vscode';
import { UserError, describeError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import { loadProviders } from '../../core/prompts/providers';
import type { ProviderTable } from '../../core/prompts/providers';
import { asSource } from '../fileSystemErrors';
import { locationOf } from '../instructions/editorFiles';
import type { Services } from '../services';

export const providersSetting = 'contextCache.prompts.providersFile';

/** Prices and limits in force, and what is wrong with the person's own file: then the built-in ones count alone. */
export interface ReadProviders {
  readonly table: ProviderTable;
  readonly findings: readonly Finding[];
  /** Of the person's own file; undefined when none is set. */
  readonly uri: Uri | undefined;
}

/** Reads the file that the setting names, merged over the built-in table. */
export async function readProviders({ settings }: Services, signal: AbortSignal): Promise<ReadProviders> {
  const uri = placeOf(settings.get(providersSetting).trim());
  if (uri === undefined) {
    return { table: loadProviders(), findings: [], uri };
  }
  const location = locationOf(uri);
  try {
    const bytes = await asSource(uri, signal, () => workspace.fs.readFile(uri));
    return { table: loadProviders({ text: new TextDecoder().decode(bytes), location }), findings: [], uri };
  } catch (error) {
    if (!(error instanceof UserError) || signal.aborted) {
      throw error;
    }
    const message = `Prices and limits of your own are not used: ${describeError(error)}`;
    const finding: Finding = { id: 'providers', severity: 'error', message, path: location };
    return { table: loadProviders(), findings: [finding], uri };
  }
}

/** Absolute, below the home folder, or below the (first) workspace folder. */
function placeOf(setting: string): Uri | undefined {
  if (setting === '') {
    return undefined;
  }
  if (setting.startsWith('~/') || setting.startsWith('~\\')) {
    return Uri.joinPath(Uri.file(homedir()), setting.slice(2));
  }
  if (/^(?:\/|[A-Za-z]:[\\/])/.test(setting)) {
    return Uri.file(setting);
  }
  const [folder] = workspace.workspaceFolders ?? [];
  return folder === undefined ? undefined : Uri.joinPath(folder.uri, setting);
}
