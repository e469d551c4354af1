import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/program';

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly messages: string;
}

/** One data folder for all tests that name none: the token tables are expanded in it once. */
const sharedData = mkdtempSync(join(tmpdir(), 'context-cache-data-'));
process.once('exit', () => {
  rmSync(sharedData, { recursive: true, force: true });
});

/** Runs the command line in this process, as `main.ts` does, and keeps what it prints. */
export async function runCommand(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly stdin?: string;
    readonly answer?: boolean;
    readonly env?: NodeJS.ProcessEnv;
  } = {},
): Promise<CommandResult> {
  let out = '';
  let messages = '';
  const code = await runCli(args, {
    cwd: options.cwd ?? process.cwd(),
    env: options.env ?? { CONTEXT_CACHE_HOME: sharedData },
    out: (text) => {
      out += text;
    },
    message: (text) => {
      messages += `${text}\n`;
    },
    confirm: async () => Promise.resolve(options.answer ?? false),
    readStdin: async () => Promise.resolve(Buffer.from(options.stdin ?? '')),
    signal: new AbortController().signal,
  });
  return { code, out, messages };
}

export const goldenNow = ['--now', '2025-11-12T09:30:00.123456'] as const;
