import type { Finding } from '../findings';
import type { InstructionAccount } from '../instructions/accountFor';

/** Everything that a check found in one workspace. */
export interface CheckReport {
  /** One for each harness that was checked, in the order of all harnesses. */
  readonly accounts: readonly InstructionAccount[];
  /** Sorted by path, line and id; each problem once, however many harnesses have it. */
  readonly findings: readonly Finding[];
}

/** The ids of findings, with what they are about; the rules of SARIF. */
export const findingTitles: Readonly<Record<string, string>> = {
  budget: 'More tokens than the budget',
  cap: 'A cap of the harness keeps a part out of the context',
  'catalogue-overflow': 'The catalogue of skills has no room for an entry',
  shadowed: 'Another file stands in front of this one',
  'folder-limit': 'The harness may not look into this folder',
  duplicate: 'The same text stands in two files',
  'dead-link': 'A link to a file that is not there',
  'missing-import': 'An import of a file that is not there',
  'outside-import': 'An import from outside of the workspace',
  'cyclic-import': 'Files that import each other',
  'deep-import': 'A chain of imports that is too long',
  'unreadable-import': 'An import that is no text',
  'front-matter': 'Front matter that is not in order',
  'front-matter-field': 'A field of the front matter that can not be used',
  'file-name-case': 'A name in the wrong case',
  'long-file': 'A text that is longer than advised',
  'too-large': 'A file that is too large to be read',
  binary: 'A file that is no text',
  'invalid-utf8': 'Bytes that are not UTF-8',
  unreadable: 'A file or folder that can not be read',
  vanished: 'A file that vanished while it was read',
  'outside-link': 'A link out of the workspace',
  config: 'A mistake in context-cache.yaml',
  lock: 'A lock file that is out of date',
  'unseeded-tag': 'An instruction that is not in the cache',
  'stale-tag': 'An instruction that differs from the cache',
};
