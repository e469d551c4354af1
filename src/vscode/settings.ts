import { EventEmitter, workspace } from 'vscode';
import type { ConfigurationScope, ConfigurationTarget, Event } from 'vscode';
import type { SettingId, SettingTypes } from '../contributions';

/** Tells which settings changed. */
export interface SettingsChange {
  /** Whether one of these settings changed, for the resource where one is given. */
  affects(ids: readonly SettingId[], resource?: ConfigurationScope): boolean;
}

/** Typed access to the extension's settings. */
export interface Settings {
  /** The value in force; package.json's default where nothing is set. */
  get<Id extends SettingId>(id: Id, resource?: ConfigurationScope): SettingTypes[Id];
  update<Id extends SettingId>(
    id: Id,
    value: SettingTypes[Id] | undefined,
    target: ConfigurationTarget,
    resource?: ConfigurationScope,
  ): Promise<void>;
  /** Fires after any setting of the extension changed. */
  readonly onDidChange: Event<SettingsChange>;
  dispose(): void;
}

const root = 'contextCache';

export function createSettings(): Settings {
  const changed = new EventEmitter<SettingsChange>();
  const listener = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(root)) {
      changed.fire({ affects: (ids, resource) => ids.some((id) => event.affectsConfiguration(id, resource)) });
    }
  });
  return {
    get: <Id extends SettingId>(id: Id, resource?: ConfigurationScope) =>
      // Declared in package.json with a default, so it always has a value.
      workspace.getConfiguration(undefined, resource).get<SettingTypes[Id]>(id)!,
    update: async (id, value, target, resource) => {
      await workspace.getConfiguration(undefined, resource).update(id, value, target);
    },
    onDidChange: changed.event,
    dispose: () => {
      listener.dispose();
      changed.dispose();
    },
  };
}
