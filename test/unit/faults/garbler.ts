/** A program that stands between us and a far end, and changes what the far end says. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is done to an answer that must be refused, whatever it is about. */
export const garblings = [
  'nothing',
  'random',
  'page',
  'cut',
  'huge length',
  'binary length',
  'checksum',
  'no archive',
  'no listing',
  'other words',
  'endless',
] as const;
export type Garbling = (typeof garblings)[number] | 'flipped' | 'dropped' | 'greeting' | 'chatter';

/** Run as `node FILE GARBLING SEED PROGRAM ARGUMENT…`; its text holds nothing that a bundler would have to know. */
const text = `
const { spawnSync } = require('node:child_process');
const { readFileSync, writeSync } = require('node:fs');
const [, , garbling, seed, program, ...args] = process.argv;
let state = (Number(seed) * 2654435761) >>> 0 || 1;
const random = (below) => {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
  return state % below;
};
const noise = (length) => Buffer.from(Array.from({ length }, () => random(256)));
const run = () => spawnSync(program, args, { input: readFileSync(0), maxBuffer: 1 << 28 }).stdout;
const write = (bytes) => { for (let at = 0; at < bytes.length;) { at += writeSync(1, bytes, at); } };
const between = (out) => {
  const from = out.indexOf(' tar\\n');
  return from < 0 ? -1 : from + 5;
};
const inHeader = (out, change) => {
  const at = between(out);
  if (at < 0) { return out.subarray(0, out.length >> 1); }
  const header = out.subarray(at, at + 512);
  change(header);
  header.fill(32, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(sum.toString(8).padStart(6, '0') + '\\0 ', 148, 'latin1');
  return out;
};
const replaced = (out, pattern, by) => Buffer.from(out.toString('latin1').replace(pattern, by), 'latin1');
const changes = {
  cut: (out) => out.subarray(0, random(out.length)),
  dropped: (out) => { const at = random(out.length - 80); return Buffer.concat([out.subarray(0, at), out.subarray(at + 70)]); },
  'huge length': (out) => inHeader(out, (header) => header.write('77777777777\\0', 124, 'latin1')),
  'binary length': (out) => inHeader(out, (header) => { header.fill(255, 124, 136); header[124] = 128; }),
  checksum: (out) => { const at = between(out); if (at >= 0) { out[at] ^= 255; return out; } return out.subarray(0, 9); },
  'no archive': (out) => { const at = between(out); return at < 0 ? out.subarray(0, 9) : Buffer.concat([out.subarray(0, at), out.subarray(out.lastIndexOf('context-cache-'))]); },
  'no listing': (out) => replaced(out, /context-cache-[-0-9a-f]+ [0-9a-f]+ \\d+ \\d+ [^]*?\\n(?=context-cache-)/g, ''),
  'other words': (out) => replaced(out, / (status \\S+) ok\\n/, ' $1 well\\n'),
  flipped: (out) => { for (let count = random(4); count >= 0; count -= 1) { out[random(out.length)] = random(256); } return out; },
  greeting: (out) => Buffer.concat([Buffer.from('\\u001b[1mWelcome\\u001b[0m\\r\\n'), noise(100_000), Buffer.from('no end of line'), out]),
  chatter: (out) => { writeSync(2, 'warning: '.repeat(5_000)); return Buffer.concat([out, Buffer.from('logout\\n')]); },
};
if (garbling === 'nothing') {
  readFileSync(0);
} else if (garbling === 'random') {
  readFileSync(0);
  write(noise(20_000));
} else if (garbling === 'page') {
  readFileSync(0);
  write(Buffer.from('<!doctype html><title>Log in</title>'));
} else if (garbling === 'endless') {
  const chunk = noise(65_536);
  for (;;) { write(chunk); }
} else {
  write(changes[garbling](run()));
}
`;

/** Writes the program into a folder; what is returned goes in front of what runs a shell. */
export function writeGarbler(folder: string): (garbling: Garbling, seed: number) => readonly string[] {
  const file = join(folder, 'garbler.cjs');
  writeFileSync(file, text);
  return (garbling, seed) => [process.execPath, file, garbling, String(seed)];
}
