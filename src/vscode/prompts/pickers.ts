import { Uri } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { UserError } from '../../core/errors';
import type { CompiledPrompt } from '../../core/prompts/compile';
import { commandUris } from '../commandTargets';
import { countFor, exactCount } from '../tokens/target';
import type { PromptNode } from './nodes';
import type { PromptState, VariantState } from './promptState';
import type { PromptTools } from './promptTools';

interface ValueItem<Value> extends QuickPickItem {
  readonly value: Value;
}

/** The row of the view that was clicked; undefined for URIs and for the palette. */
export function clickedNode(clicked: unknown): Exclude<PromptNode, { kind: 'problem' }> | undefined {
  if (typeof clicked === 'object' && clicked !== null && 'kind' in clicked && 'prompt' in clicked) {
    return clicked as Exclude<PromptNode, { kind: 'problem' }>;
  }
  return undefined;
}

/**
 * The prompt that a command is about: of the clicked row, of the clicked or active file, else the only one, else the
 * one that is picked. Throws when there is none.
 */
export async function targetPrompt(
  tools: PromptTools,
  clicked: unknown,
  title: string,
): Promise<PromptState | undefined> {
  const { model, services } = tools;
  const before = model.snapshot;
  const { prompts } = before.phase === 'loading' ? await model.refresh() : before;
  const node = clickedNode(clicked);
  const [uri] = node === undefined ? commandUris(clicked) : [node.prompt.uri];
  const using = uri === undefined ? [] : model.promptsUsing(uri);
  if (clicked instanceof Uri && using.length === 0) {
    throw new UserError('No prompt of this workspace uses that file.', 'Choose a *.prompt.yaml file, or convert it.');
  }
  const candidates = using.length > 0 ? using : prompts;
  if (candidates.length === 0) {
    throw new UserError(
      'There is no prompt manifest in this workspace.',
      'Run "New Prompt Manifest", or "Convert File to Manifest" on a long prompt.',
    );
  }
  if (candidates.length === 1) {
    return candidates[0];
  }
  const items = candidates.map((prompt) => ({ value: prompt, label: prompt.name, description: prompt.path }));
  return (await services.prompts.pick<ValueItem<PromptState>>(items, { title, placeHolder: 'A prompt' }))?.value;
}

/** A variant by name when one is passed or clicked, else the one that is picked. */
export async function pickVariant(
  { services, model }: PromptTools,
  variants: readonly VariantState[],
  given: string | undefined,
  options: { readonly title: string; readonly placeHolder: string },
): Promise<VariantState | undefined> {
  const passed = variants.find(({ name }) => name === given);
  if (passed !== undefined) {
    return passed;
  }
  const { target } = model.snapshot;
  const items = variants.map((variant) => ({
    value: variant,
    label: variant.name,
    description: `${exactCount(countFor(target, variant.measured.tokens))} tokens`,
  }));
  return (await services.prompts.pick<ValueItem<VariantState>>(items, options))?.value;
}

/** The name of the clicked variant, or of the variant whose part was clicked. */
export function clickedVariant(clicked: unknown): string | undefined {
  const node = clickedNode(clicked);
  return node === undefined || node.kind === 'prompt' ? undefined : node.variant.name;
}

/** `market-reporter.full.md` */
export function textName({ name, variant }: CompiledPrompt): string {
  return `${name}.${variant}.md`;
}
