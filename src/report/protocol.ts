import type { PromptReport } from '../core/prompts/report/model';

/** What the panel of the report is told by the extension. */
export type ToPanel =
  | {
      readonly type: 'report';
      readonly promptId: string;
      readonly variant: string | undefined;
      readonly report: PromptReport;
    }
  /** The prompt can't be compiled, or is gone. */
  | { readonly type: 'problem'; readonly message: string };

/** What the panel asks of the extension. */
export type FromPanel =
  | { readonly type: 'ready' }
  /** Another variant is shown; the extension exports and restores that one. */
  | { readonly type: 'show'; readonly variant: string }
  | { readonly type: 'export'; readonly format: ReportFormat; readonly variant: string }
  /** Where a part is written. */
  | { readonly type: 'open'; readonly part: string };

export const reportFormats = ['svg', 'html'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** What the editor keeps of a panel over a reload of the window. */
export interface PanelState {
  readonly promptId: string;
  readonly variant: string | undefined;
  /** Tables that are open. */
  readonly tables: readonly string[];
  /** The cell that has the focus. */
  readonly cell: string | undefined;
  readonly scroll: number;
}
