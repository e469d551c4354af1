import { Range, commands } from 'vscode';
import type { Uri } from 'vscode';
import { UserError } from '../../../core/errors';
import { lockFileName, lockText } from '../../../core/prompts/lock';
import { analysePrefix } from '../../../core/prompts/prefix/analyse';
import type { PrefixAnalysis } from '../../../core/prompts/prefix/analyse';
import { commonVariants, compareVersions } from '../../../core/prompts/versions/promptVersion';
import type { PromptVersion, VersionComparison } from '../../../core/prompts/versions/promptVersion';
import { withProgress } from '../../progress';
import { clickedVariant, targetPrompt } from '../pickers';
import type { BreakMark } from '../promptDocuments';
import { requireCompiled } from '../promptState';
import type { PromptState } from '../promptState';
import type { PromptTools } from '../promptTools';
import { versionItems } from '../versionItems';
import type { VersionItem } from '../versionItems';
import { versionsPage } from '../versionsPage';
import type { PromptCommand } from './promptCommand';

const title = 'Diff Prompt Versions';

interface VersionDiff {
  readonly comparison: VersionComparison;
  /** Undefined when one side is a lock file. */
  readonly analysis: PrefixAnalysis | undefined;
}

/** Diff Prompt Versions: two versions of a prompt as a diff, with tokens and the first break. Returns both. */
export const diffPromptVersions: PromptCommand = {
  id: 'contextCache.diffPromptVersions',
  run: async (tools, clicked): Promise<VersionDiff | undefined> => {
    const prompt = await targetPrompt(tools, clicked, title);
    if (prompt === undefined) {
      return undefined;
    }
    requireCompiled(prompt);
    const items = await withProgress({ title }, async ({ signal }) => versionItems(tools, prompt, signal));
    const [now, ...others] = items;
    if (others.length === 0 || now === undefined) {
      throw new UserError(
        `There is no other version of '${prompt.name}' yet.`,
        'Run "Save Prompt Snapshot" before you change it, or commit it to Git.',
      );
    }
    const left = await pickVersion(tools, prompt, others, 'The older version');
    const right =
      left &&
      (await pickVersion(tools, prompt, [now, ...others.filter((item) => item !== left.item)], 'The newer version'));
    if (left === undefined || right === undefined) {
      return undefined;
    }
    const variant = await pickCommonVariant(tools, prompt, left.version, right.version, clickedVariant(clicked));
    return variant === undefined ? undefined : showDiff(tools, prompt, left.version, right.version, variant);
  },
};

async function pickVersion(
  { services }: PromptTools,
  prompt: PromptState,
  items: readonly VersionItem[],
  placeHolder: string,
): Promise<{ readonly item: VersionItem; readonly version: PromptVersion } | undefined> {
  const item = await services.prompts.pick(items, {
    title: `${title}: ${prompt.name}`,
    placeHolder,
    matchOnDescription: true,
  });
  const { open } = (item?.ask === undefined ? item : await item.ask()) ?? {};
  const version = open && (await withProgress({ title }, async ({ signal }) => open(signal)));
  return item === undefined || version === undefined ? undefined : { item, version };
}

async function pickCommonVariant(
  { services, viewState }: PromptTools,
  prompt: PromptState,
  left: PromptVersion,
  right: PromptVersion,
  wanted: string | undefined,
): Promise<string | undefined> {
  const names = commonVariants(left, right);
  if (names.length === 0) {
    throw new UserError('The two versions have no variant in common.', 'Choose other versions.');
  }
  const given = names.length === 1 ? names[0] : names.find((name) => name === wanted);
  if (given !== undefined) {
    return given;
  }
  const shown = names.find((name) => name === viewState.shownVariant);
  const ordered = shown === undefined ? names : [shown, ...names.filter((name) => name !== shown)];
  const items = ordered.map((label) => ({ label }));
  const options = { title: `${title}: ${prompt.name}`, placeHolder: 'The variant' };
  return (await services.prompts.pick(items, options))?.label;
}

async function showDiff(
  tools: PromptTools,
  prompt: PromptState,
  left: PromptVersion,
  right: PromptVersion,
  variant: string,
): Promise<VersionDiff> {
  const { services, documents, model } = tools;
  const comparison = compareVersions(left, right, variant);
  const analysis = await analyse(tools, prompt, left, right, variant);
  await services.reports.show(
    `${prompt.name} versions`,
    versionsPage(prompt.name, comparison, analysis, model.snapshot.providers.asOf),
  );
  const reason = analysis?.cause?.message ?? '';
  const sides = ([left, right] as const).map((version, index) => {
    const document = analysis === undefined ? undefined : version.documents.get(variant);
    const point = analysis?.divergence?.[index === 0 ? 'left' : 'right'];
    const text = document?.text ?? lockText(version.lock);
    const at = document === undefined ? lockPlace(text, variant, comparison.firstChange) : point;
    const mark: BreakMark | undefined =
      at === undefined ? undefined : { line: at.line, character: at.character, reason };
    const file = document === undefined ? lockFileName(version.lock.name) : `${prompt.name}.${variant}.md`;
    return { uri: documents.add(`${version.label} ${file}`, text, mark), mark };
  });
  await openDiff(sides[0]!.uri, sides[1]!, `${prompt.name} (${variant}): ${left.label} ↔ ${right.label}`);
  return { comparison, analysis };
}

async function analyse(
  { services, model }: PromptTools,
  prompt: PromptState,
  left: PromptVersion,
  right: PromptVersion,
  variant: string,
): Promise<PrefixAnalysis | undefined> {
  const [before, after] = [left.documents.get(variant), right.documents.get(variant)];
  if (before === undefined || after === undefined) {
    return undefined;
  }
  const { target, providers } = model.snapshot;
  const ids = {
    encode: async (text: string, encoding: Parameters<typeof services.counter.encoder>[0]) =>
      (await services.counter.encoder(encoding)).encode(text),
  };
  const models = (prompt.manifest?.models ?? []).filter((name) => providers.forModel(name) !== undefined);
  const input = { ids, encoding: target.tokenizer.encoding, table: providers, models };
  return withProgress({ title }, async ({ signal }) => analysePrefix(before, after, input, { signal }));
}

/** The line of a lock file that names a part of a variant. */
function lockPlace(
  text: string,
  variant: string,
  part: string | undefined,
): { readonly line: number; readonly character: number } | undefined {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`    ${JSON.stringify(variant)}: {`));
  const line = lines.findIndex(
    (candidate, index) => index > from && candidate.trim() === `"id": ${JSON.stringify(part)},`,
  );
  return part === undefined || from === -1 || line === -1 ? undefined : { line, character: 0 };
}

async function openDiff(
  before: Uri,
  after: { readonly uri: Uri; readonly mark: BreakMark | undefined },
  label: string,
): Promise<void> {
  const { mark } = after;
  const selection =
    mark === undefined ? {} : { selection: new Range(mark.line, mark.character, mark.line, mark.character) };
  await commands.executeCommand('vscode.diff', before, after.uri, label, { preview: false, ...selection });
}
