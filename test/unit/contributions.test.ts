import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { harnessById } from '../../src/core/instructions/account/table';
import { harnessIds } from '../../src/core/instructions/model';
import { commandIds, contextKeys, settingIds, viewContainerId, viewIds } from '../../src/contributions';

interface Manifest {
  readonly icon: string;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly viewsContainers: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly commands: readonly CommandContribution[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly submenus?: readonly { readonly id: string }[];
    readonly keybindings?: readonly { readonly command: string; readonly when?: string }[];
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string; readonly when?: string }[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, SettingContribution>> }[];
    readonly walkthroughs?: readonly {
      readonly steps: readonly {
        readonly id: string;
        readonly description: string;
        readonly media: { readonly svg?: string; readonly image?: string; readonly markdown?: string };
      }[];
    }[];
  };
}

interface CommandContribution {
  readonly command: string;
  readonly title: string;
  readonly category?: string;
  readonly enablement?: string;
  readonly when?: string;
}

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
}

interface SettingContribution {
  readonly type: string | readonly string[];
  readonly default?: unknown;
  readonly scope?: string;
  readonly enum?: readonly unknown[];
  readonly propertyNames?: { readonly enum: readonly string[] };
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly enumItemLabels?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly markdownEnumDescriptions?: readonly string[];
}

const root = join(__dirname, '..', '..');
const manifestText = readFileSync(join(root, 'package.json'), 'utf8');
const manifest = JSON.parse(manifestText) as Manifest;
const nls = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8')) as Readonly<Record<string, string>>;
const { contributes } = manifest;
const settings = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Readonly<
  Record<string, SettingContribution>
>;
const allMenuItems = Object.values(contributes.menus).flat();

/** Every `contextCache.…` word that is a context key, not a view, setting or command. */
function contextKeysIn(text: string): string[] {
  const others = new Set<string>([...Object.values(viewIds), ...commandIds, ...settingIds]);
  return [...text.matchAll(/(?<![\w.])contextCache\.[\w.]+/g)]
    .map(([word]) => word)
    .filter((word) => !others.has(word) && !word.startsWith('contextCache.menus.'));
}

function whenClauses(): string[] {
  return [
    ...contributes.commands.map(({ enablement }) => enablement),
    ...allMenuItems.map(({ when }) => when),
    ...(contributes.keybindings ?? []).map(({ when }) => when),
    ...contributes.viewsWelcome.map(({ when }) => when),
  ].filter((clause) => clause !== undefined);
}

const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort();

