import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { useWorkbench } from '../e2e/support/useWorkbench';
import { withTemporaryFolder } from '../support/places';
import { run } from '../support/processes';
import { officialSdk } from './mcpClients';

const sizeCeiling = 6 * 1024 * 1024;

/** Everything at the top of an installed extension; VS Code adds `.vsixmanifest`. */
const allowedAtTop = [
  '.vsixmanifest',
  'CHANGELOG.md',
  'LICENSE.txt',
  'dist',
  'instructions',
  'media',
  'package.json',
  'package.nls.json',
  'readme.md',
  'changelog.md',
];

describe('The packaged extension', () => {
  const window = useWorkbench({ workspace: 'sample-workspace' });

  let installed = '';
  before(async function () {
    installed = await this.testHost.installedExtension('context-cache.context-cache');
  });

  it('is smaller than 6 MB', async function () {
    const { size } = await stat(this.testHost.vsix);
    assert.ok(size < sizeCeiling, `${size} bytes`);
  });

  it('contains what it needs and nothing else', async () => {
    const top = await readdir(installed);
    assert.deepEqual(
      top.filter((name) => !allowedAtTop.includes(name)),
      [],
    );
    const files = await readdir(installed, { recursive: true });
    for (const needed of [
      'package.json',
      'package.nls.json',
      'LICENSE.txt',
      'readme.md',
      'changelog.md',
      'dist/extension.js',
      'dist/cli.js',
      'dist/report.js',
      'media/icon.png',
      'instructions/research.md',
      'media/agents/mcp.mjs',
    ]) {
      assert.ok(files.includes(path.normalize(needed)), `${needed} is missing`);
    }
    assert.deepEqual(
      files.filter((file) => /\.(?:map|ts|tsx)$/.test(file)),
      [],
    );
  });

  it('lies where no node_modules above it could help out', () => {
    for (let folder = installed; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
      assert.equal(existsSync(path.join(folder, 'node_modules')), false, folder);
    }
  });

  it('brings a command line that counts tokens on its own', async () => {
    await withTemporaryFolder(async (folder) => {
      await writeFile(path.join(folder, 'note.md'), 'hello world');
      const cli = path.join(installed, 'dist', 'cli.js');
      const printed = await run(process.execPath, [cli, 'tokens', 'note.md', '--encoding', 'o200k_base', '--json'], {
        cwd: folder,
        output: 'quiet',
      });
      const [count] = JSON.parse(printed) as { tokens: number; method: string; encoding: string }[];
      assert.equal(count?.tokens, 2);
      assert.equal(count.method, 'exact');
      assert.equal(count.encoding, 'o200k_base');
    });
  });

  it('brings the library that its MCP server serves', async () => {
    await withTemporaryFolder(async (folder) => {
      const cli = path.join(installed, 'dist', 'cli.js');
      const server = { args: [cli, 'mcp', '--source', folder], env: {}, folder };
      const client = await officialSdk(server, 'modern');
      try {
        const { structuredContent } = await client.callTool('get_instruction', { tag: 'research' });
        const source = await readFile(path.join(installed, 'instructions', 'research.md'), 'utf8');
        assert.equal((structuredContent as { content?: unknown } | undefined)?.content, source);
      } finally {
        await client.close();
      }
    });
  });

  it('shows its views when it is installed as a user would', async () => {
    const instructions = await window().openView('Instructions');
    await instructions.waitForText(/AGENTS\.md/);
    const sandboxes = await window().openView('Sandbox Caches');
    await sandboxes.waitForText(/sample-workspace/);
    await window().screenshot('package-installed');
  });

  it('counts the tokens of the open document', async () => {
    await window().openFile('AGENTS.md');
    await window()
      .statusBar(/\d.*tokens|tokens.*\d/)
      .waitFor();
  });
});
