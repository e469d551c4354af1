import { hierarchy, partition } from 'd3-hierarchy';
import type { HierarchyRectangularNode } from 'd3-hierarchy';
import type { ReportPart, ReportVariant } from '../model';
import { element } from './markup';
import type { Chart, Markup } from './markup';
import { exact, fit, percent, sourceOf, tokensText } from './words';

interface Cell {
  /** Path-shaped: unique in the chart, and the same as long as the cell means the same. */
  readonly id: string;
  readonly label: string;
  /** Of a section: what its part is. */
  readonly part: ReportPart | undefined;
  readonly detail: string;
  /** Of a leaf. */
  readonly tokens: number;
  readonly children: readonly Cell[];
}

type Node = HierarchyRectangularNode<Cell>;

/** Pixels. A cell is as tall as its share; the smallest prompt still gets room for its names. */
const leastHeight = 220;
const mostHeight = 760;
const heightPerRow = 24;
const rootWidth = 90;
/** A cell needs this height for its name. */
const labelHeight = 13;

export interface ChartOptions {
  /** Pixels. */
  readonly width: number;
  /** In the editor the cells take the keyboard; in an export the table beside the chart does it. */
  readonly isInteractive: boolean;
}

/** What fills the window: the variant, its parts, their sections from left to right, as tall as their tokens. */
export function drawIcicle(variant: ReportVariant, { width, isInteractive }: ChartOptions): Chart {
  const root = hierarchy<Cell>(cellsOf(variant), ({ children }) => children).sum(({ tokens, children }) =>
    children.length === 0 ? tokens : 0,
  );
  const leaves = variant.parts.reduce((count, { sections }) => count + Math.max(1, sections.length), 0);
  const height = Math.min(mostHeight, Math.max(leastHeight, leaves * heightPerRow));
  const placed = partition<Cell>().size([height, 3])(root);
  const inner = (width - rootWidth) / 2;
  const left = (depth: number): number => (depth === 0 ? 0 : rootWidth + (depth - 1) * inner);
  // Where nothing is divided any further, a cell goes on to the edge.
  const right = (node: Node): number => (node.children === undefined ? width : left(node.depth + 1));
  const svg = element(
    'svg',
    {
      class: 'chart icicle',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: isInteractive ? 'tree' : 'img',
      'aria-label': `What fills the window: ${variant.name}, ${tokensText(variant.tokens)}. The table below has the same numbers.`,
    },
    placed.descendants().map((node) => drawCell(node, { left: left(node.depth), right: right(node) }, isInteractive)),
  );
  return { svg, height };
}

function cellsOf(variant: ReportVariant): Cell {
  return {
    id: variant.name,
    label: variant.name,
    part: undefined,
    detail: '',
    tokens: variant.tokens,
    children: variant.parts.map((part) => ({
      id: `${variant.name}/${part.id}`,
      label: part.id,
      part,
      detail: sourceOf(part),
      tokens: part.added,
      children: part.sections.map(({ title, added }, index) => ({
        id: `${variant.name}/${part.id}/${index}`,
        label: title === '' ? '(before the first heading)' : title,
        part,
        detail: `section of ${part.id}`,
        tokens: added,
        children: [],
      })),
    })),
  };
}

function drawCell(node: Node, { left, right }: { left: number; right: number }, isInteractive: boolean): Markup {
  const { data, depth, x0, x1, parent } = node;
  const tokens = node.value ?? 0;
  const total = node.ancestors().at(-1)?.value ?? 0;
  const width = right - left;
  const height = x1 - x0;
  const said = [data.label, tokensText(tokens), `${percent(tokens, total)} of the prompt`, data.detail].filter(Boolean);
  const siblings = parent?.children ?? [node];
  const tree = {
    role: 'treeitem',
    tabindex: depth === 0 ? 0 : -1,
    'aria-level': depth + 1,
    'aria-setsize': siblings.length,
    'aria-posinset': siblings.indexOf(node) + 1,
    'aria-label': said.join(', '),
    'data-cell': data.id,
    'data-part': data.part?.id,
    'data-parent': parent?.data.id,
  };
  const whole = `${data.label}  ${exact(tokens)}`;
  const label = fit(whole, width) === whole ? whole : fit(data.label, width);
  return element(
    'g',
    {
      class: `cell ${data.part === undefined ? 'whole' : `kind-${data.part.kind}`} depth-${depth}`,
      ...(isInteractive ? tree : {}),
    },
    element('title', {}, said.join('\n')),
    element('rect', { x: left, y: x0, width: Math.max(0, width - 1), height: Math.max(0.5, height - 1) }),
    height >= labelHeight && label !== ''
      ? element('text', { x: left + 5, y: x0 + Math.min(height / 2, 40) + 4 }, label)
      : '',
  );
}
