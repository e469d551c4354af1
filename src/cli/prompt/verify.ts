import type { Command } from 'commander';
import { readSnapshot } from '../../core/cache/snapshot';
import { isSourceError } from '../../core/errors';
import { compilePrompt } from '../../core/prompts/compile';
import { fullVariant, streamlinedVariant } from '../../core/prompts/model';
import { verifyPrompt } from '../../core/prompts/verify';
import type { FetchSource } from '../../core/prompts/verify';
import { reportFindings, shownPath } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { addSourceOptions, namesSource, openSource } from '../source';
import type { SourceChoice } from '../source';
import { formatTable } from '../text';
import { addPromptOptions } from './options';
import type { PromptOptions } from './options';
import { openCounter, openPrompt } from './workspace';

interface VerifyOptions extends PromptOptions, SourceChoice {
  readonly variant: string;
}

/** `prompt verify`: whether a streamlined prompt can be served, and what it loses. */
export function addVerifyCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('verify')
    .description('check that what the streamlined prompt fetches is there, and that nothing of the full one is lost')
    .argument('<file>', 'a manifest, *.prompt.yaml')
    .option('--variant <name>', 'the variant to check', streamlinedVariant);
  addSourceOptions(command, 'the workspace, kv-cache folder or address that serves the instructions');
  addPromptOptions(command).action(run(verify));
}

/** The cache that serves instructions. */
export async function fetchSourceOf(context: CliContext, choice: SourceChoice): Promise<FetchSource> {
  const { tree } = await openSource(context, choice);
  const snapshot = await readSnapshot(tree, { clock: context.clock, signal: context.signal });
  return {
    snapshot,
    read: async (key) => {
      try {
        return await tree.read(`instructions/${key}`, { signal: context.signal });
      } catch (error) {
        if (isSourceError(error, 'not-found')) {
          return undefined;
        }
        throw error;
      }
    },
  };
}

async function verify(context: CliContext, file: string, options: VerifyOptions): Promise<ExitCode> {
  const opened = await openPrompt(context, file, options);
  const counter = openCounter(context);
  try {
    const result = await verifyPrompt(
      {
        prompt: opened.prompt,
        full: compilePrompt(opened.prompt, fullVariant, { values: options.set }),
        streamlined: compilePrompt(opened.prompt, options.variant, { values: options.set }),
        source: namesSource(options) ? await fetchSourceOf(context, options) : undefined,
        counter,
        encoding: options.encoding,
        location: opened.location,
      },
      { signal: context.signal },
    );
    const findings = [...opened.findings, ...result.findings];
    if (context.json) {
      context.out(
        formatJson({
          name: opened.manifest.name,
          variant: options.variant,
          servable: result.servable,
          encoding: options.encoding,
          tokensWithAllFetched: result.tokensWithAllFetched,
          instructions: result.instructions.map((instruction) => ({
            ...instruction,
            expiresAt: instruction.expiresAt ?? null,
          })),
          lost: result.lost.map(({ text, pieceId, line }) => ({ text, part: pieceId, line: line + 1 })),
          findings: findings.map(({ id, severity, message, fix, path }) => ({
            id,
            severity,
            message,
            fix: fix ?? null,
            path: path === undefined ? null : shownPath(context, path),
          })),
        }),
      );
    } else {
      const rows = result.instructions.map(({ tag, state, tokens, expiresAt }) => [
        tag,
        state,
        tokens,
        expiresAt ?? '-',
      ]);
      context.out(formatTable(['instruction', 'state', 'tokens', 'expires'], rows));
      context.out(`\nWith everything fetched: ${result.tokensWithAllFetched} tokens (${options.encoding}, exact).\n`);
      result.lost.forEach(({ text, pieceId, line }) => {
        context.message(`lost: ${pieceId}, line ${line + 1}: ${text}`);
      });
      reportFindings(context, findings);
    }
    return findings.some(({ severity }) => severity !== 'information') ? 1 : 0;
  } finally {
    counter.dispose();
  }
}
