import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from './places';

interface Configuration {
  readonly properties: Readonly<Record<string, { readonly scope?: string }>>;
}

/**
 * Replaces the settings below a folder of user data, as if they had been saved in the settings editor. A window with a
 * remote takes settings of the scope `machine` from the file of its machine alone, and drops them from the user's as
 * soon as it knows the extension's schema.
 */
export async function writeSettingsFiles(userData: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const machineScoped = await machineSettingIds();
  const entries = Object.entries(settings);
  await writeJson(
    path.join(userData, 'User', 'settings.json'),
    entries.filter(([id]) => !machineScoped.has(id)),
  );
  await writeJson(
    path.join(userData, 'Machine', 'settings.json'),
    entries.filter(([id]) => machineScoped.has(id)),
  );
}

async function machineSettingIds(): Promise<ReadonlySet<string>> {
  const manifest = JSON.parse(await readFile(path.join(projectRoot, 'package.json'), 'utf8')) as {
    readonly contributes: { readonly configuration: readonly Configuration[] };
  };
  return new Set(
    manifest.contributes.configuration
      .flatMap(({ properties }) => Object.entries(properties))
      .filter(([, { scope }]) => scope === 'machine' || scope === 'machine-overridable')
      .map(([id]) => id),
  );
}

async function writeJson(file: string, entries: readonly (readonly [string, unknown])[]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(Object.fromEntries(entries), undefined, 2));
}
