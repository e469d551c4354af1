import { isAbsolute, relative, sep } from 'node:path';
import type { Finding } from '../core/findings';
import type { CliContext } from './io';
import { printable } from './text';

/** Says findings on standard error, a line each. */
export function reportFindings(context: CliContext, findings: readonly Finding[]): void {
  for (const finding of findings) {
    context.message(describeFinding(finding, context.cwd));
  }
}

/** `path:line:column: severity id: message fix`, with paths relative to the working folder. */
export function describeFinding(finding: Finding, cwd: string): string {
  const { path, range, severity, id, message, fix } = finding;
  const shown = path === undefined ? '' : (pathInside(cwd, path) ?? path);
  const place = range === undefined ? shown : `${shown}:${range.startLine + 1}:${range.startCharacter + 1}`;
  return printable(
    `${place === '' ? '' : `${place}: `}${severity} ${id}: ${message}${fix === undefined ? '' : ` ${fix}`}`,
  );
}

/** A path as output shows it: relative to the working folder with `/`, or absolute outside of it. */
export function shownPath(context: CliContext, path: string): string {
  return pathInside(context.cwd, path) ?? path;
}

/** A path relative to a folder, with `/`; undefined for the folder itself and for what lies outside of it. */
export function pathInside(root: string, path: string): string | undefined {
  const inside = relative(root, path);
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)
    ? undefined
    : inside.split(sep).join('/');
}
