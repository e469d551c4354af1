import { posix } from 'node:path';
import { Range, Uri, commands, workspace } from 'vscode';
import type { QuickPickItem } from 'vscode';
import type { JsonValue } from '../../../core/cache/model';
import { UserError } from '../../../core/errors';
import { analysePrefix } from '../../../core/prompts/prefix/analyse';
import type { PrefixAnalysis, TokenIds } from '../../../core/prompts/prefix/analyse';
import { compiledDocument, textDocument } from '../../../core/prompts/prefix/document';
import type { PrefixDocument } from '../../../core/prompts/prefix/document';
import { isRequest, requestDocument } from '../../../core/prompts/prefix/requests';
import { withProgress } from '../../progress';
import { breakPage } from '../breakPage';
import { clickedNode } from '../pickers';
import type { PromptTools } from '../promptTools';
import type { PromptCommand } from './promptCommand';

const title = 'Explain Cache Break';

interface SideItem extends QuickPickItem {
  readonly open: () => Promise<PrefixDocument | undefined>;
}

/** Explain Cache Break: where two variants, files or recorded requests part ways. Returns the analysis. */
export const explainCacheBreak: PromptCommand = {
  id: 'contextCache.explainCacheBreak',
  run: async (tools, clicked, selected): Promise<PrefixAnalysis | undefined> => {
    const given = await documentsOf(clicked, selected);
    const left = given[0] ?? (await pickSide(tools, 'What was sent first', undefined));
    const right =
      left === undefined ? undefined : (given[1] ?? (await pickSide(tools, 'What was sent after it', left.label)));
    if (left === undefined || right === undefined) {
      return undefined;
    }
    const { services, model, documents } = tools;
    const { target, providers, prompts } = model.snapshot;
    const ids: TokenIds = {
      encode: async (text, encoding) => (await services.counter.encoder(encoding)).encode(text),
    };
    const models = prompts.find(({ name }) => left.label.startsWith(`${name} (`))?.manifest?.models ?? [];
    const known = left.model === undefined ? models.filter((name) => providers.forModel(name) !== undefined) : [];
    const input = { ids, encoding: target.tokenizer.encoding, table: providers, models: known };
    const analysis = await withProgress({ title }, async ({ signal }) => analysePrefix(left, right, input, { signal }));
    await services.reports.show('cache break', breakPage(analysis, providers.asOf));
    const { divergence, cause } = analysis;
    const reason = cause?.message ?? '';
    const [before, after] = ([left, right] as const).map((document, index) => {
      const point = divergence?.[index === 0 ? 'left' : 'right'];
      const mark = point === undefined ? undefined : { line: point.line, character: point.character, reason };
      return documents.add(`${document.label}.txt`, document.text, mark);
    });
    const at = divergence?.right;
    const selection = at === undefined ? {} : { selection: new Range(at.line, at.character, at.line, at.character) };
    await commands.executeCommand('vscode.diff', before, after, `${left.label} ↔ ${right.label}`, {
      preview: false,
      ...selection,
    });
    return analysis;
  },
};

/** What was selected: two variants of the view, or two files. */
async function documentsOf(clicked: unknown, selected: unknown): Promise<readonly PrefixDocument[]> {
  const items: readonly unknown[] = Array.isArray(selected) && selected.length > 1 ? selected : [clicked];
  const documents: PrefixDocument[] = [];
  for (const item of items.slice(0, 2)) {
    const node = clickedNode(item);
    if (node?.kind === 'variant' || node?.kind === 'part') {
      documents.push(compiledDocument(node.variant.measured.prompt));
    } else if (item instanceof Uri) {
      documents.push(await openFile(item));
    }
  }
  return documents;
}

async function pickSide(
  { services, model }: PromptTools,
  placeHolder: string,
  other: string | undefined,
): Promise<PrefixDocument | undefined> {
  const variants = model.snapshot.prompts.flatMap(({ name, variants: all }) =>
    all.map((variant): SideItem => ({
      label: `${name} (${variant.name})`,
      description: 'variant',
      open: async () => Promise.resolve(compiledDocument(variant.measured.prompt)),
    })),
  );
  const open = workspace.textDocuments
    .filter(({ uri }) => uri.scheme === 'file' || uri.scheme === 'untitled')
    .map(({ uri }): SideItem => ({
      label: workspace.asRelativePath(uri),
      description: 'open file',
      open: async () => openFile(uri),
    }));
  const choose: SideItem = {
    label: '$(folder-opened) Choose a file…',
    description: 'a text, or the JSON of a recorded request',
    open: async () => {
      const [uri] = (await services.prompts.openDialog({ title, canSelectMany: false })) ?? [];
      return uri === undefined ? undefined : openFile(uri);
    },
  };
  const items = [...variants, ...open].filter(({ label }) => label !== other);
  return (await services.prompts.pick([...items, choose], { title, placeHolder }))?.open();
}

async function openFile(uri: Uri): Promise<PrefixDocument> {
  const text = (await workspace.openTextDocument(uri)).getText();
  const label = workspace.asRelativePath(uri);
  if (posix.extname(uri.path).toLowerCase() !== '.json') {
    return textDocument(label, text);
  }
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new UserError(`${label} is not JSON.`, 'Give a recorded request.', { cause: error });
  }
  return isRequest(value) ? requestDocument(label, value) : textDocument(label, text);
}
