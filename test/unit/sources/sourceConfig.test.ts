import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/errors';
import { openSourceTree, parseSourceConfig, sourcePlace } from '../../../src/core/sources/sourceConfig';

const root = '/workspace/.iris/kv-cache';

function context(daytonaKey?: string) {
  return { daytonaKey: async () => Promise.resolve(daytonaKey) };
}

describe('descriptions of sandboxes', () => {
  const good: readonly [description: object, id: RegExp, place: string][] = [
    [{ name: 'a', path: '/p/kv-cache' }, /^folder:\/p\/kv-cache$/, '/p/kv-cache'],
    [{ name: 'a', kind: 'ssh', host: 'box', root: `${root}/` }, /^ssh:box\/workspace\/.*kv-cache$/, `ssh://box${root}`],
    [
      { name: 'a', kind: 'ssh', host: 'box', user: 'me', port: 2222, root },
      /^ssh:me@box:2222\/workspace/,
      `ssh://me@box:2222${root}`,
    ],
    [
      { name: 'a', kind: 'command', command: ['/usr/bin/docker', 'exec', '-i', 'x'], root },
      /^command:docker:[0-9a-f]{16}\/workspace/,
      `docker:${root}`,
    ],
    [{ name: 'a', kind: 'daytona', sandboxId: 'a1-b2', root }, /^daytona:a1-b2\/workspace/, `daytona://a1-b2${root}`],
    [
      { name: 'a', kind: 'http', url: 'https://host/api/sandboxes/x/kv-cache/' },
      /^http:https:\/\/host\/api\/sandboxes\/x\/kv-cache$/,
      'https://host/api/sandboxes/x/kv-cache',
    ],
    [
      { name: 'a', kind: 'http', url: 'http://localhost:1/kv-cache', keyHeader: 'x-api-key' },
      /^http:http:\/\/localhost:1\/kv-cache$/,
      'http://localhost:1/kv-cache',
    ],
  ];
  for (const [description, id, place] of good) {
    it(`opens ${JSON.stringify(description)}`, () => {
      const config = parseSourceConfig(description);
      const tree = openSourceTree(config, context());
      tree.dispose?.();
      assert.match(tree.id, id);
      assert.equal(tree.label, 'a');
      assert.equal(sourcePlace(config), place);
      assert.deepEqual(parseSourceConfig(JSON.parse(JSON.stringify(config))), config);
    });
  }

  const bad: readonly [description: unknown, field: RegExp][] = [
    [undefined, /not an object/],
    [[], /not an object/],
    [{ kind: 'ssh' }, /"name"/],
    [{ name: 'a', kind: 'ftp' }, /"kind" of the sandbox "a" is unknown/],
    [{ name: 'a', kind: 'toString' }, /"kind"/],
    [{ name: 'a', kind: 'folder', path: 'relative' }, /"path"/],
    [{ name: 'a', kind: 'ssh', root }, /"host" of the sandbox "a" is missing/],
    [{ name: 'a', kind: 'ssh', host: '-oProxyCommand=id', root }, /"host" .* begins with '-'/],
    [{ name: 'a', kind: 'ssh', host: 'a b', root }, /"host"/],
    [{ name: 'a', kind: 'ssh', host: 'box', user: '-l', root }, /"user"/],
    [{ name: 'a', kind: 'ssh', host: 'box', port: '22', root }, /"port"/],
    [{ name: 'a', kind: 'ssh', host: 'box', port: 0, root }, /"port"/],
    [{ name: 'a', kind: 'ssh', host: 'box', root: 'relative' }, /"root"/],
    [{ name: 'a', kind: 'ssh', host: 'box', root: '/a/../b' }, /"root"/],
    [{ name: 'a', kind: 'ssh', host: 'box', root: '/a\nb' }, /"root"/],
    [{ name: 'a', kind: 'command', command: 'docker exec', root }, /"command" .* no shell/],
    [{ name: 'a', kind: 'command', command: [], root }, /"command"/],
    [{ name: 'a', kind: 'command', command: ['x', 1], root }, /"command"/],
    [{ name: 'a', kind: 'command', command: ['-x'], root }, /"command"/],
    [{ name: 'a', kind: 'daytona', sandboxId: '..', root }, /"sandboxId"/],
    [{ name: 'a', kind: 'daytona', sandboxId: 'a/b', root }, /"sandboxId"/],
    [{ name: 'a', kind: 'daytona', sandboxId: '-a', root }, /"sandboxId"/],
    [{ name: 'a', kind: 'http' }, /"url" of the sandbox "a" is missing/],
    [{ name: 'a', kind: 'http', url: 'host/kv-cache' }, /"host\/kv-cache" is not an address/],
    [{ name: 'a', kind: 'http', url: 'http://host/kv-cache' }, /not encrypted/],
    [{ name: 'a', kind: 'http', url: 'https://me:hush@host/kv-cache' }, /"url" .* holds a user or a password/],
    [{ name: 'a', kind: 'http', url: 'https://host/kv-cache?key=hush' }, /"url" .* has a query/],
    [{ name: 'a', kind: 'http', url: 'https://host/kv-cache', keyHeader: 'cookie' }, /"keyHeader" .* is unknown/],
  ];
  for (const [description, message] of bad) {
    it(`refuses ${JSON.stringify(description)}`, () => {
      assert.throws(
        () => parseSourceConfig(description),
        (error) => error instanceof UserError && message.test(error.message) && error.nextStep !== '',
      );
    });
  }

  it('shows no argument of a command in the id and the place', () => {
    const config = parseSourceConfig({ name: 'a', kind: 'command', command: ['run', '--token=hush'], root });
    assert.doesNotMatch(openSourceTree(config, context()).id + sourcePlace(config), /hush/);
  });

  it('asks for the key of Daytona when it is needed, and tells none in its errors', async () => {
    const config = parseSourceConfig({ name: 'a', kind: 'daytona', sandboxId: 'a1', root });
    await assert.rejects(openSourceTree(config, context()).scan({ folders: [''] }), /There is no key for Daytona/);
    await assert.rejects(openSourceTree(config, context('hush\nhush')).scan({ folders: [''] }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /characters that no key has/);
      assert.doesNotMatch(JSON.stringify([error.message, error.nextStep, error.stack]), /hush/);
      return true;
    });
  });
});
