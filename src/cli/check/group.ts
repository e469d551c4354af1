import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { compareReports } from '../../core/check/compareReports';
import type { ReportComparison } from '../../core/check/compareReports';
import type { CheckReport } from '../../core/check/model';
import { harnessesInUse } from '../../core/check/harnessesInUse';
import { configFileName, defaultConfig, maxConfigBytes, parseConfig } from '../../core/config';
import type { ParsedConfig } from '../../core/config';
import { isSourceError } from '../../core/errors';
import type { InstructionRoot } from '../../core/instructions/instructionRoot';
import { harnessIds } from '../../core/instructions/model';
import type { HarnessId } from '../../core/instructions/model';
import { TokenCounts } from '../../core/instructions/tokenCounts';
import { encodingNames } from '../../core/tokens/counter';
import type { EncodingName } from '../../core/tokens/counter';
import { createTokenCounter } from '../../core/tokens/localCounter';
import { instructionRoots, readConfig, requireFolder } from '../instructionRoots';
import { dataFolderOf } from '../dataFolder';
import { formatJson } from '../json';
import type { CliContext, ExitCode } from '../io';
import { packageVersion } from '../packageFolder';
import type { CommandGroup } from '../actions';
import { ignoredByGit, openGitFiles } from '../../core/sources/gitFiles';
import type { GitFiles } from '../../core/sources/gitFiles';
import { fixChoices, fixesOf, fixLines, patchOf, writeFixes } from './fix';
import type { FixChoice } from './fix';
import { checkFormats, renderCheck } from './render';
import type { CheckFormat } from './render';
import { checkTree, indexTree } from './workspace';
import type { CheckedTree, CheckTools, IndexedTree } from './workspace';

interface CheckOptions {
  readonly harness?: readonly HarnessId[];
  readonly format?: CheckFormat;
  readonly baseline?: string;
  readonly user?: true;
  readonly encoding: EncodingName;
  /** True without an argument. */
  readonly fix?: FixChoice | true;
  readonly dryRun?: true;
  readonly yes?: true;
}

export const checkCommand: CommandGroup = (program, run) => {
  program
    .command('check')
    .description('check budgets, caps, imports, links, copies, prompts and the cache; exit 1 when there is an error')
    .argument('[dir]', 'the folder to check', '.')
    .addOption(
      new Option(
        '--harness <id...>',
        'check for these harnesses; those that the folder has files for unless given',
      ).choices(harnessIds),
    )
    .addOption(new Option('--format <name>', 'how to print the result').choices(checkFormats))
    .option('--baseline <revision>', 'report only what is new since this Git revision, with the difference in tokens')
    .option('--user', 'also the files of your home folder and of your organisation')
    .addOption(
      new Option('--fix [which]', "make the lint's quick fixes first: all of them, or only those that are safe unseen")
        .choices(fixChoices)
        .conflicts('baseline'),
    )
    .option('--dry-run', 'with --fix: print the difference and write nothing')
    .option('--yes', 'with --fix: do not ask before files are written')
    .addOption(new Option('--encoding <name>', 'count in this encoding').choices(encodingNames).default('o200k_base'))
    .action(run(check));
};

async function check(context: CliContext, dir: string, options: CheckOptions, command: Command): Promise<ExitCode> {
  if (options.fix === undefined && (options.dryRun === true || options.yes === true)) {
    command.error(`error: ${options.dryRun === true ? '--dry-run' : '--yes'} is about --fix`);
  }
  const folder = resolve(context.cwd, dir);
  await requireFolder(folder);
  const counter = createTokenCounter({ dataFolder: dataFolderOf(context) });
  const counts = new TokenCounts(counter, options.encoding);
  const git = options.baseline === undefined ? undefined : await openGitFiles(folder, options.baseline, context.signal);
  try {
    let now = await indexTree(context, await treeOnDisk(context, folder, options), counts);
    if (options.fix !== undefined) {
      const done = await fix(context, now, { harnesses: [], counts, counter }, options);
      if (typeof done === 'number') {
        return done;
      }
      now = await indexTree(context, await treeOnDisk(context, folder, options), counts);
    }
    const before =
      git === undefined ? undefined : await indexTree(context, await treeInGit(folder, git, now.roots), counts);
    const tools: CheckTools = { harnesses: chooseHarnesses(options, now, before), counts, counter };
    const result =
      before === undefined
        ? { report: await checkTree(context, now, tools, { withCache: true }), comparison: undefined }
        : await compareWith(context, { before, now, git: git!, tools });
    const findings = result.comparison?.newFindings ?? result.report.findings;
    const text = renderCheck(options.format ?? (context.json ? 'json' : 'text'), {
      ...result,
      revision: options.baseline,
      findings,
      files: now.index.files.map(({ location }) => location),
      root: folder,
      cwd: context.cwd,
      version: await packageVersion(),
    });
    context.out(text);
    return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  } finally {
    git?.dispose();
    counter.dispose();
  }
}

