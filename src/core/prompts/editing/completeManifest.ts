import type { ModelRules } from '../providers';
import { cacheLifetimes, fetchWays, inlineRules, stabilities } from '../model';
import { fieldDocs, fieldNames, partKinds } from './manifestFields';
import type { ManifestPlace } from './manifestPlace';

/** What an author can name in a manifest. */
export interface KnownNames {
  /** The library, with when to use each instruction. */
  readonly instructions: readonly { readonly tag: string; readonly description: string | undefined }[];
  readonly variables: readonly { readonly name: string; readonly kind: string }[];
  readonly variants: readonly string[];
  readonly partIds: readonly string[];
  readonly models: readonly Pick<ModelRules, 'model' | 'label' | 'inputPerMTok'>[];
  /** Relative to the manifest. */
  readonly files: readonly string[];
  readonly toolFiles: readonly string[];
}

/** One thing that can be written at a place. */
export interface ManifestCompletion {
  readonly label: string;
  readonly kind: 'field' | 'value' | 'instruction' | 'variable' | 'file' | 'model';
  /** Beside the label. */
  readonly detail: string;
  readonly documentation: string;
  readonly insertText: string;
  /** Whether something to choose from follows. */
  readonly continues: boolean;
}

const meanings: Readonly<Record<string, string>> = {
  static: 'The same for every request.',
  session: 'The same within one conversation.',
  turn: 'Another one with each request: never cached.',
  always: 'In full in every variant.',
  auto: 'In full in the full prompt, on demand in the streamlined one.',
  never: 'On demand in every variant.',
  tool: 'The agent calls a tool with the tag.',
  path: 'The agent reads the file.',
  '5m': 'Five minutes.',
  '1h': 'One hour; writing costs more.',
};

/** What can be written at a place, in the order in which it is offered. */
export function completeManifest(place: ManifestPlace, known: KnownNames): ManifestCompletion[] {
  const { kind, path } = place;
  switch (kind) {
    case 'variable':
      return known.variables.map((variable) => ({
        ...plain(variable.name, 'variable', variable.kind),
        documentation: meanings[variable.kind] ?? '',
      }));
    case 'value':
      return values(path, known);
    case 'item':
      return path[0] === 'parts'
        ? partKinds.map((name) => ({ ...field(['parts', '*', name], name), insertText: `- ${keyText(name)}` }))
        : values(path, known).map((value) => ({ ...value, insertText: `- ${value.insertText}` }));
    case 'key':
      return keys(path, place.present, known);
  }
}

function keys(path: readonly string[], present: readonly string[], known: KnownNames): ManifestCompletion[] {
  if (path.join('.') === 'budget') {
    return known.variants
      .filter((name) => !present.includes(name))
      .map((name) => ({ ...plain(name, 'field', 'a number of tokens'), insertText: `${name}: ` }));
  }
  return fieldNames(path, present)
    .filter((name) => !present.includes(name))
    .map((name) => field([...path, name], name));
}

function values(path: readonly string[], known: KnownNames): ManifestCompletion[] {
  switch (path.join('.')) {
    case 'models':
      return known.models.map(({ model, label, inputPerMTok }) => ({
        ...plain(model, 'model', label),
        documentation: inputPerMTok === undefined ? '' : `${inputPerMTok} a million input tokens.`,
      }));
    case 'parts.*.instruction':
    case 'profiles.*.inline':
      return known.instructions.map(({ tag, description }) => ({
        ...plain(tag, 'instruction', 'library'),
        documentation: description ?? 'It does not say when to use it.',
      }));
    case 'parts.*.inline':
      return choices(inlineRules);
    case 'parts.*.fetch':
      return choices(fetchWays);
    case 'parts.*.file':
      return known.files.map((file) => plain(file, 'file', ''));
    case 'parts.*.tools':
      return known.toolFiles.map((file) => plain(file, 'file', 'tool schemas'));
    case 'parts.*.only':
      return choices(known.variants);
    case 'parts.*.conversation':
      return choices(['true']);
    case 'profiles.*.omit':
      return choices(known.partIds);
    case 'variables.*.kind':
      return choices(stabilities);
    case 'cache.static':
    case 'cache.session':
      return choices(cacheLifetimes);
    default:
      return [];
  }
}

function choices(names: readonly string[]): ManifestCompletion[] {
  return names.map((name) => ({ ...plain(name, 'value', ''), documentation: meanings[name] ?? '' }));
}

function plain(label: string, kind: ManifestCompletion['kind'], detail: string): ManifestCompletion {
  return { label, kind, detail, documentation: '', insertText: label, continues: false };
}

function field(path: readonly string[], name: string): ManifestCompletion {
  const choosable = /^(?:instruction|inline|fetch|file|tools|only|conversation|kind|static|session|omit|models)$/;
  return {
    ...plain(name, 'field', ''),
    documentation: fieldDocs(path),
    insertText: keyText(name),
    continues: choosable.test(name),
  };
}

const mappings = new Set(['variables', 'profiles', 'select', 'cache', 'parts']);

function keyText(name: string): string {
  return mappings.has(name) ? `${name}:` : `${name}: `;
}
