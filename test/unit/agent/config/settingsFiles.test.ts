import { execFile } from 'node:child_process';
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { agentClients, launcherPath } from '../../../../src/agent/config/clients';
import {
  applyChanges,
  planConnections,
  revertChanges,
  tracedClients,
} from '../../../../src/agent/config/settingsFiles';

const launcherFile = join(__dirname, '..', '..', '..', '..', 'media', 'agents', 'mcp.mjs');
const launcher = 'launcher\n';

describe('Settings files of agents', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-connect-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('are written with the launcher, keep their mode, and are taken back to the byte', async () => {
    const text = '{ "mcpServers": {} }';
    await writeFile(join(folder, '.mcp.json'), text);
    await chmod(join(folder, '.mcp.json'), 0o600);
    const changes = await planConnections(folder, agentClients, launcher);
    assert.deepEqual(
      changes.map(({ path }) => path),
      [launcherPath, ...agentClients.map(({ path }) => path)],
    );
    const applied = await applyChanges(folder, changes);
    assert.equal(await readFile(join(folder, launcherPath), 'utf8'), launcher);
    assert.equal((await stat(join(folder, '.mcp.json'))).mode & 0o777, 0o600);
    assert.deepEqual(await planConnections(folder, agentClients, launcher), []);
    assert.deepEqual(await revertChanges(applied), []);
    assert.deepEqual(await readdir(folder, { recursive: true }), ['.mcp.json']);
    assert.equal(await readFile(join(folder, '.mcp.json'), 'utf8'), text);
  });

  it('are left alone by Undo where a person changed them since', async () => {
    const applied = await applyChanges(folder, await planConnections(folder, agentClients.slice(0, 2), launcher));
    await writeFile(join(folder, '.mcp.json'), '{}');
    assert.deepEqual(await revertChanges(applied), ['.mcp.json']);
    assert.deepEqual(await readdir(folder, { recursive: true }), ['.mcp.json']);
  });

  it('are not written when one of them was changed after its difference was shown', async () => {
    const changes = await planConnections(folder, agentClients, launcher);
    await mkdir(join(folder, '.codex'));
    await writeFile(join(folder, '.codex/config.toml'), 'model = "x"\n');
    await assert.rejects(applyChanges(folder, changes), /config\.toml` was changed in the meantime/);
    assert.deepEqual((await readdir(folder)).sort(), ['.codex']);
  });

  it('are all taken back when one can not be written', async () => {
    const changes = await planConnections(folder, agentClients, launcher);
    await writeFile(join(folder, '.gemini'), 'a file in the way');
    await assert.rejects(applyChanges(folder, changes));
    assert.deepEqual(await readdir(folder, { recursive: true }), ['.gemini']);
  });

  it('are not written through links', async () => {
    const outside = join(folder, 'outside');
    const workspace = join(folder, 'workspace');
    await mkdir(outside);
    await mkdir(workspace);
    await symlink(outside, join(workspace, '.cursor'));
    await assert.rejects(planConnections(workspace, agentClients, launcher), /outside of the workspace/);
    await writeFile(join(outside, 'mcp.json'), '{}');
    await symlink(join(outside, 'mcp.json'), join(workspace, '.mcp.json'));
    await assert.rejects(planConnections(workspace, agentClients.slice(0, 1), launcher), /is a link/);
  });

  it('say what a workspace is used with', async () => {
    await writeFile(join(folder, 'CLAUDE.md'), '');
    await mkdir(join(folder, '.codex'));
    const traced = await tracedClients(folder, agentClients);
    assert.deepEqual(
      traced.map(({ id }) => id),
      ['claude-code', 'codex'],
    );
  });

  describe('launcher', () => {
    async function install(extensions: string, version: string): Promise<void> {
      const extension = join(extensions, `context-cache.context-cache-${version}`);
      await mkdir(join(extension, 'dist'), { recursive: true });
      await writeFile(
        join(extension, 'package.json'),
        JSON.stringify({ name: 'context-cache', publisher: 'context-cache', version }),
      );
      const print = `console.log(JSON.stringify([${JSON.stringify(version)}, ...process.argv.slice(2)]))`;
      await writeFile(join(extension, 'dist', 'cli.js'), print);
    }

    async function launch(): Promise<{ readonly stdout: string; readonly stderr: string }> {
      const script = join(folder, 'work', launcherPath);
      await mkdir(join(folder, 'work', '.context-cache'), { recursive: true });
      await writeFile(script, await readFile(launcherFile));
      const env = { ...process.env, HOME: folder, USERPROFILE: folder, CONTEXT_CACHE_HOME: join(folder, 'data') };
      return promisify(execFile)(process.execPath, [script, '--prefer', 'library'], { cwd: tmpdir(), env });
    }

    it('runs the newest version of every editor on the workspace it lies in', async () => {
      await install(join(folder, '.vscode', 'extensions'), '0.9.0');
      await install(join(folder, '.cursor', 'extensions'), '0.10.1');
      const { stdout } = await launch();
      assert.deepEqual(JSON.parse(stdout), ['0.10.1', 'mcp', '--source', join(folder, 'work'), '--prefer', 'library']);
    });

    it('finds the place that the editor noted, and what was updated beside it', async () => {
      await install(join(folder, 'portable'), '1.0.0');
      await mkdir(join(folder, 'data'));
      const noted = join(folder, 'portable', 'context-cache.context-cache-0.9.0');
      await writeFile(join(folder, 'data', 'editor.json'), JSON.stringify({ extension: noted }));
      assert.match((await launch()).stdout, /^\["1\.0\.0"/);
    });

    it('says so when nothing is installed', async () => {
      await assert.rejects(launch(), /Context Cache is not installed/);
    });
  });
});
