import { ConfigurationTarget, EventEmitter, workspace } from 'vscode';
import type { ConfigurationScope, Event } from 'vscode';
import type { SettingId, SettingTypes } from '../contributions';
import { soundSetting } from './soundSetting';

/** Tells which settings changed. */
export interface SettingsChange {
  /** Whether one of these settings changed, for the resource where one is given. */
  affects(ids: readonly SettingId[], resource?: ConfigurationScope): boolean;
}

/** Typed access to the extension's settings. */
export interface Settings {
  /** The value in force; package.json's default where nothing is set, or something of another kind. */
  get<Id extends SettingId>(id: Id, resource?: ConfigurationScope): SettingTypes[Id];
  update<Id extends SettingId>(
    id: Id,
    value: SettingTypes[Id] | undefined,
    target: ConfigurationTarget,
    resource?: ConfigurationScope,
  ): Promise<void>;
  /** Changes a setting where it is set now: the workspace folder, the workspace, or else the user's settings. */
  updateWhereSet<Id extends SettingId>(id: Id, value: SettingTypes[Id], resource?: ConfigurationScope): Promise<void>;
  /** Whether anybody set it, rather than leaving the default. */
  isSet(id: SettingId, resource?: ConfigurationScope): boolean;
  /** Fires after any setting of the extension changed. */
  readonly onDidChange: Event<SettingsChange>;
  dispose(): void;
}

type OneOrMore<Item> = Item | readonly Item[];

interface Configuration {
  readonly properties: Readonly<Record<string, { readonly default: unknown }>>;
}

const root = 'contextCache';

/** @param manifest the extension's package.json, which declares every setting with its default */
export function createSettings(manifest: unknown): Settings {
  const { contributes } = manifest as { contributes: { configuration: OneOrMore<Configuration> } };
  const declared = new Map([contributes.configuration].flat().flatMap(({ properties }) => Object.entries(properties)));
  const changed = new EventEmitter<SettingsChange>();
  const listener = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(root)) {
      changed.fire({ affects: (ids, resource) => ids.some((id) => event.affectsConfiguration(id, resource)) });
    }
  });
  return {
    get: <Id extends SettingId>(id: Id, resource?: ConfigurationScope) =>
      soundSetting(
        workspace.getConfiguration(undefined, resource).get<unknown>(id),
        declared.get(id)!.default as SettingTypes[Id],
      ),
    update: async (id, value, target, resource) => {
      await workspace.getConfiguration(undefined, resource).update(id, value, target);
    },
    updateWhereSet: async (id, value, resource) => {
      const configuration = workspace.getConfiguration(undefined, resource);
      const set = configuration.inspect(id);
      const target =
        set?.workspaceFolderValue !== undefined
          ? ConfigurationTarget.WorkspaceFolder
          : set?.workspaceValue !== undefined
            ? ConfigurationTarget.Workspace
            : ConfigurationTarget.Global;
      await configuration.update(id, value, target);
    },
    isSet: (id, resource) => {
      const set = workspace.getConfiguration(undefined, resource).inspect(id);
      return (set?.workspaceFolderValue ?? set?.workspaceValue ?? set?.globalValue) !== undefined;
    },
    onDidChange: changed.event,
    dispose: () => {
      listener.dispose();
      changed.dispose();
    },
  };
}
