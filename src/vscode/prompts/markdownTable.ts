/** A table in Markdown; the cells are Markdown already. */
export function markdownTable(
  header: readonly string[],
  alignment: readonly ('left' | 'right')[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(alignment.map((side) => (side === 'right' ? '---:' : ':---'))), ...rows.map(line)].join(
    '\n',
  );
}
