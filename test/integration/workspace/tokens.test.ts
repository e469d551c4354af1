import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TokenCount } from '../../../src/core/tokens/counter';
import type { CountedFile } from '../../../src/vscode/tokens/countFiles';
import type { Explanation } from '../../../src/vscode/tokens/explanation';
import { answerPrompts } from '../support/answers';
import type { Answers, Asked } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';

const inWorkspace = (path: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), path);

/** Writes a file. The editor may hold it from an earlier test, and then takes a moment to read it again. */
async function write(path: string, content: string | Uint8Array): Promise<vscode.Uri> {
  const uri = inWorkspace(path);
  await vscode.workspace.fs.writeFile(uri, typeof content === 'string' ? Buffer.from(content) : content);
  const held = (): vscode.TextDocument | undefined =>
    vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  const deadline = Date.now() + 15_000;
  while (typeof content === 'string' && (held()?.getText() ?? content) !== content) {
    assert.ok(Date.now() < deadline, `The editor did not read ${path} again.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return uri;
}

async function show(uri: vscode.Uri): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(uri, { preview: false });
}

/** Runs a command whose result is also shown in a list, and closes the list. */
async function countTokens(...args: unknown[]): Promise<readonly CountedFile[]> {
  const files = await vscode.commands.executeCommand<readonly CountedFile[]>('contextCache.countTokens', ...args);
  await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
  return files;
}

async function until(what: string, isSo: () => boolean | undefined): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (isSo() !== true) {
    assert.ok(Date.now() < deadline, `Still not so: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isShown(report: RegExp): boolean {
  return vscode.workspace.textDocuments.some(
    (document) => document.uri.scheme === 'context-cache-report' && report.test(document.getText()),
  );
}

/** The lenses with tokens: their lines and titles. */
async function lensLines(uri: vscode.Uri): Promise<(readonly [line: number, title: string])[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
  return lenses
    .map(({ range, command }) => [range.start.line, command?.title ?? ''] as const)
    .filter(([, title]) => title.includes('tokens'));
}

async function lensTitles(uri: vscode.Uri): Promise<string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
  return lenses.map(({ command }) => command?.title ?? '').filter((title) => title.includes('tokens'));
}

describe('Tokens', () => {
  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
  });

  afterEach(async () => {
    const configuration = vscode.workspace.getConfiguration('contextCache.tokens');
    for (const name of ['model', 'budget', 'codeLens', 'heatStrip']) {
      await configuration.update(name, undefined, vscode.ConfigurationTarget.Global);
    }
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('counts a file exactly, special tokens in its text included', async () => {
    const uri = await write('plain.txt', 'hello world<|endoftext|>');
    const [file] = await countTokens(uri);
    assert.deepEqual(file?.kind === 'counted' && file.count, { tokens: 9, method: 'exact', encoding: 'o200k_base' });
  });

  it('counts what is on the screen rather than what is on disk', async () => {
    const uri = await write('draft.txt', 'one');
    const editor = await show(uri);
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(0, 3), ' two three');
    });
    const [file] = await countTokens(uri);
    assert.equal(file?.kind === 'counted' && file.count.tokens, 3);
  });

  it('counts several files, and says why it leaves one out', async () => {
    const text = await write('a.txt', 'one two');
    const binary = await write('b.bin', Uint8Array.of(1, 0, 2));
    const gone = inWorkspace('gone.txt');
    const files = await countTokens(text, [text, binary, gone]);
    const outcome = new Map(
      files.map((file) => [file.uri.path.split('/').at(-1), file.kind === 'counted' ? file.count.tokens : file.reason]),
    );
    assert.deepEqual([...outcome].sort(), [
      ['a.txt', 2],
      ['b.bin', 'not a text file'],
      ['gone.txt', 'no longer there'],
    ]);
  });

  it('counts every file of a folder', async () => {
    await write('many/a.txt', 'one');
    await write('many/deep/b.txt', 'two');
    await write('many/node_modules/c.txt', 'three');
    const files = await vscode.commands.executeCommand<readonly CountedFile[]>(
      'contextCache.countTokensInFolder',
      inWorkspace('many'),
    );
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    assert.deepEqual(
      files.map(({ uri }) => vscode.workspace.asRelativePath(uri)),
      ['many/a.txt', 'many/deep/b.txt'],
    );
  });

  it('counts the selections and the clipboard', async () => {
    const editor = await show(await write('select.txt', 'one two three four'));
    editor.selections = [new vscode.Selection(0, 0, 0, 3), new vscode.Selection(0, 8, 0, 13)];
    const selected = await vscode.commands.executeCommand<TokenCount>('contextCache.countTokensInSelection');
    assert.equal(selected.tokens, 2);
    await vscode.env.clipboard.writeText('alpha beta gamma');
    const copied = await vscode.commands.executeCommand<TokenCount>('contextCache.countTokensInClipboard');
    assert.equal(copied.tokens, 3);
  });

  it('shows each section’s tokens above its heading, and follows edits', async () => {
    const uri = await write('AGENTS.md', '# One\n\nhello world\n\n## Two\n\nhello\n');
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    const editor = await show(uri);
    const [first, second] = await lensTitles(uri);
    assert.match(first!, /^\d+ tokens · 100% \(\d+ of its own\)$/);
    assert.match(second!, /^\d+ tokens · \d+%$/);
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(6, 5), ' one two three four five six seven');
    });
    const after = await lensTitles(uri);
    assert.equal(Number.parseInt(after[1]!, 10), Number.parseInt(second!, 10) + 7);
  });

  it('shows the tokens of tags and turns, and of files that a prompt names', async () => {
    const uri = await write('AGENTS.md', '# One\n\n<rules>\nbe kind\n</rules>\nmore\n');
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    await show(uri);
    const lines = await lensLines(uri);
    assert.deepEqual(
      lines.map(([line]) => line),
      [0, 2],
    );
    assert.match(lines[0]![1], /^\d+ tokens · 100% \(\d+ of its own\)$/);
    const chat = await write('talk.prompt.md', 'system:\nBe kind.\n\nuser:\nHello\n');
    await show(chat);
    assert.deepEqual(
      (await lensLines(chat)).map(([line]) => line),
      [0, 3],
    );
    await vscode.commands.executeCommand('contextCache.refreshPrompts');
    const part = inWorkspace('prompts/parts/method.md');
    await show(part);
    assert.ok((await lensTitles(part)).length > 0);
  });

  it('says of a long instruction that it is not measured part by part', async () => {
    const uri = await write('AGENTS.md', `# One\n\n${'many words in a row\n'.repeat(15_000)}`);
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    await show(uri);
    assert.deepEqual(await lensTitles(uri), []);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
    assert.match(lenses[0]?.command?.title ?? '', /^Not measured part by part: more than 256 KiB/);
    const explanation = await vscode.commands.executeCommand<Explanation>('contextCache.explainTokenCount', uri);
    assert.equal(explanation.tokenKinds, undefined);
    assert.ok(explanation.tokens > 60_000 && explanation.lines.length > 0);
  });

  it('explains code as code, and the selection where there is one', async () => {
    const code = await write('x.py', '# no heading\nx = 1\n');
    const whole = await vscode.commands.executeCommand<Explanation>('contextCache.explainTokenCount', code);
    assert.deepEqual([whole.sections, whole.kinds], [[], []]);
    assert.ok((whole.tokenKinds?.['words in Latin letters'] ?? 0) >= 2);
    const editor = await show(await write('select.txt', 'one two three four'));
    editor.selections = [new vscode.Selection(0, 0, 0, 3), new vscode.Selection(0, 8, 0, 13)];
    const part = await vscode.commands.executeCommand<Explanation>('contextCache.explainTokenCount');
    assert.equal(part.characters, 'one\nthree'.length);
  });

  describe('in a list', () => {
    let answers: Answers;

    beforeEach(async () => {
      answers = await answerPrompts();
      await write('list/small.txt', 'one');
      await write('list/middle.txt', 'one two three four five six seven');
      await write('list/large.txt', `${' '.repeat(100)}one two`);
    });

    afterEach(() => {
      answers.restore();
    });

    /** Answers every question of a list, and gives what was offered each time. Lists outlive their command. */
    const answerAll = async (command: string, argument: unknown, ...picks: readonly string[]): Promise<Asked[]> => {
      answers.next(...picks.map((pick) => ({ pick })));
      await vscode.commands.executeCommand(command, argument);
      const deadline = Date.now() + 15_000;
      const picked = (): Asked[] => answers.asked.filter(({ kind }) => kind === 'pick');
      while (picked().length < picks.length) {
        assert.ok(Date.now() < deadline, `Only ${JSON.stringify(picked())} was asked.`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return picked();
    };
    const filesOf = ({ offered }: Asked): string[] => offered.filter((label) => label.startsWith('list/'));

    it('they are sorted by tokens, or by what a person chooses, and are gone to', async () => {
      const sort = '$(sort-precedence) Sort by…';
      const picks = [sort, 'Size, largest first', sort, 'Name', 'list/small.txt'];
      const asked = await answerAll('contextCache.countTokensInFolder', inWorkspace('list'), ...picks);
      assert.match(asked[0]!.text, /^list: [\d,]+ tokens in 3 files \(exact, o200k_base\)$/);
      const [byTokens, , bySize, , byName] = asked.map(filesOf);
      assert.deepEqual(byTokens, ['list/middle.txt', 'list/large.txt', 'list/small.txt']);
      assert.deepEqual(bySize, ['list/large.txt', 'list/middle.txt', 'list/small.txt']);
      assert.deepEqual(byName, ['list/large.txt', 'list/middle.txt', 'list/small.txt']);
      await until('the file is shown', () => vscode.window.activeTextEditor?.document.uri.path.endsWith('small.txt'));
    });

    it('they are copied as Markdown and as CSV, in the order that is shown', async () => {
      await answerAll('contextCache.countTokensInFolder', inWorkspace('list'), '$(markdown) Copy as Markdown');
      await answers.toldOf(/^Copied 3 rows as Markdown\.$/);
      assert.match(await vscode.env.clipboard.readText(), /^# Tokens in list\n[\s\S]*\| 7 \| .* list\/middle\.txt \|/);
      await answerAll('contextCache.countTokensInFolder', inWorkspace('list'), '$(copy) Copy as CSV');
      await answers.toldOf(/^Copied 3 rows as CSV\.$/);
      const [header, first] = (await vscode.env.clipboard.readText()).split('\r\n');
      assert.equal(header, 'file,tokens,low,high,method,encoding,bytes');
      assert.equal(first, 'list/middle.txt,7,7,7,exact,o200k_base,33');
    });

    it('several selections stand with their lines, and are gone to', async () => {
      const editor = await show(await write('select.txt', 'one two\nthree four five'));
      editor.selections = [new vscode.Selection(0, 0, 0, 3), new vscode.Selection(1, 0, 1, 15)];
      const [list] = await answerAll('contextCache.countTokensInSelection', undefined, 'Line 2: three four five');
      assert.match(list!.text, /^select\.txt: 4 tokens in 2 selections/);
      await until('the selection is shown', () => vscode.window.activeTextEditor?.selection.start.line === 1);
    });

    it('one selection and the clipboard are told with the way to their explanation', async () => {
      await vscode.env.clipboard.writeText('# Copied\n\nalpha beta\n');
      answers.press('Explain');
      await vscode.commands.executeCommand('contextCache.countTokensInClipboard');
      await answers.toldOf(/^The clipboard has \d+ tokens \(exact, o200k_base\)/);
      await until('the page is there', () => isShown(/^# Tokens of The clipboard/));
    });

    it('the heat strip says where it can show nothing', async () => {
      await show(inWorkspace('README.md'));
      await vscode.commands.executeCommand('contextCache.toggleTokenHeatStrip');
      await answers.toldOf(
        /^The heat strip is on, but not for this document: it is neither an instruction nor a prompt\.$/,
      );
    });
  });

  it('stays exact under edits of all kinds: several cursors, undo, line ends, replacing everything', async () => {
    const uri = await write('AGENTS.md', '# Start\n\nSome words, 12345 and 日本語 🫨.\n');
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    const editor = await show(uri);
    const { document } = editor;
    const check = async (what: string): Promise<void> => {
      const [file] = await countTokens(uri);
      const [title] = await lensTitles(uri);
      const exact = file?.kind === 'counted' ? file.count.tokens : -1;
      assert.equal(Number.parseInt(title!.replaceAll(',', ''), 10), exact, what);
    };
    await check('as opened');
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(2, 4), 'ed  ');
      edit.replace(new vscode.Range(2, 12, 2, 14), '9');
      edit.delete(new vscode.Range(2, 17, 2, 19));
    });
    await check('several places at once');
    await vscode.commands.executeCommand('undo');
    await check('undo');
    await vscode.commands.executeCommand('redo');
    await check('redo');
    await editor.edit((edit) => {
      edit.setEndOfLine(vscode.EndOfLine.CRLF);
    });
    await check('line ends');
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(document.lineCount - 1, 0), 'word \u{1F469}\u200D\u{1F680}\n'.repeat(20_000));
    });
    await check('much pasted');
    await editor.edit((edit) => {
      edit.replace(new vscode.Range(0, 0, document.lineCount, 0), '# New\n\ntext');
    });
    await check('everything replaced');
  });

  it('stays exact through changes from outside, revert, other languages and encodings, a new name and deletion', async () => {
    let uri = await write('AGENTS.md', '# Start\n\nSome words, 12345.\n');
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    const editor = await show(uri);
    const check = async (what: string): Promise<number> => {
      const [file] = await countTokens(uri);
      const [title] = await lensTitles(uri);
      const exact = file?.kind === 'counted' ? file.count.tokens : -1;
      assert.equal(Number.parseInt(title?.replaceAll(',', '') ?? '', 10), exact, what);
      return exact;
    };
    const before = await check('as opened');
    await write('AGENTS.md', `# Start\n\n${'今天天气怎么样，我们去哪里吃饭？'.repeat(50)}\n`);
    const chinese = await check('changed from outside');
    assert.ok(chinese > 10 * before);
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(2, 0), 'one two three ');
    });
    assert.ok((await check('edited')) > chinese);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    assert.equal(await check('reverted'), chinese);
    await vscode.commands.executeCommand('contextCache.pickTokenModel', 'cl100k_base');
    assert.notEqual(await check('in another encoding'), chinese);
    await vscode.commands.executeCommand('contextCache.pickTokenModel', 'o200k_base');
    await vscode.languages.setTextDocumentLanguage(editor.document, 'plaintext');
    assert.equal(await check('in another language'), chinese);
    const rename = new vscode.WorkspaceEdit();
    rename.renameFile(uri, inWorkspace('docs/AGENTS.md'));
    assert.ok(await vscode.workspace.applyEdit(rename));
    uri = inWorkspace('docs/AGENTS.md');
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    await show(uri);
    assert.equal(await check('under another name'), chinese);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace.fs.delete(uri);
    await until('nobody holds the document', () =>
      vscode.workspace.textDocuments.every((document) => document.uri.toString() !== uri.toString()),
    );
    const [gone] = await countTokens(uri);
    assert.equal(gone?.kind === 'skipped' && gone.reason, 'no longer there');
  });

  it('shows no lenses in other files, nor when they are switched off', async () => {
    const page = await write('docs/page.md', '# Page\n\ntext\n');
    await show(page);
    assert.deepEqual(await lensTitles(page), []);
    const agents = inWorkspace('AGENTS.md');
    await show(agents);
    assert.ok((await lensTitles(agents)).length > 0);
    await vscode.commands.executeCommand('contextCache.toggleTokenLenses');
    assert.deepEqual(await lensTitles(agents), []);
  });

  it('explains a count for each encoding and model, by section and by harness', async () => {
    const explanation = await vscode.commands.executeCommand<Explanation>(
      'contextCache.explainTokenCount',
      inWorkspace('CLAUDE.md'),
    );
    const methods = new Map(explanation.models.map(({ target, count }) => [target.name, count.method]));
    assert.equal(methods.get('o200k_base'), 'exact');
    assert.equal(methods.get('cl100k_base'), 'exact');
    assert.equal(methods.get('claude-sonnet-5'), 'estimate');
    assert.ok(explanation.sections.length > 0);
    // A page that is open already is replaced a moment later.
    await until('the page tells what harnesses load', () =>
      isShown(/^# Tokens of CLAUDE\.md[\s\S]*## By harness[\s\S]*Claude Code/),
    );
  });

  it('takes a model and a budget that are passed, and refuses what is none', async () => {
    await vscode.commands.executeCommand('contextCache.setTokenBudget', '2.5k');
    assert.equal(vscode.workspace.getConfiguration('contextCache.tokens').get('budget'), 2500);
    void vscode.commands.executeCommand('contextCache.setTokenBudget', 'much');
    await vscode.commands.executeCommand('contextCache.pickTokenModel', 'cl100k_base');
    const [file] = await countTokens(await write('plain.txt', 'hello'));
    assert.equal(file?.kind === 'counted' && file.count.encoding, 'cl100k_base');
    assert.equal(vscode.workspace.getConfiguration('contextCache.tokens').get('budget'), 2500);
  });

  it('draws and removes token boundaries, and the heat strip, without failing', async () => {
    await show(inWorkspace('AGENTS.md'));
    await vscode.commands.executeCommand('contextCache.showTokenBoundaries');
    await vscode.commands.executeCommand('contextCache.hideTokenBoundaries');
    await vscode.commands.executeCommand('contextCache.toggleTokenHeatStrip');
    assert.equal(vscode.workspace.getConfiguration('contextCache.tokens').get('heatStrip'), true);
  });
});
