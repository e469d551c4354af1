/** Numbers and times as rows, tooltips and the status bar show them; the same in every language, as the units are. */

/** Tokens in at most three significant digits: `950`, `3.1k`, `31k`, `310k`, `3.1M`. */
export function formatTokens(tokens: number): string {
  return abbreviate(tokens, 1000, ['', 'k', 'M', 'G']);
}

/** Tokens in the two characters of a badge: `42`, `.4` (of a thousand), `3k`, and `9+` for 9,500 and more. */
export function badgeText(tokens: number): string {
  if (tokens < 100) {
    return String(tokens);
  }
  if (tokens < 950) {
    return `.${Math.min(9, Math.round(tokens / 100))}`;
  }
  return tokens < 9500 ? `${Math.round(tokens / 1000)}k` : '9+';
}

/** Every digit, in groups of three: `12,345`. */
export function formatExact(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes in binary units: `950 B`, `3.1 KiB`, `31 MiB`. */
export function formatBytes(bytes: number): string {
  return abbreviate(bytes, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
}

/** A share as whole per cent; `<1%` for a little, never `0%` for something. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part === 0) {
    return '0%';
  }
  const percent = (100 * part) / whole;
  return percent < 1 ? '<1%' : `${formatExact(percent)}%`;
}

/** `1 file`, `2 files`, `1,204 files`. */
export function plural(count: number, singular: string, many = `${singular}s`): string {
  return `${formatExact(count)} ${count === 1 ? singular : many}`;
}

function abbreviate(value: number, step: number, units: readonly string[]): string {
  let scaled = value;
  let unit = 0;
  // 999.5 would round up to four digits.
  while (scaled >= (unit === 0 ? step : step - 0.5) && unit < units.length - 1) {
    scaled /= step;
    unit += 1;
  }
  const digits = unit > 0 && scaled < 9.95 ? scaled.toFixed(1).replace(/\.0$/, '') : String(Math.round(scaled));
  return `${digits}${units[unit]}`;
}

/** Text as inert Markdown: nothing in it can become a link, an image, an icon, HTML, or a block. */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/\s+/g, ' ')
      .replace(/[\\`*[\](){}|~$!@]/g, '\\$&')
      // Inside a word an underscore means nothing, so that `o200k_base` stays readable. Telling all of Unicode's letters
      // would take milliseconds when it is first done.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      // Addresses would become links by themselves.
      .replace(/:(?=\/\/)/g, '\\:')
      .replace(/\b(www)\./gi, '$1\\.')
      // Marks of blocks count at the start alone.
      .replace(/^ ?([#+-])/, '\\$1')
      .replace(/^ ?(\d+)([.)])/, '$1\\$2')
  );
}
