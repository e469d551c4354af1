import type { Command } from 'commander';
import { checkHealth } from '../../core/cache/health';
import type { Finding } from '../../core/findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openSource } from '../source';
import { printable } from '../text';
import type { LibraryOptions, ScopeOptions, SourceOptions } from './options';
import { addLibraryOption, addScopeOption, addSourceOption, readFingerprints } from './options';

type HealthOptions = SourceOptions & ScopeOptions & LibraryOptions;

/** `cache health`: everything that is wrong; exit code 1 when there is an error or a warning. */
export function addHealthCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('health')
    .description('check a cache; the exit code is 1 when there is an error or a warning');
  addLibraryOption(addScopeOption(addSourceOption(command))).action(run(health));
}

async function health(context: CliContext, options: HealthOptions): Promise<ExitCode> {
  const { tree, sourceFiles } = await openSource(context, options);
  const all = await checkHealth(tree, {
    clock: context.clock,
    signal: context.signal,
    sourceFiles,
    ...(await readFingerprints(context, options)),
  });
  const findings = all.filter(({ scope }) => options.scope === undefined || scope === options.scope);
  context.out(context.json ? formatJson({ findings: findings.map(findingOutput) }) : healthText(findings));
  return findings.some(({ severity }) => severity !== 'information') ? 1 : 0;
}

function findingOutput({ id, severity, scope, key, message, fix }: Finding) {
  return { id, severity, scope: scope ?? null, key: key ?? null, message, fix: fix ?? null };
}

function healthText(findings: readonly Finding[]): string {
  if (findings.length === 0) {
    return 'Nothing is wrong.\n';
  }
  return findings
    .map(({ id, severity, message, fix }) => `${severity} [${id}] ${printable(message)}\n    ${printable(fix ?? '')}\n`)
    .join('');
}
