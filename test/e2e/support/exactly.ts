/** Matches an element whose whole text is this one: Playwright takes a plain string for a part of the text. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
