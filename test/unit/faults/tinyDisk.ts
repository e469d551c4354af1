import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A small file system in memory that only programs inside it see where it is mounted. */
export interface TinyDisk {
  /** Runs what follows where the disk is mounted. */
  readonly inside: readonly string[];
  /** The same files, seen from outside. */
  readonly path: string;
  stop(): Promise<void>;
}

/** Mounts a disk at a folder; the reason where this machine does not allow it. */
export async function mountTinyDisk(
  folder: string,
  kilobytes: number,
): Promise<TinyDisk | { readonly reason: string }> {
  const mount = `mount -t tmpfs -o size=${kilobytes}k none "$1" && echo ready && exec sleep 3600`;
  const holder = spawn('unshare', ['-Urm', 'sh', '-c', mount, 'sh', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  holder.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const failed = new Promise<string>((resolve) => {
    holder.once('error', (error) => {
      resolve(error.message);
    });
    holder.once('close', () => {
      resolve(said.trim());
    });
  });
  const ready = once(createInterface({ input: holder.stdout }), 'line').then(() => undefined);
  const reason = await Promise.race([ready, failed]);
  if (reason !== undefined || holder.pid === undefined) {
    return { reason: `this machine mounts no disks for its users (${reason ?? ''})` };
  }
  return {
    inside: ['nsenter', '-t', String(holder.pid), '-U', '-m', '--preserve-credentials', '--'],
    path: `/proc/${holder.pid}/root${folder}`,
    stop: async () => stop(holder),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}
