import { posix } from 'node:path';
import { CompletionItem, CompletionItemKind, Range, languages, workspace } from 'vscode';
import type { TextDocument, WorkspaceFolder } from 'vscode';
import { compareText } from '../../core/instructions/model';
import { completeManifest } from '../../core/prompts/editing/completeManifest';
import type { KnownNames, ManifestCompletion } from '../../core/prompts/editing/completeManifest';
import { placeAt } from '../../core/prompts/editing/manifestPlace';
import type { ManifestPlace } from '../../core/prompts/editing/manifestPlace';
import { fullVariant, streamlinedVariant, variantNames } from '../../core/prompts/model';
import { promptLibrary } from '../../core/prompts/library';
import type { SeedLibrary } from '../sandboxes/seedLibrary';
import type { Services } from '../services';
import { findFiles } from '../findFiles';
import { manifestSelector } from './manifestSelector';
import type { PromptsModel } from './promptsModel';

const maxFiles = 2000;

const kinds: Readonly<Record<ManifestCompletion['kind'], CompletionItemKind>> = {
  field: CompletionItemKind.Property,
  value: CompletionItemKind.EnumMember,
  instruction: CompletionItemKind.Reference,
  variable: CompletionItemKind.Variable,
  file: CompletionItemKind.File,
  model: CompletionItemKind.Constant,
};

/** Completes manifests: fields, kinds of parts, tags with when to use them, files, models, variables. */
export function registerManifestCompletion(services: Services, model: PromptsModel, library: SeedLibrary): void {
  services.own(
    languages.registerCompletionItemProvider(
      manifestSelector,
      {
        provideCompletionItems: async (document, position, token) => {
          const place = placeAt(document.getText(), document.offsetAt(position));
          if (place === undefined) {
            return [];
          }
          const known = await namesFor(place, document, model, library);
          const range = new Range(document.positionAt(place.start), document.positionAt(place.end));
          return token.isCancellationRequested
            ? []
            : completeManifest(place, known).map((completion, index) => itemOf(completion, range, index));
        },
      },
      ' ',
      '{',
      '[',
      '/',
    ),
  );
}

async function namesFor(
  place: ManifestPlace,
  document: TextDocument,
  model: PromptsModel,
  library: SeedLibrary,
): Promise<KnownNames> {
  // While a manifest is being written it is often none: then what it last was tells most of its names.
  const prompt = model.promptAt(document.uri);
  const manifest = prompt?.manifest;
  const field = place.path.join('.');
  const folder = workspace.getWorkspaceFolder(document.uri);
  const search = async (wanted: string, endings: readonly string[]): Promise<string[]> =>
    folder !== undefined && field === wanted ? filesFor(document, folder, endings) : [];
  const instructions = prompt?.library ?? promptLibrary((await library.read()).instructions, () => undefined);
  return {
    instructions: [...instructions.values()].sort((left, right) => compareText(left.tag, right.tag)),
    variables: [...(manifest?.variables.values() ?? writtenVariables(document.getText()))],
    variants: manifest === undefined ? [fullVariant, streamlinedVariant] : variantNames(manifest),
    partIds: manifest?.parts.map(({ id }) => id) ?? [],
    models: model.snapshot.providers.models,
    files: await search('parts.*.file', ['.md', '.mdx', '.txt', '.xml']),
    toolFiles: await search('parts.*.tools', ['.json']),
  };
}

/** The variables of a manifest that can't be read as a whole: the names one step below `variables:`. */
function writtenVariables(text: string): { readonly name: string; readonly kind: string }[] {
  const block = /^variables:[ \t]*\r?\n((?:[ \t]+.*\r?\n|[ \t]*\r?\n)*)/m.exec(text)?.[1] ?? '';
  const indent = /^[ \t]+/.exec(block)?.[0] ?? '';
  return [...block.matchAll(/^([ \t]+)(\w+):(?:.*\bkind:[ \t]*(\w+))?/gm)]
    .filter((match) => match[1] === indent)
    .map((match) => ({ name: match[2]!, kind: match[3] ?? 'static' }));
}

async function filesFor(
  document: TextDocument,
  folder: WorkspaceFolder,
  endings: readonly string[],
): Promise<string[]> {
  const own = posix.dirname(document.uri.path);
  return (await findFiles(folder.uri, endings))
    .map(({ uri }) => posix.relative(own, uri.path))
    .filter((path) => !path.endsWith('.prompt.lock.json'))
    .sort((left, right) => depthOf(left) - depthOf(right) || compareText(left, right))
    .slice(0, maxFiles);
}

/** Near files come first. */
function depthOf(path: string): number {
  return path.split('/').length + (path.startsWith('../') ? 10 : 0);
}

function itemOf(completion: ManifestCompletion, range: Range, index: number): CompletionItem {
  const { label, kind, detail, documentation, insertText, continues } = completion;
  const item = new CompletionItem({ label, ...(detail === '' ? {} : { description: detail }) }, kinds[kind]);
  item.insertText = insertText;
  item.range = range;
  item.sortText = String(index).padStart(5, '0');
  // What replaces the beginning of a list item is still looked for by its name.
  item.filterText = label;
  if (documentation !== '') {
    item.documentation = documentation;
  }
  if (continues) {
    item.command = { command: 'editor.action.triggerSuggest', title: 'Choose' };
  }
  return item;
}
