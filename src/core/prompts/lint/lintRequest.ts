import type { JsonValue } from '../../cache/model';
import { TextLines } from '../../instructions/textLines';
import type { TextRange } from '../../findings';
import type { EncodingName, TokenCounter } from '../../tokens/counter';
import type { WorkOptions } from '../../ports';
import type { PrefixDocument, PrefixPart } from '../prefix/document';
import { requestDocument } from '../prefix/requests';
import { minimumInEncoding } from '../providers';
import type { ProviderTable } from '../providers';
import { toFinding } from './finding';
import type { Hit, LintFinding } from './finding';
import { lintText } from './lintText';
import type { RuleId } from './rules';

export interface LintRequestInput {
  /** The JSON text of a recorded request. */
  readonly text: string;
  readonly value: JsonValue;
  readonly location: string;
  readonly counter: TokenCounter;
  readonly encoding: EncodingName;
  readonly providers: ProviderTable;
  readonly disabled?: ReadonlySet<RuleId> | undefined;
}

/** Finds in a recorded request what will break, or already keeps out, its cached prefix. */
export async function lintRequest(input: LintRequestInput, options: WorkOptions = {}): Promise<LintFinding[]> {
  const { text, value, location, disabled } = input;
  const document = requestDocument(location, value);
  const cached = cachedParts(document);
  const locate = placesIn(text);
  const hits: { hit: Hit; range: TextRange }[] = [];
  const add = (part: PrefixPart | undefined, hit: Omit<Hit, 'start' | 'end'>): void => {
    const said = part === undefined ? '' : document.text.slice(part.start, part.end);
    hits.push({ hit: { ...hit, start: 0, end: 0 }, range: locate(said) });
  };

  toolOrder(document, add);
  images(document, cached, add);
  lifetimes(value, document, add);
  await minimum(document, input, add, options);
  blocks(document, input, add);

  const inText = cached.flatMap((part) =>
    lintText({ text: document.text.slice(part.start, part.end - 1), kind: 'request', location, disabled }).map(
      ({ quickFix: _, ...finding }): LintFinding => {
        const said = document.text.slice(part.start, part.end - 1).split('\n')[finding.range!.startLine]!;
        return { ...finding, message: `${part.id}: ${finding.message}`, range: locate(said) };
      },
    ),
  );
  return [
    ...hits
      .filter(({ hit }) => disabled?.has(hit.ruleId) !== true)
      .map(({ hit, range }) => toFinding(hit, location, range)),
    ...inText,
  ];
}

type Add = (part: PrefixPart | undefined, hit: Omit<Hit, 'start' | 'end'>) => void;

/** What is meant to stay in the cache: up to the last marker, else tools and system text. */
function cachedParts(document: PrefixDocument): PrefixPart[] {
  const last = document.parts.findLastIndex(({ marker }) => marker);
  return last >= 0 ? document.parts.slice(0, last + 1) : document.parts.filter(({ zone }) => zone !== 'messages');
}

function toolOrder(document: PrefixDocument, add: Add): void {
  const tools = document.parts.filter(({ zone }) => zone === 'tools');
  const names = tools.map(({ start, end }) => /"name":"([^"]+)"/.exec(document.text.slice(start, end))?.[1] ?? '');
  const misplaced = names.findIndex((name, index) => index > 0 && name < names[index - 1]!);
  if (misplaced > 0) {
    add(tools[misplaced], {
      ruleId: 'CB04',
      message: `The tools are in no order: '${names[misplaced]!}' follows '${names[misplaced - 1]!}'. Another order is another prefix.`,
      fix: 'Sort the tools by name.',
      quickFix: { kind: 'sort', title: 'Sort the tools by name' },
    });
  }
}

const image = /"type":"(?:image|image_url|input_image|document|input_file)"|"(?:inlineData|inline_data|fileData)"/;

