import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation, OperationRecorder, OperationStep, OperationSummary } from '../cache/history';
import { isMissing, namesIn } from './fileSystem';
import { decodeLines, encodeLines } from './journalLines';

const idPattern = /^[0-9a-z]{9}-[0-9a-f]{12}$/;
const extension = '.jsonl';
/** Digits (base 36) of the part of an id that gives the order. */
const turnDigits = 9;
const lastTurn = 36 ** turnDigits - 1;

/** The operations that were applied, one file each, so that they can be undone; safe with several processes. */
export class OperationLog {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Ids sort in the order of the beginnings, also within a millisecond and when the clock was set back. */
  async begin(operation: Omit<OperationSummary, 'id'>): Promise<OperationRecorder> {
    const [latest] = await this.ids();
    const after = latest === undefined ? 0 : parseInt(latest.slice(0, turnDigits), 36) + 1;
    const turn = Math.min(Math.max(Math.floor(operation.startedMs), after), lastTurn);
    const id = `${turn.toString(36).padStart(turnDigits, '0')}-${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    const path = join(this.#folder, id + extension);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    let begun = false;
    return {
      id,
      addStep: async (step) => {
        // An operation that changes nothing leaves no file.
        const lines = begun
          ? [{ type: 'step', ...step }]
          : [
              { type: 'begin', ...operation },
              { type: 'step', ...step },
            ];
        const file = await open(path, 'a', 0o600);
        try {
          await file.appendFile(encodeLines(lines));
        } finally {
          await file.close();
        }
        begun = true;
      },
      flush: async () => {
        if (begun) {
          const file = await open(path, 'r+');
          try {
            await file.datasync();
          } finally {
            await file.close();
          }
        }
      },
    };
  }

  async read(id: string): Promise<Operation | undefined> {
    if (!idPattern.test(id)) {
      return undefined;
    }
    let bytes: Uint8Array;
    try {
      bytes = await readFile(join(this.#folder, id + extension));
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      throw error;
    }
    const { records } = decodeLines(bytes);
    const begin = records.find(isBegin);
    return begin === undefined
      ? undefined
      : {
          id,
          sourceId: begin.sourceId,
          sourceLabel: begin.sourceLabel,
          title: begin.title,
          startedMs: begin.startedMs,
          steps: records.filter(isStep).map(({ scope, keys, files }) => ({ scope, keys, files })),
        };
  }

  /** Ids, newest first. */
  async ids(): Promise<string[]> {
    const names = await namesIn(this.#folder);
    return names
      .filter((name) => name.endsWith(extension))
      .map((name) => name.slice(0, -extension.length))
      .filter((id) => idPattern.test(id))
      .sort()
      .reverse();
  }

  async remove(id: string): Promise<void> {
    if (idPattern.test(id)) {
      await rm(join(this.#folder, id + extension), { force: true });
    }
  }
}

function isBegin(record: unknown): record is Omit<OperationSummary, 'id'> {
  const value = record as Partial<Record<string, unknown>> | null;
  return (
    value?.['type'] === 'begin' &&
    typeof value['sourceId'] === 'string' &&
    typeof value['sourceLabel'] === 'string' &&
    typeof value['title'] === 'string' &&
    typeof value['startedMs'] === 'number'
  );
}

function isStep(record: unknown): record is OperationStep {
  const value = record as Partial<Record<string, unknown>> | null;
  return (
    value?.['type'] === 'step' &&
    (value['scope'] === undefined || typeof value['scope'] === 'string') &&
    Array.isArray(value['keys']) &&
    value['keys'].every((key) => typeof key === 'string') &&
    Array.isArray(value['files']) &&
    value['files'].every(isFileChange)
  );
}

function isFileChange(value: unknown): boolean {
  const change = value as Partial<Record<string, unknown>> | null;
  return (
    typeof change?.['path'] === 'string' &&
    [change['before'], change['after']].every((hash) => hash === undefined || typeof hash === 'string')
  );
}
