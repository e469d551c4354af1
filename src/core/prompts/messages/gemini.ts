import type { JsonValue } from '../../cache/model';
import { layoutOf } from '../cacheBlocks';
import { conversationMark } from '../compile';
import type { CompiledPrompt } from '../compile';

const defaultLifetime = '3600s';

/** Stands where the name of the cached content goes once it was created. */
const cachedContentMark = '{{cachedContent}}';

export interface GeminiOptions {
  readonly model?: string | undefined;
  /** Store the static prefix as cached content, which needs the model's minimum; otherwise one plain request. */
  readonly explicitCache: boolean;
}

/**
 * A generateContent request, and with `explicitCache` the cachedContents request that goes before it. A request that
 * uses cached content may set neither system text nor tools, so what is not static moves into the contents.
 */
export function toGemini(prompt: CompiledPrompt, options: GeminiOptions): JsonValue {
  const { tools, system, hasConversation, tail } = layoutOf(prompt);
  const part = (text: string): JsonValue => ({ role: 'user', parts: [{ text }] });
  const declarations: JsonValue = tools.map(({ name, description, parameters }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    parameters,
  }));
  const toolField = tools.length === 0 ? {} : { tools: [{ functionDeclarations: declarations }] };
  const model = options.model === undefined ? {} : { model: `models/${options.model}` };
  const contents: JsonValue[] = [
    ...(hasConversation ? [part(conversationMark)] : []),
    ...(tail === undefined ? [] : [part(tail)]),
  ];
  const staticBlocks = system.filter(({ stability }) => stability === 'static');
  if (!options.explicitCache || staticBlocks.length === 0) {
    return {
      ...model,
      systemInstruction: { parts: system.map(({ text }) => ({ text })) },
      ...toolField,
      contents,
    };
  }
  const rest = system.filter(({ stability }) => stability !== 'static');
  return {
    cachedContents: {
      ...model,
      displayName: `${prompt.name}-${prompt.variant}`,
      systemInstruction: { parts: staticBlocks.map(({ text }) => ({ text })) },
      ...toolField,
      ttl: defaultLifetime,
    },
    generateContent: {
      ...model,
      cachedContent: cachedContentMark,
      contents: [...rest.map(({ text }) => part(text)), ...contents],
    },
  };
}
