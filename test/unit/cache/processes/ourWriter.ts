import { applyPlan } from '../../../../src/core/cache/apply';
import { planBump } from '../../../../src/core/cache/plans/editEntries';
import { planInvalidate } from '../../../../src/core/cache/plans/invalidate';
import { entriesOf } from '../../../../src/core/cache/plans/planBuilder';
import type { PlanSource } from '../../../../src/core/cache/plans/planBuilder';
import { planPut } from '../../../../src/core/cache/plans/put';
import { readSnapshot } from '../../../../src/core/cache/snapshot';
import { systemClock } from '../../../../src/core/ports';
import { FolderTree } from '../../../../src/core/sources/folderTree';
import { VersionStore } from '../../../../src/core/versions/versionStore';

/**
 * A process of ours: puts `<name>-<n>` one after the other, and now and then bumps or deletes one. Prints a line for
 * each thing that was acknowledged: `put <key> <operation>`, `delete <key> <operation>`, `failed <key> <why>`; and
 * `deleting <key>` before a deletion, which may be done when the process is killed before it says so.
 */
async function main(): Promise<void> {
  const [root, data, name, count, scope] = process.argv.slice(2) as [string, string, string, string, 'task'];
  const tree = new FolderTree(root);
  const history = new VersionStore(data);
  const open = async (): Promise<PlanSource> => ({ tree, snapshot: await readSnapshot(tree, { clock: systemClock }) });
  for (let turn = 0; turn < Number(count); turn += 1) {
    const key = `${name}-${turn}`;
    const source = await open();
    const mine = entriesOf(source.snapshot).filter(
      (entry) => entry.key.startsWith(`${name}-`) && !entry.states.includes('orphan'),
    );
    const deletes = turn % 5 === 4 && mine.length > 0;
    const plan = deletes
      ? planInvalidate(source, { entries: [{ scope, key: mine[0]!.key }] })
      : turn % 7 === 6 && mine.length > 0
        ? planBump(source, [mine.at(-1)!])
        : planPut(source, { scope, originalKey: key, bytes: Buffer.from(`value of ${key} `.repeat(20)) });
    if (deletes) {
      process.stdout.write(`deleting ${mine[0]!.key}\n`);
    }
    const report = await applyPlan(plan, { tree, history, clock: systemClock });
    const [effect] = plan.effects;
    const [result] = report.results;
    const verb = effect?.action === 'create' ? 'put' : effect?.action === 'delete' ? 'delete' : 'bump';
    const line =
      result?.outcome === 'done'
        ? `${verb} ${effect!.key} ${report.operationId ?? '-'}`
        : `failed ${effect!.key} ${result?.message ?? ''}`;
    process.stdout.write(`${line}\n`);
  }
}

void main();
