import { posix } from 'node:path';
import { isMap, isScalar } from 'yaml';
import type { Node } from 'yaml';
import type { Finding } from '../findings';
import { cacheLifetimes, fetchWays, fullVariant, inlineRules, stabilities, streamlinedVariant } from './model';
import type { PromptManifest, PromptPart, PromptProfile, PromptVariable, SelectRules } from './model';
import { YamlReader } from './yamlReader';
import type { YamlFields } from './yamlReader';

/** UTF-16 units; a manifest names its texts and does not hold a book. */
const maxManifestLength = 1024 * 1024;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const kinds = ['text', 'file', 'instruction', 'tools', 'conversation'] as const;
const defaultFetchTool = 'get_instruction';

/** A manifest that was read; `manifest` is undefined when a finding is an error. */
export interface ParsedManifest {
  readonly manifest: PromptManifest | undefined;
  readonly findings: readonly Finding[];
}

/** Reads the text of a `*.prompt.yaml` file. Never throws; `location` is its absolute path or URI, for the findings. */
export function parseManifest(text: string, location: string): ParsedManifest {
  const reader = new YamlReader(text.startsWith('\uFEFF') ? text.slice(1) : text, location, maxManifestLength);
  const root = reader.root('the manifest');
  const manifest = root === undefined ? undefined : readManifest(root, reader);
  return { manifest: reader.hasErrors ? undefined : manifest, findings: reader.findings };
}

function readManifest(root: YamlFields, reader: YamlReader): PromptManifest {
  const name = root.string('name') ?? '';
  if (!namePattern.test(name)) {
    const fix = 'Write `name:` with letters, digits, `.`, `_` and `-`; compiled files are named after it.';
    root.report('error', name === '' ? 'The manifest has no name.' : `\`${name}\` can't be a name.`, fix, 'name');
  }
  const parts = readParts(root, reader);
  const profiles = readProfiles(root, parts);
  const variants = new Set([fullVariant, streamlinedVariant, ...profiles.map((profile) => profile.name)]);
  for (const part of parts) {
    for (const variant of part.only ?? []) {
      if (!variants.has(variant)) {
        const fix = `Use ${[...variants].join(', ')}, or add a profile of that name.`;
        reader.report('error', `Part \`${part.id}\` is for \`${variant}\`, which is no variant.`, fix, part.range);
      }
    }
  }
  const manifest: PromptManifest = {
    name,
    description: root.string('description'),
    models: root.strings('models'),
    budgets: readBudgets(root, variants),
    variables: readVariables(root),
    profiles,
    fetchTool: root.string('fetchTool') ?? defaultFetchTool,
    select: readSelect(root.fields('select')),
    cache: readCache(root.fields('cache')),
    parts,
  };
  root.refuseOthers();
  return manifest;
}

function readParts(root: YamlFields, reader: YamlReader): PromptPart[] {
  const items = reader.items(root.node('parts'), 'part');
  if (items.length === 0 && !reader.hasErrors) {
    root.report('error', 'The manifest has no parts.', 'Add `parts:` with items such as `- text: You are …`.', 'parts');
  }
  const parts: PromptPart[] = [];
  const ids = new Set<string>();
  for (const item of items) {
    const part = readPart(item, ids);
    if (part === undefined) {
      continue;
    }
    if (ids.has(part.id)) {
      item.report('error', `Two parts have the id \`${part.id}\`.`, 'Give each part an `id:` of its own.', 'id');
    }
    if (part.kind === 'conversation' && parts.some(({ kind }) => kind === 'conversation')) {
      item.report('error', 'The manifest has two places for the conversation.', 'Keep one of them.');
    }
    ids.add(part.id);
    parts.push(part);
  }
  return parts;
}

function readPart(item: YamlFields, ids: ReadonlySet<string>): PromptPart | undefined {
  const present = kinds.filter((kind) => item.has(kind));
  const kind = present[0];
  if (kind === undefined || present.length > 1) {
    const message =
      kind === undefined ? `${item.title} says not what it is.` : `${item.title} is ${present.join(' and ')} at once.`;
    item.report('error', message, `Give it exactly one of ${kinds.map((name) => `\`${name}:\``).join(', ')}.`);
    return undefined;
  }
  const only = item.has('only') ? item.strings('only') : undefined;
  const written = item.string('id');
  if (written !== undefined && !namePattern.test(written)) {
    item.report('error', `\`${written}\` can't be an id.`, 'Use letters, digits, `.`, `_` and `-`.', 'id');
  }
  const base = (suggested: string): { id: string; only: readonly string[] | undefined; range: typeof item.range } => ({
    id: written ?? uniqueId(suggested, ids),
    only,
    range: item.range,
  });
  const part = readKind(kind, item, base);
  item.refuseOthers();
  return part;
}

