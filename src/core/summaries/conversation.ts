import type { JsonValue } from '../cache/model';
import { UserError } from '../errors';
import { isRequest, requestDocument } from '../prompts/prefix/requests';

/** One message of a conversation. */
export interface ConversationMessage {
  /** As the original writer names it; undefined in recorded requests, which name none. */
  readonly id: string | undefined;
  readonly role: string | undefined;
  readonly text: string;
}

type JsonObject = Readonly<Record<string, JsonValue>>;

/**
 * Reads a conversation: a recorded request to Anthropic, OpenAI or Gemini, a list of messages, or the message list of
 * the original writer (`message_id`, `type`, `content`, which may itself be JSON text). System texts and tools are no
 * part of it. Throws a `UserError` for anything else.
 */
export function readConversation(label: string, text: string): readonly ConversationMessage[] {
  const messages = messagesOf(label, parseJson(label, text)).filter((message) => message.text.trim() !== '');
  if (messages.length === 0) {
    throw new UserError(`${label} holds no message with a text.`, 'Give a conversation with messages.');
  }
  return messages;
}

/** Whether a text is the JSON of a conversation. */
export function isConversation(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) {
    return false;
  }
  try {
    return readConversation('', text).length > 0;
  } catch {
    return false;
  }
}

function parseJson(label: string, text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new UserError(`${label} is not JSON.`, 'Give the JSON of a conversation.', { cause });
  }
}

function messagesOf(label: string, value: JsonValue): ConversationMessage[] {
  const messages = isObject(value) ? value['messages'] : value;
  if (isList(messages) && messages.some((message) => isObject(message) && idOf(message) !== undefined)) {
    return messages.flatMap((message) => (isObject(message) ? recordedMessage(message) : []));
  }
  if (isList(value) && value.length > 0 && value.every((message) => isObject(message) && 'role' in message)) {
    const isGemini = value.some((message) => isObject(message) && 'parts' in message);
    return requestMessages(label, isGemini ? { contents: value } : { messages: value });
  }
  if (isRequest(value)) {
    return requestMessages(label, value);
  }
  throw new UserError(
    `${label} is no conversation.`,
    'Give the JSON body of a request to Anthropic, OpenAI or Gemini, or a list of messages.',
  );
}

function requestMessages(label: string, value: JsonValue): ConversationMessage[] {
  const { parts, text } = requestDocument(label, value);
  return parts
    .filter(({ zone }) => zone === 'messages')
    .map(({ start, end }) => ({ id: undefined, role: undefined, text: text.slice(start, end) }));
}

/** One row of the original writer's list of messages; rows that no model saw are left out. */
function recordedMessage(message: JsonObject): ConversationMessage[] {
  if (message['is_llm_message'] === false) {
    return [];
  }
  const content = innerMessage(message['content']);
  const role = textOf(content?.['role']) ?? textOf(message['role']) ?? textOf(message['type']);
  const body = content === undefined ? message['content'] : content['content'];
  return [{ id: idOf(message), role, text: bodyText(body) }];
}

/** `{role, content}`, as it is or as JSON text. */
function innerMessage(content: JsonValue | undefined): JsonObject | undefined {
  let value = content;
  if (typeof content === 'string' && content.startsWith('{')) {
    try {
      value = JSON.parse(content) as JsonValue;
    } catch {
      return undefined;
    }
  }
  return isObject(value) && 'content' in value ? value : undefined;
}

function bodyText(body: JsonValue | undefined): string {
  if (typeof body === 'string') {
    return body;
  }
  if (isList(body)) {
    return body.map((block) => (isObject(block) ? textOf(block['text']) : undefined) ?? bodyText(block)).join('\n');
  }
  return body === undefined || body === null ? '' : JSON.stringify(body);
}

function idOf(message: JsonObject): string | undefined {
  return textOf(message['message_id']);
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
