/**
 * Converts real prompts, compiles both variants and prints what each has, as a Markdown table:
 * `npx tsx test/bench/promptReduction.ts FILE…`. The full variant is checked to hold every line of the original.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LibraryInstruction } from '../../src/core/prompts/library';
import { promptLibrary } from '../../src/core/prompts/library';
import { compilePrompt } from '../../src/core/prompts/compile';
import { convertPrompt } from '../../src/core/prompts/convert';
import { extractPrompt } from '../../src/core/prompts/extractPrompt';
import { parseManifest } from '../../src/core/prompts/manifest';
import { resolvePrompt } from '../../src/core/prompts/resolve';
import { verifyPrompt } from '../../src/core/prompts/verify';
import { createTokenCounter } from '../../src/core/tokens/localCounter';

const encoding = 'o200k_base';
const counter = createTokenCounter();
const utf8 = new TextEncoder();

async function measure(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const fileName = path.basename(file);
  const converted = await convertPrompt({ text, fileName, name: 'prompt' }, counter, encoding);
  const contents = new Map(converted.files.map((made) => [made.path, made.text]));
  const { manifest } = parseManifest(converted.files[0]!.text, converted.manifestPath);
  const waiting = converted.sections.filter(({ onDemand }) => onDemand);
  const library: ReadonlyMap<string, LibraryInstruction> = promptLibrary(
    waiting.map(({ id, file: location, title }) => ({
      tag: id,
      location,
      bytes: utf8.encode(contents.get(location)),
      description: `${title}. Use when the task involves it.`,
    })),
    (location) => location,
  );
  const files = {
    locate: (at: string) => at,
    read: async (at: string) => Promise.resolve(utf8.encode(contents.get(at))),
  };
  const prompt = await resolvePrompt(manifest!, converted.manifestPath, files, library);
  const full = compilePrompt(prompt, 'full');
  const streamlined = compilePrompt(prompt, 'streamlined');
  const [original, before, after] = await counter.countAll(
    [extractPrompt(text, fileName).text, full.text, streamlined.text],
    encoding,
  );
  const { lost } = await verifyPrompt({ prompt, full, streamlined, counter, encoding, location: file });
  const same = linesOf(full.text) === linesOf(extractPrompt(text, fileName).text);
  const saved = ((before! - after!) * 100) / before!;
  return [
    path.join(path.basename(path.dirname(file)), fileName),
    String(original),
    String(before),
    String(after),
    `${saved.toFixed(1)} %`,
    String(waiting.length),
    same ? 'all' : 'not all',
    String(lost.length),
  ];
}

function linesOf(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}

async function main(): Promise<void> {
  const headings = ['prompt', 'original', 'full', 'streamlined', 'saved', 'on demand', 'lines kept', 'lost'];
  process.stdout.write(
    `| ${headings.join(' | ')} |\n| ${headings.map((_, index) => (index === 0 ? '---' : '---:')).join(' | ')} |\n`,
  );
  for (const file of process.argv.slice(2)) {
    process.stdout.write(`| ${(await measure(file)).join(' | ')} |\n`);
  }
  counter.dispose();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
