import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { run, Service } from '../processes';
import { writeSettingsFiles } from '../settingsFiles';
import type { WebHostFiles } from './webHostFiles';

export interface WebHostOptions {
  /** An empty or new folder for everything the server keeps: settings, state, logs, installed extensions. */
  readonly dataFolder: string;
  /** VSIX files to install before the start. */
  readonly vsix?: readonly string[];
  /** Environment of the server and so of its extension hosts, on top of ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** One port or a range such as `8100-8199`, of which a free one is taken; by default any free port. */
  readonly port?: string;
}

/** What to open in a window of the web host. All paths are absolute. */
export interface WindowOptions {
  /** A folder, or a `.code-workspace` file that names several. */
  readonly workspace: string;
  /** The folder of an extension under development. */
  readonly extensionDevelopmentPath?: string;
  /** A module whose `run()` the extension host calls. */
  readonly extensionTestsPath?: string;
}

/** A running web host: a VS Code server on this machine's loopback address. */
export class WebHost {
  /** Such as `http://127.0.0.1:41234`. */
  readonly origin: string;
  private readonly service: Service;
  private readonly dataFolder: string;
  private readonly token: string;

  private constructor(service: Service, dataFolder: string, token: string, origin: string) {
    this.service = service;
    this.dataFolder = dataFolder;
    this.token = token;
    this.origin = origin;
  }

  /** Starts a server; {@link stop} it when done. */
  static async start(files: WebHostFiles, options: WebHostOptions): Promise<WebHost> {
    const extensions = path.join(options.dataFolder, 'extensions');
    await mkdir(extensions, { recursive: true });
    // What its processes leave behind when they are ended goes with the folder.
    const temporary = path.join(options.dataFolder, 'tmp');
    await mkdir(temporary, { recursive: true });
    const env = { ...process.env, TMPDIR: temporary, ...options.env };
    for (const vsix of options.vsix ?? []) {
      await run(
        files.node,
        [
          ...[files.serverMain, '--install-extension', vsix, '--extensions-dir', extensions],
          ...['--server-data-dir', options.dataFolder, '--accept-server-license-terms'],
        ],
        { env, output: 'quiet', timeoutMs: 120_000 },
      );
    }
    // Without it, anybody on this machine could run programs as this user through the server's terminal.
    const token = randomUUID();
    const service = Service.start(
      files.node,
      [
        ...[files.serverMain, '--host', '127.0.0.1', '--port', options.port ?? '0'],
        ...['--server-data-dir', options.dataFolder, '--user-data-dir', options.dataFolder],
        // A closed window's extension host waits this many seconds for its window to come back.
        ...['--extensions-dir', extensions, '--reconnection-grace-time', '10'],
        ...['--connection-token', token, '--accept-server-license-terms', '--disable-telemetry'],
        // Only with this flag does the workbench accept an extension under development from its address.
        '--enable-smoke-test-driver',
      ],
      env,
    );
    try {
      const [, port] = await service.waitForOutput(/Extension host agent listening on (\d+)/, 60_000);
      return new WebHost(service, options.dataFolder, token, `http://127.0.0.1:${port ?? ''}`);
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  /** The address that opens a window. */
  address(options: WindowOptions): string {
    const remote = (file: string): string => `vscode-remote://${new URL(this.origin).host}${asUriPath(file)}`;
    const payload = [
      ...(options.extensionDevelopmentPath === undefined
        ? []
        : [['extensionDevelopmentPath', remote(options.extensionDevelopmentPath)]]),
      ...(options.extensionTestsPath === undefined ? [] : [['extensionTestsPath', remote(options.extensionTestsPath)]]),
    ];
    const query = new URLSearchParams({
      tkn: this.token,
      [options.workspace.endsWith('.code-workspace') ? 'workspace' : 'folder']: asUriPath(options.workspace),
    });
    if (payload.length > 0) {
      query.set('payload', JSON.stringify(payload));
    }
    return `${this.origin}/?${query.toString()}`;
  }

  /** Replaces the user's settings, as if they had been saved in the settings editor; open windows follow. */
  async writeUserSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await writeSettingsFiles(this.dataFolder, settings);
  }

  /** Where installed extensions are unpacked, one folder each. */
  get extensionsFolder(): string {
    return path.join(this.dataFolder, 'extensions');
  }

  /** What the server printed so far. */
  get log(): string {
    return this.service.output;
  }

  /** Resolves when the server has ended. */
  async ended(): Promise<void> {
    await this.service.ended();
  }

  async stop(): Promise<void> {
    await this.service.stop();
  }
}

function asUriPath(file: string): string {
  const slashes = file.split(path.sep).join('/');
  return slashes.startsWith('/') ? slashes : `/${slashes}`;
}
