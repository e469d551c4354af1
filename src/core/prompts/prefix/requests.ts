import { createHash } from 'node:crypto';
import type { JsonValue } from '../../cache/model';
import { UserError } from '../../errors';
import type { RequestFormat } from '../providers';
import type { PrefixDocument, PrefixPart, PrefixZone } from './document';

type JsonObject = Readonly<Record<string, JsonValue>>;

interface Block {
  readonly id: string;
  readonly zone: PrefixZone;
  readonly text: string;
  readonly marker: boolean;
}

/** Fields that tell the cache something and the model nothing. */
const markerFields = ['cache_control', 'prompt_cache_breakpoint', 'cachePoint'];
/** Longer strings of base64 are shown by their hash. */
const longData = 512;

/** Whether a JSON value looks like a request to one of the three providers. */
export function isRequest(value: JsonValue): boolean {
  return (
    isObject(value) &&
    ['messages', 'contents', 'input', 'generateContent', 'cachedContents'].some((name) => name in value)
  );
}

/**
 * Reads a recorded request of Anthropic (Messages), OpenAI (Chat Completions or Responses) or Gemini (generateContent,
 * or the pair that the compiler writes). Throws a `UserError` for anything else.
 */
export function requestDocument(label: string, value: JsonValue): PrefixDocument {
  if (!isObject(value) || !isRequest(value)) {
    const fix = 'Give the JSON body of a request to Anthropic, OpenAI or Gemini.';
    throw new UserError(`${label} is no recorded request.`, fix);
  }
  const format = formatOf(value);
  const blocks =
    format === 'gemini' ? geminiBlocks(value) : format === 'openai' ? openAiBlocks(value) : anthropicBlocks(value);
  let text = '';
  const parts = blocks.map((block): PrefixPart => {
    const start = text.length;
    text += `${block.text}\n`;
    return { id: block.id, zone: block.zone, start, end: text.length, marker: block.marker };
  });
  const inner = isObject(value['generateContent']) ? value['generateContent'] : value;
  const model = inner['model'];
  const settings = ['tool_choice', 'thinking'].map((name) => JSON.stringify(value[name] ?? null)).join(' ');
  return {
    label,
    text,
    parts,
    joint: false,
    format,
    model: typeof model === 'string' ? model : undefined,
    messageSettings: format === 'anthropic' ? settings : undefined,
  };
}

function formatOf(value: JsonObject): RequestFormat {
  if ('contents' in value || 'generateContent' in value || 'cachedContents' in value) {
    return 'gemini';
  }
  const model = typeof value['model'] === 'string' ? value['model'] : '';
  const tools = list(value['tools']);
  if ('system' in value || model.includes('claude') || tools.some((tool) => isObject(tool) && 'input_schema' in tool)) {
    return 'anthropic';
  }
  return 'openai';
}

function anthropicBlocks(value: JsonObject): Block[] {
  return [
    ...list(value['tools']).map((tool, index) => block(`tools[${index}]`, 'tools', tool)),
    ...contentBlocks('system', 'system', value['system']),
    ...list(value['messages']).flatMap((message, index) => messageBlocks(`messages[${index}]`, 'messages', message)),
  ];
}

function openAiBlocks(value: JsonObject): Block[] {
  const messages = list(
    value['messages'] ??
      (typeof value['input'] === 'string' ? [{ role: 'user', content: value['input'] }] : value['input']),
  );
  const name = 'messages' in value ? 'messages' : 'input';
  return [
    ...list(value['tools']).map((tool, index) => block(`tools[${index}]`, 'tools', tool)),
    ...contentBlocks('instructions', 'system', value['instructions']),
    ...messages.flatMap((message, index) => {
      const role = isObject(message) ? message['role'] : undefined;
      const zone = role === 'system' || role === 'developer' ? 'system' : 'messages';
      return messageBlocks(`${name}[${index}]`, zone, message);
    }),
  ];
}

function geminiBlocks(value: JsonObject): Block[] {
  const stored = isObject(value['cachedContents']) ? oneGemini(value['cachedContents'], 'cachedContents.') : [];
  const last = stored.at(-1);
  const marked = last === undefined ? [] : [...stored.slice(0, -1), { ...last, marker: true }];
  return [...marked, ...oneGemini(isObject(value['generateContent']) ? value['generateContent'] : value, '')];
}

function oneGemini(value: JsonObject, at: string): Block[] {
  const system = value['systemInstruction'] ?? value['system_instruction'];
  return [
    ...list(value['tools']).map((tool, index) => block(`${at}tools[${index}]`, 'tools', tool)),
    ...(system === undefined ? [] : messageBlocks(`${at}systemInstruction`, 'system', system)),
    ...list(value['contents']).flatMap((content, index) =>
      messageBlocks(`${at}contents[${index}]`, 'messages', content),
    ),
  ];
}

function messageBlocks(id: string, zone: PrefixZone, message: JsonValue): Block[] {
  if (!isObject(message)) {
    return contentBlocks(id, zone, message);
  }
  const { role, content, parts, ...rest } = message;
  const inside = contentBlocks(content === undefined ? `${id}.parts` : `${id}.content`, zone, content ?? parts);
  const others = Object.entries(rest).filter(([name]) => !markerFields.includes(name));
  const head = typeof role === 'string' ? `${role}: ` : '';
  const blocks = inside.map((part, index) => (index === 0 ? { ...part, text: head + part.text } : part));
  if (others.length > 0) {
    blocks.push({ id, zone, text: JSON.stringify(shown(Object.fromEntries(others))), marker: false });
  }
  const last = blocks.at(-1);
  return last !== undefined && hasMarker(message) ? [...blocks.slice(0, -1), { ...last, marker: true }] : blocks;
}

function contentBlocks(id: string, zone: PrefixZone, content: JsonValue | undefined): Block[] {
  if (content === undefined || content === null) {
    return [];
  }
  return Array.isArray(content)
    ? (content as readonly JsonValue[]).map((item, index) => block(`${id}[${index}]`, zone, item))
    : [block(id, zone, content)];
}

function block(id: string, zone: PrefixZone, value: JsonValue): Block {
  return { id, zone, text: blockText(value), marker: hasMarker(value) };
}

function hasMarker(value: JsonValue): boolean {
  return isObject(value) && markerFields.some((name) => name in value);
}

function blockText(value: JsonValue): string {
  if (typeof value === 'string') {
    return value;
  }
  if (!isObject(value)) {
    return JSON.stringify(value);
  }
  const kept = Object.entries(value).filter(([name]) => !markerFields.includes(name));
  const { text, type, ...rest } = Object.fromEntries(kept);
  const isText = type === undefined || type === 'text' || type === 'input_text' || type === 'output_text';
  return typeof text === 'string' && isText && Object.keys(rest).length === 0
    ? text
    : JSON.stringify(shown(Object.fromEntries(kept)));
}

/** Pictures and other long data count as one value, by their hash. */
function shown(value: JsonValue): JsonValue {
  if (typeof value === 'string' && value.length > longData && /^(?:data:[^,]{0,100},)?[A-Za-z0-9+/=\s]+$/.test(value)) {
    return `sha256:${createHash('sha256').update(value).digest('hex')}`;
  }
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map(shown);
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]))
    : value;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
