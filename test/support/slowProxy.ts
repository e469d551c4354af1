/** A link to a local port that takes its time, for tests and benchmarks. */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface SlowProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** Passes bytes on after half of `roundTripMs` in each direction; the bandwidth is not limited. */
export async function startSlowProxy(targetPort: number, roundTripMs: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        setTimeout(() => to.write(chunk), roundTripMs / 2);
      });
      from.on('end', () => {
        setTimeout(() => to.end(), roundTripMs / 2);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
