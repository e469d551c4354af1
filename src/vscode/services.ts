import { homedir } from 'node:os';
import type { Disposable, ExtensionContext, Memento, SecretStorage, Uri } from 'vscode';
import { dataFolderPath } from '../core/dataFolder';
import { systemClock } from '../core/ports';
import type { Clock } from '../core/ports';
import { Turns } from '../core/turns';
import { createLog } from './log';
import type { Log } from './log';
import { createPrompts } from './prompts';
import type { Prompts } from './prompts';
import { createReports } from './reports';
import type { Reports } from './reports';
import { createSettings } from './settings';
import type { Settings } from './settings';
import { createTokenService } from './tokens/tokenService';
import type { EditorTokenCounter } from './tokens/tokenService';
import { workspaceTrust } from './trust';
import type { Trust } from './trust';

/** What every part of the extension is given; made once at activation and disposed with the extension. */
export interface Services {
  readonly log: Log;
  readonly settings: Settings;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly counter: EditorTokenCounter;
  /** Into which long work in the extension host is divided: one for all of it. */
  readonly turns: Turns;
  readonly reports: Reports;
  readonly prompts: Prompts;
  /** Where the extension is installed: `media`, `instructions`. */
  readonly extensionUri: Uri;
  readonly extensionVersion: string;
  /** Absolute path of the per-user folder shared with the command line; it may not exist yet. */
  readonly dataFolder: string;
  /** What is remembered for this workspace, and for this user. */
  readonly workspaceState: Memento;
  readonly globalState: Memento;
  readonly secrets: SecretStorage;
  /** Hands something to the extension, which disposes it at its end; returns it. */
  own<Owned extends Disposable | { dispose(): void }>(owned: Owned): Owned;
}

export function createServices(context: ExtensionContext): Services {
  const own: Services['own'] = (owned) => {
    context.subscriptions.push(owned);
    return owned;
  };
  const log = own(createLog());
  const dataFolder = dataFolderPath({ platform: process.platform, env: process.env, home: homedir() });
  return {
    log,
    settings: own(createSettings(context.extension.packageJSON)),
    trust: workspaceTrust,
    clock: systemClock,
    turns: new Turns(),
    counter: own(createTokenService(context.extensionUri.fsPath, dataFolder, log)),
    reports: own(createReports()),
    prompts: createPrompts(),
    extensionUri: context.extensionUri,
    extensionVersion: (context.extension.packageJSON as { version: string }).version,
    dataFolder,
    workspaceState: context.workspaceState,
    globalState: context.globalState,
    secrets: context.secrets,
    own,
  };
}
