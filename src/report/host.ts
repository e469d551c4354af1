import type { FromPanel, PanelState, ToPanel } from './protocol';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: PanelState): void;
};

/** May be asked for once only. */
const host = acquireVsCodeApi();

export function tell(message: FromPanel): void {
  host.postMessage(message);
}

export function saveState(state: PanelState): void {
  host.setState(state);
}

/** What was kept; undefined at the first time, and for the state of another version of this panel. */
export function restoreState(): PanelState | undefined {
  const kept = host.getState() as Partial<PanelState> | null | undefined;
  return typeof kept?.promptId === 'string' && Array.isArray(kept.tables)
    ? {
        promptId: kept.promptId,
        variant: kept.variant,
        tables: kept.tables,
        cell: kept.cell,
        scroll: typeof kept.scroll === 'number' ? kept.scroll : 0,
      }
    : undefined;
}

/** A message of the extension; other scripts of the editor send some too. */
export function readMessage(data: unknown): ToPanel | undefined {
  const type = typeof data === 'object' && data !== null && 'type' in data ? data.type : undefined;
  return type === 'report' || type === 'problem' ? (data as ToPanel) : undefined;
}
