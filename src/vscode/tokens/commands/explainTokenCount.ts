import { window, workspace } from 'vscode';
import type { TextDocument, TextEditor, Uri } from 'vscode';
import { UserError } from '../../../core/errors';
import { encodingNames } from '../../../core/tokens/counter';
import { TextParts } from '../../../core/tokens/textParts';
import { takeTurn } from '../../../core/turns';
import type { TurnOptions } from '../../../core/turns';
import { commandUris } from '../../commandTargets';
import { formatBytes } from '../../format';
import { locationOf } from '../../instructions/editorFiles';
import { harnessLabel } from '../../instructions/harnesses';
import type { InstructionsModel } from '../../instructions/instructionsModel';
import { modeLabels } from '../../instructions/rows';
import { withProgress } from '../../progress';
import { describeUnread } from '../countFiles';
import { explainText } from '../explanation';
import type { Explanation } from '../explanation';
import { explanationReport } from '../explanationReport';
import type { HarnessCost } from '../explanationReport';
import { inspectTokens } from '../inspector';
import { knownModels } from '../knownModels';
import { promptLanguages } from '../measuredDocuments';
import { countFor, currentTarget, exactCount } from '../target';
import { partsOfRanges, readText } from '../textSource';
import type { RawToken } from '../tokenSpans';
import type { TokenTools } from '../tools';

/** What an instruction file costs by the rules of each harness that loads it. */
async function costsByHarness(model: InstructionsModel, uri: Uri, signal: AbortSignal): Promise<HarnessCost[]> {
  const location = locationOf(uri);
  const { target } = model.snapshot;
  return (await model.accounts({ signal })).flatMap(({ harness, files }) =>
    files
      .filter(({ file }) => file.location === location)
      .map(({ mode, tokens, catalogTokens, droppedBytes }) => ({
        harness: harnessLabel(harness),
        mode: modeLabels[mode],
        cost: exactCount(countFor(target, tokens)),
        catalogue: catalogTokens === 0 ? '' : exactCount(countFor(target, catalogTokens)),
        dropped: droppedBytes === 0 ? '' : formatBytes(droppedBytes),
      })),
  );
}

/**
 * Explain Token Count: a page on what the tokens are made of, for each encoding and model. From the palette it is about
 * the selection where there is one.
 */
export async function explainTokenCount(tools: TokenTools, clicked: unknown): Promise<Explanation> {
  const editor = clicked === undefined ? window.activeTextEditor : undefined;
  if (editor?.selections.some((selection) => !selection.isEmpty) === true) {
    return explainSelection(tools, editor);
  }
  const [uri] = commandUris(clicked);
  if (uri === undefined) {
    throw new UserError('There is nothing to explain.', 'Open a file, or select one in the Explorer.');
  }
  return explainUri(tools, uri);
}

export async function explainUri(tools: TokenTools, uri: Uri): Promise<Explanation> {
  const title = workspace.asRelativePath(uri);
  const read = async (options: TurnOptions): Promise<readonly string[]> => {
    const text = await readText(uri, options);
    if (text.kind !== 'text') {
      throw new UserError(`${title} is ${describeUnread(text)}.`, 'Choose a text file.');
    }
    return text.parts;
  };
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  const { instructions } = tools;
  return showExplanation(tools, {
    title,
    read,
    isMarkdown: open === undefined ? hasMarkdownName(uri) : isMarkdownDocument(open),
    costs: async (signal) => (instructions === undefined ? [] : costsByHarness(instructions, uri, signal)),
  });
}

/** The selected text; several selections one below the other. */
export async function explainSelection(tools: TokenTools, { document, selections }: TextEditor): Promise<Explanation> {
  const ranges = selections.filter((selection) => !selection.isEmpty);
  const what = ranges.length === 1 ? 'The selection' : `${ranges.length} selections`;
  return showExplanation(tools, {
    title: `${what} in ${workspace.asRelativePath(document.uri)}`,
    read: async (options) => {
      const texts = await partsOfRanges(document, ranges, options);
      const together = new TextParts();
      for (const part of texts.flatMap((parts, index) => (index === 0 ? parts : ['\n', ...parts]))) {
        await takeTurn(options, 'visible');
        together.add(part);
      }
      return together.parts;
    },
    isMarkdown: isMarkdownDocument(document),
  });
}

/** A text with what is known about it. */
export interface ExplainedText {
  readonly title: string;
  /** Gives the text in parts whose tokens add up. */
  readonly read: (options: TurnOptions) => Promise<readonly string[]>;
  readonly isMarkdown: boolean;
  readonly costs?: (signal: AbortSignal) => Promise<HarnessCost[]>;
}

export async function showExplanation(tools: TokenTools, explained: ExplainedText): Promise<Explanation> {
  const { title, read, isMarkdown, costs } = explained;
  const { services, reports, vendors } = tools;
  const { counter } = services;
  const target = currentTarget(services);
  const compared = [...encodingNames, ...knownModels.map(({ name }) => name)];
  return withProgress({ title: `Explaining the tokens of ${title}` }, async ({ signal }) => {
    const parts = await read({ signal, turns: services.turns });
    const inspect = async (part: string): Promise<RawToken[]> =>
      inspectTokens(counter, part, target.tokenizer.encoding);
    const explanation = await explainText(parts, target, compared, counter, {
      signal,
      turns: services.turns,
      isMarkdown,
      inspect,
    });
    const models = [...new Set([target.name, ...compared])];
    const vendorCounts = await vendors.compare(parts, models, signal);
    const page = explanationReport(title, explanation, vendorCounts, (await costs?.(signal)) ?? []);
    await reports.show('Token count', page);
    return explanation;
  });
}

const markdownLanguages: ReadonlySet<string> = new Set(['markdown', 'plaintext', ...promptLanguages]);

function isMarkdownDocument({ languageId }: TextDocument): boolean {
  return markdownLanguages.has(languageId);
}

function hasMarkdownName({ path }: Uri): boolean {
  return /\.(?:md|mdc|markdown|txt)$|\/\.(?:cursor|windsurf|cline)rules$/i.test(path);
}
