import assert from 'node:assert/strict';
import type { SecretStorage } from 'vscode';
import type { SandboxSetting } from '../../../src/contributions';
import { UserError } from '../../../src/core/errors';
import type { InputStepOptions } from '../../../src/vscode/promptSteps';
import type { Services } from '../../../src/vscode/services';
import { createSandboxKeys } from '../../../src/vscode/sandboxes/sources/sandboxKeys';
import type { RemoteTrees } from '../../../src/vscode/sandboxes/sources/remoteTrees';
import type { NewSandbox } from '../../../src/vscode/sandboxes/sources/sourceKind';
import { createSshSource } from '../../../src/vscode/sandboxes/sources/sshSource';

/** Answers every input box with this text, or says what is wrong with it. */
function typing(text: string): { readonly services: Services; readonly asked: InputStepOptions[] } {
  const asked: InputStepOptions[] = [];
  const inputStep = async (options: InputStepOptions): Promise<string> => {
    asked.push(options);
    const complaint = options.validate(text);
    return complaint === undefined ? Promise.resolve(text) : Promise.reject(new Error(complaint));
  };
  return { services: { prompts: { inputStep } } as unknown as Services, asked };
}

async function answerHost(text: string, before: SandboxSetting = {}): Promise<NewSandbox> {
  const { services } = typing(text);
  const [host] = createSshSource(services, {} as RemoteTrees).steps;
  const answer = await host!({ fields: before, name: undefined, suggestedName: '' }, { canGoBack: true });
  assert.ok(typeof answer === 'object');
  return answer;
}

describe('what a person types for a sandbox over SSH', () => {
  const cases: readonly (readonly [string, SandboxSetting])[] = [
    ['build-box', { host: 'build-box' }],
    [' me@build-box ', { user: 'me', host: 'build-box' }],
    ['me@10.0.0.7:2222', { user: 'me', host: '10.0.0.7', port: 2222 }],
    ['[::1]:22', { host: '[::1]', port: 22 }],
  ];
  for (const [text, fields] of cases) {
    it(`takes ${JSON.stringify(text)} apart`, async () => {
      const answer = await answerHost(text);
      assert.deepEqual([answer.fields, answer.suggestedName], [fields, fields['host']]);
    });
  }

  for (const text of ['', '-oProxyCommand=touch x', 'a b', 'me@', '@host', 'host:99999', 'host:22/path']) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      await assert.rejects(answerHost(text), /Give /);
    });
  }

  it('keeps the other answers when one goes back, and shows the earlier one', async () => {
    const fields = { host: 'old', user: 'me', port: 7, root: '/cache' };
    assert.deepEqual((await answerHost('new', fields)).fields, { host: 'new', root: '/cache' });
    const { services, asked } = typing('new');
    const [host] = createSshSource(services, {} as RemoteTrees).steps;
    await host!({ fields, name: undefined, suggestedName: '' }, { canGoBack: false });
    assert.deepEqual([asked[0]?.value, asked[0]?.canGoBack], ['me@old:7', false]);
  });
});

describe('keys of sandboxes', () => {
  it('belong to one address each, and to none that is not encrypted', async () => {
    const kept = new Map<string, string>();
    const keys = createSandboxKeys({
      get: async (name: string) => Promise.resolve(kept.get(name)),
      store: async (name: string, value: string) => Promise.resolve(void kept.set(name, value)),
      delete: async (name: string) => Promise.resolve(void kept.delete(name)),
    } as unknown as SecretStorage);
    await keys.set('https://one.example/api/', 'first');
    assert.equal(await keys.get('https://one.example/api'), 'first');
    assert.equal(await keys.get('https://two.example/api'), undefined);
    assert.ok([...kept.keys()].every((name) => !name.includes('first')));
    await assert.rejects(
      async () => keys.set('http://one.example/api', 'first'),
      (error) => error instanceof UserError && error.message.includes('not encrypted'),
    );
    await keys.remove('https://one.example/api');
    assert.equal(await keys.get('https://one.example/api'), undefined);
  });
});
