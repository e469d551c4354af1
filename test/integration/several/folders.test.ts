import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { InstructionsSnapshot } from '../../../src/vscode/instructions/snapshot';
import type { PromptsSnapshot } from '../../../src/vscode/prompts/promptState';
import type { CountedFile } from '../../../src/vscode/tokens/countFiles';
import { MemoryFiles } from '../support/memoryFiles';
import { invokeMcp, startServers } from '../support/mcp';
import { run } from '../support/sandbox';

function folder(name: string): vscode.Uri {
  const found = vscode.workspace.workspaceFolders?.find((one) => one.name === name);
  assert.ok(found !== undefined, `There is no folder ${name}.`);
  return found.uri;
}

async function write(uri: vscode.Uri, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}

async function instructions(): Promise<InstructionsSnapshot> {
  return (await run('refreshInstructions')) as InstructionsSnapshot;
}

const entry = (sandbox: string, scope: string, key: string): vscode.Uri =>
  vscode.Uri.from({ scheme: 'context-cache', path: `/${sandbox}/${scope}/${key}` });

async function textOf(uri: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

describe('A window with several folders', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows the instructions of each folder under its name', async () => {
    const own = vscode.Uri.joinPath(folder('typical'), 'AGENTS.md');
    await write(own, '# The second folder\n\nBe brief.\n');
    try {
      const { rows, phase } = await instructions();
      assert.equal(phase, 'ready');
      const shown = rows.map(({ shownPath }) => shownPath);
      assert.ok(shown.includes('sample-workspace/AGENTS.md'), shown.join());
      assert.ok(shown.includes('typical/AGENTS.md'), shown.join());
      assert.equal(new Set(shown).size, shown.length);
    } finally {
      await vscode.workspace.fs.delete(own);
    }
  });

  it('has an MCP server for each folder, on the cache of that folder', async function () {
    this.timeout(120_000);
    const lists = (tools: readonly string[]): string[] => tools.filter((name) => name.endsWith('_list_artifacts'));
    const tools = await startServers('there are two', (started) => lists(started.tools).length === 2);
    const served = await Promise.all(lists(tools).map(async (name) => (await invokeMcp(name, {}))['total']));
    const there = await Promise.all(
      ['sample-workspace', 'typical'].map(async (name) => {
        const scope = vscode.Uri.joinPath(folder(name), '.iris', 'kv-cache', 'artifacts');
        const index = JSON.parse(await textOf(vscode.Uri.joinPath(scope, '_index.json'))) as object;
        const files = await vscode.workspace.fs.readDirectory(scope);
        return files.filter(([file]) => file in index).length;
      }),
    );
    assert.notEqual(there[0], there[1]);
    assert.deepEqual(served.sort(), there.sort());
  });

  it('keeps the settings of one folder to that folder', async () => {
    const own = vscode.Uri.joinPath(folder('typical'), 'AGENTS.md');
    await write(own, '# The second folder\n');
    const settings = vscode.workspace.getConfiguration('contextCache.instructions', folder('typical'));
    try {
      await settings.update('exclude', ['**/AGENTS.md'], vscode.ConfigurationTarget.WorkspaceFolder);
      const shown = (await instructions()).rows.map(({ shownPath }) => shownPath);
      assert.ok(shown.includes('sample-workspace/AGENTS.md'));
      assert.ok(!shown.includes('typical/AGENTS.md'));
    } finally {
      await settings.update('exclude', undefined, vscode.ConfigurationTarget.WorkspaceFolder);
      await vscode.workspace.fs.delete(own);
    }
  });

  it('finds the sandbox cache of each folder', async () => {
    await run('refreshSandboxes');
    assert.match(await textOf(entry('sample-workspace', 'project', 'summary')), /./);
    assert.match(await textOf(entry('typical', 'project', 'summary')), /./);
  });

  it('compiles the prompts of each folder', async () => {
    const own = vscode.Uri.joinPath(folder('typical'), 'small.prompt.yaml');
    await write(own, 'name: small\nparts:\n  - text: You are kind.\n');
    try {
      const { prompts } = (await run('refreshPrompts')) as PromptsSnapshot;
      assert.deepEqual(prompts.map(({ name }) => name).sort(), ['market-reporter', 'small']);
    } finally {
      await vscode.workspace.fs.delete(own);
    }
  });

  it('shows the files of the home folder once they are wanted, and only then', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'context-cache-home-'));
    const before = process.env['HOME'];
    try {
      await mkdir(path.join(home, '.claude', 'rules'), { recursive: true });
      await writeFile(path.join(home, '.claude', 'CLAUDE.md'), '# Everywhere\n\nAnswer in whole sentences.\n');
      await writeFile(path.join(home, '.claude', 'rules', 'tone.md'), 'Be friendly.\n');
      // The extension runs in this process, and asks for the home folder each time.
      process.env['HOME'] = home;
      const ofHome = async (): Promise<string[]> =>
        (await instructions()).rows.map(({ location }) => location).filter((location) => location.startsWith(home));
      assert.deepEqual(await ofHome(), []);
      await run('toggleUserInstructions');
      const shown = await ofHome();
      assert.deepEqual(shown.map((location) => path.relative(home, location)).sort(), [
        path.join('.claude', 'CLAUDE.md'),
        path.join('.claude', 'rules', 'tone.md'),
      ]);
      await run('toggleUserInstructions');
      assert.deepEqual(await ofHome(), []);
    } finally {
      process.env['HOME'] = before;
      await vscode.workspace
        .getConfiguration('contextCache.instructions')
        .update('includeUserFiles', undefined, vscode.ConfigurationTarget.Global);
      await rm(home, { recursive: true, force: true });
    }
  });

  it('has every command and view that the walkthrough leads to', async () => {
    const known = new Set(await vscode.commands.getCommands(true));
    const manifest = vscode.extensions.getExtension('context-cache.context-cache')!.packageJSON as {
      readonly contributes: {
        readonly walkthroughs: readonly {
          readonly steps: readonly { readonly description: string; readonly completionEvents: readonly string[] }[];
        }[];
      };
    };
    const steps = manifest.contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    assert.ok(steps.length >= 4);
    for (const { description, completionEvents } of steps) {
      const links = [...description.matchAll(/\(command:([\w.]+)\)/g)].map((match) => match[1]!);
      assert.ok(links.length > 0, description);
      const events = completionEvents.map((event) =>
        event.replace(/^onCommand:/, '').replace(/^onView:(.*)$/, '$1.focus'),
      );
      for (const command of [...links, ...events]) {
        assert.ok(known.has(command), command);
      }
      // What a step leads to is what completes it.
      assert.ok(
        events.some((event) => links.includes(event)),
        description,
      );
    }
  });
});

