import builtIn from '../../../media/data/providers.json';
import { UserError } from '../errors';
import { tokenizerForModel } from '../tokens/models';
import type { ModelTokenizer } from '../tokens/models';

/** A choice of how long a provider keeps a prefix. */
export interface CacheLifetimeOffer {
  readonly id: string;
  /** null = not promised. */
  readonly seconds: number | null;
  /** Price of writing, as a multiple of the input price. */
  readonly writeFactor: number;
}

/**
 * What a provider's prompt cache does. `longest-prefix`: the longest stored prefix is read, in steps of `granularity`
 * tokens. `breakpoints`: only prefixes that end at a breakpoint are stored and read.
 */
export interface CacheRules {
  readonly match: 'longest-prefix' | 'breakpoints';
  /** Shorter prefixes are never cached. */
  readonly minimumTokens: number;
  readonly granularity: number;
  readonly maxBreakpoints: number;
  /** How many blocks before a breakpoint a stored prefix may end; undefined = anywhere before it. */
  readonly lookBackBlocks: number | undefined;
  /** The end of the request counts as a breakpoint. */
  readonly implicitBreakpoint: boolean;
  readonly lifetimes: readonly CacheLifetimeOffer[];
  /** Price of reading, as a multiple of the input price. */
  readonly readFactor: number;
  /** USD per million tokens and hour; 0 where storing is free. */
  readonly storagePerMTokHour: number;
}

export type RequestFormat = 'anthropic' | 'openai' | 'gemini';

export interface ProviderRules {
  readonly id: string;
  readonly label: string;
  readonly format: RequestFormat;
  readonly sources: readonly string[];
  readonly cache: CacheRules;
}

/** One model, with the rules of its provider adapted to it. */
export interface ModelRules extends ProviderRules {
  /** The model as it was asked for. */
  readonly model: string;
  /** USD per million tokens; undefined when the price is not known. */
  readonly inputPerMTok: number | undefined;
  readonly outputPerMTok: number | undefined;
  /** Names of fields on which the sources disagree, or that no source gives. */
  readonly uncertain: readonly string[];
  readonly note: string | undefined;
}

/** The whole table: dated, with sources, and open to a user's corrections. */
export interface ProviderTable {
  /** ISO date on which the built-in table was last checked. */
  readonly asOf: string;
  readonly currency: string;
  readonly providers: readonly ProviderRules[];
  /** The rules for a model by its name (with or without a vendor in front); undefined for unknown models. */
  forModel(model: string): ModelRules | undefined;
  /** Models that have a price of their own, in the order of the table. */
  readonly models: readonly ModelRules[];
}

/**
 * The provider's minimum in tokens of an encoding that we count: less where the provider's own tokenizer gives more
 * tokens than ours. With `certain`, a prefix below it is too short even at the end of the estimate's band.
 */
export function minimumInEncoding(rules: ProviderRules | ModelRules, certain = false): number {
  const tokenizer = tokenizerFor(rules);
  const factor = tokenizer.kind === 'exact' ? 1 : certain ? tokenizer.rule.high : tokenizer.rule.factor;
  return Math.ceil(rules.cache.minimumTokens / factor);
}

/** How a provider's tokens are counted when no model is named: by its newest one. */
export function tokenizerFor(rules: ProviderRules | ModelRules): ModelTokenizer {
  if ('model' in rules) {
    return tokenizerForModel(rules.model);
  }
  return rules.format === 'openai'
    ? { kind: 'exact', encoding: 'o200k_base' }
    : tokenizerForModel(rules.format === 'anthropic' ? 'claude' : 'gemini');
}

type RawCache = Partial<Record<keyof CacheRules, unknown>>;

interface RawProvider {
  readonly id: string;
  readonly label: string;
  readonly format: string;
  readonly sources: readonly string[];
  readonly cache: RawCache;
  readonly models: readonly RawModel[];
}

type RawModel = Readonly<Record<string, unknown>> & { readonly match: string };

/**
 * The table that ships with the product, with a user's own file merged over it: JSON text of the same shape, in which
 * everything but `id` and `match` may be left out. Throws a `UserError` that names what is wrong.
 */
export function loadProviders(override?: { readonly text: string; readonly location: string }): ProviderTable {
  const base = builtIn as unknown as { asOf: string; currency: string; providers: RawProvider[] };
  let { asOf, providers } = base;
  let location = 'providers.json';
  if (override !== undefined) {
    location = override.location;
    const own = parseOverride(override.text, location);
    asOf = own.asOf ?? asOf;
    providers = mergeBy(
      ({ id }) => id,
      providers,
      own.providers,
      (older, newer) => ({
        ...older,
        ...newer,
        cache: { ...older.cache, ...newer.cache },
        models: mergeBy(
          ({ match }) => match,
          older.models,
          newer.models ?? [],
          (before, after) => ({ ...before, ...after }),
        ),
      }),
    );
  }
  const read = providers.map((provider) => ({
    rules: readProvider(provider, location),
    // A user's own provider may leave its models out.
    models: (provider as Partial<RawProvider>).models ?? [],
  }));
  return {
    asOf,
    currency: base.currency,
    providers: read.map(({ rules }) => rules),
    forModel: (model) => findModel(model, read, location),
    models: read.flatMap(({ models }) =>
      models.flatMap((raw) => (raw['inputPerMTok'] === undefined ? [] : (findModel(raw.match, read, location) ?? []))),
    ),
  };
}

