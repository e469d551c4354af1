import type { QuickPickItem } from 'vscode';
import { reportFormats } from '../../../report/protocol';
import type { ReportFormat } from '../../../report/protocol';
import { withProgress } from '../../progress';
import { clickedVariant, targetPrompt } from '../pickers';
import { requireCompiled } from '../promptState';
import { exportReport } from '../report/exportReport';
import { readReport } from '../report/readReport';
import type { PromptCommand } from './promptCommand';

const title = 'Export Prompt Report';

const formatNotes: Readonly<Record<ReportFormat, string>> = {
  svg: 'a picture of the charts of one variant',
  html: 'a self-contained page with all charts and tables, without scripts',
};

interface FormatItem extends QuickPickItem {
  readonly format: ReportFormat;
}

/** Export Prompt Report: writes it as a picture or as a page. Returns the URI of the file. */
export const exportPromptReport: PromptCommand = {
  id: 'contextCache.exportPromptReport',
  run: async (tools, clicked) => {
    const { services, viewState } = tools;
    services.trust.require('Writing a report');
    const prompt = await targetPrompt(tools, clicked, title);
    if (prompt === undefined) {
      return undefined;
    }
    requireCompiled(prompt);
    const place = `${title}: ${prompt.name}`;
    const items = reportFormats.map((format): FormatItem => ({
      format,
      label: format.toUpperCase(),
      description: formatNotes[format],
    }));
    const choice = await services.prompts.pick(items, { title: place, placeHolder: 'The format' });
    if (choice === undefined) {
      return undefined;
    }
    const report = await withProgress({ title: place }, async ({ signal }) => readReport(tools, prompt, signal));
    const variant = clickedVariant(clicked) ?? viewState.shownVariant;
    return exportReport(services, report, variant, choice.format, prompt);
  },
};
