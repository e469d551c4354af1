import { Range, ThemeIcon, window, workspace } from 'vscode';
import type { QuickPickItem } from 'vscode';
import type { Finding, Severity } from '../../../core/findings';
import { letGo } from '../../commands';
import { plural } from '../../format';
import { uriOf } from '../../instructions/editorFiles';
import type { InstructionsModel } from '../../instructions/instructionsModel';
import { withProgress } from '../../progress';
import type { Services } from '../../services';
import type { WorkspaceCheck } from '../workspaceCheck';

const icons: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'info' };
const order: readonly Severity[] = ['error', 'warning', 'information'];

/** Checks everything now and lists what was found, the worst first; a choice opens its place. */
export async function checkWorkspace(
  services: Services,
  check: WorkspaceCheck,
  instructions: InstructionsModel,
): Promise<readonly Finding[]> {
  await instructions.refresh();
  const findings = await withProgress({ title: 'Check Workspace' }, async (options) => check.run(options));
  if (findings.length === 0) {
    void services.prompts.tell('information', 'Check Workspace: nothing was found.');
    return findings;
  }
  letGo(services, 'Check Workspace', offer(services, findings));
  return findings;
}

async function offer({ prompts }: Services, findings: readonly Finding[]): Promise<void> {
  const sorted = order.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
  const picked = await prompts.pick(
    sorted.map((finding) => ({ ...itemOf(finding), finding })),
    { title: `Check Workspace: ${summary(findings)}`, matchOnDescription: true, matchOnDetail: true },
  );
  if (picked?.finding.path !== undefined) {
    const { path, range } = picked.finding;
    await window.showTextDocument(uriOf(path), {
      ...(range === undefined
        ? {}
        : { selection: new Range(range.startLine, range.startCharacter, range.endLine, range.endCharacter) }),
    });
  }
}

/** "1 error, 3 warnings". */
function summary(findings: readonly Finding[]): string {
  return order
    .map((severity) => ({ severity, count: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => (severity === 'information' ? plural(count, 'hint') : plural(count, severity)))
    .join(', ');
}

function itemOf({ id, severity, message, path, range, fix }: Finding): QuickPickItem {
  const place = path === undefined ? '' : workspace.asRelativePath(uriOf(path));
  return {
    label: message,
    description: id,
    detail: [`${place}${range === undefined ? '' : `:${range.startLine + 1}`}`, fix ?? ''].filter(Boolean).join(' — '),
    iconPath: new ThemeIcon(icons[severity]),
  };
}
