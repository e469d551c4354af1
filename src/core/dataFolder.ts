import { posix, win32 } from 'node:path';

/** What decides where the per-user data folder is; `process` and `os.homedir()` outside of tests. */
export interface DataFolderHost {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * Absolute path of the folder that the extension and the command line share per user: versions, mirrors, token memo.
 * `CONTEXT_CACHE_HOME` overrides the platform's convention. The folder may not exist yet, and may be deleted at any
 * time without losing anything that lives in a source.
 */
export function dataFolderPath(host: DataFolderHost): string {
  const { env, home, platform } = host;
  const path = platform === 'win32' ? win32 : posix;
  const absolute = (value: string | undefined): string | undefined =>
    value !== undefined && path.isAbsolute(value) ? value : undefined;

  const override = env['CONTEXT_CACHE_HOME'];
  if (override !== undefined && override !== '') {
    return path.resolve(override);
  }
  switch (platform) {
    case 'win32':
      return path.join(absolute(env['LOCALAPPDATA']) ?? path.join(home, 'AppData', 'Local'), 'context-cache');
    case 'darwin':
      return path.join(home, 'Library', 'Application Support', 'context-cache');
    default:
      return path.join(absolute(env['XDG_DATA_HOME']) ?? path.join(home, '.local', 'share'), 'context-cache');
  }
}
