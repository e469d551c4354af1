import { followFocus, selectorOf } from './cells';
import { readMessage, restoreState, saveState, tell } from './host';
import type { PanelState } from './protocol';
import { drawReport } from './view';
import type { ReportView } from './view';

/** The report of one prompt, in a panel of the editor. All content comes in messages; nothing is loaded. */
const root = document.getElementById('root')!;
let view: ReportView | undefined;
/** Before the first report: what was kept over a reload. */
let state: PanelState | undefined = restoreState();

const remember = (change: Partial<PanelState>): void => {
  if (state !== undefined) {
    state = { ...state, ...change };
    saveState(state);
  }
};

const draw = (): void => {
  if (view === undefined || state === undefined) {
    return;
  }
  const { scroll, cell } = state;
  const focused = selectorOf(document.activeElement);
  drawReport(root, view, state);
  followFocus(root, cell);
  if (focused !== undefined) {
    root.querySelector<HTMLElement | SVGElement>(focused)?.focus();
  }
  window.scrollTo({ top: scroll });
};

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readMessage(event.data);
  if (message?.type === 'problem') {
    view = undefined;
    const paragraph = document.createElement('p');
    paragraph.setAttribute('role', 'alert');
    paragraph.textContent = message.message;
    root.replaceChildren(paragraph);
  } else if (message?.type === 'report') {
    const { report, promptId } = message;
    const names = report.variants.map(({ name }) => name);
    const wanted = [message.variant, state?.variant].find((name) => name !== undefined && names.includes(name));
    const kept = state?.promptId === promptId ? state : { tables: [], cell: undefined, scroll: 0 };
    view = { report, variant: wanted ?? names[0]! };
    state = { ...kept, promptId, variant: view.variant };
    saveState(state);
    draw();
  }
});

root.addEventListener('change', ({ target }) => {
  if (view !== undefined && target instanceof HTMLSelectElement) {
    view = { ...view, variant: target.value };
    remember({ variant: target.value, cell: undefined });
    tell({ type: 'show', variant: target.value });
    draw();
  }
});

root.addEventListener('click', ({ target }) => {
  const format = target instanceof HTMLElement ? target.dataset['export'] : undefined;
  if (view !== undefined && (format === 'svg' || format === 'html')) {
    tell({ type: 'export', format, variant: view.variant });
  }
});

root.addEventListener('focusin', ({ target }) => {
  const cell = target instanceof SVGElement ? target.dataset['cell'] : undefined;
  if (cell !== undefined) {
    remember({ cell });
  }
});

// `toggle` does not bubble.
root.addEventListener(
  'toggle',
  () => {
    const open = [...root.querySelectorAll<HTMLDetailsElement>('details[open]')];
    remember({ tables: open.flatMap(({ dataset }) => dataset['table'] ?? []) });
  },
  true,
);

window.addEventListener('scrollend', () => {
  remember({ scroll: window.scrollY });
});

let drawnWidth = 0;
new ResizeObserver(([entry]) => {
  const width = Math.round(entry?.contentRect.width ?? 0);
  if (width !== drawnWidth) {
    drawnWidth = width;
    draw();
  }
}).observe(root);

tell({ type: 'ready' });