function parseOverride(
  text: string,
  location: string,
): { asOf: string | undefined; providers: (Partial<RawProvider> & { id: string })[] } {
  const refuse = (problem: string): never => {
    throw new UserError(`${location}: ${problem}`, 'Compare it with media/data/providers.json of this product.');
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`it is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const { providers, asOf } = (value ?? {}) as { providers?: unknown; asOf?: unknown };
  if (!Array.isArray(providers)) {
    return refuse('it has no list `providers`.');
  }
  const named = (item: unknown, name: string): boolean =>
    typeof item === 'object' && item !== null && typeof (item as Record<string, unknown>)[name] === 'string';
  for (const provider of providers as unknown[]) {
    if (!named(provider, 'id')) {
      return refuse('a provider has no `id`.');
    }
    const { models = [] } = provider as { models?: unknown };
    if (!Array.isArray(models) || models.some((model) => !named(model, 'match'))) {
      return refuse('a model has no `match`.');
    }
  }
  return {
    asOf: typeof asOf === 'string' ? asOf : undefined,
    providers: providers as (Partial<RawProvider> & { id: string })[],
  };
}

/** Newer items replace or extend older ones of the same name; new names come first, so that they win. */
function mergeBy<Older, Newer>(
  nameOf: (item: Older | Newer) => string,
  older: readonly Older[],
  newer: readonly Newer[],
  merge: (older: Older, newer: Newer) => Older,
): Older[] {
  const known = older.map((item) => {
    const change = newer.find((candidate) => nameOf(candidate) === nameOf(item));
    return change === undefined ? item : merge(item, change);
  });
  const added = newer.filter((item) => !older.some((candidate) => nameOf(candidate) === nameOf(item)));
  return [...(added as unknown as Older[]), ...known];
}

function readProvider(raw: RawProvider, location: string): ProviderRules {
  const refuse = (problem: string): never => {
    throw new UserError(`${location}: provider '${raw.id}' ${problem}`, 'Correct the file.');
  };
  const formats: readonly RequestFormat[] = ['anthropic', 'openai', 'gemini'];
  const format = formats.find((candidate) => candidate === raw.format);
  return {
    id: raw.id,
    label: typeof raw.label === 'string' ? raw.label : raw.id,
    format: format ?? refuse(`has no format of ${formats.join(', ')}.`),
    sources: Array.isArray(raw.sources) ? raw.sources : [],
    cache: readCache((raw as Partial<RawProvider>).cache ?? {}, refuse),
  };
}

function readCache(raw: RawCache, refuse: (problem: string) => never): CacheRules {
  const number = (name: keyof CacheRules, fallback?: number): number => {
    const value = raw[name] ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) && value >= 0
      ? value
      : refuse(`has no number ${name} of 0 or more.`);
  };
  const { match, lifetimes, implicitBreakpoint, lookBackBlocks } = raw;
  if (match !== 'longest-prefix' && match !== 'breakpoints') {
    return refuse('has no `match` of longest-prefix, breakpoints.');
  }
  const offers = Array.isArray(lifetimes) ? (lifetimes as CacheLifetimeOffer[]) : [];
  if (offers.length === 0 || offers.some(({ writeFactor }) => typeof writeFactor !== 'number')) {
    return refuse('has no `lifetimes` with an id, seconds and a writeFactor each.');
  }
  return {
    match,
    minimumTokens: number('minimumTokens'),
    granularity: Math.max(1, number('granularity', 1)),
    maxBreakpoints: number('maxBreakpoints', 0),
    lookBackBlocks: typeof lookBackBlocks === 'number' ? lookBackBlocks : undefined,
    implicitBreakpoint: implicitBreakpoint === true,
    lifetimes: offers,
    readFactor: number('readFactor'),
    storagePerMTokHour: number('storagePerMTokHour', 0),
  };
}

function findModel(
  model: string,
  providers: readonly { readonly rules: ProviderRules; readonly models: readonly RawModel[] }[],
  location: string,
): ModelRules | undefined {
  const name = bareName(model);
  let best: { rules: ProviderRules; raw: RawModel } | undefined;
  for (const { rules, models } of providers) {
    for (const raw of models) {
      // A price holds for one model and its dated releases, never for a smaller sister such as `-mini`.
      const rest = raw['inputPerMTok'] === undefined ? /^(?:[-.:@]|$)/ : /^(?:[:@]|-\d|-latest|-preview|$)/;
      const matches = name.startsWith(raw.match) && rest.test(name.slice(raw.match.length));
      if (matches && (best === undefined || raw.match.length > best.raw.match.length)) {
        best = { rules, raw };
      }
    }
  }
  if (best === undefined) {
    return undefined;
  }
  const { rules, raw } = best;
  const price = (field: string): number | undefined => {
    const value = raw[field];
    if (value !== undefined && !(typeof value === 'number' && value >= 0)) {
      throw new UserError(`${location}: ${field} of model '${raw.match}' is not a price.`, 'Write a number.');
    }
    return value;
  };
  // A model's own `match` is its name, not a way of matching prefixes.
  const own = Object.fromEntries(Object.entries(raw).filter(([field]) => field !== 'match' && field in rules.cache));
  return {
    ...rules,
    cache: { ...rules.cache, ...(own as Partial<CacheRules>) },
    model,
    inputPerMTok: price('inputPerMTok'),
    outputPerMTok: price('outputPerMTok'),
    uncertain: Array.isArray(raw['uncertain']) ? (raw['uncertain'] as string[]) : [],
    note: typeof raw['note'] === 'string' ? raw['note'] : undefined,
  };
}

/** Without the vendor in front; Claude's versions are written with `-`. */
function bareName(model: string): string {
  const name = model.trim().toLowerCase().split('/').at(-1)!;
  return name.startsWith('claude') ? name.replaceAll('.', '-') : name;
}
