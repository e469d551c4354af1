import { Uri, window, workspace } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { compiledFileName, formatPrompt, outputFormats } from '../../../core/prompts/formats';
import type { OutputFormat } from '../../../core/prompts/formats';
import { lockFileName, lockOf, lockText } from '../../../core/prompts/lock';
import { formatExact } from '../../format';
import { letGo } from '../../commands';
import { countFor, exactCount } from '../../tokens/target';
import { clickedVariant, pickVariant, targetPrompt } from '../pickers';
import { requireCompiled } from '../promptState';
import { variantBudget } from '../promptState';
import type { PromptState, VariantState } from '../promptState';
import type { PromptTools } from '../promptTools';
import type { PromptCommand } from './promptCommand';

const title = 'Compile Prompt';

const formatNotes: Readonly<Record<OutputFormat, string>> = {
  text: 'all parts as one text',
  anthropic: 'a request with cache_control at the best places',
  openai: 'a request with the static parts first',
  gemini: 'a request, and cached content where it is long enough',
};

interface FormatItem extends QuickPickItem {
  readonly format: OutputFormat;
}

/** Compile Prompt: one variant as text or as a request, in a read-only document. Returns its URI. */
export const compilePromptCommand: PromptCommand = {
  id: 'contextCache.compilePrompt',
  run: async (tools, clicked) => {
    const prompt = await targetPrompt(tools, clicked, title);
    if (prompt === undefined) {
      return undefined;
    }
    const variants = requireCompiled(prompt);
    const place = { title: `${title}: ${prompt.name}`, placeHolder: 'The variant' };
    const variant = await pickVariant(tools, variants, clickedVariant(clicked), place);
    const format = variant === undefined ? undefined : await pickFormat(tools, place.title);
    if (variant === undefined || format === undefined) {
      return undefined;
    }
    const { measured } = variant;
    const text = formatPrompt(measured.prompt, format, {
      providers: tools.model.snapshot.providers,
      staticTokens: measured.pieces
        .filter(({ piece }) => piece.prefixStability === 'static')
        .reduce((sum, { added }) => sum + added, 0),
    });
    const uri = tools.documents.add(compiledFileName(measured.prompt, format), text);
    await window.showTextDocument(uri, { preview: true });
    // Not awaited: the document is there, whatever the person does with the message.
    letGo(tools.services, title, offerLock(tools, prompt, variant));
    return uri;
  },
};

async function pickFormat({ services }: PromptTools, at: string): Promise<OutputFormat | undefined> {
  const items = outputFormats.map((format): FormatItem => ({
    format,
    label: format,
    description: formatNotes[format],
  }));
  return (await services.prompts.pick(items, { title: at, placeHolder: 'The format' }))?.format;
}

async function offerLock(tools: PromptTools, prompt: PromptState, variant: VariantState): Promise<void> {
  const { name, measured } = variant;
  const { target } = tools.model.snapshot;
  const count = exactCount(countFor(target, measured.tokens));
  const budget = variantBudget(variant, target);
  const over = budget?.passed !== undefined;
  const limit =
    budget === undefined
      ? ''
      : `, ${over ? 'over' : 'within'} its budget of ${formatExact(budget.passed?.limit ?? budget.limit)}`;
  const write = 'Write Lock File…';
  const message = `Compiled '${prompt.name}' (${name}): ${count} tokens${limit}.`;
  if ((await tools.services.prompts.tell(over ? 'warning' : 'information', message, write)) === write) {
    await writeLock(tools, prompt);
  }
}

/** Writes the record of all variants beside the manifest, after asking. Returns its URI when it was written. */
async function writeLock({ services, model }: PromptTools, { id }: PromptState): Promise<Uri | undefined> {
  services.trust.require('Writing a lock file');
  const prompt = model.snapshot.prompts.find((candidate) => candidate.id === id);
  if (prompt === undefined) {
    return undefined;
  }
  const variants = requireCompiled(prompt);
  const lock = Uri.joinPath(prompt.uri, '..', lockFileName(prompt.name));
  const message = `Write ${workspace.asRelativePath(lock)}?`;
  const detail = `It records the hash and the tokens of each part of ${variants.map(({ name }) => name).join(', ')}. Commit it: a change of the prompt is then a small diff of this file.`;
  if (!(await services.prompts.confirm({ message, detail, yes: 'Write' }))) {
    return undefined;
  }
  const text = lockText(lockOf(variants.map(({ measured }) => measured)));
  await workspace.fs.writeFile(lock, new TextEncoder().encode(text));
  await window.showTextDocument(lock, { preview: true });
  return lock;
}
