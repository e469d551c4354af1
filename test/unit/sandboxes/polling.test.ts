import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { CacheSnapshot } from '../../../src/core/cache/model';
import { SourceError } from '../../../src/core/errors';
import { MirroredTree } from '../../../src/core/mirror/mirroredTree';
import { MirrorStore } from '../../../src/core/mirror/mirrorStore';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { pollSandboxes } from '../../../src/vscode/sandboxes/polling';
import type { Sandbox } from '../../../src/vscode/sandboxes/sandbox';
import { CommandTree } from '../../../src/core/sources/commandTree';

type Listener<T> = (value: T) => unknown;

/** An event of the editor that a test fires. */
function event<T>(): { readonly on: (listener: Listener<T>) => { dispose(): void }; fire(value: T): void } {
  const listeners = new Set<Listener<T>>();
  return {
    on: (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    fire: (value) => {
      for (const listener of listeners) {
        listener(value);
      }
    },
  };
}

function sandboxOf(metered = false): Sandbox {
  const source = new CommandTree({ id: 'command:x/', label: 'far', command: ['x'], root: '/' });
  Object.assign(source, { capabilities: { ...source.capabilities, metered } });
  const history = new VersionStore('/nowhere');
  const mirrored = new MirroredTree(source, new MirrorStore('/nowhere', history), history);
  const rest = { id: 'far', label: 'far', place: 'far', origin: 'setting', setting: {}, kind: 'command' } as const;
  return { ...rest, tree: mirrored, near: false, uri: undefined };
}

describe('polling sandboxes', () => {
  let visible: boolean;
  let error: Error | undefined;
  let shown: boolean;
  let baseMs: number;
  let looks: number;
  let polling: { dispose(): void };
  const changed = event<Sandbox>();
  const visibility = event<boolean>();

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    visible = true;
    shown = true;
    error = undefined;
    baseMs = 1000;
    looks = 0;
    polling = pollSandboxes({
      store: {
        state: () => ({ snapshot: { scopes: [] } as unknown as CacheSnapshot, error, reading: false }),
        refresh: async (sandbox) => {
          looks += 1;
          changed.fire(sandbox);
          return Promise.resolve({ snapshot: undefined, error, reading: false });
        },
        onDidChange: changed.on,
      },
      view: {
        get visible() {
          return visible;
        },
        onDidChangeVisibility: visibility.on,
      },
      isShown: () => shown,
      baseMs: () => baseMs,
    });
  });

  afterEach(() => {
    polling.dispose();
    mock.timers.reset();
  });

  /** The looks within so many milliseconds. */
  function looksWithin(ms: number): number {
    const before = looks;
    mock.timers.tick(ms);
    return looks - before;
  }

  it('looks again while the view is visible: ever more seldom while nothing changes, and after a failure', () => {
    changed.fire(sandboxOf());
    assert.deepEqual([looksWithin(999), looksWithin(1)], [0, 1]);
    assert.deepEqual([looksWithin(1499), looksWithin(1)], [0, 1]);
    error = new SourceError('unavailable', 'The link is down.', { nextStep: '' });
    assert.deepEqual([looksWithin(2250), looksWithin(4499), looksWithin(1)], [1, 0, 1]);
  });

  it('does not look while the view is hidden, and at once when it is shown again', () => {
    visible = false;
    changed.fire(sandboxOf());
    assert.equal(looksWithin(600_000), 0);
    visible = true;
    visibility.fire(true);
    assert.equal(looksWithin(0), 1);
    visible = false;
    visibility.fire(false);
    assert.equal(looksWithin(600_000), 0);
  });

  it('never looks by itself where that costs money or keeps a sandbox awake', () => {
    changed.fire(sandboxOf(true));
    visibility.fire(true);
    assert.equal(looksWithin(600_000), 0);
  });

  it('stops for a sandbox that is no longer shown, when it is switched off, and when it is disposed', () => {
    const sandbox = sandboxOf();
    baseMs = 0;
    changed.fire(sandbox);
    assert.equal(looksWithin(600_000), 0);
    baseMs = 1000;
    shown = false;
    changed.fire(sandbox);
    visibility.fire(true);
    assert.equal(looksWithin(600_000), 0);
    shown = true;
    changed.fire(sandbox);
    polling.dispose();
    assert.equal(looksWithin(600_000), 0);
  });
});
