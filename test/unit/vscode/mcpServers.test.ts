import assert from 'node:assert/strict';
import { parseSourceConfig } from '../../../src/core/sources/sourceConfig';
import { planMcpServers } from '../../../src/vscode/agents/mcpServers';
import type { ServedFolder } from '../../../src/vscode/agents/mcpServers';

const folder = (name: string, more: Partial<ServedFolder> = {}): ServedFolder => ({
  name,
  path: `/projects/${name}`,
  libraryFolders: undefined,
  ...more,
});
const sandbox = (fields: object) => {
  const config = parseSourceConfig({ name: 'far', root: '/w/.iris/kv-cache', ...fields });
  return { label: config.name, config };
};

describe('MCP servers of the editor', () => {
  it('are one for each folder, under labels of their own', () => {
    const servers = planMcpServers({ trusted: true, folders: [folder('a'), folder('b'), folder('a')], sandboxes: [] });
    assert.deepEqual(
      servers.map(({ label, args, folder: cwd }) => [label, args, cwd]),
      [
        ['Context Cache (a)', ['mcp', '--source', '/projects/a'], '/projects/a'],
        ['Context Cache (b)', ['mcp', '--source', '/projects/b'], '/projects/b'],
        ['Context Cache (a) 2', ['mcp', '--source', '/projects/a'], '/projects/a'],
      ],
    );
    const [only] = planMcpServers({ trusted: true, folders: [folder('a')], sandboxes: [] });
    assert.equal(only?.label, 'Context Cache');
  });

  it('are none in an untrusted workspace', () => {
    const sandboxes = [sandbox({ kind: 'ssh', host: 'box' })];
    assert.deepEqual(planMcpServers({ trusted: false, folders: [folder('a')], sandboxes }), []);
  });

  it("take the person's library folders, an empty list too", () => {
    const folders = [folder('a', { libraryFolders: ['rules', '/abs'] }), folder('b', { libraryFolders: [] })];
    const [first, second] = planMcpServers({ trusted: true, folders, sandboxes: [] });
    assert.deepEqual(first?.args.slice(3), ['--library-folders', '["rules","/abs"]']);
    assert.deepEqual(second?.args.slice(3), ['--library-folders', '[]']);
  });

  it('reach sandboxes of each kind as the command line does', () => {
    const sandboxes = [
      sandbox({ kind: 'folder', path: '/else/where' }),
      sandbox({ kind: 'ssh', host: 'box', user: 'me', port: 2222 }),
      sandbox({ kind: 'command', command: ['docker', 'exec', '-i', 'n'] }),
      sandbox({ kind: 'daytona', sandboxId: 'abc' }),
      sandbox({ kind: 'http', url: 'https://h/api/sandboxes/1/kv-cache', keyHeader: 'x-api-key' }),
    ];
    const servers = planMcpServers({ trusted: true, folders: [folder('a')], sandboxes }).slice(1);
    assert.deepEqual(
      servers.map(({ args }) => args.slice(1)),
      [
        ['--source', '/else/where'],
        ['--source', 'ssh://me@box:2222/w/.iris/kv-cache'],
        ['--source-command', '["docker","exec","-i","n"]', '--root', '/w/.iris/kv-cache'],
        ['--source', 'daytona://abc/w/.iris/kv-cache'],
        ['--source', 'https://h/api/sandboxes/1/kv-cache'],
      ],
    );
    assert.deepEqual(
      servers.map(({ label }) => label),
      ['Context Cache: far', ...[2, 3, 4, 5].map((number) => `Context Cache: far ${number}`)],
    );
    assert.deepEqual(
      servers.map(({ key }) => key),
      [
        undefined,
        undefined,
        undefined,
        { variable: 'DAYTONA_API_KEY', address: 'https://app.daytona.io/api' },
        { variable: 'CONTEXT_CACHE_HTTP_KEY', address: 'https://h/api/sandboxes/1/kv-cache' },
      ],
    );
    assert.equal(servers[4]?.env['CONTEXT_CACHE_HTTP_KEY_HEADER'], 'x-api-key');
  });

  it('never send a key of the environment to an address of the settings', () => {
    const sandboxes = [
      sandbox({ kind: 'daytona', sandboxId: 'abc', apiUrl: 'https://elsewhere/api' }),
      sandbox({ kind: 'http', url: 'https://h/kv' }),
    ];
    for (const { env } of planMcpServers({ trusted: true, folders: [folder('a')], sandboxes })) {
      assert.equal(env['DAYTONA_API_KEY'], null);
      assert.equal(env['CONTEXT_CACHE_HTTP_KEY'], null);
      assert.notEqual(env['DAYTONA_API_URL'], undefined);
      assert.notEqual(env['CONTEXT_CACHE_HTTP_KEY_HEADER'], undefined);
    }
  });
});
