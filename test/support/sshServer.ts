/** A real sshd on loopback for tests, with keys that are thrown away with it. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { installWithApt } from './host/aptPackages';
import { findOnPath, isProgram } from './host/onPath';

export interface SshServer {
  readonly port: number;
  /** A configuration for the client in which the host `loopback` is this server. */
  readonly configFile: string;
  /** Folder of the configuration and of the keys. */
  readonly folder: string;
  /** Writes another configuration, such as one with a proxy; returns its file. */
  configure(name: string, lines: readonly string[]): string;
  /** How many connections have logged in so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts sshd; installs it with apt where it is missing. */
export async function startSshServer(): Promise<SshServer> {
  const sshd = await findSshd();
  const folder = mkdtempSync(path.join(tmpdir(), 'context-cache-ssh-'));
  const key = (name: string): string => {
    const file = path.join(folder, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    return file;
  };
  const hostKey = key('host_key');
  const userKey = key('user_key');
  const authorized = path.join(folder, 'authorized_keys');
  writeFileSync(authorized, readFileSync(`${userKey}.pub`));
  chmodSync(authorized, 0o600);
  const port = await freePort();
  const config = path.join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${authorized}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  );
  // The superuser's sshd insists on this folder for its unprivileged half.
  if (process.getuid?.() === 0 && !existsSync('/run/sshd')) {
    mkdirSync('/run/sshd', { mode: 0o755 });
  }
  const knownHosts = path.join(folder, 'known_hosts');
  const [type, data] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${type ?? ''} ${data ?? ''}\n`);
  const configure = (name: string, lines: readonly string[]): string => {
    const file = path.join(folder, name);
    const base = [
      'Host loopback',
      'HostName 127.0.0.1',
      `Port ${port}`,
      `User ${userInfo().username}`,
      `IdentityFile ${userKey}`,
      'IdentitiesOnly yes',
      `UserKnownHostsFile ${knownHosts}`,
      'GlobalKnownHostsFile none',
    ];
    // The client takes the first value that it finds.
    writeFileSync(file, [...lines, ...base, ''].join('\n'));
    return file;
  };
  const server = spawn(sshd, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server listening')) {
        resolve();
      }
    });
    server.once('exit', () => {
      reject(new Error(`sshd ended at once: ${said}`));
    });
  });
  return {
    port,
    configFile: configure('ssh_config', []),
    folder,
    configure,
    connections: () => said.split('Accepted publickey').length - 1,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      if (server.exitCode === null && server.signalCode === null) {
        server.kill();
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function findSshd(): Promise<string> {
  const find = (): string | undefined =>
    findOnPath('sshd') ?? ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((file) => isProgram(file));
  if (find() === undefined || findOnPath('ssh') === undefined) {
    await installWithApt(['openssh-server', 'openssh-client'], 'The test of SSH sandboxes');
  }
  const sshd = find();
  if (sshd === undefined) {
    throw new Error('There is no sshd, though its package was installed.');
  }
  return sshd;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
