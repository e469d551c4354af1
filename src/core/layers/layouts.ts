import type { LayerKind } from './model';

const gibibyte = 1024 ** 3;

/** What the names in a folder mean. */
export interface Layout {
  readonly kind: LayerKind;
  readonly label: string;
  /** What one entry is called, and many. */
  readonly noun: readonly [one: string, many: string];
  /** What a person should know before touching it. */
  readonly about: string;
  /** Whether folders below the layer's own belong to it. */
  readonly recursive: boolean;
  /** Whether entries mean anything in another place: only then are they exported, imported and synced. */
  readonly transferable: boolean;
  /** A vacuum leaves no more than this unless told otherwise. */
  readonly vacuumBytes: number;
  /** Whether a file of this name (without folders) is an entry. */
  readonly isEntry: (name: string) => boolean;
  /** The entry that a file of this name belongs to; undefined for a file that is no companion. */
  readonly entryOfCompanion: (name: string) => string | undefined;
  /** The function or folder that entries are grouped by; undefined where names say nothing. */
  readonly groupOf: (name: string) => string | undefined;
}

/** A vacuum takes what was not used for so long, unless told otherwise. */
export const vacuumDays = 30;

const traceName = /^[0-9a-f]{64}\.json$/;
const jaxName = /^(.+)-[0-9a-f]{64}-cache$/;
const jaxTimeName = /^(.+-[0-9a-f]{64})-atime$/;
const gradientName = /^compiled_svgd_[0-9a-f]{16}\.pkl$/;

const noCompanion = (): undefined => undefined;

export const layouts: Readonly<Record<LayerKind, Layout>> = {
  traces: {
    kind: 'traces',
    label: 'Traces',
    noun: ['trace', 'traces'],
    about:
      'Recorded traces of phasic graphs, as JSON. The name is a hash of the graph, so a trace is valid wherever the same graph is built.',
    recursive: false,
    transferable: true,
    vacuumBytes: 100 * 1024 * 1024,
    isEntry: (name) => traceName.test(name),
    entryOfCompanion: noCompanion,
    groupOf: () => undefined,
  },
  jax: {
    kind: 'jax',
    label: 'JAX compilations',
    noun: ['compilation', 'compilations'],
    about:
      "JAX's persistent compilation cache: executables of compiled functions. They are valid for the same versions of JAX and the same hardware; others compile anew.",
    recursive: false,
    transferable: true,
    vacuumBytes: 10 * gibibyte,
    isEntry: (name) => jaxName.test(name),
    entryOfCompanion: (name) => {
      const key = jaxTimeName.exec(name)?.[1];
      return key === undefined ? undefined : `${key}-cache`;
    },
    groupOf: (name) => jaxName.exec(name)?.[1],
  },
  gradients: {
    kind: 'gradients',
    label: 'Compiled gradients',
    noun: ['gradient', 'gradients'],
    about:
      'Pickled gradient functions. Their names depend on the address of an object, so each is valid in the process that wrote it and in no other. They are never opened here: unpickling runs what is inside.',
    recursive: false,
    transferable: false,
    vacuumBytes: 10 * gibibyte,
    isEntry: (name) => gradientName.test(name),
    entryOfCompanion: noCompanion,
    groupOf: () => undefined,
  },
  plain: {
    kind: 'plain',
    label: 'Files',
    noun: ['file', 'files'],
    about: 'A folder whose files are cached things by themselves; nothing is known about what they mean.',
    recursive: true,
    transferable: true,
    vacuumBytes: 10 * gibibyte,
    isEntry: () => true,
    entryOfCompanion: noCompanion,
    groupOf: (name) => {
      const slash = name.indexOf('/');
      return slash < 0 ? undefined : name.slice(0, slash);
    },
  },
};

/** The function of a compilation and the hash of its key; undefined for another name. */
export function jaxFunction(name: string): { readonly name: string; readonly hash: string } | undefined {
  const match = /^(.+)-([0-9a-f]{64})-cache$/.exec(name);
  return match === null ? undefined : { name: match[1]!, hash: match[2]! };
}