function images(document: PrefixDocument, cached: readonly PrefixPart[], add: Add): void {
  const firstMessage = document.parts.findIndex(({ zone }) => zone === 'messages');
  document.parts.forEach((part, index) => {
    const early = part.zone === 'system' || (index === firstMessage && index < document.parts.length - 1);
    if (early && cached.includes(part) && image.test(document.text.slice(part.start, part.end))) {
      add(part, {
        ruleId: 'CB08',
        message: `${part.id}: a picture or attachment this early makes all behind it depend on it.`,
        fix: 'Move it to the end of the last message.',
      });
    }
  });
}

/** Markers with a longer lifetime must come first. */
function lifetimes(value: JsonValue, document: PrefixDocument, add: Add): void {
  const order: string[] = [];
  const visit = (inner: JsonValue): void => {
    if (Array.isArray(inner)) {
      (inner as readonly JsonValue[]).forEach(visit);
    } else if (typeof inner === 'object' && inner !== null) {
      const fields = inner as Readonly<Record<string, JsonValue>>;
      for (const name of ['tools', 'system', 'messages', 'content']) {
        visit(fields[name] ?? null);
      }
      const control = fields['cache_control'];
      if (typeof control === 'object' && control !== null && !Array.isArray(control)) {
        const { ttl } = control as Readonly<Record<string, JsonValue>>;
        order.push(typeof ttl === 'string' ? ttl : '5m');
      }
    }
  };
  visit(value);
  const wrong = order.findIndex((lifetime, index) => lifetime === '1h' && order.slice(0, index).includes('5m'));
  if (wrong >= 0) {
    add(document.parts.filter(({ marker }) => marker)[wrong], {
      ruleId: 'CB19',
      message: 'A marker for one hour follows one for five minutes; the provider refuses the request.',
      fix: 'Give the earlier markers the longer lifetime.',
    });
  }
}

async function minimum(
  document: PrefixDocument,
  input: LintRequestInput,
  add: Add,
  options: WorkOptions,
): Promise<void> {
  const rules = document.model === undefined ? undefined : input.providers.forModel(document.model);
  const last = document.parts.findLast(({ marker }) => marker);
  if (rules === undefined || last === undefined || rules.uncertain.includes('minimumTokens')) {
    return;
  }
  const tokens = await input.counter.count(document.text.slice(0, last.end), input.encoding, options);
  if (tokens < minimumInEncoding(rules, true)) {
    add(last, {
      ruleId: 'CB14',
      message: `${last.id}: the prefix up to the last marker has ${tokens} tokens (${input.encoding}); ${rules.model} caches none under ${rules.cache.minimumTokens}, and says nothing.`,
      fix: 'Move more of what is static in front of the marker, or drop the marker.',
    });
  }
}

function blocks(document: PrefixDocument, input: LintRequestInput, add: Add): void {
  const rules = document.model === undefined ? undefined : input.providers.forModel(document.model);
  const lookBack = rules?.cache.lookBackBlocks ?? (document.format === 'anthropic' ? 20 : undefined);
  const markers = document.parts.flatMap(({ marker, zone }, index) => (marker && zone === 'messages' ? [index] : []));
  const last = markers.at(-1);
  if (lookBack === undefined || last === undefined) {
    return;
  }
  const before = document.parts.findLastIndex(({ marker }, index) => marker && index < last);
  if (last - before > lookBack) {
    add(document.parts[last], {
      ruleId: 'CB13',
      message: `${last - before} blocks lie between the last two markers; the cache looks back over ${lookBack}.`,
      fix: 'Set a marker in between.',
    });
  }
}

/** Finds a piece of what is sent in the JSON text that holds it; its first line when it is not found. */
function placesIn(json: string): (said: string) => TextRange {
  const lines = new TextLines(json);
  return (said) => {
    const shown = said
      .replace(/^(?:system|developer|user|assistant|model): /, '')
      .trimEnd()
      .slice(0, 120);
    const escaped = JSON.stringify(shown).slice(1, -1);
    const candidates = [escaped, /"name":"[^"]+"/.exec(shown)?.[0].slice(8, -1) ?? escaped];
    const found = candidates
      .map((text) => ({ text, at: text === '' ? -1 : json.indexOf(text) }))
      .find(({ at }) => at >= 0);
    return found === undefined ? lines.range(0, 0) : lines.range(found.at, found.at + found.text.length);
  };
}
