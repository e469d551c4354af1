import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import cl100k from 'tiktoken/encoders/cl100k_base.json';
import { Tiktoken } from 'tiktoken/lite';
import { parse } from 'yaml';
import { naiveTime, pythonJson } from './pythonJson';
import type { SampleJson } from './pythonJson';
import {
  architectureNotes,
  assistantMessage,
  decisions,
  projectSummary,
  summaries,
  toolOutputs,
} from './sampleCacheContents';
import type { SampleEntry, SampleToolOutput } from './sampleCacheContents';

const hourMs = 3_600_000;
const scopes = ['system', 'instructions', 'project', 'task', 'artifacts'] as const;
const libraryFolder = path.join(__dirname, '..', '..', 'instructions');

/**
 * Writes the sample's `.iris/kv-cache` below `folder`, as the original writer would have left it at `now`
 * (milliseconds since the epoch): fresh, expiring and expired entries; the instruction `research` in an older edition
 * than the library's; an orphan, a missing and a corrupt value. Refuses a folder that already has a cache.
 */
export async function writeSampleCache(folder: string, now: number): Promise<void> {
  const root = path.join(folder, '.iris', 'kv-cache');
  await mkdir(path.dirname(root), { recursive: true });
  await mkdir(root);

  const encoder = new Tiktoken(cl100k.bpe_ranks, cl100k.special_tokens, cl100k.pat_str);
  try {
    const countTokens = (text: string): number => encoder.encode_ordinary(text).length;
    const entries = [
      ...(await systemEntries(folder)),
      ...(await instructionEntries()),
      ...projectEntries(),
      ...taskEntries(),
      ...toolOutputs.map((output) => toolOutputEntry(output, countTokens)),
      assistantEntry(now, countTokens),
    ];
    for (const scope of scopes) {
      await writeScope(
        path.join(root, scope),
        entries.filter((entry) => entry.scope === scope),
        now,
      );
    }
  } finally {
    encoder.free();
  }
  await writeFile(path.join(root, '.instructions_seeded.json'), await seedFlag(now - 20 * hourMs));
}

async function writeScope(folder: string, entries: readonly SampleEntry[], now: number): Promise<void> {
  await mkdir(folder);
  const index: Record<string, SampleJson> = {};
  for (const entry of entries) {
    const key = entry.originalKey.replace(/[^\p{L}\p{N}_\-.]/gu, '_');
    const bytes = Buffer.from(entry.value, 'utf8');
    const writtenMs = now - entry.ageHours * hourMs;
    if (entry.fault !== 'missing') {
      await writeFile(path.join(folder, key), entry.fault === 'corrupt' ? withOneByteChanged(bytes) : bytes);
    }
    if (entry.fault !== 'orphan') {
      index[key] = {
        original_key: entry.originalKey,
        path: `/workspace/.iris/kv-cache/${entry.scope}/${key}`,
        content_type: entry.contentType,
        size_bytes: bytes.length,
        fingerprint: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
        // The original reckons the end of life first and the time of writing a moment later.
        created_at: naiveTime(writtenMs, 871),
        expires_at: naiveTime(writtenMs + entry.ttlHours * hourMs, 254),
        ttl_hours: entry.ttlHours,
        metadata: entry.metadata(writtenMs),
      };
    }
  }
  await writeFile(path.join(folder, '_index.json'), pythonJson(index));
}

function withOneByteChanged(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = changed[middle] === 0x30 ? 0x31 : 0x30;
  return changed;
}

const noMetadata = (): Readonly<Record<string, SampleJson>> => ({});

async function systemEntries(folder: string): Promise<SampleEntry[]> {
  const schemas = JSON.parse(await readFile(path.join(folder, 'prompts', 'tools.json'), 'utf8')) as SampleJson;
  return [
    {
      scope: 'system',
      originalKey: 'tool_schemas',
      value: pythonJson({ tools: schemas }),
      contentType: 'application/json',
      ageHours: 20,
      ttlHours: 168,
      metadata: noMetadata,
    },
    {
      scope: 'system',
      originalKey: 'startup banner',
      value: 'Market Reporter 0.3.0: cache ready\n',
      contentType: 'text/plain',
      ageHours: 20,
      ttlHours: 168,
      metadata: () => ({ origin: 'system' }),
    },
  ];
}

async function libraryFiles(): Promise<{ tag: string; filename: string; text: string; description: string }[]> {
  const names = (await readdir(libraryFolder)).filter((name) => name.endsWith('.md')).sort();
  return Promise.all(
    names.map(async (filename) => {
      const text = await readFile(path.join(libraryFolder, filename), 'utf8');
      const header = parse(/^---\n([\s\S]*?)\n---\n/.exec(text)?.[1] ?? '') as { name: string; description: string };
      return { tag: header.name, filename, text, description: header.description };
    }),
  );
}