/** Makes quick fixes, or shows them; the exit code where the command is at its end by that. */
async function fix(
  context: CliContext,
  tree: IndexedTree,
  tools: CheckTools,
  options: CheckOptions,
): Promise<ExitCode | undefined> {
  const fixes = await fixesOf(context, tree, tools, options.fix === 'safe' ? 'safe' : 'all');
  if (options.dryRun === true) {
    const described = fixes.map((one) => ({ path: one.path, titles: one.titles, patch: patchOf(one) }));
    context.out(
      context.json ? formatJson({ root: tree.folder, dryRun: true, fixes: described }) : fixes.map(patchOf).join(''),
    );
    return 0;
  }
  for (const line of fixLines(fixes)) {
    context.message(line);
  }
  if (fixes.length === 0) {
    context.message('Nothing can be fixed by itself.');
  } else if (options.yes === true || (await context.confirm(`Write ${fixes.length} file(s) below ${tree.folder}?`))) {
    await writeFixes(tree.folder, fixes, context.signal);
    context.message(`Wrote ${fixes.length} file(s).`);
  } else {
    context.message('Nothing was written. Answer y at a terminal, or pass --yes.');
    return 1;
  }
  return undefined;
}

async function treeOnDisk(context: CliContext, folder: string, options: CheckOptions): Promise<CheckedTree> {
  const { config, findings } = await readConfig(folder);
  const user = options.user === true;
  const roots = await instructionRoots(folder, { libraryFolders: config.library, user, env: context.env });
  return { folder, roots, config, configFindings: findings };
}

/** The same folder in a commit; what stands above it or in the home folder is taken as it is now. */
async function treeInGit(folder: string, git: GitFiles, roots: readonly InstructionRoot[]): Promise<CheckedTree> {
  const { config, findings } = await configInGit(git);
  return {
    folder,
    roots: roots.map((root) =>
      root.kind === 'workspace' ? { ...root, files: git, libraryFolders: config.library } : root,
    ),
    config,
    configFindings: findings,
  };
}

async function configInGit(git: GitFiles): Promise<ParsedConfig> {
  try {
    const bytes = await git.read(configFileName, { maxBytes: maxConfigBytes });
    return parseConfig(new TextDecoder().decode(bytes), git.locate(configFileName));
  } catch (error) {
    if (isSourceError(error, 'not-found', 'too-large')) {
      return { config: defaultConfig, findings: [] };
    }
    throw error;
  }
}

function chooseHarnesses(
  options: CheckOptions,
  now: IndexedTree,
  before: IndexedTree | undefined,
): readonly HarnessId[] {
  const asked = options.harness ?? (now.config.harness === undefined ? undefined : [now.config.harness]);
  const used = new Set([...harnessesInUse(now.index), ...(before === undefined ? [] : harnessesInUse(before.index))]);
  return harnessIds.filter((id) => (asked === undefined ? used.has(id) : asked.includes(id)));
}

interface ComparedTrees {
  readonly before: IndexedTree;
  readonly now: IndexedTree;
  readonly git: GitFiles;
  readonly tools: CheckTools;
}

async function compareWith(
  context: CliContext,
  { before, now, git, tools }: ComparedTrees,
): Promise<{ readonly report: CheckReport; readonly comparison: ReportComparison }> {
  // Files that Git ignores are this machine's alone and no part of a change.
  const untracked = now.index.files.filter((file) => file.rootKind === 'workspace' && !git.has(file.realPath));
  const paths = untracked.map(({ realPath }) => realPath);
  const ignored = await ignoredByGit(now.folder, paths, context.signal);
  const files = now.index.files.filter((file) => file.rootKind !== 'workspace' || !ignored.has(file.realPath));
  const report = await checkTree(context, { ...now, index: { ...now.index, files } }, tools, { withCache: false });
  // Today's budgets judge both, so that a budget that is lowered is no new finding of every file.
  const { budgets, lint } = now.config;
  const judged = { ...before, config: { ...before.config, budgets, lint } };
  const earlier = await checkTree(context, judged, tools, { withCache: false });
  return { report, comparison: compareReports(earlier, report) };
}
