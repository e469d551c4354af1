import type { Uri, WorkspaceFolder } from 'vscode';
import { UserError } from '../../core/errors';
import type { Threshold } from '../../core/config';
import type { Finding, TextRange } from '../../core/findings';
import { severityOf } from '../../core/instructions/budgets';
import type { InstructionLibrary } from '../../core/prompts/library';
import type { MeasuredPrompt } from '../../core/prompts/measure';
import type { PromptManifest } from '../../core/prompts/model';
import type { ProviderTable } from '../../core/prompts/providers';
import type { ResolvedPrompt } from '../../core/prompts/resolve';
import { budgetOf } from '../instructions/workspaceConfig';
import { countFor } from '../tokens/target';
import type { CountingTarget } from '../tokens/target';
import type { PartRow } from '../../core/prompts/partRows';

/** One variant, compiled and measured. */
export interface VariantState {
  readonly name: string;
  readonly measured: MeasuredPrompt;
  readonly rows: readonly PartRow[];
  /** What the manifest, the person's settings or the shared configuration let it cost; undefined for no limit. */
  readonly threshold: Threshold | undefined;
}

/** A variant's tokens beside what they may be. */
export interface VariantBudget {
  readonly limit: number;
  /** The limit that is passed and how bad that is; undefined within the budget. */
  readonly passed: { readonly severity: 'warning' | 'error'; readonly limit: number } | undefined;
}

const limitNames = { warning: 'warn', error: 'error' } as const;

/** How a variant stands to its budget, in the tokens that are shown; undefined without one. */
export function variantBudget(
  { measured, threshold }: VariantState,
  target: CountingTarget,
): VariantBudget | undefined {
  if (threshold === undefined) {
    return undefined;
  }
  const severity = severityOf(countFor(target, measured.tokens).tokens, threshold);
  const passed = severity === undefined ? undefined : { severity, limit: threshold[limitNames[severity]] };
  return { limit: budgetOf(threshold), passed };
}

/** Where a part is written: the file that it names, or its item in the manifest. */
export interface PartPlace {
  readonly uri: Uri;
  readonly range: TextRange | undefined;
}

/** One manifest as it stands in the editor. */
export interface PromptState {
  /** The URI of the manifest as text. */
  readonly id: string;
  readonly uri: Uri;
  readonly folder: WorkspaceFolder;
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** The prompt's name; of a manifest that can't be read, that of its file. */
  readonly name: string;
  /** The text of the manifest that all this is about; undefined when it could not be read. */
  readonly text: string | undefined;
  readonly manifest: PromptManifest | undefined;
  readonly resolved: ResolvedPrompt | undefined;
  /** Those of the last time it could be compiled. */
  readonly variants: readonly VariantState[];
  /** Why it can't be compiled now. */
  readonly problem: string | undefined;
  readonly findings: readonly Finding[];
  /** Locations of the manifest and of every file that it names, found or not. */
  readonly uses: ReadonlySet<string>;
  /** By the id of a piece. */
  readonly places: ReadonlyMap<string, PartPlace>;
  readonly library: InstructionLibrary;
}

/** All prompts of the workspace; replaced as a whole whenever something changed. */
export interface PromptsSnapshot {
  readonly phase: 'loading' | 'ready' | 'failed';
  /** Why the last look failed; the prompts are then those of the one before. */
  readonly failure: string | undefined;
  readonly target: CountingTarget;
  readonly prompts: readonly PromptState[];
  readonly providers: ProviderTable;
  /** What is wrong with the person's own file of prices and limits. */
  readonly providerFindings: readonly Finding[];
}

/** The variant of that name, else the full one; undefined when the prompt never could be compiled. */
export function variantOf(prompt: PromptState, name: string): VariantState | undefined {
  return prompt.variants.find((variant) => variant.name === name) ?? prompt.variants[0];
}

/** Throws the reason when the prompt can't be compiled now. */
export function requireCompiled(prompt: PromptState): readonly VariantState[] {
  if (prompt.problem !== undefined || prompt.variants.length === 0) {
    throw new UserError(`'${prompt.name}' can't be compiled. ${prompt.problem ?? ''}`.trim(), '');
  }
  return prompt.variants;
}
