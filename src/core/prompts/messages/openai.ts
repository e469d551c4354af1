import type { JsonValue } from '../../cache/model';
import { sha256Hex } from '../../cache/fingerprint';
import { layoutOf } from '../cacheBlocks';
import { conversationMark } from '../compile';
import type { CompiledPrompt } from '../compile';
import type { ModelRules } from '../providers';
import { toolLines } from '../tools';

/**
 * A Chat Completions request. The prefix is cached by itself; one message per cache block keeps what is static in front
 * of what is not, and `prompt_cache_key` sends equal prefixes to the same place. Models that take explicit breakpoints
 * get one at the end of each block that outlives a turn; others would refuse the field, so they get none.
 */
export function toOpenAi(prompt: CompiledPrompt, rules?: ModelRules): JsonValue {
  const { tools, system, hasConversation, tail } = layoutOf(prompt);
  const explicit = rules?.format === 'openai' && rules.cache.match === 'breakpoints';
  const messages: JsonValue[] = system.map(({ text, stability }) => ({
    role: 'developer',
    content: [
      {
        type: 'text',
        text,
        ...(explicit && stability !== 'turn' ? { prompt_cache_breakpoint: { mode: 'explicit' } } : {}),
      },
    ],
  }));
  if (hasConversation) {
    messages.push({ role: 'user', content: conversationMark });
  }
  if (tail !== undefined) {
    messages.push({ role: 'user', content: tail });
  }
  const staticText = system.find(({ stability }) => stability === 'static')?.text ?? '';
  const prefix = new TextEncoder().encode(`${toolLines(tools)}\n${staticText}`);
  return {
    ...(rules === undefined ? {} : { model: rules.model }),
    prompt_cache_key: `${prompt.name}-${prompt.variant}-${sha256Hex(prefix).slice(0, 16)}`,
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: { name, ...(description === undefined ? {} : { description }), parameters },
          })),
        }),
    messages,
  };
}
