/** A link to a local port that breaks where a test says, in the middle of what is sent. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

type Direction = 'up' | 'down';

export interface CuttingProxy {
  readonly port: number;
  /** Bytes passed on so far: up to the server, and down to the client. */
  readonly passed: Readonly<Record<Direction, number>>;
  /** Ends every connection once so many more bytes went that way; the rest of them is lost. */
  cutAfter(direction: Direction, bytes: number): void;
  /** Whether a cut that was asked for has happened. */
  readonly isCut: boolean;
  /** No new connection gets through until it is mended. */
  down: boolean;
  /** Forgets a cut that did not happen, and lets connections through again. */
  mend(): void;
  /** Changes what the server says. */
  garble: ((chunk: Buffer) => Buffer) | undefined;
  stop(): Promise<void>;
}

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const passed = { up: 0, down: 0 };
  let cut: { readonly direction: Direction; remaining: number } | undefined;
  let isCut = false;
  const proxy = { down: false, garble: undefined as CuttingProxy['garble'] };

  function pass(direction: Direction, chunk: Buffer, to: Socket): void {
    const part = cut?.direction === direction ? chunk.subarray(0, cut.remaining) : chunk;
    passed[direction] += part.length;
    to.write(direction === 'down' && proxy.garble !== undefined ? proxy.garble(part) : part, () => {
      if (part.length < chunk.length) {
        sockets.forEach((socket) => socket.destroy());
      }
    });
    if (cut?.direction === direction) {
      cut.remaining -= part.length;
      if (part.length < chunk.length) {
        cut = undefined;
        isCut = true;
      }
    }
  }

  const server = createServer((near) => {
    if (proxy.down) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    for (const [direction, from, to] of [
      ['up', near, far],
      ['down', far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        pass(direction, chunk, to);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    passed,
    cutAfter: (direction, bytes) => {
      isCut = false;
      cut = { direction, remaining: bytes };
    },
    get isCut() {
      return isCut;
    },
    get down() {
      return proxy.down;
    },
    set down(value) {
      proxy.down = value;
    },
    mend: () => {
      cut = undefined;
      proxy.down = false;
    },
    get garble() {
      return proxy.garble;
    },
    set garble(value) {
      proxy.garble = value;
    },
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
