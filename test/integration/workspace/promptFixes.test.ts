import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';

const inWorkspace = (path: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), path);

async function write(path: string, text: string): Promise<vscode.Uri> {
  const uri = inWorkspace(path);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

function ruleOf({ code }: vscode.Diagnostic): string {
  return typeof code === 'string' ? code : '';
}

/** What the lint shows of a file, once it is what is wanted. */
async function rulesOf(uri: vscode.Uri, wanted: readonly string[]): Promise<readonly vscode.Diagnostic[]> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const shown = vscode.languages
      .getDiagnostics(uri)
      .filter((diagnostic) => diagnostic.source === 'Context Cache' && /^CB\d\d$/.test(ruleOf(diagnostic)));
    const rules = shown.map(ruleOf).sort();
    if (rules.join() === [...wanted].sort().join()) {
      return shown;
    }
    assert.ok(Date.now() < deadline, `${uri.path} shows ${rules.join()} and not ${wanted.join()}`);
    await delay(50);
  }
}

async function actionsAt(
  uri: vscode.Uri,
  range: vscode.Range,
  kind = vscode.CodeActionKind.QuickFix,
): Promise<readonly vscode.CodeAction[]> {
  await vscode.workspace.openTextDocument(uri);
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    uri,
    range,
    kind.value,
  );
}

async function applyAndSave(edit: vscode.WorkspaceEdit): Promise<void> {
  assert.ok(await vscode.workspace.applyEdit(edit));
  for (const document of vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
    assert.ok(await document.save());
  }
}

/** Applies the fix with this title to a finding of a rule, once the lint has seen the text as it is. */
async function fix(uri: vscode.Uri, rule: string, title: RegExp, rules: readonly string[] = [rule]): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const shown = await rulesOf(uri, rules);
    const { range } = shown.find((diagnostic) => ruleOf(diagnostic) === rule)!;
    const actions = await actionsAt(uri, range);
    const action = actions.find((one) => title.test(one.title));
    if (action?.edit !== undefined) {
      await applyAndSave(action.edit);
      return;
    }
    const titles = actions.map((one) => one.title).join(', ');
    assert.ok(Date.now() < deadline, `${String(title)} is not among ${titles}`);
    await delay(50);
  }
}

async function textOf(uri: vscode.Uri): Promise<string> {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await vscode.workspace.fs.readFile(uri));
}

describe('Quick fixes for what breaks a cache', function () {
  this.timeout(90_000);

  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await resetWorkspace('sample-workspace');
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    await vscode.commands.executeCommand('contextCache.refreshPrompts');
  });

  it('repairs an instruction file, and finds nothing when it looks again', async () => {
    const uri = await write('AGENTS.md', '# Rules\n\nRun /home/karin/app/check.sh.\nLast updated: May 6, 2031\n');
    await fix(uri, 'CB17', /home folder of karin/, ['CB12', 'CB17']);
    await fix(uri, 'CB12', /Remove the line/);
    await rulesOf(uri, []);
    assert.equal(await textOf(uri), '# Rules\n\nRun ~/app/check.sh.\n');
  });

  it('writes the comment that switches a rule off: for a line, and for a file', async () => {
    const uri = await write('AGENTS.md', '# Rules\n\n- Run /home/karin/a.\n- Or /home/karin/b.\n');
    await fix(uri, 'CB17', /^Ignore CB17 here$/, ['CB17', 'CB17']);
    await rulesOf(uri, ['CB17']);
    assert.match(await textOf(uri), /^- Run \/home\/karin\/a\. <!-- context-cache-ignore CB17 -->$/m);
    await fix(uri, 'CB17', /^Ignore CB17 in this file$/);
    await rulesOf(uri, []);
    assert.match(await textOf(uri), /<!-- context-cache-ignore-file CB17 -->\n$/);
  });

  it('replaces a date in a manifest by a variable, then moves its part below the prefix', async () => {
    const uri = await write(
      'prompts/dated.prompt.yaml',
      "name: dated\nparts:\n  - text: |\n      Today's date is 2031-05-06.\n  - text: Static.\n  - conversation: true\n",
    );
    await fix(uri, 'CB01', /Replace by the session variable \{\{today\}\}/);
    await fix(uri, 'CB01', /^Move `text` behind `text-2`$/);
    await rulesOf(uri, []);
    assert.equal(
      await textOf(uri),
      "name: dated\nvariables:\n  today: { kind: session }\nparts:\n  - text: Static.\n  - text: |\n      Today's date is {{today}}.\n  - conversation: true\n",
    );
  });

  it('repairs the file of a part and declares the variable in the manifest', async () => {
    const part = await write(
      'prompts/parts/where.md',
      '# Where\n\nSession ID: 0f3f9c54-5f0e-4a51-9d4e-1f8c0b1d2a01\nUse {{desk}}.\n',
    );
    const manifest = await write(
      'prompts/where.prompt.yaml',
      'name: where\nvariables:\n  desk: { kind: static, default: x }\nparts:\n  - file: parts/where.md\n',
    );
    await fix(part, 'CB02', /Replace by the session variable \{\{session_id\}\}/);
    await rulesOf(part, []);
    assert.equal(await textOf(part), '# Where\n\nSession ID: {{session_id}}\nUse {{desk}}.\n');
    assert.match(await textOf(manifest), /^ {2}session_id: \{ kind: session \}$/m);
  });

  it('writes the comment above a part of a manifest, and not into its text', async () => {
    const uri = await write(
      'prompts/path.prompt.yaml',
      'name: path\nparts:\n  - text: |\n      One.\n      In /home/karin/app.\n',
    );
    await fix(uri, 'CB17', /^Ignore CB17 here$/);
    await rulesOf(uri, []);
    assert.match(await textOf(uri), /^parts:\n {2}# context-cache-ignore-next-line CB17\n {2}- text: \|\n/m);
  });

  it('fixes all white space of a file at once', async () => {
    const uri = await write('AGENTS.md', '# Rules\n\nCafe\u0301 one.\nCre\u0300me\u200B two.\n');
    await rulesOf(uri, ['CB09', 'CB09']);
    const all = await actionsAt(uri, new vscode.Range(0, 0, 0, 0), vscode.CodeActionKind.SourceFixAll);
    const action = all.find(({ title }) => title.includes('white space'));
    assert.ok(action?.edit !== undefined);
    await applyAndSave(action.edit);
    await rulesOf(uri, []);
    assert.equal(await textOf(uri), '# Rules\n\nCafé one.\nCrème two.\n');
  });

  it('makes mixed line ends one kind, which the editor hides', async () => {
    const uri = await write('AGENTS.md', '# Rules\r\n\nOne.\r\nTwo.\r\n');
    await fix(uri, 'CB09', /^Use LF everywhere$/);
    await rulesOf(uri, []);
    // `executeCodeActionProvider` drops the line end of an edit, so here they become what most of them were.
    assert.ok(['\n', '\r\n'].map((end) => ['# Rules', '', 'One.', 'Two.', ''].join(end)).includes(await textOf(uri)));
  });

  it('offers nothing where nothing was found', async () => {
    const uri = await write('AGENTS.md', '# Rules\n\nBe kind.\n');
    await rulesOf(uri, []);
    assert.deepEqual(await actionsAt(uri, new vscode.Range(0, 0, 3, 0)), []);
  });
});
