import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Results } from './results';

type Message = { readonly print: string } | { readonly results: Results };

/** The receiving end of what tests report from inside an extension host, whose output nobody else sees. */
export interface ReportReceiver {
  /** The loopback port to hand to {@link openReport}. */
  readonly port: number;
  /** Closes the channel; gives the results, or undefined if the sender never came to any. */
  close(): Promise<Results | undefined>;
}

/** Opens a channel on loopback whose printed text goes to `print` as it arrives. */
export async function receiveReport(print: (text: string) => void): Promise<ReportReceiver> {
  let results: Results | undefined;
  const server = createServer((socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line) as Message;
      if ('print' in message) {
        print(message.print);
      } else {
        results = message.results;
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      await once(server, 'close');
      return results;
    },
  };
}

/** The sending end. */
export interface ReportSender {
  print(text: string): void;
  /** Sends the results and closes; resolves when everything has left this process. */
  finish(results: Results): Promise<void>;
}

export async function openReport(port: number): Promise<ReportSender> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const send = (message: Message): boolean => socket.write(`${JSON.stringify(message)}\n`);
  return {
    print: (text) => {
      send({ print: text });
    },
    finish: async (results) => {
      send({ results });
      socket.end();
      socket.resume();
      await once(socket, 'close');
    },
  };
}
