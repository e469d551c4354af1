import { readFileSync } from 'node:fs';
import { Tiktoken } from 'tiktoken';
import type { EncodingName } from '../../src/core/tokens/counter';

/** The pattern that tiktoken splits texts with, as the package ships it. */
export function tiktokenPattern(encoding: EncodingName): string {
  const file = readFileSync(require.resolve(`tiktoken/encoders/${encoding}.json`), 'utf8');
  return (JSON.parse(file) as { pat_str: string }).pat_str;
}

/** The same as a sticky regular expression of JavaScript, which knows `\s` by another definition than Rust. */
export function sameInJavaScript(pattern: string): RegExp {
  const source = pattern
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}')
    .replaceAll(/\(\?i:([^)]*)\)/g, (_, inner: string) => `(?:${inner.replaceAll(/[a-z]/g, anyCase)})`);
  return new RegExp(source, 'uy');
}

function anyCase(letter: string): string {
  return `[${letter}${letter.toUpperCase()}${letter === 's' ? '\u017f' : ''}]`;
}

/** Every character but the surrogates, in order. */
export function allOfUnicode(): string {
  const blocks: string[] = [];
  for (let first = 0; first < 0x110000; first += 0x1000) {
    const points = Array.from({ length: 0x1000 }, (_, offset) => first + offset);
    blocks.push(String.fromCodePoint(...points.filter((point) => point < 0xd800 || point > 0xdfff)));
  }
  return blocks.join('');
}

/** What of a text a pattern matches by tiktoken's own engine: with single bytes as its ranks, its tokens are UTF-8. */
export function matchedByTiktoken(pattern: string, text: string): string {
  const singleBytes = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]).toString('base64')).join(' ');
  const encoder = new Tiktoken(`! 0 ${singleBytes}`, {}, pattern);
  try {
    return Buffer.from(encoder.encode_ordinary(text)).toString('utf8');
  } finally {
    encoder.free();
  }
}
