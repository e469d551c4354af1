import type { Command } from 'commander';
import { verifySeeded } from '../../core/cache/plans/verifySeeded';
import type { SeedVerification } from '../../core/cache/plans/verifySeeded';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { openLibrary } from './library';
import { addSourceOption } from './options';
import type { LibraryOptions, SourceOptions } from './options';
import { openCache, openHistory } from './runPlan';

/** `cache verify`: compares the seeded instructions with the library; exit code 1 when one differs. */
export function addVerifyCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('verify')
    .description('compare seeded instructions with a library; the exit code is 1 when one is not as it should be')
    .option('--library <dir>', 'the files of this folder; the own and the workspace library unless given');
  addSourceOption(command).action(run(verify));
}

async function verify(context: CliContext, options: SourceOptions & LibraryOptions): Promise<ExitCode> {
  const cache = await openCache(context, options);
  const library = await openLibrary(context, cache.workspace, options);
  const verification = await verifySeeded(cache, library.instructions, openHistory(context));
  context.out(context.json ? formatJson(verifyOutput(cache.place, verification)) : verifyText(verification));
  return verification.findings.length > 0 ? 1 : 0;
}

function verifyOutput(source: string, { statuses, unknownTags, findings }: SeedVerification) {
  return {
    source,
    instructions: statuses.map(({ instruction, key, state, actual, seeded }) => ({
      tag: instruction.tag,
      key,
      state,
      file: instruction.location,
      fingerprint: instruction.fingerprint,
      actualFingerprint: actual ?? null,
      seededFingerprint: seeded ?? null,
    })),
    unknownTags,
    findings: findings.map(({ id, severity, scope, key, message, fix }) => ({
      id,
      severity,
      scope: scope ?? null,
      key: key ?? null,
      message,
      fix: fix ?? null,
    })),
  };
}

function verifyText({ statuses, unknownTags }: SeedVerification): string {
  const rows = [
    ...statuses.map(({ instruction, state }) => [instruction.tag, state]),
    ...unknownTags.map((tag) => [tag, 'not in the library']),
  ];
  return rows.length === 0 ? 'There is nothing to verify.\n' : formatTable(['TAG', 'STATE'], rows);
}
