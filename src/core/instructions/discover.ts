import ignore from 'ignore';
import type { Ignore } from 'ignore';
import { describeError, isSourceError, throwIfCancelled } from '../errors';
import type { Finding } from '../findings';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';
import { mapLimited } from './concurrency';
import type { ListedFile } from './files';
import { isSkippedPath, settingsFolders, skipsFolder } from './folders';
import type { LocatedFormat } from './formats/table';
import { formatOf } from './formats/table';
import { defaultLibraryFolders, placesOf } from './instructionRoot';
import type { InstructionRoot } from './instructionRoot';
import { compareText } from './model';

export interface DiscoveredFile extends LocatedFormat {
  readonly path: string;
}

export interface Discovery {
  /** Sorted by path, bytewise. */
  readonly files: readonly DiscoveredFile[];
  /** What `alsoFind` asked for, sorted bytewise; as the last whole search found it. */
  readonly otherPaths: readonly string[];
  /** Undefined when the host's search found the files. */
  readonly folderCount: number | undefined;
  readonly findings: readonly Finding[];
}

const maxDepth = 64;
/** Links to folders that may follow one another. */
const maxLinkedFolders = 3;
const maxIgnoreBytes = 1024 * 1024;
const parallelLists = 16;

interface FolderToWalk {
  readonly path: string;
  readonly realPath: string;
  readonly depth: number;
  readonly links: number;
  readonly inSettings: boolean;
  readonly ignores: readonly { readonly base: string; readonly rules: Ignore }[];
}

/**
 * Finds a root's instruction files by their paths alone. Rejects when the root of a workspace or library can't be read
 * at all, or on cancellation; a folder below it that can't be read is a finding.
 */
export async function discoverInstructions(root: InstructionRoot, options: WorkOptions = {}): Promise<Discovery> {
  const walk = new Walk(root, options);
  if (root.kind === 'workspace' || root.kind === 'library') {
    if (root.files.find === undefined) {
      await walk.folder('', { required: true });
    } else {
      await walk.addFound(await root.files.find(options));
    }
  } else {
    for (const place of placesOf(root)) {
      await walk.place(place);
    }
  }
  return walk.result();
}

/** A path that came or changed, if it is an instruction that a whole search would find. */
export async function discoverChange(
  root: InstructionRoot,
  path: string,
  options: WorkOptions = {},
): Promise<DiscoveredFile | undefined> {
  const walk = new Walk(root, options);
  await walk.addFound([path]);
  const [found] = walk.result().files;
  return found !== undefined && root.kind === 'workspace' && (await walk.isIgnored(path)) ? undefined : found;
}

/** One search below one root. */
class Walk {
  private readonly found = new Map<string, DiscoveredFile>();
  private readonly findings: Finding[] = [];
  private readonly libraryFolders: readonly string[];
  private readonly others = new Set<string>();
  private folders = 0;
  private listed = true;

  private readonly root: InstructionRoot;
  private readonly options: WorkOptions;

  constructor(root: InstructionRoot, options: WorkOptions) {
    this.root = root;
    this.options = options;
    this.libraryFolders = root.libraryFolders ?? defaultLibraryFolders;
  }

  result(): Discovery {
    return {
      files: [...this.found.values()].sort((left, right) => compareText(left.path, right.path)),
      otherPaths: [...this.others].sort(compareText),
      folderCount: this.listed ? this.folders : undefined,
      findings: this.findings,
    };
  }

  async addFound(paths: readonly string[]): Promise<void> {
    this.listed = false;
    for (const path of paths) {
      await takeTurn(this.options);
      if (!isSkippedPath(path)) {
        this.addFile(path);
      }
    }
  }

  /** A file or folder that may be there. */
  async place(path: string): Promise<void> {
    try {
      const facts = await this.root.files.stat(path, this.options);
      if (facts.kind === 'folder') {
        await this.folder(path, { required: false });
      } else {
        this.addFile(path);
      }
    } catch (error) {
      this.forgiveUnread(path, error);
    }
  }

  async folder(path: string, { required }: { required: boolean }): Promise<void> {
    let level: FolderToWalk[] = [
      { path, realPath: path, depth: 0, links: 0, inSettings: required ? false : true, ignores: [] },
    ];
    while (level.length > 0) {
      const next = await mapLimited(level, parallelLists, async (folder) =>
        this.visit(folder, required && folder.depth === 0),
      );
      level = next.flat();
    }
  }

  /** Whether the folder of a path, or one above it, is ignored by Git and not read for that reason. */
  async isIgnored(path: string): Promise<boolean> {
    const segments = path.split('/').slice(0, -1);
    let folder: FolderToWalk = { path: '', realPath: '', depth: 0, links: 0, inSettings: false, ignores: [] };
    for (const name of segments) {
      const ignores = await this.ignoresOf(folder, [{ name: '.gitignore', kind: 'file' }]);
      const inner = folder.path === '' ? name : `${folder.path}/${name}`;
      const child = this.child(folder, name, inner, inner, ignores);
      if (child === undefined) {
        return true;
      }
      folder = child;
    }
    return false;
  }