function readKind(
  kind: (typeof kinds)[number],
  item: YamlFields,
  base: (suggested: string) => Pick<PromptPart, 'id' | 'only' | 'range'>,
): PromptPart | undefined {
  switch (kind) {
    case 'text': {
      const text = item.string('text');
      if (text === undefined) {
        refuseEmpty(item, kind);
        return undefined;
      }
      return { kind, text, ...base('text') };
    }
    case 'file':
    case 'tools': {
      const file = readPath(item, kind);
      return file === undefined ? undefined : { kind, file, ...base(kind === 'tools' ? 'tools' : stemOf(file)) };
    }
    case 'instruction': {
      const tag = item.string('instruction');
      if (tag === undefined || tag.trim() === '') {
        refuseEmpty(item, kind);
        return undefined;
      }
      const inline = item.choice('inline', inlineRules) ?? 'auto';
      const fetch = item.choice('fetch', fetchWays) ?? 'tool';
      return { kind, tag, inline, fetch, whenToUse: item.string('whenToUse'), ...base(tag) };
    }
    case 'conversation': {
      item.node('conversation');
      return { kind, ...base('conversation') };
    }
  }
}

function refuseEmpty(item: YamlFields, kind: string): void {
  item.report('error', `\`${kind}\` of ${item.title} is empty.`, 'Write something, or remove the part.', kind);
}

/** A path relative to the manifest; absolute ones would differ from machine to machine. */
function readPath(item: YamlFields, field: string): string | undefined {
  const path = item.string(field);
  if (path === undefined || path.trim() === '') {
    refuseEmpty(item, field);
    return undefined;
  }
  if (path.includes('\\') || posix.isAbsolute(path) || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path) || path.startsWith('~')) {
    const fix = 'Write the path relative to the manifest, with `/`.';
    item.report('error', `\`${path}\` is not a relative path.`, fix, field);
    return undefined;
  }
  return posix.normalize(path);
}

function stemOf(file: string): string {
  const stem = posix.basename(file, posix.extname(file)).replace(/[^A-Za-z0-9._-]+/g, '-');
  return namePattern.test(stem) ? stem : 'file';
}

function uniqueId(suggested: string, ids: ReadonlySet<string>): string {
  let id = suggested;
  for (let number = 2; ids.has(id); number++) {
    id = `${suggested}-${number}`;
  }
  return id;
}

function readProfiles(root: YamlFields, parts: readonly PromptPart[]): PromptProfile[] {
  const fields = root.fields('profiles');
  return (fields?.names ?? []).flatMap((name) => {
    const profile = fields!.fields(name);
    if (profile === undefined) {
      return [];
    }
    if (!namePattern.test(name) || name === fullVariant || name === streamlinedVariant) {
      profile.report('error', `A profile can't be called \`${name}\`.`, 'Use another name.');
    }
    const inline = profile.strings('inline');
    const omit = profile.strings('omit');
    profile.refuseOthers();
    for (const tag of inline.filter((tag) => !parts.some((part) => part.kind === 'instruction' && part.tag === tag))) {
      profile.report(
        'error',
        `No part is the instruction \`${tag}\`.`,
        'Name the tag of an instruction part.',
        'inline',
      );
    }
    for (const id of omit.filter((id) => !parts.some((part) => part.id === id))) {
      profile.report('error', `No part has the id \`${id}\`.`, 'Name the id of a part.', 'omit');
    }
    return [{ name, inline, omit }];
  });
}

/** One number is the budget of each variant. */
function readBudgets(root: YamlFields, variants: ReadonlySet<string>): Map<string, number> {
  const node: Node | undefined = root.node('budget');
  const budgets = new Map<string, number>();
  if (node === undefined) {
    return budgets;
  }
  if (!isMap(node)) {
    const budget = isScalar(node) ? root.number('budget', 1, Infinity) : undefined;
    if (!isScalar(node)) {
      root.report('error', '`budget` must be a number of tokens.', 'Write a number, or one per variant.', 'budget');
    }
    for (const variant of budget === undefined ? [] : variants) {
      budgets.set(variant, budget!);
    }
    return budgets;
  }
  const fields = root.fields('budget')!;
  for (const variant of variants) {
    const budget = fields.number(variant, 1, Infinity);
    if (budget !== undefined) {
      budgets.set(variant, budget);
    }
  }
  fields.refuseOthers();
  return budgets;
}

function readVariables(root: YamlFields): Map<string, PromptVariable> {
  const fields = root.fields('variables');
  const variables = new Map<string, PromptVariable>();
  for (const name of fields?.names ?? []) {
    const variable = fields!.fields(name);
    if (variable === undefined) {
      continue;
    }
    if (!variablePattern.test(name)) {
      variable.report('error', `\`${name}\` can't be a variable.`, 'Use letters, digits and `_`.');
    }
    variables.set(name, {
      name,
      kind: variable.choice('kind', stabilities) ?? 'static',
      defaultValue: variable.string('default'),
      description: variable.string('description'),
    });
    variable.refuseOthers();
  }
  return variables;
}

function readSelect(fields: YamlFields | undefined): SelectRules {
  const rules = { flag: fields?.string('flag'), percentage: fields?.number('percentage', 0, 100) };
  fields?.refuseOthers();
  return rules;
}

function readCache(fields: YamlFields | undefined): PromptManifest['cache'] {
  const cache = {
    static: fields?.choice('static', cacheLifetimes),
    session: fields?.choice('session', cacheLifetimes),
  };
  if (cache.session === '1h' && cache.static !== '1h') {
    const fix = 'Give `static` the longer lifetime, or both the same.';
    fields!.report('error', 'A longer lifetime may not follow a shorter one.', fix, 'session');
  }
  fields?.refuseOthers();
  return cache;
}