async function instructionEntries(): Promise<SampleEntry[]> {
  const seeded = (await libraryFiles()).map(({ tag, filename, text, description }): SampleEntry => ({
    scope: 'instructions',
    originalKey: `instruction_${tag}`,
    // The edition of `research` in the cache lacks its last section: it was seeded before that was written.
    value: tag === 'research' ? text.slice(0, text.lastIndexOf('\n## ') + 1) : text,
    contentType: 'text/markdown',
    ageHours: tag === 'visualization' ? 160 : 20,
    ttlHours: 168,
    metadata: () => ({ description, filename, source: 'canonical_repository', auto_seeded: true }),
  }));
  return [
    ...seeded,
    {
      scope: 'instructions',
      originalKey: 'instruction_desk_notes',
      value: '# Desk notes\n\nPrices in euro. Hand over on Saturday before nine. Charts in greyscale, please.\n',
      contentType: 'text/markdown',
      ageHours: 30,
      ttlHours: 168,
      metadata: () => ({ description: 'What the desk asked for this week', author: 'agent' }),
    },
  ];
}

function projectEntries(): SampleEntry[] {
  const common = { scope: 'project', ttlHours: 72 } as const;
  return [
    {
      ...common,
      originalKey: 'summary',
      value: projectSummary,
      contentType: 'text/markdown',
      ageHours: 3,
      metadata: () => ({ phase: 3, tags: ['report', 'semiconductors'] }),
    },
    {
      ...common,
      originalKey: 'architecture notes',
      value: architectureNotes,
      contentType: 'text/markdown',
      ageHours: 96,
      metadata: noMetadata,
    },
    {
      ...common,
      originalKey: 'decisions.json',
      value: pythonJson(decisions),
      contentType: 'application/json',
      ageHours: 26,
      metadata: noMetadata,
    },
  ];
}

function taskEntries(): SampleEntry[] {
  return summaries.map(({ messageId, text, ageHours }) => ({
    scope: 'task',
    originalKey: `summary_${messageId}`,
    value: text,
    contentType: 'text/plain',
    ageHours,
    ttlHours: 24,
    metadata: (writtenMs) => ({
      type: 'conversation_summary',
      timestamp: naiveTime(writtenMs, 112),
      version: '1.0',
    }),
  }));
}

function toolOutputEntry(output: SampleToolOutput, countTokens: (text: string) => number): SampleEntry {
  const sourceId = output.callId ?? output.tool;
  const key = `tool_output_${output.tool}_${output.callId ?? output.hash ?? ''}_${sourceId}`;
  const value = typeof output.value === 'string' ? output.value : JSON.stringify(output.value);
  return {
    scope: 'artifacts',
    originalKey: output.fault === 'orphan' ? `tool_output_${output.tool}_${output.hash ?? ''}` : key,
    value,
    contentType: 'text/plain',
    ageHours: output.ageHours,
    ttlHours: 48,
    metadata: (writtenMs) => ({
      ...describeValue(
        value,
        output.tool === 'web_search' ? 'web_search' : 'tool_output',
        sourceId,
        writtenMs,
        countTokens(value),
      ),
      tool_name: output.tool,
      ...(output.callId === undefined ? {} : { tool_call_id: output.callId }),
    }),
    ...(output.fault === undefined ? {} : { fault: output.fault }),
  };
}

function assistantEntry(now: number, countTokens: (text: string) => number): SampleEntry {
  const { session, hash, ageHours, text } = assistantMessage;
  const stamp = new Date(now - ageHours * hourMs).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  return {
    scope: 'artifacts',
    originalKey: `assistant_message_${stamp}_${hash}_assistant_${session}`,
    value: text,
    contentType: 'text/plain',
    ageHours,
    ttlHours: 48,
    metadata: (writtenMs) => ({
      ...describeValue(text, 'assistant_message', `assistant_${session}`, writtenMs, countTokens(text)),
      thread_id: session,
      has_tool_calls: false,
    }),
  };
}

function describeValue(
  value: string,
  contentType: string,
  sourceId: string,
  writtenMs: number,
  tokens: number,
): Readonly<Record<string, SampleJson>> {
  return {
    content_type: contentType,
    source_id: sourceId,
    cached_at: naiveTime(writtenMs, 103),
    size_tokens: tokens,
    size_chars: value.length,
    preview: value.length > 200 ? `${value.slice(0, 200)}...` : value,
    summary: value.length > 400 ? `${value.slice(0, 396)} ...` : value,
  };
}

async function seedFlag(seededMs: number): Promise<string> {
  const tags = (await libraryFiles()).map(({ tag }) => tag);
  const seededAt = `${naiveTime(seededMs, 402)}+00:00`;
  const results = Object.fromEntries(tags.map((tag) => [tag, true]));
  return JSON.stringify({ version: 1, seeded_at: seededAt, results }, undefined, 2);
}

if (require.main === module) {
  const folder = process.argv[2];
  if (folder === undefined) {
    process.stderr.write('usage: tsx test/support/makeSampleCache.ts FOLDER\n');
    process.exitCode = 2;
  } else {
    writeSampleCache(folder, Date.now()).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exitCode = 1;
    });
  }
}
