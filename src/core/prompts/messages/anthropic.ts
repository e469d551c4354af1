import type { JsonValue } from '../../cache/model';
import { layoutOf } from '../cacheBlocks';
import { conversationMark } from '../compile';
import type { CompiledPrompt } from '../compile';
import type { CacheLifetime, Stability } from '../model';

/**
 * A Messages request: tools, system, messages, in the order of Anthropic's prefix. A marker stands at the end of the
 * tools, of the static system text and of the session's, three of the four that are allowed; the fourth is left for
 * the end of the conversation, which only the sender knows.
 */
export function toAnthropic(prompt: CompiledPrompt, model?: string): JsonValue {
  const { tools, system, hasConversation, tail } = layoutOf(prompt);
  const marker = (stability: Stability): { cache_control: JsonValue } | undefined =>
    stability === 'turn' ? undefined : { cache_control: cacheControl(prompt.manifest.cache[stability]) };
  const messages: JsonValue[] = [];
  if (hasConversation) {
    messages.push({ role: 'user', content: conversationMark });
  }
  if (tail !== undefined) {
    messages.push({ role: 'user', content: tail });
  }
  return {
    ...(model === undefined ? {} : { model }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }, index) => ({
            name,
            ...(description === undefined ? {} : { description }),
            input_schema: parameters,
            ...(index === tools.length - 1 ? marker('static') : {}),
          })),
        }),
    system: system.map(({ text, stability }) => ({ type: 'text', text, ...marker(stability) })),
    messages,
  };
}

function cacheControl(lifetime: CacheLifetime | undefined): JsonValue {
  return lifetime === undefined ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: lifetime };
}
