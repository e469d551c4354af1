/**
 * The text of a Markdown heading without the marks that may close it, as in `## Title ##`. Looks at each character once:
 * a line may be as long as a file.
 * @param written what follows the opening marks
 */
export function headingTitle(written: string): string {
  const text = written.trim();
  let end = text.length;
  while (text[end - 1] === '#') {
    end--;
  }
  const isClosed = end < text.length && (end === 0 || /[ \t]/.test(text[end - 1]!));
  return isClosed ? text.slice(0, end).trimEnd() : text;
}
