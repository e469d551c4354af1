import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** On a slow machine the index would grow faster than anybody else could rewrite it. */
const mostTurns = 400;

/**
 * A process that behaves as the original writer does: writes the value, reads the whole index (what it can't read
 * counts as empty), and writes it back in place, without a lock. Stops when the file `stop` appears. Prints the keys
 * that it put.
 */
async function main(): Promise<void> {
  const [root, name, pause, stop] = process.argv.slice(2) as [string, string, string, string];
  const folder = join(root, 'task');
  const indexPath = join(folder, '_index.json');
  mkdirSync(folder, { recursive: true });
  for (let turn = 0; turn < mostTurns && !existsSync(stop); turn += 1) {
    const key = `${name}-${turn}`;
    const value = `value of ${key}`;
    writeFileSync(join(folder, key), value);
    const index = readIndex(indexPath);
    await wait(Math.random() * Number(pause));
    index[key] = {
      original_key: key,
      path: `/workspace/.iris/kv-cache/task/${key}`,
      content_type: 'text/plain',
      size_bytes: Buffer.byteLength(value),
      fingerprint: createHash('sha256').update(value).digest('hex').slice(0, 16),
      created_at: '2025-11-12T09:00:00.000001',
      expires_at: '2035-11-13T09:00:00.000001',
      ttl_hours: 24,
      metadata: {},
    };
    writeFileSync(indexPath, JSON.stringify(index, null, 2));
    process.stdout.write(`${key}\n`);
    await wait(20 + Math.random() * Number(pause) * 10);
  }
}

function readIndex(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

void main();
