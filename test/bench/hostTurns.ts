/** A CPU profile as the inspector protocol gives it, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** Microseconds. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** What the meter recorded. */
export interface Recording {
  readonly profile: CpuProfile;
  /** When the event loop came round, in microseconds of the profile's clock. */
  readonly turnsUs: readonly number[];
  /** For how many microseconds the thread had run by then. */
  readonly ranUs: readonly number[];
}

/** The time between two moments at which the event loop came round: nothing else could run in it. */
export interface Turn {
  /** For which the thread ran, in milliseconds. */
  readonly busyMs: number;
  /** In which a function of the extension was on the stack. */
  readonly ownMs: number;
  /** The innermost function of the extension that most of that time was spent in or below; '' for none. */
  readonly ownFunction: string;
}

/**
 * A sample, taken each 0.2 ms, weighs no more than this: a longer time between two is one in which the machine ran
 * something else, and a thread that waits for one of the engine's own, which waits for a processor, is sampled all the
 * while. So the samples of a turn only tell whose work it was, and how long it was is for how long the thread ran. Thus
 * the figures are those of the thread even on a machine under load.
 */
const longestSampleMs = 0.4;
const garbageCollector = '(garbage collector)';

/**
 * Divides a recording into turns of the event loop.
 * @param isOwn whether a script, by its URL, is the extension's
 */
export function turnsOf({ profile, turnsUs, ranUs }: Recording, isOwn: (url: string) => boolean): Turn[] {
  const owners = ownFunctions(profile, isOwn);
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const turns: { busyMs: number; ownMs: number; byFunction: Map<string, number> }[] = [];
  let turn = 0;
  let atUs = profile.startTime;
  profile.samples.forEach((node, index) => {
    const deltaUs = profile.timeDeltas[index] ?? 0;
    const ms = Math.min(Math.max(deltaUs / 1000, 0), longestSampleMs);
    atUs += deltaUs;
    while (turn < turnsUs.length && turnsUs[turn]! < atUs) {
      turn += 1;
    }
    const name = names.get(node);
    if (name === '(idle)') {
      return;
    }
    // Garbage is collected when there is too much of it, whoever made it: it counts for the thread alone.
    const owner = name === garbageCollector ? undefined : owners.get(node);
    const current = (turns[turn] ??= { busyMs: 0, ownMs: 0, byFunction: new Map() });
    current.busyMs += ms;
    if (owner !== undefined) {
      current.ownMs += ms;
      current.byFunction.set(owner, (current.byFunction.get(owner) ?? 0) + ms);
    }
  });
  return turns
    .map(({ busyMs, ownMs, byFunction }, index) => {
      const ranMs = (ranUs[index]! - ranUs[index - 1]!) / 1000;
      const scale = Number.isNaN(ranMs) || busyMs === 0 ? 1 : ranMs / busyMs;
      return {
        busyMs: busyMs * scale,
        ownMs: ownMs * scale,
        ownFunction: [...byFunction].reduce((longest, entry) => (entry[1] > longest[1] ? entry : longest), ['', 0])[0],
      };
    })
    .filter(Boolean);
}

/** The innermost function of the extension on the stack of each node that has one. */
function ownFunctions({ nodes }: CpuProfile, isOwn: (url: string) => boolean): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, string>();
  const children = new Set(nodes.flatMap((node) => node.children ?? []));
  const open = nodes
    .filter(({ id }) => !children.has(id))
    .map((node) => ({ node, owner: undefined as string | undefined }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { functionName, url, lineNumber } = next.node.callFrame;
    const owner = isOwn(url) ? `${functionName || '(anonymous)'}:${lineNumber + 1}` : next.owner;
    if (owner !== undefined) {
      owners.set(next.node.id, owner);
    }
    open.push(...(next.node.children ?? []).map((id) => ({ node: byId.get(id)!, owner })));
  }
  return owners;
}
