import picomatch from 'picomatch';
import type { InstructionGlob } from './model';

/** More patterns than this after expanding braces are ignored by Claude Code. */
export const maxExpandedPatterns = 1000;

/** Splits `a,b` into patterns; commas inside braces, brackets and parentheses and after a backslash do not split. */
export function splitPatterns(list: string): string[] {
  const patterns: string[] = [];
  let depth = 0;
  let current = '';
  for (let at = 0; at < list.length; at++) {
    const character = list[at]!;
    if (character === '\\' && at + 1 < list.length) {
      current += character + list[++at]!;
      continue;
    }
    if ('{[('.includes(character)) {
      depth++;
    } else if ('}])'.includes(character)) {
      depth = Math.max(0, depth - 1);
    }
    if (character === ',' && depth === 0) {
      patterns.push(current);
      current = '';
    } else {
      current += character;
    }
  }
  patterns.push(current);
  return patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '');
}

/** How a format reads a pattern that is not anchored. */
export type PatternStyle =
  | 'anywhere' // `src/*.ts` means `**/src/*.ts`
  | 'name-anywhere' // `*.ts` means `**/*.ts`, while `src/*.ts` is relative to the folder
  | 'relative'; // always relative to the folder

/** A pattern as a path relative to the root must match it, given the folder that it is written for. */
export function toGlob(written: string, style: PatternStyle, base = ''): InstructionGlob {
  let pattern = written.replace(/^\.\//, '');
  const anchored = pattern.startsWith('/');
  pattern = pattern.replace(/^\/+/, '');
  if (pattern.endsWith('/')) {
    pattern += '**';
  }
  const free = style === 'anywhere' || (style === 'name-anywhere' && !pattern.includes('/'));
  if (!anchored && free && !pattern.startsWith('**/') && pattern !== '**') {
    pattern = `**/${pattern}`;
  }
  return { written, pattern: base === '' ? pattern : `${escapeGlob(base)}/${pattern}` };
}

/** Everything below a folder. */
export function folderGlob(base: string): InstructionGlob {
  const pattern = base === '' ? '**' : `${escapeGlob(base)}/**`;
  return { written: base === '' ? '**' : `${base}/**`, pattern };
}

/** Whether a path (relative, `/`) matches; a pattern that can't be compiled matches nothing. */
export function matchesGlob(path: string, glob: InstructionGlob): boolean {
  try {
    return picomatch.isMatch(path, glob.pattern, { dot: true });
  } catch {
    return false;
  }
}

/** How many patterns come out of one with `{a,b}`; counts no further than just above the limit. */
export function expandedCount(pattern: string): number {
  // alternatives[d] sums the finished alternatives at depth d, product[d] the current one.
  const sums: number[] = [0];
  const products: number[] = [1];
  const limit = maxExpandedPatterns + 1;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === '\\') {
      at++;
    } else if (character === '{') {
      sums.push(0);
      products.push(1);
    } else if (character === ',' && sums.length > 1) {
      sums[sums.length - 1] = Math.min(sums.at(-1)! + products.at(-1)!, limit);
      products[products.length - 1] = 1;
    } else if (character === '}' && sums.length > 1) {
      const inside = sums.pop()! + products.pop()!;
      products[products.length - 1] = Math.min(products.at(-1)! * inside, limit);
    }
  }
  // An opened brace that never closes is an ordinary character.
  return products.reduce((product, factor) => Math.min(product * factor, limit), 1);
}

function escapeGlob(path: string): string {
  return path.replace(/[\\*?[\]{}()!+@|]/g, '\\$&');
}
