import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = join(__dirname, '..', '..', '..', 'media', 'docs', 'agents.md');

/** What the document says of calls that are answered differently: the cell "here" by the recorded call. */
export function documentedDifferences(table: 'tools' | 'api'): ReadonlyMap<string, string> {
  const found = new RegExp(`<!-- ${table}: tested -->\\n\\n\\|.*\\n\\|.*\\n((?:\\|.*\\n)+)`).exec(
    readFileSync(page, 'utf8'),
  );
  const rows = (found?.[1] ?? '').trim().split('\n');
  return new Map(
    rows.map((row) => {
      const [, call = '', , here = ''] = row.split(' | ').join('|').split('|');
      return [call.trim().replace(/^`|`$/g, ''), here.trim()];
    }),
  );
}
