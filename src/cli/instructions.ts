import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Finding } from '../core/findings';
import { accountFor } from '../core/instructions/accountFor';
import type { AccountedFile, InstructionAccount } from '../core/instructions/accountFor';
import { harnessById } from '../core/instructions/account/table';
import { formatById } from '../core/instructions/formats/table';
import { indexInstructions } from '../core/instructions/instructionIndex';
import { harnessIds, loadModes } from '../core/instructions/model';
import type { HarnessId } from '../core/instructions/model';
import { TokenCounts } from '../core/instructions/tokenCounts';
import { encodingNames } from '../core/tokens/counter';
import type { EncodingName } from '../core/tokens/counter';
import { createTokenCounter } from '../core/tokens/localCounter';
import { reportFindings } from './findings';
import { dataFolderOf } from './dataFolder';
import type { CliContext, ExitCode } from './io';
import { instructionRoots, readConfig, requireFolder } from './instructionRoots';
import { formatJson } from './json';
import type { OutputValue } from './json';
import type { CommandGroup } from './actions';
import { formatTable } from './text';

interface InstructionsOptions {
  readonly harness?: HarnessId;
  readonly user?: true;
  readonly encoding: EncodingName;
}

export const instructionsCommand: CommandGroup = (program, run) => {
  program
    .command('instructions')
    .description('List the instruction files of a folder with their tokens, as a harness loads them.')
    .argument('[dir]', 'the folder that the agent works in', '.')
    .addOption(new Option('--harness <id>', 'whose rules of loading count').choices(harnessIds))
    .option('--user', 'also the files of your home folder and of your organisation')
    .addOption(new Option('--encoding <name>', 'count in this encoding').choices(encodingNames).default('o200k_base'))
    .action(run(listInstructions));
};

async function listInstructions(context: CliContext, dir: string, options: InstructionsOptions): Promise<ExitCode> {
  const folder = resolve(context.cwd, dir);
  await requireFolder(folder);
  const { config, findings: configFindings } = await readConfig(folder);
  const harness = options.harness ?? config.harness ?? 'all';
  const counter = createTokenCounter({ dataFolder: dataFolderOf(context) });
  try {
    const counts = new TokenCounts(counter, options.encoding);
    const roots = await instructionRoots(folder, {
      libraryFolders: config.library,
      user: options.user === true,
      env: context.env,
    });
    const index = await indexInstructions({ roots, counts, signal: context.signal });
    const account = await accountFor(harness, index, counts, { signal: context.signal });
    const general = [...configFindings, ...index.findings];
    if (context.json) {
      context.out(formatJson(toOutput(folder, account, general)));
    } else {
      printTable(context, account, general);
    }
    const all = [...general, ...account.files.flatMap((file) => problemsOf(file, account))];
    return all.some(({ severity }) => severity === 'error') ? 1 : 0;
  } finally {
    counter.dispose();
  }
}

function toOutput(root: string, account: InstructionAccount, general: readonly Finding[]): OutputValue {
  return {
    root,
    harness: account.harness,
    encoding: account.encoding,
    totals: { ...account.totals },
    preambles: account.preambles.map(({ title, tokens }) => ({ title, tokens })),
    files: account.files.map((planned) => ({
      path: planned.file.shownPath,
      format: planned.file.format,
      mode: planned.mode,
      tokens: planned.tokens,
      rawTokens: planned.file.rawTokens,
      catalogTokens: planned.catalogTokens,
      droppedBytes: planned.droppedBytes,
      tag: formatById(planned.file.format).hasFrontMatter ? planned.file.name : null,
      description: planned.file.description ?? null,
      globs: planned.globs.map(({ written }) => written),
      problems: problemsOf(planned, account).map(problemOutput),
    })),
    findings: general.map((finding) => ({ ...problemOutput(finding), path: finding.path })),
  };
}

/** What is wrong with a file in itself, and what this harness does not load of it. */
function problemsOf(planned: AccountedFile, account: InstructionAccount): readonly Finding[] {
  return [...planned.file.problems, ...account.findings.filter(({ path }) => path === planned.file.location)];
}

/** Lines and columns count from 1 here, as everywhere on a command line. */
function problemOutput({ id, severity, message, fix, range }: Finding): Readonly<Record<string, OutputValue>> {
  return {
    id,
    severity,
    message,
    fix,
    line: range === undefined ? undefined : range.startLine + 1,
    column: range === undefined ? undefined : range.startCharacter + 1,
  };
}

function printTable(context: CliContext, account: InstructionAccount, general: readonly Finding[]): void {
  const rows = account.files.map((planned) => [
    planned.file.shownPath,
    planned.file.format,
    planned.mode,
    planned.tokens,
    planned.catalogTokens,
    planned.droppedBytes,
  ]);
  if (rows.length === 0) {
    context.out(`No instruction files for ${harnessById(account.harness).title}.\n`);
  } else {
    context.out(formatTable(['path', 'format', 'mode', 'tokens', 'entry', 'dropped bytes'], rows));
  }
  for (const { title, tokens } of account.preambles) {
    context.out(`\n${title}: ${tokens} tokens in every request.\n`);
  }
  const totals = loadModes.map((mode) => `${mode} ${account.totals[mode]}`).join(', ');
  context.out(`\nTokens for ${harnessById(account.harness).title} (${account.encoding}): ${totals}\n`);
  reportFindings(context, [...general, ...account.files.flatMap((planned) => problemsOf(planned, account))]);
}
