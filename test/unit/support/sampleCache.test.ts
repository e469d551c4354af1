import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeSampleCache } from '../../support/makeSampleCache';

const sample = path.join(__dirname, '..', '..', 'fixtures', 'sample-workspace');
const now = Date.UTC(2031, 4, 6, 7, 8, 9, 120);

interface IndexEntry {
  readonly path: string;
  readonly size_bytes: number;
  readonly fingerprint: string;
  readonly expires_at: string;
}

describe('the sample workspace cache', () => {
  let folder: string;
  let root: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-sample-'));
    await cp(sample, folder, { recursive: true });
    root = path.join(folder, '.iris', 'kv-cache');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function states(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    const note = (state: string, name: string): void => {
      (found[state] ??= []).push(name);
    };
    for (const scope of ['artifacts', 'instructions', 'project', 'system', 'task']) {
      const index = JSON.parse(await readFile(path.join(root, scope, '_index.json'), 'utf8')) as Record<
        string,
        IndexEntry
      >;
      const files = (await readdir(path.join(root, scope))).filter((name) => name !== '_index.json').sort();
      for (const file of files) {
        const entry = index[file];
        if (entry === undefined) {
          note('orphan', `${scope}/${file}`);
          continue;
        }
        const bytes = await readFile(path.join(root, scope, file));
        assert.equal(entry.path, `/workspace/.iris/kv-cache/${scope}/${file}`);
        assert.equal(entry.size_bytes, bytes.length);
        if (createHash('sha256').update(bytes).digest('hex').slice(0, 16) !== entry.fingerprint) {
          note('corrupt', `${scope}/${file}`);
        } else {
          note(Date.parse(`${entry.expires_at}Z`) < now ? 'expired' : 'live', `${scope}/${file}`);
        }
      }
      for (const key of Object.keys(index).filter((name) => !files.includes(name))) {
        note('missing', `${scope}/${key}`);
      }
    }
    return found;
  }

  it('shows each fault once, and expired entries beside live ones', async () => {
    await writeSampleCache(folder, now);
    const { live, ...faults } = await states();
    assert.equal(live?.length, 20);
    assert.deepEqual(faults, {
      expired: [
        'artifacts/tool_output_web_search_3fa2c1d9_web_search',
        'project/architecture_notes',
        'task/summary_0f3f9c54-5f0e-4a51-9d4e-1f8c0b1d2a01',
        'task/summary_2c7b1d8a-77c1-4f0d-8d35-6b1f2f8e4b02',
      ],
      orphan: ['artifacts/tool_output_check_command_output_deadbeef'],
      corrupt: ['artifacts/tool_output_get_prices_call_px_ifx_call_px_ifx'],
      missing: ['artifacts/tool_output_get_prices_call_px_soi_call_px_soi'],
    });
  });

  it('is the same to the byte at the same clock', async () => {
    const read = async (): Promise<string[]> => {
      const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((item) => item.isFile());
      const files = names.map((item) => path.join(item.parentPath, item.name)).sort();
      return Promise.all(files.map(async (file) => `${file} ${(await readFile(file)).toString('base64')}`));
    };
    await writeSampleCache(folder, now);
    const first = await read();
    await rm(path.join(folder, '.iris'), { recursive: true });
    await writeSampleCache(folder, now);
    assert.deepEqual(await read(), first);
  });

  it('refuses a folder that has a cache', async () => {
    await writeSampleCache(folder, now);
    await assert.rejects(writeSampleCache(folder, now), { code: 'EEXIST' });
  });
});
