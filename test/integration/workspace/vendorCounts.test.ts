import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { countKey, startCountServer } from '../../support/countServer';
import type { CountServer } from '../../support/countServer';
import { testModelVendor } from '../../support/testModelVendor';
import type { CountedFile } from '../../../src/vscode/tokens/countFiles';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';

const text = 'one two three four';

/** What the test model was asked to count, and how it answers. */
class TestModel implements vscode.LanguageModelChatProvider {
  readonly asked: unknown[] = [];
  answer: (text: string) => number = (value) => value.length * 10;

  provideLanguageModelChatInformation(): vscode.LanguageModelChatInformation[] {
    const sizes = { maxInputTokens: 1000, maxOutputTokens: 1000 };
    return [{ id: 'tens', name: 'Tens', family: 'tens', version: '1', capabilities: {}, ...sizes }];
  }

  async provideLanguageModelChatResponse(): Promise<void> {
    return Promise.reject(new Error('Nobody should ask for an answer.'));
  }

  async provideTokenCount(
    _model: vscode.LanguageModelChatInformation,
    given: string | vscode.LanguageModelChatRequestMessage,
  ): Promise<number> {
    this.asked.push(given);
    return Promise.resolve(this.answer(typeof given === 'string' ? given : ''));
  }
}

describe('Counts by vendors', () => {
  let uri: vscode.Uri;
  let answers: Answers;

  const count = async (): Promise<CountedFile> => {
    const [file] = await vscode.commands.executeCommand<readonly CountedFile[]>('contextCache.countTokens', uri);
    return file!;
  };
  /** Explains the file, and waits for the page to say so: an open page is replaced a moment later. */
  const explained = async (pattern: RegExp): Promise<void> => {
    await vscode.commands.executeCommand('contextCache.explainTokenCount', uri);
    const saysSo = (): boolean =>
      vscode.workspace.textDocuments.some(
        (document) => document.uri.scheme === 'context-cache-report' && pattern.test(document.getText()),
      );
    await new Promise<void>((resolve) => {
      const done = (): void => {
        if (saysSo()) {
          listener.dispose();
          resolve();
        }
      };
      const listener = vscode.workspace.onDidChangeTextDocument(done);
      done();
    });
  };
  const configure = async (name: string, value: unknown): Promise<void> =>
    vscode.workspace.getConfiguration('contextCache.tokens').update(name, value, vscode.ConfigurationTarget.Global);

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    uri = vscode.Uri.joinPath(workspaceFolder(), 'vendors.txt');
    await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
    answers = await answerPrompts();
  });

  afterEach(async () => {
    for (const name of ['model', 'providerCounts', 'providerAddresses']) {
      await configure(name, undefined);
    }
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    answers.restore();
  });

  describe('through the editor', () => {
    let model: TestModel;
    let registration: vscode.Disposable;

    beforeEach(() => {
      model = new TestModel();
      registration = vscode.lm.registerLanguageModelChatProvider(testModelVendor, model);
    });

    afterEach(() => {
      registration.dispose();
    });

    it('stand in the explanation, were asked for with the text, and are asked for once', async () => {
      await explained(/\| Tens \| 180 \| {2}\| provider: counted by .* through the editor \|/);
      assert.deepEqual(model.asked, [text]);
      await explained(/Tens/);
      assert.deepEqual(model.asked, [text]);
    });

    it('say why there is none when the model fails', async () => {
      // Another text than that of other tests: what was counted once is remembered.
      await vscode.workspace.fs.writeFile(uri, Buffer.from('a text that nobody counts'));
      model.answer = () => {
        throw new Error('The model is tired.');
      };
      await explained(/\| Tens \| – \|.*not counted by .*through the editor: .*tired/);
      model.answer = () => -1;
      await explained(/\| Tens \| – \|.*without a number/);
    });

    it('are offered in the model picker, and then count a file', async () => {
      const name = `${testModelVendor}/tens`;
      answers.next({ pick: name });
      assert.equal(await vscode.commands.executeCommand('contextCache.pickTokenModel'), name);
      const file = await count();
      assert.deepEqual(file.kind === 'counted' && [file.count.tokens, file.count.method], [180, 'provider']);
      await answers.toldOf(/180 tokens \(counted by the provider of /);
    });

    it('are never asked for while a person types', async () => {
      await configure('model', `${testModelVendor}/tens`);
      const editor = await vscode.window.showTextDocument(uri);
      for (const word of ['a', 'b', 'c']) {
        await editor.edit((edit) => {
          edit.insert(new vscode.Position(0, 0), `${word} `);
        });
      }
      await vscode.commands.executeCommand('undo');
      assert.deepEqual(model.asked, []);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });
  });

  describe('at the provider', () => {
    let server: CountServer;

    beforeEach(async () => {
      server = await startCountServer();
      await configure('providerAddresses', { anthropic: server.address });
      await configure('model', 'claude-opus-5');
    });

    afterEach(async () => {
      await vscode.commands.executeCommand('contextCache.removeProviderKey', 'anthropic');
      await server.stop();
    });

    const setKey = async (key: string): Promise<void> => {
      answers.next({ type: key });
      await vscode.commands.executeCommand('contextCache.setProviderKey', 'anthropic');
    };

    it('need both a key and the setting', async () => {
      await configure('providerCounts', true);
      assert.equal(methodOf(await count()), 'estimate');
      await configure('providerCounts', false);
      await setKey(countKey);
      await answers.toldOf(/Counts by providers are off/);
      assert.equal(methodOf(await count()), 'estimate');
      await explained(/# Tokens of vendors/);
      assert.deepEqual(server.requests, []);
    });

    it('stand in the explanation and in counts of a file, and are asked for once', async () => {
      await configure('providerCounts', true);
      await setKey(countKey);
      assert.equal(methodOf(await count()), 'provider');
      await answers.toldOf(/: 4 tokens \(counted by the provider of claude-opus-5\)/);
      const asked = server.requests.length;
      await explained(/\| claude-opus-5 \| 4 \|.*provider: counted by Anthropic/);
      const opus = server.requests.filter(({ body }) => (body as { model: string }).model === 'claude-opus-5');
      assert.deepEqual([asked, opus.length], [1, 1]);
    });

    it('are never asked for while a person types, selects, or looks at lenses and limits', async () => {
      await configure('providerCounts', true);
      await setKey(countKey);
      const agents = vscode.Uri.joinPath(workspaceFolder(), 'AGENTS.md');
      const editor = await vscode.window.showTextDocument(agents);
      await vscode.commands.executeCommand('contextCache.refreshInstructions');
      for (const word of ['a', 'b', 'c']) {
        await editor.edit((edit) => {
          edit.insert(new vscode.Position(0, 0), `${word} `);
        });
        editor.selection = new vscode.Selection(0, 0, 1, 0);
        await vscode.commands.executeCommand('vscode.executeCodeLensProvider', agents, 100);
      }
      await vscode.commands.executeCommand('contextCache.refreshPrompts');
      assert.deepEqual(server.requests, []);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });

    it('leave a marked estimate when they fail, and say why', async () => {
      await configure('providerCounts', true);
      await setKey('wrong');
      assert.equal(methodOf(await count()), 'estimate');
      await answers.toldOf(/Anthropic answered 401.*Check the key/);
      await explained(/\| claude-opus-5 \| – \|.*not counted by Anthropic: .*401/);
    });

    it('end with the key', async () => {
      await configure('providerCounts', true);
      await setKey(countKey);
      await vscode.commands.executeCommand('contextCache.removeProviderKey', 'anthropic');
      assert.equal(methodOf(await count()), 'estimate');
      await vscode.commands.executeCommand('contextCache.removeProviderKey', 'anthropic');
      await answers.toldOf(/There is no key of a provider/);
      assert.deepEqual(server.requests, []);
    });
  });
});

function methodOf(file: CountedFile): string {
  return file.kind === 'counted' ? file.count.method : file.reason;
}
