import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writtenPages } from '../../support/docsTables';
import { projectRoot } from '../../support/places';

describe('tables of the README and the docs', () => {
  it('are as `npm run docs` writes them', async () => {
    for (const [page, text] of await writtenPages()) {
      assert.equal(readFileSync(join(projectRoot, page), 'utf8'), text, `${page} is out of date: npm run docs`);
    }
  });
});
