import { Uri, ViewColumn, window } from 'vscode';
import type { WebviewPanel } from 'vscode';
import { promptReportViewType } from '../../../contributions';
import type { PromptReport } from '../../../core/prompts/report/model';
import type { PanelState } from '../../../report/protocol';
import type { PromptState } from '../promptState';
import { ReportPanel, panelOptions } from './reportPanel';
import type { PanelActions } from './reportPanel';
import type { ReportTools } from './readReport';

/** The open panels with reports: one per prompt. */
export class ReportPanels {
  private readonly tools: ReportTools;
  private readonly actions: PanelActions;
  private readonly panels = new Map<string, ReportPanel>();

  constructor(tools: ReportTools, actions: PanelActions) {
    this.tools = tools;
    this.actions = actions;
    const { services, model } = tools;
    services.own(
      window.registerWebviewPanelSerializer(promptReportViewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          const kept = (typeof state === 'object' ? state : null) as Partial<PanelState> | null;
          if (typeof kept?.promptId !== 'string') {
            panel.dispose();
            return;
          }
          await this.adopt(panel, kept.promptId, kept.variant).update();
        },
      }),
    );
    services.own(
      model.onDidChange(() => {
        for (const panel of this.panels.values()) {
          panel.requestUpdate();
        }
      }),
    );
    services.own(this);
  }

  /** Shows the report of a prompt in its panel, a new one or the one that is open. Resolves to what is shown. */
  async show(prompt: PromptState, variant: string | undefined): Promise<PromptReport | undefined> {
    let panel = this.panels.get(prompt.id);
    if (panel === undefined) {
      const { extensionUri } = this.tools.services;
      const created = window.createWebviewPanel(
        promptReportViewType,
        titleOf(prompt.name),
        ViewColumn.Active,
        panelOptions(extensionUri),
      );
      panel = this.adopt(created, prompt.id, variant);
    } else {
      panel.reveal(variant);
    }
    await panel.update();
    return panel.report;
  }

  /** Reckons the report of a prompt anew where it is open. */
  async refresh({ id }: PromptState): Promise<void> {
    await this.panels.get(id)?.update();
  }

  /** The panels belong to the editor, which brings them back after a reload. */
  dispose(): void {
    for (const panel of this.panels.values()) {
      panel.release();
    }
    this.panels.clear();
  }

  private adopt(panel: WebviewPanel, promptId: string, variant: string | undefined): ReportPanel {
    const adopted = new ReportPanel(panel, { promptId, variant }, this.tools, this.actions);
    panel.iconPath = Uri.joinPath(this.tools.services.extensionUri, 'media', 'icon.png');
    this.panels.set(promptId, adopted);
    panel.onDidDispose(() => {
      adopted.release();
      if (this.panels.get(promptId) === adopted) {
        this.panels.delete(promptId);
      }
    });
    return adopted;
  }
}

function titleOf(name: string): string {
  return `${name} report`;
}
