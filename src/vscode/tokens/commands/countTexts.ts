import { env, window } from 'vscode';
import { UserError } from '../../../core/errors';
import type { TokenCount } from '../../../core/tokens/counter';
import { reportError } from '../../commands';
import { plural } from '../../format';
import { countFor, currentTarget, describeMethod, exactCount } from '../target';
import type { TokenTools } from '../tools';

/** Count Tokens in Selection: all selections of the active editor, each counted on its own and summed. */
export async function countTokensInSelection(tools: TokenTools): Promise<TokenCount> {
  const editor = window.activeTextEditor;
  const texts = (editor?.selections ?? [])
    .filter((selection) => !selection.isEmpty)
    .map((selection) => editor!.document.getText(selection));
  if (texts.length === 0) {
    throw new UserError('Nothing is selected.', 'Select some text in an editor.');
  }
  const what = texts.length === 1 ? 'The selection has' : `The ${texts.length} selections have`;
  return countAndTell(tools, texts, what);
}

/** Count Tokens in Clipboard. */
export async function countTokensInClipboard(tools: TokenTools): Promise<TokenCount> {
  const text = await env.clipboard.readText();
  if (text === '') {
    throw new UserError('The clipboard holds no text.', 'Copy some text first.');
  }
  return countAndTell(tools, [text], 'The clipboard has');
}

async function countAndTell(
  { services, vendors }: TokenTools,
  texts: readonly string[],
  what: string,
): Promise<TokenCount> {
  const target = currentTarget(services);
  const counts = await services.counter.countAll(texts, target.tokenizer.encoding, { priority: 'visible' });
  const offline = countFor(
    target,
    counts.reduce((sum, tokens) => sum + tokens, 0),
  );
  const count =
    (await vendors.countFor(texts, target, undefined).catch((error: unknown) => {
      reportError(services, `Counting for ${target.name}`, error);
      return undefined;
    })) ?? offline;
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  void services.prompts.tell(
    'information',
    `${what} ${exactCount(count)} tokens (${describeMethod(count, target)}), ${plural(characters, 'character')}.`,
  );
  return count;
}
