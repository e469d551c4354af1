import { tell } from './host';

/** Cells of the icicle as a tree: one of them takes Tab, the arrows go on from there. */
export function followFocus(root: HTMLElement, remembered: string | undefined): void {
  const tree = root.querySelector<SVGElement>('svg[role="tree"]');
  const details = root.querySelector<HTMLElement>('.details');
  if (tree === null || details === null) {
    return;
  }
  const cells = [...tree.querySelectorAll<SVGElement>('[data-cell]')];
  const describe = (cell: SVGElement): void => {
    details.textContent = cell.getAttribute('aria-label');
  };
  const choose = (cell: SVGElement): void => {
    for (const other of cells) {
      other.setAttribute('tabindex', other === cell ? '0' : '-1');
    }
  };
  tree.addEventListener('keydown', (event) => {
    const cell = cellOf(event.target);
    const next = cell === undefined ? undefined : neighbour(cells, cell, event.key);
    if (next !== undefined) {
      choose(next);
      next.focus();
      event.preventDefault();
    } else if (cell !== undefined && (event.key === 'Enter' || event.key === ' ')) {
      openPart(cell);
      event.preventDefault();
    }
  });
  tree.addEventListener('focusin', ({ target }) => {
    const cell = cellOf(target);
    if (cell !== undefined) {
      describe(cell);
    }
  });
  tree.addEventListener('click', ({ target }) => {
    const cell = cellOf(target);
    if (cell !== undefined) {
      choose(cell);
      cell.focus();
    }
  });
  tree.addEventListener('dblclick', ({ target }) => {
    const cell = cellOf(target);
    if (cell !== undefined) {
      openPart(cell);
    }
  });
  const start = cells.find(({ dataset }) => dataset['cell'] === remembered);
  if (start !== undefined) {
    choose(start);
    describe(start);
  }
}

/** Left and right go through the levels, up and down through the cells of one, Home and End to its ends. */
function neighbour(cells: readonly SVGElement[], cell: SVGElement, key: string): SVGElement | undefined {
  const { cell: id, parent } = cell.dataset;
  const level = cells.filter((other) => other.getAttribute('aria-level') === cell.getAttribute('aria-level'));
  const index = level.indexOf(cell);
  switch (key) {
    case 'ArrowLeft':
      return cells.find(({ dataset }) => dataset['cell'] === parent);
    case 'ArrowRight':
      return cells.find(({ dataset }) => dataset['parent'] === id);
    case 'ArrowUp':
      return level[index - 1];
    case 'ArrowDown':
      return level[index + 1];
    case 'Home':
      return level[0];
    case 'End':
      return level.at(-1);
    default:
      return undefined;
  }
}

function cellOf(target: EventTarget | null): SVGElement | undefined {
  return target instanceof Element ? (target.closest<SVGElement>('[data-cell]') ?? undefined) : undefined;
}

function openPart({ dataset }: SVGElement): void {
  const part = dataset['part'];
  if (part !== undefined) {
    tell({ type: 'open', part });
  }
}

/** Finds the element that has the focus again after the report was drawn anew. */
export function selectorOf(active: Element | null): string | undefined {
  const cell = cellOf(active);
  if (cell !== undefined) {
    return `[data-cell="${CSS.escape(cell.dataset['cell'] ?? '')}"]`;
  }
  if (active instanceof HTMLSelectElement) {
    return 'select';
  }
  const table = active?.closest<HTMLElement>('details')?.dataset['table'];
  if (table !== undefined) {
    return `details[data-table="${CSS.escape(table)}"] > summary`;
  }
  const format = active instanceof HTMLElement ? active.dataset['export'] : undefined;
  return format === undefined ? undefined : `button[data-export="${CSS.escape(format)}"]`;
}
