/** Folders that hold no instructions of this workspace, whatever they contain. */
const skippedFolders: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  '.jj',
  'node_modules',
  'bower_components',
  '.venv',
  'venv',
  '__pycache__',
  '.tox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.gradle',
  '.terraform',
  '.yarn',
  '.pnpm-store',
  '.next',
  '.nuxt',
  '.turbo',
  '.cache',
  '.vscode-test',
]);

/** Folders of harnesses' settings: read even where Git ignores them, as harnesses do. */
export const settingsFolders: ReadonlySet<string> = new Set([
  '.agents',
  '.claude',
  '.clinerules',
  '.codex',
  '.continue',
  '.copilot',
  '.cursor',
  '.devin',
  '.gemini',
  '.github',
  '.kilocode',
  '.kiro',
  '.roo',
  '.windsurf',
]);

/** True for a path that lies in a folder which discovery does not look into. */
export function isSkippedPath(path: string): boolean {
  return path
    .split('/')
    .slice(0, -1)
    .some((segment, index, segments) => skipsFolder(segment, segments[index - 1]));
}

export function skipsFolder(name: string, parent: string | undefined): boolean {
  // Claude Code keeps whole copies of the repository below `.claude/worktrees`.
  return skippedFolders.has(name) || (name === 'worktrees' && parent === '.claude');
}
