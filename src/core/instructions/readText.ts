import { describeError, isSourceError } from '../errors';
import type { WorkOptions } from '../ports';
import { decodeText, maxInstructionBytes, textWithout } from './decode';
import type { FileFacts, InstructionFiles } from './files';
import type { SourceText } from './model';

/** What stands at a path, with the facts by which a later look can tell whether it changed. */
export interface ReadFile {
  readonly source: SourceText;
  readonly modifiedMs: number;
  /** Inside the root, with links followed. */
  readonly realPath: string;
}

/**
 * Reads a file as text. Never rejects but on cancellation: what keeps it from being read is in the result. `known` is
 * what was read there before; it is returned again when size and time of change are still the same.
 */
export async function readText(
  files: InstructionFiles,
  path: string,
  options: WorkOptions,
  known?: ReadFile,
): Promise<ReadFile> {
  let facts: FileFacts | undefined;
  try {
    facts = await files.stat(path, options);
    if (known?.realPath === facts.realPath && isUnchanged(known, facts)) {
      return known;
    }
    const unreadable = withoutReading(facts, files.locate(path));
    const source =
      unreadable ??
      decodeText(await files.read(path, { ...options, maxBytes: maxInstructionBytes }), files.locate(path));
    return { source, modifiedMs: facts.modifiedMs, realPath: facts.realPath };
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      throw error;
    }
    return { source: explainFailure(error, files.locate(path), facts), modifiedMs: 0, realPath: path };
  }
}

function isUnchanged(known: ReadFile, facts: FileFacts): boolean {
  return (
    facts.kind === 'file' &&
    known.modifiedMs !== 0 &&
    known.modifiedMs === facts.modifiedMs &&
    known.source.sizeBytes === facts.sizeBytes
  );
}

function withoutReading(facts: FileFacts, location: string): SourceText | undefined {
  if (facts.kind === 'file') {
    return facts.sizeBytes > maxInstructionBytes ? tooLarge(facts.sizeBytes, location) : undefined;
  }
  if (facts.kind === 'outside') {
    return textWithout('outside', 0, {
      id: 'outside-link',
      severity: 'warning',
      message: `\`${location}\` is a link out of its folder and is not read.`,
      fix: 'Replace the link by the file itself.',
      path: location,
    });
  }
  return textWithout('unreadable', 0, {
    id: 'unreadable',
    severity: 'warning',
    message: `\`${location}\` is not a regular file.`,
    fix: 'Replace it by a file.',
    path: location,
  });
}

function tooLarge(sizeBytes: number, location: string): SourceText {
  return textWithout('too-large', sizeBytes, {
    id: 'too-large',
    severity: 'error',
    message: `\`${location}\` has ${sizeBytes} bytes and is not read; ${maxInstructionBytes} are the most.`,
    fix: 'Split it into smaller files, or move it to a place where no harness loads it.',
    path: location,
  });
}

function explainFailure(error: unknown, location: string, facts: FileFacts | undefined): SourceText {
  if (isSourceError(error, 'too-large')) {
    return tooLarge(facts?.sizeBytes ?? 0, location);
  }
  const missing = isSourceError(error, 'not-found');
  return textWithout(missing ? 'missing' : 'unreadable', facts?.sizeBytes ?? 0, {
    id: missing ? 'vanished' : 'unreadable',
    severity: missing ? 'information' : 'error',
    message: missing ? `\`${location}\` vanished while it was read.` : describeError(error),
    path: location,
  });
}
