import type { PartRow } from '../../core/prompts/partRows';
import type { PromptState, VariantState } from './promptState';

/** The rows of the Prompts view. Ids are paths, unique in the view, and the same as long as the row means the same. */
export type PromptNode = ManifestNode | VariantNode | PartNode | ProblemNode;

export interface ManifestNode {
  readonly kind: 'prompt';
  readonly id: string;
  readonly prompt: PromptState;
  readonly children: readonly (VariantNode | ProblemNode)[];
}

export interface VariantNode {
  readonly kind: 'variant';
  readonly id: string;
  readonly prompt: PromptState;
  readonly variant: VariantState;
  readonly parent: ManifestNode;
  readonly children: readonly PartNode[];
}

export interface PartNode {
  readonly kind: 'part';
  readonly id: string;
  readonly prompt: PromptState;
  readonly variant: VariantState;
  readonly row: PartRow;
  readonly parent: VariantNode;
}

/** Why the rows below it are those of before. */
export interface ProblemNode {
  readonly kind: 'problem';
  readonly id: string;
  readonly message: string;
  /** Undefined when the problem is that of the whole view. */
  readonly parent: ManifestNode | undefined;
}
