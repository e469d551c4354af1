import { SummaryError } from './model';

/** Tokens that may be sent to a model and come back from it, for one command; several summaries share one. */
export class TokenBudget {
  readonly total: number;
  #spent = 0;

  constructor(total: number) {
    this.total = total;
  }

  get spent(): number {
    return this.#spent;
  }

  get left(): number {
    return Math.max(0, this.total - this.#spent);
  }

  /** Throws a SummaryError unless that many tokens are left. */
  require(tokens: number, label: string): void {
    if (tokens > this.left) {
      throw new SummaryError(
        'budget',
        `Summing up ${label} takes about ${tokens} tokens, and ${this.left} of the budget of ${this.total} are left.`,
        'Raise the budget, or sum up less.',
      );
    }
  }

  spend(tokens: number): void {
    this.#spent += tokens;
  }
}
