import assert from 'node:assert/strict';
import { askSteps, back } from '../../../src/vscode/steps';
import type { Step } from '../../../src/vscode/steps';

/** Steps that add a letter each, or go back, as told; `asked` notes which was asked with what. */
function lettersOf(answers: readonly (string | typeof back | undefined)[]): {
  readonly asked: string[];
  readonly step: (name: string) => Step<string>;
} {
  const asked: string[] = [];
  const queue = [...answers];
  return {
    asked,
    step:
      (name) =>
      async (state, { canGoBack }) => {
        asked.push(`${name}${canGoBack ? '<' : ''}:${state}`);
        const answer = queue.shift();
        return Promise.resolve(typeof answer === 'string' ? state + answer : answer);
      },
  };
}

describe('steps', () => {
  it('go forward and back, and keep what was answered', async () => {
    const { asked, step } = lettersOf(['a', 'b', back, back, 'A', 'B', 'C']);
    const steps = [step('1'), step('2'), step('3')];
    assert.equal(await askSteps(() => steps, ''), 'abABC');
    assert.deepEqual(asked, ['1:', '2<:a', '3<:ab', '2<:ab', '1:ab', '2<:abA', '3<:abAB']);
  });

  it('end with nothing when the person gives up', async () => {
    const { step } = lettersOf(['a', undefined]);
    assert.equal(await askSteps(() => [step('1'), step('2')], ''), undefined);
  });

  it('may depend on what was answered', async () => {
    const { asked, step } = lettersOf(['x', 'y', 'z']);
    const [first, more] = [step('1'), step('more')];
    await askSteps((state) => (state.startsWith('x') ? [first, more, more] : [first]), '');
    assert.deepEqual(asked, ['1:', 'more<:x', 'more<:xy']);
  });
});
