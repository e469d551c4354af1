import { Uri, commands, workspace } from 'vscode';
import { reportHtml, reportSvg } from '../../../core/prompts/report/draw/exports';
import type { PromptReport } from '../../../core/prompts/report/model';
import type { ReportFormat } from '../../../report/protocol';
import { letGo } from '../../commands';
import type { Services } from '../../services';
import type { PromptState } from '../promptState';

const kinds: Readonly<Record<ReportFormat, string>> = { svg: 'Picture', html: 'Page' };

/** Writes a report where the person says. Returns the place; undefined when the person gave up. */
export async function exportReport(
  services: Services,
  report: PromptReport,
  variantName: string,
  format: ReportFormat,
  prompt: PromptState,
): Promise<Uri | undefined> {
  services.trust.require('Writing a report');
  const variant = report.variants.find(({ name }) => name === variantName) ?? report.variants[0]!;
  const [text, name] =
    format === 'html'
      ? [reportHtml(report), `${report.name}.report.html`]
      : [reportSvg(report, variant), `${report.name}.${variant.name}.report.svg`];
  const uri = await services.prompts.saveDialog({
    title: 'Export Prompt Report',
    defaultUri: Uri.joinPath(prompt.folder.uri, name),
    filters: { [kinds[format]]: [format] },
  });
  if (uri === undefined) {
    return undefined;
  }
  await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  letGo(services, 'Export Prompt Report', offerToOpen(services, uri));
  return uri;
}

async function offerToOpen(services: Services, uri: Uri): Promise<void> {
  const open = 'Open';
  const message = `Wrote ${workspace.asRelativePath(uri)}.`;
  if ((await services.prompts.tell('information', message, open)) === open) {
    await commands.executeCommand('vscode.open', uri);
  }
}
