/**
 * One library in a process of its own: does the task that the last argument describes and prints the result as JSON,
 * a line after each text and one at the end, so that a text that never ends does not take the others with it.
 * Bundled by tokens.ts before it is run, so that no compiler runs in the process that is measured.
 */
import { readFileSync, writeSync } from 'node:fs';
import { createTokenCounter } from '../../src/core/tokens/localCounter';
import { IncrementalDocument } from '../../src/core/tokens/document';
import { seededRandom } from '../support/randomTexts';
import type { SubjectTask, TaskResult } from './tasks';

type Count = (text: string) => number;

/** Milliseconds, by the wall or spent computing by this process: the latter tells more on a machine that is busy. */
function nowMs(task: SubjectTask): number {
  if (task.clock === 'wall') {
    return performance.now();
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Opens a library for o200k_base; requires it only now, so that the time to load it is part of opening it. */
async function openSubject({ library, dataFolder, tablesFolder, ranksFile }: SubjectTask): Promise<Count> {
  switch (library) {
    case 'Context Cache': {
      const encoder = await createTokenCounter({ dataFolder, tablesFolder }).encoder('o200k_base');
      return (text) => encoder.count(text);
    }
    case 'tiktoken': {
      const { get_encoding } = await import('tiktoken');
      const encoder = get_encoding('o200k_base');
      return (text) => encoder.encode_ordinary(text).length;
    }
    case 'gpt-tokenizer': {
      const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
      return (text) => countTokens(text);
    }
    case '@microsoft/tiktokenizer': {
      const { createTokenizer, getRegexByEncoder } = await import('@microsoft/tiktokenizer');
      const tokenizer = createTokenizer(ranksFile, new Map(), getRegexByEncoder('o200k_base'));
      return (text) => tokenizer.encode(text).length;
    }
    case 'ai-tokenizer': {
      const { Tokenizer } = await import('ai-tokenizer');
      const tokenizer = new Tokenizer(await import('ai-tokenizer/encoding/o200k_base'));
      return (text) => tokenizer.count(text);
    }
    case 'js-tiktoken': {
      const { Tiktoken } = await import('js-tiktoken/lite');
      const { default: ranks } = await import('js-tiktoken/ranks/o200k_base');
      const encoder = new Tiktoken(ranks);
      return (text) => encoder.encode(text, [], []).length;
    }
  }
}

async function perform(task: SubjectTask): Promise<TaskResult> {
  const residentBefore = process.memoryUsage.rss();
  const started = nowMs(task);
  const count = await openSubject(task);
  count('Hello, world');
  const openMs = nowMs(task) - started;
  const openMb = (process.memoryUsage.rss() - residentBefore) / 1e6;
  const result: TaskResult = { openMs, openMb, rows: {} };
  if (task.kind === 'count') {
    let last: { msPerByte: number } | undefined;
    for (const { name, files } of task.rows) {
      const texts = files.map((file) => readFileSync(file, 'utf8'));
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      if (last !== undefined && last.msPerByte * bytes > task.limitMs) {
        result.rows[name] = { ms: undefined, tokens: 0 };
        continue;
      }
      const begin = nowMs(task);
      const tokens = texts.reduce((sum, text) => sum + count(text), 0);
      const ms = nowMs(task) - begin;
      last = { msPerByte: ms / bytes };
      result.rows[name] = { ms: ms / texts.length, tokens };
      tell(result);
    }
  } else if (task.kind === 'edit' || task.kind === 'edit in a run') {
    result.rows = await measureEdits(task, count);
  } else if (task.kind === 'workspace') {
    result.rows = await measureWorkspace(task, count);
  }
  return result;
}

/** Types a character at 2,000 random places; a library without incremental counts counts the text again. */
async function measureEdits(task: SubjectTask, count: Count): Promise<TaskResult['rows']> {
  const rows: TaskResult['rows'] = {};
  for (const { name, files } of task.rows) {
    const text = readFileSync(files[0]!, 'utf8');
    const random = seededRandom(text.length);
    const times: number[] = [];
    let tokens = 0;
    if (task.library === 'Context Cache') {
      const encoder = await createTokenCounter(task).encoder('o200k_base');
      const document = await IncrementalDocument.open(text, encoder);
      for (let edit = 0; edit < 4_000; edit++) {
        const rangeOffset = Math.floor(random() * document.length);
        // What is typed into a run is a character of it, so that it stays one.
        const typed = task.kind === 'edit' ? 'abc \n.1'.charAt(edit % 7) : characterAt(text, rangeOffset % text.length);
        const change = { rangeOffset, rangeLength: 0, text: typed };
        const begin = performance.now();
        document.apply([change]);
        tokens = document.tokens;
        times.push(performance.now() - begin);
      }
      times.splice(0, 2_000); // The engine compiles while the first are applied.
    } else {
      count(text);
      for (let edit = 0; edit < (text.length > 5_000_000 ? 1 : 3); edit++) {
        const at = Math.floor(random() * text.length);
        const edited = `${text.slice(0, at)}x${text.slice(at)}`;
        const begin = performance.now();
        tokens = count(edited);
        times.push(performance.now() - begin);
      }
    }
    times.sort((one, other) => one - other);
    rows[name] = { ms: times[Math.floor(times.length / 2)]!, tokens };
    rows[`${name} p99`] = { ms: times[Math.floor(times.length * 0.99)]!, tokens };
  }
  return rows;
}

/** The whole character at a place or, when that is the second half of one, just before it. */
function characterAt(text: string, index: number): string {
  const isSecondHalf = (text.charCodeAt(index) & 0xfc00) === 0xdc00;
  return String.fromCodePoint(text.codePointAt(isSecondHalf ? index - 1 : index)!);
}

async function measureWorkspace(task: SubjectTask, count: Count): Promise<TaskResult['rows']> {
  const rows: TaskResult['rows'] = {};
  for (const { name, files } of task.rows) {
    const texts = JSON.parse(readFileSync(files[0]!, 'utf8')) as string[];
    const begin = nowMs(task);
    const counts =
      task.library === 'Context Cache'
        ? await createTokenCounter(task).countAll(texts, 'o200k_base')
        : texts.map(count);
    rows[name] = { ms: nowMs(task) - begin, tokens: counts.reduce((sum, tokens) => sum + tokens, 0) };
  }
  return rows;
}

/** At once: while a text is counted, nothing else is written. */
function tell(result: TaskResult): void {
  writeSync(1, `${JSON.stringify(result)}\n`);
}

void perform(JSON.parse(process.argv.at(-1)!) as SubjectTask).then(tell);
