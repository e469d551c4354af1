import { ThemeIcon } from 'vscode';
import type { CacheEntry, ScopeName } from '../../../core/cache/model';
import { UserError } from '../../../core/errors';
import { cacheUri } from '../documents/cacheUri';
import { showMultiDiff } from '../multiDiff';
import type { DiffedFile } from '../multiDiff';
import { pickOne, pickSandbox } from '../pickers';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Compare with Another Sandbox';

/** Compares a sandbox, or one of its scopes, with the same of another one, as one diff of many files. */
export const compareWithSandbox: SandboxCommand = {
  id: 'contextCache.compareWithSandbox',
  run: async (tools, clicked, selected) => {
    const place = targetPlace(tools, clicked, selected);
    const left = place?.sandbox ?? (await pickSandbox(tools, title));
    const right = left === undefined ? undefined : await pickOther(tools, left, title, `Compare ${left.label} with`);
    if (left === undefined || right === undefined) {
      return undefined;
    }
    const [before, after] = [await valuesOf(tools, left, place?.scope), await valuesOf(tools, right, place?.scope)];
    const files = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((address): DiffedFile[] => {
      const [one, other] = [before.get(address), after.get(address)];
      if (one !== undefined && other !== undefined && isSame(one, other)) {
        return [];
      }
      const uriIn = (sandbox: Sandbox, entry: CacheEntry | undefined) =>
        entry === undefined ? undefined : cacheUri(sandbox.id, entry.scope, entry.key);
      const sides = [uriIn(left, one), uriIn(right, other)] as const;
      return [[(sides[1] ?? sides[0])!, ...sides]];
    });
    const scope = place?.scope === undefined ? '' : `${place.scope}: `;
    const name = `${scope}${left.label} ↔ ${right.label}`;
    if (files.length === 0) {
      void tools.services.prompts.tell('information', `${name}: the values are the same.`);
    } else {
      await showMultiDiff(name, files);
    }
    return files.map(([resource]) => resource.path);
  },
};

/** Another sandbox than this one. */
export async function pickOther(
  tools: SandboxTools,
  sandbox: Sandbox,
  pickTitle: string,
  placeHolder: string,
): Promise<Sandbox | undefined> {
  const others = (await tools.registry.all()).filter((one) => one !== sandbox);
  if (others.length === 0) {
    throw new UserError(`${sandbox.label} is the only sandbox.`, 'Add another one with "Add Sandbox".');
  }
  return pickOne(tools, others, ({ label, place }) => ({ label, description: place, iconPath: new ThemeIcon('vm') }), {
    title: pickTitle,
    placeHolder,
  });
}

async function valuesOf(
  tools: SandboxTools,
  sandbox: Sandbox,
  scope: ScopeName | undefined,
): Promise<ReadonlyMap<string, CacheEntry>> {
  const { scopes } = await tools.store.snapshot(sandbox);
  const entries = scopes.filter((one) => scope === undefined || one.scope === scope).flatMap((one) => one.entries);
  return new Map(
    entries.filter(({ fileBytes }) => fileBytes !== undefined).map((entry) => [`${entry.scope}/${entry.key}`, entry]),
  );
}

function isSame(one: CacheEntry, other: CacheEntry): boolean {
  return one.contentSha256 !== undefined && other.contentSha256 !== undefined
    ? one.contentSha256 === other.contentSha256
    : one.fingerprint !== undefined && one.fingerprint === other.fingerprint;
}
