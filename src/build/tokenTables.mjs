import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The encodings that are packaged; src/core/tokens/counter.ts names the same ones. */
const encodingNames = ['o200k_base', 'cl100k_base'];

/**
 * The properties that the patterns of the encodings tell apart, in the order of the class numbers in
 * src/core/tokens/characterClasses.ts; class 0 is every other character.
 */
const classPatterns = [
  '[\\p{Lu}\\p{Lt}]',
  '\\p{Ll}',
  '[\\p{Lm}\\p{Lo}]',
  '\\p{M}',
  '\\p{N}',
  '[^\\S\\r\\n]',
  '[\\r\\n]',
];

/**
 * Writes the tables that token counts are made with into a folder: `<encoding>.tokens` and `classes.bin`. Both are read
 * out of the installed tiktoken package, whose counts are the reference. Files that are up to date stay untouched, so
 * that builds and test runs may overlap.
 */
export async function buildTokenTables(folder) {
  await mkdir(folder, { recursive: true });
  const stampFile = join(folder, 'source.txt');
  const stamp = await sourceStamp();
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) {
    return;
  }
  for (const name of encodingNames) {
    await replaceFile(join(folder, `${name}.tokens`), compactRanks(require(`tiktoken/encoders/${name}.json`)));
  }
  await replaceFile(join(folder, 'classes.bin'), classRanges());
  await replaceFile(stampFile, stamp);
}

async function sourceStamp() {
  const manifest = join(dirname(require.resolve('tiktoken')), 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8'));
  const script = await readFile(new URL(import.meta.url));
  return `tiktoken ${version}, ${createHash('sha256').update(script).digest('hex')}\n`;
}

async function replaceFile(path, bytes) {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * All tokens in the order of their ranks: the SHA-256 of what follows, the number of tokens (32 bits, little-endian), a
 * length byte each, their bytes.
 */
function compactRanks({ bpe_ranks: text }) {
  const tokens = [];
  for (const line of text.split('\n').filter(Boolean)) {
    const [, firstRank, ...encoded] = line.split(' ');
    if (Number(firstRank) !== tokens.length) {
      throw new Error(`The ranks of the tiktoken package have a hole before ${firstRank}.`);
    }
    for (const token of encoded) {
      tokens.push(Buffer.from(token, 'base64'));
    }
  }
  if (tokens.some((token, rank) => token.length === 0 || token.length > 255 || (token.length === 1) !== rank < 256)) {
    throw new Error('The first 256 ranks must be the single bytes, and no token may be longer than 255 bytes.');
  }
  const count = Buffer.alloc(4);
  count.writeUInt32LE(tokens.length);
  const content = Buffer.concat([count, Buffer.from(tokens.map((token) => token.length)), ...tokens]);
  return Buffer.concat([createHash('sha256').update(content).digest(), content]);
}

/** One 32-bit number per run of equal classes, in order: first code point + class number × 2^24. */
function classRanges() {
  const { Tiktoken } = require('tiktoken');
  const singleBytes = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]).toString('base64')).join(' ');
  /** The characters of the text that match; with the single bytes as the only ranks, tokens are UTF-8 bytes. */
  const matching = (pattern, text) => {
    const encoder = new Tiktoken(`! 0 ${singleBytes}`, {}, pattern);
    try {
      return Buffer.from(encoder.encode_ordinary(text)).toString('utf8');
    } finally {
      encoder.free();
    }
  };

  const blocks = [];
  for (let first = 0; first < 0x110000; first += 0x1000) {
    const points = Array.from({ length: 0x1000 }, (_, offset) => first + offset);
    blocks.push(String.fromCodePoint(...points.filter((point) => point < 0xd800 || point > 0xdfff)));
  }
  const everything = blocks.join('');

  const classes = new Uint8Array(0x110000);
  classPatterns.forEach((pattern, index) => {
    for (const character of matching(pattern, everything)) {
      const point = character.codePointAt(0);
      if (classes[point] !== 0) {
        throw new Error(`U+${point.toString(16)} is in two character classes.`);
      }
      classes[point] = index + 1;
    }
  });
  // The scanner knows by heart what equals a contraction's letters regardless of case.
  const folded = [...matching('(?i:[strevmld])', everything)].sort().join('');
  if (folded !== 'DELMRSTVdelmrstv\u017f') {
    throw new Error(`The letters of contractions match unexpected characters: ${folded}`);
  }

  const ranges = [];
  classes.forEach((value, point) => {
    if (point === 0 || value !== classes[point - 1]) {
      ranges.push(point + value * 0x1000000);
    }
  });
  const bytes = Buffer.alloc(ranges.length * 4);
  ranges.forEach((range, index) => bytes.writeUInt32LE(range, index * 4));
  return bytes;
}
