import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectRoot } from '../../support/places';

const docs = join(projectRoot, 'media', 'docs');
const pages = [join(projectRoot, 'README.md'), ...readdirSync(docs).map((name) => join(docs, name))];

/** Targets of Markdown links and pictures that are no addresses. */
function links(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** What a heading is linked by, as GitHub and VS Code make it. */
function anchors(page: string): Set<string> {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the README and the docs', () => {
  for (const page of pages) {
    it(`${relative(projectRoot, page)} links to what exists`, () => {
      for (const link of links(page)) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(target), link);
        assert.ok(anchor === undefined || anchors(target).has(anchor), link);
      }
    });
  }

  it('every page of the docs is linked from the README', () => {
    const linked = new Set(links(pages[0]!).map((link) => link.split('#')[0]!));
    assert.deepEqual(
      readdirSync(docs).filter((name) => !linked.has(`media/docs/${name}`)),
      [],
    );
  });
});
