/** What a real Daytona answered, and a folder in the state in which its sandbox was. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fixturesFolder } from './places';

/** One recorded request to the toolbox and its answer. */
export interface DaytonaExchange {
  readonly name: string;
  readonly method: string;
  /** With its query; the sandbox's files are below `/workspace`. */
  readonly path: string;
  readonly requestBody?: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly disposition?: string;
  readonly body?: string;
  readonly bodyBase64?: string;
}

/** In the order in which they were recorded: later ones find what earlier ones left. */
export const daytonaExchanges = JSON.parse(
  readFileSync(path.join(fixturesFolder, 'golden', 'daytona', 'toolbox-exchanges.json'), 'utf8'),
) as DaytonaExchange[];

/** The bytes that came back. */
export function recordedBody({ body, bodyBase64 }: DaytonaExchange): Buffer {
  return bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64');
}

const contents: Readonly<Record<string, string | Buffer>> = {
  '.instructions_seeded.json': 'x'.repeat(223),
  'project/summary': '# Project\nhello',
  'task/bytes': Buffer.from([0, 255, 1]),
};

/** Lays out the files that the recorded sandbox had, in `base` instead of `/workspace`. */
export function layOutRecordedSandbox(base: string): void {
  const listing = daytonaExchanges.find(({ name }) => name === 'search *')!;
  const { files } = JSON.parse(recordedBody(listing).toString()) as { files: string[] };
  const [root = ''] = files;
  for (const file of files) {
    const place = file.replace('/workspace', base);
    if (files.some((other) => other.startsWith(`${file}/`))) {
      mkdirSync(place, { recursive: true });
    } else {
      writeFileSync(place, contents[file.slice(root.length + 1)] ?? '{}');
    }
  }
}

/** A text of the recording or of the stand-in without what differs between two machines and two moments. */
export function comparableAnswer(text: string, base: string): string {
  return text
    .replaceAll('/workspace', base)
    .replaceAll(encodeURIComponent('/workspace'), encodeURIComponent(base))
    .replace(/"(modTime|modifiedAt|timestamp|owner|group)":"[^"]*"/g, '"$1":"…"')
    .replace(/"size":\d+(?=,"mode":"d)/g, '"size":0')
    .replace(/\/toolbox\/[^/"]*/g, '/toolbox/…');
}
