import assert from 'node:assert/strict';
import { TemporaryCache } from '../cache/temporaryCache';
import { runCommand } from './runCommand';

describe('context-cache mcp', () => {
  let cache: TemporaryCache;

  beforeEach(() => {
    cache = new TemporaryCache();
  });

  afterEach(() => {
    cache.dispose();
  });

  const refused: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['--library-folders', 'rules'], /Give a JSON array of folders/],
    [['--library-folders', '[""]'], /Give a JSON array of folders/],
    [['--library-folders', '["rules"]', '--library', '.'], /cannot be used with/],
    [['--prefer', 'neither'], /sandbox, library/],
  ];

  for (const [args, message] of refused) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, messages } = await runCommand(['mcp', '--source', cache.workspace, ...args], {
        cwd: cache.workspace,
        env: { CONTEXT_CACHE_HOME: cache.outside('home') },
      });
      assert.equal(code, 2);
      assert.match(messages, message);
    });
  }
});
