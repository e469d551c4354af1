import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/places';
import { seededRandom } from '../support/randomTexts';

const modules = join(projectRoot, 'node_modules');

/** Kinds of ordinary text, each as paragraphs or files that are put together in ever new orders. */
export const kinds = ['markdown', 'code', 'chinese', 'emoji', 'json'] as const;
export type Kind = (typeof kinds)[number];

/** Texts of about one size in UTF-8 bytes, no two alike, so that no library answers from its cache alone. */
export function textsOf(kind: Kind, bytes: number, count: number): string[] {
  const random = seededRandom(bytes + kinds.indexOf(kind));
  // Most libraries refuse texts that hold special tokens, such as the descriptions of the libraries themselves.
  const blocks = blocksOf(kind, random).filter((block) => !block.includes('<|'));
  return Array.from({ length: count }, () => {
    const parts: string[] = [];
    for (let size = 0; size < bytes;) {
      const block = blocks[Math.floor(random() * blocks.length)]!;
      parts.push(block);
      size += Buffer.byteLength(block);
    }
    return Buffer.from(parts.join(''))
      .toString('utf8', 0, bytes)
      .replace(/\uFFFD+$/, '');
  });
}

/** One megabyte without a break, or of one thing only: what makes quadratic tokenizers stop. */
export const hostileInputs = ['letter', 'spaces', 'newlines', 'base64', 'slashes', 'emoji', 'marks'] as const;
export type HostileInput = (typeof hostileInputs)[number];

export function hostileText(input: HostileInput, bytes: number): string {
  const random = seededRandom(bytes);
  switch (input) {
    case 'letter':
      return 'a'.repeat(bytes);
    case 'spaces':
      return ' '.repeat(bytes);
    case 'newlines':
      return '\n'.repeat(bytes);
    case 'slashes':
      return '/'.repeat(bytes);
    case 'base64':
      return Buffer.from(Array.from({ length: bytes * 0.75 }, () => random() * 256)).toString('base64');
    case 'emoji':
      return Array.from({ length: bytes / 4 }, () => emoji(random)).join('');
    case 'marks':
      return Array.from({ length: bytes / 2 }, () => String.fromCharCode(0x300 + random() * 0x70)).join('');
  }
}

/** The Markdown of a workspace: 2,000 files of 1 to 17 KB. */
export function workspaceTexts(): string[] {
  const random = seededRandom(2_000);
  const all = textsOf('markdown', 18_000_000, 1)[0]!;
  const texts: string[] = [];
  for (let start = 0; texts.length < 2_000;) {
    const end = start + 1_000 + Math.floor(random() * 16_000);
    texts.push(`# Document ${texts.length}\n\n${all.slice(start, end)}`);
    start = end % (all.length - 17_000);
  }
  return texts;
}

function blocksOf(kind: Kind, random: () => number): string[] {
  switch (kind) {
    case 'markdown':
      return filesNamed(/^(?:README|CHANGELOG)\.md$/i).flatMap((text) => text.split(/(?<=\n\n)/));
    case 'json':
      return filesNamed(/^package\.json$/);
    case 'code':
      return readFileSync(join(modules, 'typescript', 'lib', 'typescript.js'), 'utf8').split(/(?<=\n\}\n)/);
    case 'chinese':
      return Object.values(
        JSON.parse(
          readFileSync(join(modules, 'typescript', 'lib', 'zh-cn', 'diagnosticMessages.generated.json'), 'utf8'),
        ) as Record<string, string>,
      ).map((message) => `${message}\n`);
    case 'emoji':
      return filesNamed(/^README\.md$/i).flatMap((text) =>
        text.split(/(?<=[.\n])/).map((sentence) => `${emoji(random)}${emoji(random)} ${sentence} ${emoji(random)}`),
      );
  }
}

function filesNamed(name: RegExp): string[] {
  return readdirSync(modules)
    .sort()
    .flatMap((folder) => {
      const path = join(modules, folder);
      try {
        return readdirSync(path)
          .filter((file) => name.test(file))
          .map((file) => readFileSync(join(path, file), 'utf8'));
      } catch {
        return []; // A file among the folders.
      }
    });
}

function emoji(random: () => number): string {
  return String.fromCodePoint(0x1f300 + Math.floor(random() * 0x2ff));
}
