import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../support/places';

const source = join(projectRoot, 'src');

/** Files of the project that a file imports, types included. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'))
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => join(dirname(file), `${fileName}.ts`))
    .filter((path) => existsSync(path));
}

describe('structure', () => {
  it('has no files that import each other in a loop, not even for types', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(source, name));
    const imports = new Map(files.map((file) => [file, importsOf(file)]));
    assert.ok([...imports.values()].flat().length > files.length, 'imports are found');
    // What imports nothing that is left stands on firm ground; what never does is in a loop, or above one.
    for (let settled = files; settled.length > 0;) {
      settled = [...imports]
        .filter(([, targets]) => !targets.some((target) => imports.has(target)))
        .map(([file]) => file);
      for (const file of settled) {
        imports.delete(file);
      }
    }
    for (let top = [...imports.keys()]; top.length > 0;) {
      const imported = new Set([...imports.values()].flat());
      top = [...imports.keys()].filter((file) => !imported.has(file));
      for (const file of top) {
        imports.delete(file);
      }
    }
    assert.deepEqual(
      [...imports].map(([file, targets]) => [
        relative(source, file),
        targets.filter((target) => imports.has(target)).map((target) => relative(source, target)),
      ]),
      [],
    );
  });
});
