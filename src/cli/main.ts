import { stdin, stdout, stderr, env, argv } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { runCli } from './program';

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function confirm(question: string): Promise<boolean> {
  if (!stdin.isTTY) {
    return false;
  }
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

const abort = new AbortController();
process.once('SIGINT', () => {
  abort.abort();
});
// A reader such as `head` may close the pipe early.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') {
    process.exit(0);
  }
  throw error;
});

void runCli(argv.slice(2), {
  cwd: process.cwd(),
  env,
  out: (text) => void stdout.write(text),
  message: (text) => void stderr.write(`${text}\n`),
  confirm,
  readStdin,
  signal: abort.signal,
}).then((code) => {
  process.exitCode = code;
});
