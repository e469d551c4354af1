import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaytonaServer } from '../../support/daytonaServer';
import { daytonaKey, startDaytonaServer } from '../../support/daytonaServer';
import type { SshServer } from '../../support/sshServer';
import { startSshServer } from '../../support/sshServer';
import { TemporaryCache } from '../cache/temporaryCache';
import { filesBelow } from '../cache/writing';
import { goldenNow, runCommand } from './runCommand';

interface Listing {
  readonly source: string;
  readonly scopes: readonly { readonly scope: string; readonly entries: readonly { readonly key: string }[] }[];
}

describe('context-cache cache, caches on other machines', function () {
  let ssh: SshServer;
  let daytona: DaytonaServer;
  let cache: TemporaryCache;
  let env: NodeJS.ProcessEnv;

  before(async function () {
    this.timeout(900_000); // The SSH server may have to be installed.
    ssh = await startSshServer();
    daytona = await startDaytonaServer();
  });

  after(async () => {
    await ssh.stop();
    await daytona.stop();
  });

  beforeEach(() => {
    cache = new TemporaryCache('typical');
    mkdirSync(cache.outside('library'));
    writeFileSync(join(cache.outside('library'), 'extra_instructions.md'), '# Extra\n');
    daytona.states.set('one', 'started');
    env = {
      CONTEXT_CACHE_HOME: cache.outside('data'),
      CONTEXT_CACHE_SSH_CONFIG: ssh.configFile,
      DAYTONA_API_KEY: daytonaKey,
      DAYTONA_API_URL: daytona.apiUrl,
    };
  });

  afterEach(() => {
    cache.dispose();
  });

  async function run(...args: string[]) {
    return runCommand(['cache', ...args, ...goldenNow], { cwd: cache.outside('.'), env });
  }

  const places: Readonly<Record<string, () => readonly string[]>> = {
    'over SSH': () => ['--source', `ssh://loopback${cache.root}`],
    'behind a command': () => ['--source-command', '["env"]', '--root', cache.root],
    'in a Daytona sandbox': () => ['--source', `daytona://one${cache.root}`],
  };
  for (const [where, source] of Object.entries(places)) {
    it(`lists, seeds and takes back ${where} as in a folder`, async () => {
      const listed = await run('ls', '--json', '--no-tokens', ...source());
      const local = await run('ls', '--json', '--no-tokens', '--source', cache.root);
      assert.deepEqual((JSON.parse(listed.out) as Listing).scopes, (JSON.parse(local.out) as Listing).scopes);
      assert.doesNotMatch((JSON.parse(listed.out) as Listing).source, new RegExp(daytonaKey));

      const before = filesBelow(cache.root);
      const seeded = await run('seed', '--json', '--yes', '--library', cache.outside('library'), ...source());
      assert.equal(seeded.code, 0, seeded.messages);
      assert.notDeepEqual(filesBelow(cache.root), before);
      const { operationId } = JSON.parse(seeded.out) as { operationId: string };
      const restored = await run('restore', '--operation', operationId, '--yes', ...source());
      assert.equal(restored.code, 0, restored.messages);
      assert.deepEqual(filesBelow(cache.root), before);
    });
  }

  it('names a place that is not there, and creates nothing', async () => {
    const before = filesBelow(cache.workspace);
    for (const source of [
      ['--source', `ssh://loopback${cache.root}/absent`],
      ['--source-command', '["env"]', '--root', `${cache.root}/absent`],
    ]) {
      const { code, messages } = await run('seed', '--yes', '--library', cache.outside('library'), ...source);
      assert.equal(code, 1);
      assert.match(messages, /^context-cache: /m);
    }
    assert.deepEqual(filesBelow(cache.workspace), before);
  });

  it('does not start a Daytona sandbox that sleeps', async () => {
    daytona.states.set('one', 'stopped');
    daytona.requests.length = 0;
    const { code, messages } = await run('ls', '--source', `daytona://one${cache.root}`);
    assert.equal(code, 1);
    assert.match(messages, /one is asleep \(stopped\)/);
    assert.deepEqual([...new Set(daytona.requests)], ['GET /sandbox/one']);
  });

  const wrong: readonly [args: readonly string[], code: number, message: RegExp][] = [
    [['--source', 'ftp://host/path'], 1, /kind 'ftp' are not known/],
    [['--source', 'http://host/kv-cache'], 1, /not encrypted/],
    [['--source', 'https://me:hush@host/kv-cache'], 1, /holds a user or a password/],
    [['--source', 'ssh://me:hush@host/path'], 1, /holds a password/],
    [['--source', 'ssh://host'], 1, /"root" of the sandbox "host" is missing/],
    [['--source', 'ssh://-oProxyCommand=id/path'], 1, /"host" .* begins with '-'/],
    [['--source', 'daytona://-x/path'], 1, /"sandboxId" .* begins with '-'/],
    [['--source-command', '["env"]'], 1, /needs --root/],
    [['--root', '/path'], 1, /--root goes with --source-command/],
    [['--source-command', 'docker exec x', '--root', '/path'], 2, /Give a JSON array/],
    [['--source-command', '["env"]', '--root', '/path', '--source', '.'], 2, /cannot be used with/],
  ];
  for (const [args, expected, message] of wrong) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, messages, out } = await run('ls', ...args);
      assert.equal(code, expected);
      assert.match(messages, message);
      assert.doesNotMatch(messages + out, /hush/);
    });
  }
});
