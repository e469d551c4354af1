import type { ContextCacheConfig } from '../config';
import type { Finding } from '../findings';
import { accountFor } from '../instructions/accountFor';
import type { InstructionAccount } from '../instructions/accountFor';
import { checkBudgets } from '../instructions/budgets';
import type { MeasureTokens } from '../instructions/budgets';
import type { InstructionFiles } from '../instructions/files';
import type { InstructionIndex } from '../instructions/instructionIndex';
import { fileId } from '../instructions/model';
import type { HarnessId, InstructionFile } from '../instructions/model';
import type { TokenCounts } from '../instructions/tokenCounts';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';
import { LintMemory } from '../prompts/lint/lintMemory';
import { findDeadLinks } from './deadLinks';
import { findDuplicates } from './duplicates';
import type { CheckReport } from './model';
import { settleFindings } from './order';

export interface CheckInput {
  readonly index: InstructionIndex;
  readonly config: ContextCacheConfig;
  readonly harnesses: readonly HarnessId[];
  readonly counts: TokenCounts;
  /** What tokens are where they are judged; those of the encoding unless given. */
  readonly measure?: MeasureTokens | undefined;
  /** What was linted before, for a check that is made again and again. */
  readonly lints?: LintMemory | undefined;
  /** The files of a root of the index. */
  readonly filesOf: (rootId: string) => InstructionFiles | undefined;
  /** Of the configuration, of prompts, of the cache: settled among the rest. */
  readonly more?: readonly Finding[];
}

/**
 * Everything that can be wrong with the instructions of a workspace: reading and front matter, imports and links, caps
 * and catalogues, budgets of each harness, copies, and what breaks a prompt cache. Rejects when counting fails and on
 * cancellation.
 */
export async function checkInstructions(input: CheckInput, options: WorkOptions = {}): Promise<CheckReport> {
  const { index, config, counts } = input;
  const accounts: InstructionAccount[] = [];
  const findings: Finding[] = [...(input.more ?? []), ...index.findings];
  for (const harness of input.harnesses) {
    const account = await accountFor(harness, index, counts, options);
    accounts.push(account);
    findings.push(
      ...account.findings,
      ...(await checkBudgets(account, config.budgets, counts, { ...options, measure: input.measure })),
    );
  }
  const { lints = new LintMemory() } = input;
  const files = withoutLinkedCopies(index.files);
  for (const file of files) {
    await takeTurn(options);
    findings.push(...file.problems);
    findings.push(...withLevels(await lints.lint(file, options), config));
  }
  findings.push(...(await findDeadLinks(files, input.filesOf, options)));
  findings.push(...(await findDuplicates(index.files, accounts, counts, options)));
  return { accounts, findings: await settleFindings(findings, options) };
}

/** Without those that are links to a file of the same format: what is wrong is said once, where the file is. */
function withoutLinkedCopies(files: readonly InstructionFile[]): readonly InstructionFile[] {
  const byId = new Map(files.map((file) => [file.id, file]));
  return files.filter(
    (file) => file.realPath === file.path || byId.get(fileId(file.rootId, file.realPath))?.format !== file.format,
  );
}

/** Findings of the lint as severe as the configuration says. */
export function withLevels(findings: readonly Finding[], config: ContextCacheConfig): Finding[] {
  return findings.flatMap((finding) => {
    const level = config.lint[finding.id];
    return level === 'off' ? [] : [level === undefined ? finding : { ...finding, severity: level }];
  });
}
