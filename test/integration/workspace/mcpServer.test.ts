import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { agentTools } from '../../../src/agent/tools/table';
import { originalKey, startOriginalApi } from '../../support/originalApi';
import { answerPrompts } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { invokeMcp, startServers } from '../support/mcp';
import type { Started } from '../support/mcp';
import { cacheFolder, run, tracesOf } from '../support/sandbox';

/** The editor makes the prefix of a server's tools from its label. */
const own = agentTools.map(({ name }) => `mcp_context_cache_${name}`).sort();
const getInstruction = 'mcp_context_cache_get_instruction';

const isOwn = (name: string): boolean => own.includes(name);
const hasOwn = ({ tools }: Started): boolean => own.every((name) => tools.includes(name));

describe('The MCP server of the editor', function () {
  this.timeout(150_000);
  let folder: string;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-mcp-'));
  });

  afterEach(async () => {
    await configure('sandboxes', 'sources', undefined);
    await configure('sandboxes', 'remotes', undefined, vscode.ConfigurationTarget.Global);
    await configure('instructions', 'libraryFolders', undefined);
    await rm(folder, { recursive: true, force: true });
  });

  async function configure(
    section: string,
    name: string,
    value: unknown,
    target = vscode.ConfigurationTarget.Workspace,
  ): Promise<void> {
    const settings = vscode.workspace.getConfiguration(`contextCache.${section}`);
    const { workspaceValue, globalValue } = settings.inspect(name) ?? {};
    const set = target === vscode.ConfigurationTarget.Global ? globalValue : workspaceValue;
    if (value !== undefined || set !== undefined) {
      await settings.update(name, value, target);
    }
  }

  /** Another cache, whose instruction says where it is. */
  async function makeCache(text: string): Promise<string> {
    const root = path.join(folder, 'kv-cache');
    await cp(cacheFolder(), root, { recursive: true });
    await writeFile(path.join(root, 'instructions', 'instruction_research'), text);
    return root;
  }

  it('is started by the editor, which has its tools and calls them', async () => {
    const names = await startServers('it runs', hasOwn);
    assert.deepEqual(names.filter(isOwn), own);
    const tool = vscode.lm.tools.find(({ name }) => name === getInstruction);
    assert.match(tool?.description ?? '', /Returns the instruction of a tag/);
    assert.deepEqual((tool?.inputSchema as { required: string[] }).required, ['tag']);
    const before = await tracesOf(cacheFolder());
    const found = await invokeMcp(getInstruction, { tag: 'research' });
    assert.equal(
      found['content'],
      await readFile(path.join(cacheFolder(), 'instructions', 'instruction_research'), 'utf8'),
    );
    assert.equal(found['origin'], 'sandbox');
    await assert.rejects(invokeMcp(getInstruction, { tag: 'nope' }), /'nope' not found.*'research'/s);
    assert.deepEqual(await tracesOf(cacheFolder()), before);
  });

  it("follows the person's library folders", async () => {
    await mkdir(path.join(workspaceFolder().fsPath, 'rules'));
    await writeFile(path.join(workspaceFolder().fsPath, 'rules', 'extra.md'), '# Extra\n');
    await startServers('it runs', hasOwn);
    await assert.rejects(invokeMcp(getInstruction, { tag: 'extra' }), /'extra' not found/);
    await configure('instructions', 'libraryFolders', ['rules']);
    await startServers(
      'it has what is in the folder',
      async () => (await textOf(getInstruction, 'extra')) === '# Extra\n',
    );
  });

  it('has one beside it for each sandbox that is marked for agents, as long as it is', async () => {
    const root = await makeCache('# Beside\n');
    await configure('sandboxes', 'sources', [{ name: 'beside', path: root }]);
    await startServers('the folder has one', hasOwn);
    await configure('sandboxes', 'sources', [{ name: 'beside', path: root, agents: true }]);
    const isBeside = (name: string): boolean => name.endsWith('_get_instruction') && !isOwn(name);
    const names = await startServers('there is a second one', (all) => hasOwn(all) && all.tools.some(isBeside));
    assert.equal(await textOf(names.find(isBeside)!, 'research'), '# Beside\n');
    assert.notEqual(await textOf(getInstruction, 'research'), '# Beside\n');
    await configure('sandboxes', 'sources', [{ name: 'beside', path: root }]);
    await startServers('it is gone', (all) => hasOwn(all) && !all.tools.some(isBeside));
  });

  it('reaches a sandbox that is far away with the key that is kept for it', async () => {
    const api = await startOriginalApi(await makeCache('# Far\n'));
    const answers = await answerPrompts();
    try {
      const far = { name: 'far', kind: 'http', url: api.url, keyHeader: 'x-api-key', agents: true };
      await configure('sandboxes', 'remotes', [far], vscode.ConfigurationTarget.Global);
      await run('refreshSandboxes');
      await startServers('there is no key', ({ problem }) => problem.includes(`There is no key for ${api.url}`));
      answers.next({ pick: api.url }, { type: originalKey });
      await run('setSandboxKey');
      const isFar = (name: string): boolean => name.endsWith('_list_instructions') && !isOwn(name);
      const names = await startServers('it runs', ({ tools }) => tools.some(isFar));
      const list = names.find(isFar)!;
      const { instructions } = (await invokeMcp(list, {})) as { instructions: { tag: string; origin: string }[] };
      assert.ok(instructions.some(({ tag, origin }) => tag === 'research' && origin === 'sandbox'));
      assert.ok(api.requests.includes('GET /keys'), api.requests.join());
    } finally {
      await run('removeSandboxKey');
      await configure('sandboxes', 'remotes', undefined, vscode.ConfigurationTarget.Global);
      await startServers('it is gone', ({ tools }) => tools.every(isOwn));
      answers.restore();
      await api.stop();
    }
  });
});

/** What a server has under a tag; undefined when it has nothing, or is being started again. */
async function textOf(tool: string, tag: string): Promise<unknown> {
  try {
    return (await invokeMcp(tool, { tag }))['content'];
  } catch {
    return undefined;
  }
}
