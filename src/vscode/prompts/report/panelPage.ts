import { chartStyles, colorNames, pageStyles } from '../../../core/prompts/report/draw/styles';
import type { ColorName } from '../../../core/prompts/report/draw/styles';

/** The editor's own colours, in all themes. */
const themeColors: Readonly<Record<ColorName, string>> = {
  foreground: 'var(--vscode-editor-foreground)',
  background: 'var(--vscode-editor-background)',
  muted: 'var(--vscode-descriptionForeground)',
  line: 'var(--vscode-contrastBorder, var(--vscode-editorWidget-border, var(--vscode-panel-border)))',
  focus: 'var(--vscode-focusBorder)',
  blue: 'var(--vscode-charts-blue)',
  green: 'var(--vscode-charts-green)',
  purple: 'var(--vscode-charts-purple)',
  // What themes call orange for charts is a dark brown, or nothing at all.
  orange: 'var(--vscode-symbolIcon-classForeground, var(--vscode-charts-orange))',
  yellow: 'var(--vscode-charts-yellow)',
  red: 'var(--vscode-charts-red)',
};

const panelStyles = `body { padding: 16px 20px; font: var(--vscode-font-weight) var(--vscode-font-size)/1.5 var(--vscode-font-family); }
.chart text { font-family: var(--vscode-font-family); }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin: 8px 0 4px; }
button, select { font: inherit; padding: 3px 10px; border: 1px solid var(--vscode-button-border, var(--vscode-contrastBorder, transparent)); border-radius: 2px; }
button { color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); cursor: pointer; }
button:hover { background: var(--vscode-button-secondaryHoverBackground); }
select { color: var(--vscode-dropdown-foreground); background: var(--vscode-dropdown-background); border-color: var(--vscode-dropdown-border, var(--vscode-contrastBorder, transparent)); }
.details { min-height: 1.5em; color: var(--cc-muted); }
.cell { cursor: default; }
.cell:focus { outline: none; }
.cell:focus rect { stroke: var(--cc-focus); stroke-width: 3; stroke-opacity: 1; }
.vscode-high-contrast .cell rect, .vscode-high-contrast .segment rect, .vscode-high-contrast .provider rect { fill-opacity: 0.08; stroke-opacity: 1; }
.vscode-high-contrast .provider .shared, .vscode-high-contrast .provider .session { stroke-width: 2; }
.vscode-high-contrast .cell:focus rect { stroke: var(--cc-focus); stroke-width: 4; }`;

/**
 * The page of the report panel: a policy that lets one script and one style sheet in by their nonce and nothing else,
 * and an empty place that the script fills.
 */
export function panelPage(scriptUri: string, nonce: string, name: string): string {
  const properties = colorNames.map((color) => `--cc-${color}: ${themeColors[color]};`).join(' ');
  const styles = [
    `:root { ${properties} }`,
    pageStyles(),
    chartStyles((color) => `var(--cc-${color})`),
    panelStyles,
  ].join('\n');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeTitle(name)}</title>
<style nonce="${nonce}">
${styles}
</style>
</head>
<body>
<main id="root"><p>Measuring…</p></main>
<script nonce="${nonce}" src="${scriptUri}"></script>
</body>
</html>
`;
}

function escapeTitle(name: string): string {
  return name.replace(/[<>&"']/g, '');
}
