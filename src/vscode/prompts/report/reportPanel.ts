import { randomBytes } from 'node:crypto';
import { Range, Uri, ViewColumn, commands } from 'vscode';
import type { Disposable, WebviewOptions, WebviewPanel } from 'vscode';
import { describeError, isSourceError, UserError } from '../../../core/errors';
import type { PromptReport } from '../../../core/prompts/report/model';
import { reportFormats } from '../../../report/protocol';
import type { FromPanel, ReportFormat, ToPanel } from '../../../report/protocol';
import { letGo } from '../../commands';
import { createSingleFlight } from '../../singleFlight';
import type { PromptState } from '../promptState';
import { panelPage } from './panelPage';
import { readReport } from './readReport';
import type { ReportTools } from './readReport';

/** What a panel can have done. */
export interface PanelActions {
  readonly exportReport: (
    report: PromptReport,
    variant: string,
    format: ReportFormat,
    prompt: PromptState,
  ) => Promise<unknown>;
}

/** How long changes of the prompts must be quiet before the report is reckoned again. */
const settleMs = 200;

/** One panel: keeps its page current, and does what its buttons ask for. */
export class ReportPanel {
  /** What is shown; undefined before the first report, and while the prompt can't be compiled. */
  report: PromptReport | undefined;
  private readonly panel: WebviewPanel;
  private readonly promptId: string;
  private variant: string | undefined;
  private readonly tools: ReportTools;
  private readonly actions: PanelActions;
  private message: ToPanel | undefined;
  private readonly runner = createSingleFlight(async (signal) => this.read(signal), settleMs);
  private readonly subscription: Disposable;

  constructor(
    panel: WebviewPanel,
    shown: { readonly promptId: string; readonly variant: string | undefined },
    tools: ReportTools,
    actions: PanelActions,
  ) {
    this.panel = panel;
    this.promptId = shown.promptId;
    this.variant = shown.variant;
    this.tools = tools;
    this.actions = actions;
    const { webview } = panel;
    const { extensionUri } = tools.services;
    this.subscription = webview.onDidReceiveMessage((message: FromPanel) => {
      this.receive(message);
    });
    webview.options = panelOptions(extensionUri);
    const script = webview.asWebviewUri(Uri.joinPath(extensionUri, 'dist', 'report.js'));
    webview.html = panelPage(script.toString(), randomBytes(18).toString('base64url'), panel.title);
  }

  reveal(variant: string | undefined): void {
    this.variant = variant ?? this.variant;
    this.panel.reveal();
  }

  requestUpdate(): void {
    this.runner.request();
  }

  /** Reckons the report anew and shows it. */
  async update(): Promise<void> {
    await this.runner.run();
  }

  /** Stops following the prompt; the panel itself stays. */
  release(): void {
    this.runner.dispose();
    this.subscription.dispose();
  }

  private get prompt(): PromptState | undefined {
    return this.tools.model.snapshot.prompts.find(({ id }) => id === this.promptId);
  }

  private async read(signal: AbortSignal): Promise<void> {
    const { prompt } = this;
    if (prompt === undefined) {
      // Until the workspace was looked at, a restored panel waits.
      if (this.tools.model.snapshot.phase !== 'loading') {
        this.send({ type: 'problem', message: 'This prompt is no longer in the workspace.' });
      }
      return;
    }
    try {
      this.report = await readReport(this.tools, prompt, signal);
      this.send({ type: 'report', promptId: this.promptId, variant: this.variant, report: this.report });
    } catch (error) {
      if (!signal.aborted && !isSourceError(error, 'cancelled')) {
        this.report = undefined;
        // A manifest that is being edited has mistakes; the Problems view tells them too.
        if (!(error instanceof UserError)) {
          this.tools.services.log.error('The report of a prompt', error);
        }
        this.send({ type: 'problem', message: describeError(error) });
      }
    }
  }

  private send(message: ToPanel): void {
    this.message = message;
    // A page that is not there yet asks for it when it is ready.
    void this.panel.webview.postMessage(message);
  }

  private receive(message: FromPanel): void {
    switch (message.type) {
      case 'ready':
        if (this.message !== undefined) {
          this.send(this.message);
        }
        break;
      case 'show':
        this.show(message.variant);
        break;
      case 'export':
        if (this.report !== undefined && this.prompt !== undefined && reportFormats.includes(message.format)) {
          const { report, prompt } = this;
          letGo(
            this.tools.services,
            'Export Prompt Report',
            this.actions.exportReport(report, message.variant, message.format, prompt),
          );
        }
        break;
      case 'open':
        letGo(this.tools.services, 'Opening a part', this.open(message.part));
    }
  }

  private show(variant: string): void {
    this.variant = variant;
    if (this.message?.type === 'report') {
      this.message = { ...this.message, variant };
    }
  }

  private async open(part: string): Promise<void> {
    const place = this.prompt?.places.get(part);
    if (place !== undefined) {
      const { range } = place;
      const start = range === undefined ? undefined : { line: range.startLine, character: range.startCharacter };
      const selection =
        start === undefined ? {} : { selection: new Range(start.line, start.character, start.line, start.character) };
      await commands.executeCommand('vscode.open', place.uri, { viewColumn: ViewColumn.Beside, ...selection });
    }
  }
}

/** The page loads the one script of the report and nothing else. */
export function panelOptions(extensionUri: Uri): WebviewOptions {
  return { enableScripts: true, localResourceRoots: [Uri.joinPath(extensionUri, 'dist')] };
}
