import { Selection, env, window, workspace } from 'vscode';
import type { Range, TextEditor } from 'vscode';
import { UserError, throwIfCancelled } from '../../../core/errors';
import type { TokenCount } from '../../../core/tokens/counter';
import { bytesOf, countParts, lengthOfParts } from '../../../core/tokens/textParts';
import type { TurnOptions } from '../../../core/turns';
import { letGo, reportError } from '../../commands';
import { plural } from '../../format';
import { withProgress } from '../../progress';
import { partsOfRanges } from '../textSource';
import { countFor, currentTarget, describeMethod, exactCount } from '../target';
import type { TokenTools } from '../tools';
import { explainSelection, showExplanation } from './explainTokenCount';
import { showList } from './showCounts';
import type { OpenableRow } from './showCounts';

/** So much of a selection's text names it in a list. */
const shownLength = 60;

/**
 * Count Tokens in Selection: all selections of the active editor, each counted on its own and summed. One is told in a
 * message, several are listed.
 */
export async function countTokensInSelection(tools: TokenTools): Promise<TokenCount> {
  const editor = window.activeTextEditor;
  const selections = (editor?.selections ?? []).filter((selection) => !selection.isEmpty);
  if (editor === undefined || selections.length === 0) {
    throw new UserError('Nothing is selected.', 'Select some text in an editor.');
  }
  const { total, each } = await countTexts(tools, async (options) =>
    partsOfRanges(editor.document, selections, options),
  );
  if (selections.length === 1) {
    tell(tools, 'The selection has', each[0]!.characters, total, async () => explainSelection(tools, editor));
    return total;
  }
  const rows = selections.map((selection, index): OpenableRow => ({
    label: labelOf(selection, each[index]!),
    count: each[index]!.count,
    bytes: each[index]!.bytes,
    open: async () => goTo(editor, selection),
  }));
  const title = workspace.asRelativePath(editor.document.uri);
  const table = { title, target: currentTarget(tools.services), total, noun: 'selection', rows, skipped: [] };
  // Not awaited: the result is there, whatever the person does with the list.
  letGo(tools.services, 'Showing token counts', showList(tools, table));
  return total;
}

/** Count Tokens in Clipboard. */
export async function countTokensInClipboard(tools: TokenTools): Promise<TokenCount> {
  const text = await env.clipboard.readText();
  if (text === '') {
    throw new UserError('The clipboard holds no text.', 'Copy some text first.');
  }
  const read = async (): Promise<readonly string[]> => Promise.resolve([text]);
  const { total } = await countTexts(tools, async () => [await read()]);
  tell(tools, 'The clipboard has', text.length, total, async () =>
    showExplanation(tools, { title: 'The clipboard', read, isMarkdown: true }),
  );
  return total;
}

/** A text that was counted. */
interface CountedText {
  readonly count: TokenCount;
  /** UTF-16 units. */
  readonly characters: number;
  /** As UTF-8. */
  readonly bytes: number;
  /** As much of it as a list shows, and a little more. */
  readonly beginning: string;
}

/** Texts one by one and together; the total is the vendor's own count where it gives one. */
async function countTexts(
  { services, vendors }: TokenTools,
  read: (options: TurnOptions) => Promise<readonly (readonly string[])[]>,
): Promise<{ readonly total: TokenCount; readonly each: readonly CountedText[] }> {
  const target = currentTarget(services);
  return withProgress({ title: 'Counting tokens' }, async ({ signal }) => {
    const turns: TurnOptions = { signal, turns: services.turns };
    const texts = await read(turns);
    const counts = await countParts(services.counter, texts, target.tokenizer.encoding, {
      signal,
      priority: 'visible',
    });
    const sum = counts.reduce((total, tokens) => total + tokens, 0);
    const byVendor = await vendors.countFor(texts, target, signal).catch((error: unknown) => {
      throwIfCancelled(signal);
      // The estimate is marked as one; why there is nothing better is told beside it.
      reportError(services, `Counting for ${target.name}`, error);
      return undefined;
    });
    const each: CountedText[] = [];
    for (const [index, parts] of texts.entries()) {
      each.push({
        count: countFor(target, counts[index]!),
        characters: lengthOfParts(parts),
        bytes: await bytesOf(parts, turns),
        beginning: beginningOf(parts),
      });
    }
    return { total: byVendor ?? countFor(target, sum), each };
  });
}

function tell(
  { services }: TokenTools,
  what: string,
  characters: number,
  count: TokenCount,
  explain: () => Promise<unknown>,
): void {
  const how = describeMethod(count, currentTarget(services));
  const message = `${what} ${exactCount(count)} tokens (${how}), ${plural(characters, 'character')}.`;
  const [explainIt, copy] = ['Explain', 'Copy'];
  // Not awaited: a message may stay for long.
  letGo(
    services,
    'Telling a token count',
    services.prompts.tell('information', message, explainIt, copy).then(async (choice) => {
      if (choice === explainIt) {
        await explain();
      } else if (choice === copy) {
        await env.clipboard.writeText(String(count.tokens));
      }
    }),
  );
}

function beginningOf(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) {
    text += part.slice(0, 4 * shownLength);
    if (text.trim().length > 2 * shownLength) {
      break;
    }
  }
  return text;
}

function labelOf({ start, end }: Range, { beginning }: CountedText): string {
  const lines = start.line === end.line ? `${start.line + 1}` : `${start.line + 1}–${end.line + 1}`;
  const shown = beginning.trim().replace(/\s+/g, ' ');
  // A dollar sign with a parenthesis would be drawn as an icon.
  const inert = shown.slice(0, shownLength).replaceAll('$(', '$ (');
  return `Line ${lines}: ${inert}${shown.length > shownLength ? '…' : ''}`;
}

async function goTo({ document, viewColumn }: TextEditor, { start, end }: Range): Promise<void> {
  await window.showTextDocument(document, {
    selection: new Selection(start, end),
    ...(viewColumn === undefined ? {} : { viewColumn }),
  });
}