describe('A virtual workspace', () => {
  const scheme = 'context-cache-test-memory';
  const root = vscode.Uri.from({ scheme, path: '/project' });
  const at = (...names: string[]): vscode.Uri => vscode.Uri.joinPath(root, ...names);
  let registered: vscode.Disposable | undefined;

  const folderThere = async (there: boolean): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while ((vscode.workspace.getWorkspaceFolder(at('AGENTS.md')) !== undefined) !== there) {
      assert.ok(Date.now() < deadline, 'The folders of the window did not change.');
      await delay(20);
    }
  };

  before(async () => {
    registered = vscode.workspace.registerFileSystemProvider(scheme, new MemoryFiles(), { isCaseSensitive: true });
    await write(at('AGENTS.md'), '# Rules of a virtual project\n\nBe kind.\n');
    await write(at('parts', 'who.md'), 'You are kind.\n');
    await write(at('virtual.prompt.yaml'), 'name: virtual\nparts:\n  - file: parts/who.md\n  - conversation: true\n');
    const typical = vscode.Uri.joinPath(folder('typical'), '.iris', 'kv-cache', 'project');
    for (const [name] of await vscode.workspace.fs.readDirectory(typical)) {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(typical, name));
      await vscode.workspace.fs.writeFile(at('.iris', 'kv-cache', 'project', name), bytes);
    }
    const count = vscode.workspace.workspaceFolders!.length;
    vscode.workspace.updateWorkspaceFolders(count, 0, { uri: root, name: 'virtual' });
    await folderThere(true);
  });

  after(async () => {
    const index = vscode.workspace.getWorkspaceFolder(root)?.index;
    if (index !== undefined) {
      vscode.workspace.updateWorkspaceFolders(index, 1);
      await folderThere(false);
    }
    registered?.dispose();
  });

  it('has its instructions counted', async () => {
    const { rows } = await instructions();
    const row = rows.find(({ shownPath }) => shownPath === 'virtual/AGENTS.md');
    assert.ok(row !== undefined, rows.map(({ shownPath }) => shownPath).join());
    assert.ok(row.cost.tokens > 5);
  });

  it('has its prompts compiled', async () => {
    const { prompts } = (await run('refreshPrompts')) as PromptsSnapshot;
    const prompt = prompts.find(({ name }) => name === 'virtual');
    assert.equal(prompt?.problem, undefined);
    assert.ok(prompt!.variants[0]!.measured.tokens > 2);
  });

  it('has the files of a folder counted and checked, though it can not be searched', async () => {
    const [file, ...others] = (await run('countTokens', at('parts'))) as readonly CountedFile[];
    assert.ok(file?.kind === 'counted' && file.count.tokens > 2);
    assert.deepEqual(others, []);
    await run('checkWorkspace');
  });

  it('has its sandbox cache shown', async () => {
    await run('refreshSandboxes');
    assert.equal(
      await textOf(entry('virtual', 'project', 'summary')),
      await textOf(at('.iris', 'kv-cache', 'project', 'summary')),
    );
  });
});