describe('contributions', () => {
  it('declares exactly the commands of package.json', () => {
    assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(commandIds));
    assert.equal(contributes.commands.length, new Set(commandIds).size, 'a command is contributed twice');
  });

  it('declares exactly the views of package.json', () => {
    assert.deepEqual(Object.keys(contributes.views), [viewContainerId]);
    const views = contributes.views[viewContainerId] ?? [];
    assert.deepEqual(sorted(views.map(({ id }) => id)), sorted(Object.values(viewIds)));
    assert.deepEqual(
      contributes.viewsContainers['activitybar']?.map(({ id }) => id),
      [viewContainerId],
    );
  });

  it('declares exactly the settings of package.json', () => {
    assert.deepEqual(sorted(Object.keys(settings)), sorted(settingIds));
  });

  it('declares exactly the context keys that when clauses use', () => {
    assert.deepEqual(sorted(whenClauses().flatMap(contextKeysIn)), sorted(contextKeys));
  });

  it('gives every command a title and a category, and uses enablement rather than the ignored when', () => {
    for (const { command, title, category, when } of contributes.commands) {
      assert.match(command, /^contextCache\.[a-z][A-Za-z]+$/);
      assert.match(title, /^%commands\..+\.title%$/, command);
      assert.equal(category, 'Context Cache', command);
      assert.equal(when, undefined, command);
    }
  });

  it('names only its own commands and submenus in menus, keybindings, welcome texts and walkthroughs', () => {
    // VS Code adds a command that focuses each view.
    const known = new Set<string>([...commandIds, ...Object.values(viewIds).map((view) => `${view}.focus`)]);
    const submenus = new Set((contributes.submenus ?? []).map(({ id }) => id));
    for (const item of allMenuItems) {
      if (item.command !== undefined) {
        assert.ok(known.has(item.command), item.command);
      } else {
        assert.ok(item.submenu !== undefined && submenus.has(item.submenu), JSON.stringify(item));
      }
    }
    for (const { command } of contributes.keybindings ?? []) {
      assert.ok(known.has(command), command);
    }
    for (const [, command] of Object.values(nls)
      .join('\n')
      .matchAll(/command:(contextCache[\w.]+\w)/g)) {
      assert.ok(known.has(command!), command);
    }
  });

  it('binds rows of trees to their view', () => {
    for (const { command, when } of contributes.menus['view/item/context'] ?? []) {
      assert.match(when ?? '', /view == contextCache\.\w+/, command);
    }
    for (const { command, when } of contributes.menus['view/title'] ?? []) {
      assert.match(when ?? '', /view == contextCache\.\w+/, command);
    }
  });

  it('describes every setting, gives it a default of its type and an explicit scope', () => {
    const scopes = ['application', 'machine', 'machine-overridable', 'window', 'resource', 'language-overridable'];
    for (const [id, setting] of Object.entries(settings)) {
      assert.match(id, /^contextCache\.[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/);
      assert.match(setting.markdownDescription ?? setting.description ?? '', /^%settings\..+%$/, id);
      assert.ok(setting.scope !== undefined && scopes.includes(setting.scope), `${id}: scope`);
      assert.notEqual(setting.default, undefined, `${id}: default`);
      const types = [setting.type].flat();
      const value = setting.default;
      const type = Array.isArray(value)
        ? 'array'
        : Number.isInteger(value) && types.includes('integer')
          ? 'integer'
          : typeof value;
      assert.ok(types.includes(type) || (value === null && types.includes('null')), `${id}: ${type}`);
      const descriptions = setting.enumDescriptions ?? setting.markdownEnumDescriptions;
      assert.equal(descriptions?.length, setting.enum?.length, `${id}: one description per value`);
    }
  });

  it('offers every harness under the name that the core gives it', () => {
    const setting = settings['contextCache.instructions.harness']!;
    assert.deepEqual(setting.enum, harnessIds);
    assert.deepEqual(
      setting.enumItemLabels?.map((label) => nls[label.slice(1, -1)]),
      harnessIds.map((id) => harnessById(id).title),
    );
  });

  it('takes limits for every harness, and for no other word', () => {
    assert.deepEqual(settings['contextCache.tokens.harnessLimits']!.propertyNames?.enum, harnessIds);
  });

  it('restricts only settings that exist', () => {
    for (const id of manifest.capabilities.untrustedWorkspaces.restrictedConfigurations) {
      assert.ok(id in settings, id);
    }
  });

  it('translates every placeholder, and nothing else', () => {
    const used = [...manifestText.matchAll(/"%([^"%]+)%"/g)].map(([, key]) => key!);
    assert.deepEqual(sorted(used), sorted(Object.keys(nls)));
    for (const [key, text] of Object.entries(nls)) {
      assert.notEqual(text.trim(), '', key);
    }
  });

  it('points only at pictures and pages that exist', () => {
    const paths = [
      ...Object.values(contributes.viewsContainers).flat(),
      ...Object.values(contributes.views).flat(),
    ].map(({ icon }) => icon);
    const media = (contributes.walkthroughs ?? [])
      .flatMap(({ steps }) => steps)
      .flatMap(({ media: { svg, image, markdown } }) => [svg, image, markdown])
      .filter((path) => path !== undefined);
    for (const path of [...paths, ...media]) {
      assert.ok(existsSync(join(root, path)), path);
    }
  });

  it('is listed in the docs: every command by its title and every setting by its id', () => {
    const page = readFileSync(join(root, 'media', 'docs', 'commands.md'), 'utf8');
    const missing = [
      ...contributes.commands.map(({ title }) => nls[title.slice(1, -1)]!).filter((title) => !page.includes(title)),
      ...settingIds.filter((id) => !page.includes(`\`${id}\``)),
    ];
    assert.deepEqual(missing, []);
  });
});
