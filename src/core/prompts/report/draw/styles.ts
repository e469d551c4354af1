/** The colours of the charts. */
export const colorNames = [
  'foreground',
  'background',
  'muted',
  'line',
  'focus',
  'blue',
  'green',
  'purple',
  'orange',
  'yellow',
  'red',
] as const;
export type ColorName = (typeof colorNames)[number];
export type Palette = Readonly<Record<ColorName, string>>;

/** For exports, which know no editor. Text on a tinted cell keeps a contrast of 4.5 to 1. */
export const lightPalette: Palette = {
  foreground: '#1f2328',
  background: '#ffffff',
  muted: '#57606a',
  line: '#d0d7de',
  focus: '#0969da',
  blue: '#0969da',
  green: '#1a7f37',
  purple: '#8250df',
  orange: '#bc4c00',
  yellow: '#9a6700',
  red: '#cf222e',
};

export const darkPalette: Palette = {
  foreground: '#e6edf3',
  background: '#0d1117',
  muted: '#9198a1',
  line: '#3d444d',
  focus: '#58a6ff',
  blue: '#58a6ff',
  green: '#3fb950',
  purple: '#bc8cff',
  orange: '#f0883e',
  yellow: '#d29922',
  red: '#ff7b72',
};

const kindColors: readonly (readonly [kind: string, color: ColorName])[] = [
  ['text', 'green'],
  ['file', 'blue'],
  ['instruction', 'purple'],
  ['index', 'yellow'],
  ['tools', 'orange'],
  ['conversation', 'muted'],
];
const stabilityColors: readonly (readonly [stability: string, color: ColorName])[] = [
  ['static', 'green'],
  ['session', 'yellow'],
  ['turn', 'muted'],
];
const seriesColors: readonly ColorName[] = ['blue', 'green', 'purple', 'orange', 'yellow', 'red'];

/** The rules of the charts, with each colour as `color` writes it: a custom property, or a value. */
export function chartStyles(color: (name: ColorName) => string): string {
  return [
    `.chart text { fill: ${color('foreground')}; font: 12px system-ui, sans-serif; }`,
    `.chart .axis text { fill: ${color('muted')}; font-size: 11px; }`,
    `.chart .axis line { stroke: ${color('line')}; }`,
    `.cell rect { fill: ${color('muted')}; fill-opacity: 0.14; stroke: ${color('line')}; stroke-width: 1; }`,
    ...kindColors.map(
      ([kind, name]) =>
        `.cell.kind-${kind} rect { fill: ${color(name)}; fill-opacity: 0.3; stroke: ${color(name)}; stroke-opacity: 0.6; }`,
    ),
    '.cell.depth-2 rect { fill-opacity: 0.16; }',
    ...stabilityColors.map(
      ([kind, name]) => `.stability-${kind} rect { fill: ${color(name)}; fill-opacity: 0.35; stroke: ${color(name)}; }`,
    ),
    `.prefix .marker { fill: ${color('foreground')}; }`,
    `.prefix .paid { fill: ${color('muted')}; fill-opacity: 0.12; stroke: ${color('line')}; }`,
    `.prefix .shared { fill: ${color('green')}; fill-opacity: 0.45; stroke: ${color('green')}; }`,
    `.prefix .session { fill: ${color('yellow')}; fill-opacity: 0.35; stroke: ${color('yellow')}; }`,
    `.prefix .break line { stroke: ${color('red')}; stroke-width: 2; stroke-dasharray: 5 3; }`,
    '.prefix .break text { font-weight: 600; }',
    `.history .grid { stroke-opacity: 0.6; }`,
    ...seriesColors.flatMap((name, index) => [
      `.series-${index} .line { fill: none; stroke: ${color(name)}; stroke-width: 2; }`,
      `.series-${index} circle { fill: ${color(name)}; stroke: ${color('background')}; }`,
      `.series-${index} .budget { stroke: ${color(name)}; stroke-dasharray: 6 4; }`,
      `.series-${index} .bar { fill: ${color(name)}; fill-opacity: 0.5; stroke: ${color(name)}; }`,
    ]),
    `.cost .band { stroke: ${color('foreground')}; stroke-width: 2; }`,
  ].join('\n');
}

/** The rules of the page around the charts; colours are custom properties. */
export function pageStyles(): string {
  return `body { color: var(--cc-foreground); background: var(--cc-background); }
.report section { margin: 0 0 28px; }
h1 { font-size: 1.6em; margin: 0 0 4px; }
h2 { font-size: 1.2em; margin: 20px 0 6px; }
h3 { font-size: 1em; margin: 14px 0 6px; }
p { margin: 4px 0 8px; }
.chart { display: block; max-width: 100%; height: auto; overflow: visible; }
.note { border-inline-start: 3px solid var(--cc-yellow); padding-inline-start: 8px; }
.basis { color: var(--cc-muted); font-size: 0.92em; }
ul.basis { padding-inline-start: 18px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; padding: 0; margin: 8px 0; color: var(--cc-muted); }
.legend li::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-inline-end: 6px; border: 1px solid; }
${[
  ...kindColors.map(([kind, name]) => [`kind-${kind}`, name]),
  ...stabilityColors.map(([kind, name]) => [`stability-${kind}`, name]),
]
  .map(
    ([selector, name]) =>
      `.legend .${selector}::before { background: var(--cc-${name}); border-color: var(--cc-${name}); }`,
  )
  .join('\n')}
.table { overflow-x: auto; }
table { border-collapse: collapse; margin: 8px 0 16px; }
caption { text-align: start; font-weight: 600; padding: 4px 0; }
th, td { text-align: start; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--cc-line); font-weight: normal; vertical-align: top; }
thead th { font-weight: 600; }
td.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.inner { padding-inline-start: 18px; }
summary { cursor: pointer; padding: 4px 0; width: fit-content; }
summary:focus-visible, button:focus-visible, select:focus-visible { outline: 2px solid var(--cc-focus); outline-offset: 2px; }`;
}

/** Custom properties that `chartStyles` and `pageStyles` read. */
export function paletteProperties(palette: Palette): string {
  return colorNames.map((name) => `--cc-${name}: ${palette[name]};`).join(' ');
}
