import { ThemeIcon } from 'vscode';
import { isScopeName } from '../../../core/cache/scopes';
import type { Finding, Severity } from '../../../core/findings';
import { executeCommand } from '../../commands';
import { withProgress } from '../../progress';
import { pickOne, pickSandbox } from '../pickers';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const icons: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'info' };

type Choice = { readonly kind: 'repair' } | { readonly kind: 'finding'; readonly finding: Finding };

/** Checks a cache and lists what was found; a finding leads to its entry, and the first item to the repair. */
export const showHealth: SandboxCommand = {
  id: 'contextCache.showHealth',
  run: async (tools, clicked, selected) => {
    const place = targetPlace(tools, clicked, selected);
    const sandbox = place?.sandbox ?? (await pickSandbox(tools, 'Show Health'));
    if (sandbox === undefined) {
      return undefined;
    }
    const state = await withProgress({ title: `Checking the cache of ${sandbox.label}` }, async () =>
      tools.store.refresh(sandbox),
    );
    if (state.error !== undefined) {
      throw state.error;
    }
    const found = tools.findings.of(state.snapshot);
    const findings = place?.scope === undefined ? found.all : found.ofScope(place.scope);
    if (findings.length === 0) {
      void tools.services.prompts.tell('information', `${place?.scope ?? sandbox.label}: nothing was found.`);
      return findings;
    }
    const choice = await pickOne<Choice>(
      tools,
      [{ kind: 'repair' }, ...findings.map((finding) => ({ kind: 'finding' as const, finding }))],
      (one) =>
        one.kind === 'repair'
          ? { label: 'Repair…', description: 'See what a repair would do', iconPath: new ThemeIcon('tools') }
          : {
              label: one.finding.message,
              description: one.finding.id,
              ...(one.finding.fix === undefined ? {} : { detail: one.finding.fix }),
              iconPath: new ThemeIcon(icons[one.finding.severity]),
            },
      { title: `Health of ${sandbox.label}`, placeHolder: `${findings.length} findings, worst first` },
    );
    if (choice?.kind === 'repair') {
      await executeCommand('contextCache.repairIndex', tools.view.nodeOf(sandbox));
    } else if (choice?.kind === 'finding') {
      await reveal(tools, sandbox, choice.finding);
    }
    return findings;
  },
};

async function reveal(tools: SandboxTools, sandbox: Sandbox, { scope, key }: Finding): Promise<void> {
  const entry =
    scope !== undefined && isScopeName(scope) && key !== undefined ? tools.store.entry(sandbox, scope, key) : undefined;
  if (entry !== undefined) {
    await tools.view.reveal(sandbox, entry);
  }
}