  private async visit(folder: FolderToWalk, required: boolean): Promise<FolderToWalk[]> {
    throwIfCancelled(this.options.signal);
    let entries: readonly ListedFile[];
    try {
      entries = await this.root.files.list(folder.path, this.options);
    } catch (error) {
      if (required) {
        throw error;
      }
      this.forgiveUnread(folder.path, error);
      return [];
    }
    this.folders++;
    const ignores = await this.ignoresOf(folder, entries);
    const inner: FolderToWalk[] = [];
    for (const entry of entries) {
      const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
      if (entry.kind === 'file') {
        this.addFile(path);
      } else if (entry.kind === 'folder') {
        const realPath = folder.realPath === '' ? entry.name : `${folder.realPath}/${entry.name}`;
        const child = this.child(folder, entry.name, path, realPath, ignores);
        if (child !== undefined) {
          inner.push(child);
        }
      } else if (entry.kind === 'link') {
        const linked = await this.followLink(folder, entry.name, path, ignores);
        if (linked !== undefined) {
          inner.push(linked);
        }
      }
    }
    return inner;
  }

  private child(
    folder: FolderToWalk,
    name: string,
    path: string,
    realPath: string,
    ignores: FolderToWalk['ignores'],
  ): FolderToWalk | undefined {
    const parent = folder.path.slice(folder.path.lastIndexOf('/') + 1);
    if (folder.depth >= maxDepth || skipsFolder(name, parent)) {
      return undefined;
    }
    const inSettings = folder.inSettings || settingsFolders.has(name) || this.holdsLibrary(path);
    if (!inSettings && ignores.some(({ base, rules }) => rules.ignores(`${path.slice(base.length)}/`))) {
      return undefined;
    }
    return { path, realPath, depth: folder.depth + 1, links: folder.links, inSettings, ignores };
  }

  private async followLink(
    folder: FolderToWalk,
    name: string,
    path: string,
    ignores: FolderToWalk['ignores'],
  ): Promise<FolderToWalk | undefined> {
    if (this.isInstruction(path)) {
      this.addFile(path);
      return undefined;
    }
    const inSettings = folder.inSettings || settingsFolders.has(name) || this.holdsLibrary(path);
    if (!inSettings || folder.links >= maxLinkedFolders) {
      return undefined;
    }
    try {
      const facts = await this.root.files.stat(path, this.options);
      const loops = `${folder.realPath}/`.startsWith(`${facts.realPath}/`) || facts.realPath === '';
      if (facts.kind === 'outside') {
        this.findings.push({
          id: 'outside-link',
          severity: 'warning',
          message: `\`${path}\` is a link out of its folder and is not read.`,
          fix: 'Put the folder inside, or give its place as a library folder.',
          path: this.root.files.locate(path),
        });
      } else if (facts.kind === 'folder' && !loops) {
        const child = this.child(folder, name, path, facts.realPath, ignores);
        return child === undefined ? undefined : { ...child, links: folder.links + 1 };
      }
    } catch (error) {
      this.forgiveUnread(path, error);
    }
    return undefined;
  }

  private async ignoresOf(folder: FolderToWalk, entries: readonly ListedFile[]): Promise<FolderToWalk['ignores']> {
    if (folder.inSettings || !entries.some((entry) => entry.name === '.gitignore' && entry.kind === 'file')) {
      return folder.ignores;
    }
    const path = folder.path === '' ? '.gitignore' : `${folder.path}/.gitignore`;
    try {
      const bytes = await this.root.files.read(path, { ...this.options, maxBytes: maxIgnoreBytes });
      const rules = ignore().add(new TextDecoder().decode(bytes));
      return [...folder.ignores, { base: folder.path === '' ? '' : `${folder.path}/`, rules }];
    } catch (error) {
      this.forgiveUnread(path, error);
      return folder.ignores;
    }
  }

  private holdsLibrary(path: string): boolean {
    return (
      this.root.kind === 'workspace' &&
      this.libraryFolders.some((library) => library === path || library.startsWith(`${path}/`))
    );
  }

  private isInstruction(path: string): boolean {
    return formatOf({ path, rootKind: this.root.kind, libraryFolders: this.libraryFolders }) !== undefined;
  }

  private addFile(path: string): void {
    const located = formatOf({ path, rootKind: this.root.kind, libraryFolders: this.libraryFolders });
    if (located !== undefined) {
      this.found.set(path, { path, ...located });
    }
    if (this.root.alsoFind?.(path) === true) {
      this.others.add(path);
    }
  }

  /** What is not there is no matter; what can't be read is a finding; a cancellation ends the search. */
  private forgiveUnread(path: string, error: unknown): void {
    if (isSourceError(error, 'cancelled')) {
      throw error;
    }
    if (isSourceError(error, 'not-found')) {
      return;
    }
    this.findings.push({
      id: 'unreadable',
      severity: 'warning',
      message: `Instructions below \`${path}\` are not indexed: ${describeError(error)}`,
      path: this.root.files.locate(path),
    });
  }
}
