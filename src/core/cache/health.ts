import type { FileTree } from '../fileTree';
import type { Finding, Severity } from '../findings';
import type { SnapshotOptions } from './snapshot';
import { readSnapshot } from './snapshot';

/** Every id that a health check can report, in the order in which they are documented. */
export const healthIds = [
  'orphan',
  'missing',
  'corrupt',
  'expired',
  'unreadable-index',
  'foreign-path',
  'bad-timestamp',
  'key-collision',
  'quota',
  'seed-flag',
  'size-mismatch',
  'stale-summary',
  'duplicate',
] as const;

const severities: readonly Severity[] = ['error', 'warning', 'information'];

/** Reads the cache with all its values and reports what is wrong, worst first. Nothing is written. */
export async function checkHealth(tree: FileTree, options: Omit<SnapshotOptions, 'verifyValues'>): Promise<Finding[]> {
  const { findings } = await readSnapshot(tree, { ...options, verifyValues: true });
  return severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}
