/** The answer of a person who wants to see the step before again. */
export const back: unique symbol = Symbol.for('contextCache.back');

/** What a step comes to: what is known after it, the step before again, or undefined when the person gives up. */
export type StepAnswer<State> = State | typeof back | undefined;

/** Asks one thing. It is given all that is known so far, its own earlier answer included. */
export type Step<State> = (state: State, options: { readonly canGoBack: boolean }) => Promise<StepAnswer<State>>;

/**
 * Asks one step after the other; Back leads to the one before, with its answer kept.
 * @param stepsOf the steps, which may depend on what was answered
 * @returns what is known at the end, or undefined when the person gives up
 */
export async function askSteps<State>(
  stepsOf: (state: State) => readonly Step<State>[],
  start: State,
): Promise<State | undefined> {
  let state = start;
  let index = 0;
  for (let step = stepsOf(state)[index]; step !== undefined; step = stepsOf(state)[index]) {
    const answer = await step(state, { canGoBack: index > 0 });
    if (answer === undefined) {
      return undefined;
    }
    if (answer === back) {
      index = Math.max(0, index - 1);
    } else {
      state = answer;
      index += 1;
    }
  }
  return state;
}
