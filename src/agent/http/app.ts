import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { timeout } from 'hono/timeout';
import { RE2JS } from 're2js';
import type { z } from 'zod';
import { derivedPath } from '../../core/cache/scopes';
import { planInvalidate, planPrune } from '../../core/cache/plans/invalidate';
import { planSeed } from '../../core/cache/plans/seed';
import { fromJson, printPython } from '../../core/cache/pythonJsonPrint';
import type { PythonObject } from '../../core/cache/pythonJson';
import { originalKeyOfTag, sanitizeKey, usableKey } from '../../core/cache/keys';
import { cacheStats } from '../../core/cache/stats';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/ports';
import type { AgentCache } from '../agentCache';
import { AgentError } from '../agentError';
import { originalStats, prunedByScope } from '../tools/maintenanceTools';
import { decode, newestFirst, parsedObject } from '../tools/shapes';
import { entryMetadata, listedKey, scopeOf, statusOf, validationDetail } from './answers';
import { requireLoopbackHost, requireToken } from './guards';
import { openApiDocument } from './openApi';
import { addressQuery, keysQuery, putBody, requiredScopeQuery, scopeQuery, seedQuery } from './requests';

export interface HttpApiSettings {
  /** The id under which the one cache is served; any other sandbox id is 404. */
  readonly sandboxId: string;
  readonly token: string;
  readonly readOnly: boolean;
  readonly version: string;
  readonly log: Logger;
  /** How long a request may take, in milliseconds; a minute unless given. */
  readonly requestTimeoutMs?: number;
}

/** A value of 50 MiB, escaped as JSON in the ordinary case, and its metadata. */
const maxBodyBytes = 64 * 1024 * 1024;
const usualTimeoutMs = 60_000;

const tooSlow = (): HTTPException => new HTTPException(504, { message: 'The cache did not answer in time.' });

/** A request that does not fit its schema. */
class InvalidRequest extends Error {
  readonly detail: unknown;

  constructor(place: 'query' | 'body', error: z.ZodError) {
    super('The request is not valid.');
    this.detail = validationDetail(place, error);
  }
}

/** The original's eight endpoints over one cache, plus its OpenAPI document. */
export function createHttpApi(cache: AgentCache, settings: HttpApiSettings): Hono {
  const app = new Hono();
  app.use(requireLoopbackHost());
  app.get('/openapi.json', (context) => context.json(openApiDocument(settings.version)));
  app.use('/api/*', requireToken(settings.token));
  app.use('/api/*', timeout(settings.requestTimeoutMs ?? usualTimeoutMs, tooSlow));
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (context) => context.json({ detail: `The body has more than ${maxBodyBytes} bytes.` }, 413),
    }),
  );
  app.use('/api/sandboxes/:id/*', async (context, next) => {
    if (context.req.param('id') !== settings.sandboxId) {
      return context.json({ detail: `Sandbox '${context.req.param('id')}' not found` }, 404);
    }
    if (settings.readOnly && context.req.method !== 'GET') {
      return context.json({ detail: 'This server was started with --read-only.' }, 403);
    }
    await next();
    return undefined;
  });
  app.route('/api/sandboxes/:id/kv-cache', endpoints(cache, settings.sandboxId));
  app.notFound((context) => context.json({ detail: 'Not Found' }, 404));
  app.onError((error, context) => {
    if (error instanceof HTTPException) {
      return context.json({ detail: error.message }, error.status);
    }
    if (error instanceof InvalidRequest) {
      return context.json({ detail: error.detail }, 422);
    }
    if (error instanceof AgentError) {
      return context.json({ detail: describeError(error).trim() }, statusOf(error));
    }
    settings.log.error(`${context.req.method} ${context.req.path}`, error);
    return context.json({ detail: 'Internal Server Error' }, 500);
  });
  return app;
}

function endpoints(cache: AgentCache, sandboxId: string): Hono {
  const api = new Hono();
  const base = { success: true, sandbox_id: sandboxId };

  api.get('/stats', async (context) => {
    const scope = optional(query(context, scopeQuery).scope, scopeOf);
    const stats = cacheStats(await cache.snapshot()).filter((each) => scope === undefined || each.scope === scope);
    return context.json({ ...base, stats: Object.fromEntries(stats.map((each) => [each.scope, originalStats(each)])) });
  });

  api.get('/keys', async (context) => {
    const asked = query(context, keysQuery);
    const scope = scopeOf(asked.scope);
    const matches = matcher(asked.pattern);
    const { scopes } = await cache.snapshot();
    const keys = (scopes.find((each) => each.scope === scope)?.entries ?? [])
      .filter(({ states }) => !states.includes('orphan'))
      .filter(({ states }) => asked.include_expired === true || !states.includes('expired'))
      .filter(({ originalKey }) => matches(originalKey))
      .toSorted(newestFirst)
      .map(listedKey);
    return context.json({ ...base, scope, count: keys.length, keys });
  });

  api.get('/value', async (context) => {
    const { scope, key } = query(context, addressQuery);
    const { entry, bytes } = await cache.get(scopeOf(scope), key);
    const text = decode(bytes);
    const answer = { ...base, scope, key };
    const metadata = entryMetadata(entry);
    if (text === undefined) {
      const value = Buffer.from(bytes).toString('base64');
      return context.json({ ...answer, value, encoding: 'base64', metadata });
    }
    const object = entry.contentType === 'application/json' ? parsedObject(text) : undefined;
    return context.json({ ...answer, value: object ?? text, metadata });
  });

  api.post('/value', async (context) => {
    const request = await body(context);
    const { key, value } = request;
    const scope = scopeOf(request.scope);
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null || Array.isArray(value))) {
      throw new AgentError('invalid', `Unsupported value type: ${typeName(value)}.`, 'Store a text or an object.');
    }
    const isText = typeof value === 'string';
    await cache.put({
      scope,
      originalKey: key,
      bytes: Buffer.from(isText ? value : printPython(fromJson(value), { indent: 2 }), 'utf8'),
      contentType: isText ? 'text/plain' : 'application/json',
      ...(typeof request.ttl_hours === 'number' ? { ttlHours: request.ttl_hours } : {}),
      metadata: fromJson(request.metadata ?? {}) as PythonObject,
    });
    return context.json({ ...base, scope, key, path: derivedPath(scope, sanitizeKey(key)) });
  });

  api.delete('/value', async (context) => {
    const asked = query(context, addressQuery);
    const { key } = asked;
    const scope = scopeOf(asked.scope);
    const plan = await cache.plan((source) => planInvalidate(source, { entries: [{ scope, key: usableKey(key) }] }));
    if (plan.effects.length === 0) {
      throw new AgentError('not-found', `Key '${key}' not found in scope '${scope}'`);
    }
    const { results } = await cache.applyPlanned(plan);
    const failed = results.find(({ outcome }) => outcome === 'failed');
    if (failed !== undefined) {
      throw new AgentError('failed', failed.message ?? `'${key}' was not deleted.`);
    }
    return context.json({ ...base, scope, key, deleted: true });
  });

  api.post('/prune', async (context) => {
    const scope = optional(query(context, scopeQuery).scope, scopeOf);
    const report = await cache.apply((source) => planPrune(source, scope === undefined ? {} : { scope }));
    const results = prunedByScope(report, scope);
    const total = Object.values(results).reduce((sum, count) => sum + count, 0);
    return context.json({ ...base, total_pruned: total, results });
  });

  api.post('/seed-instructions', async (context) => {
    const force = query(context, seedQuery).force_refresh === true;
    const { instructions } = await cache.library();
    const report = await cache.apply((source, history) => planSeed(source, instructions, history, { force }));
    const outcomes = new Map(report.results.map((result) => [result.id, result]));
    const results = instructions.map(({ tag }) => {
      const id = `instructions/${sanitizeKey(originalKeyOfTag(tag))}`;
      const result = outcomes.get(id);
      return [tag, result?.outcome === 'done' || result?.message === 'Nothing to do.'] as const;
    });
    return context.json({
      ...base,
      seeded_count: results.filter(([, seeded]) => seeded).length,
      total_instructions: instructions.length,
      results: Object.fromEntries(results),
    });
  });

  api.delete('/clear-scope', async (context) => {
    const scope = scopeOf(query(context, requiredScopeQuery).scope);
    const report = await cache.apply((source) => planInvalidate(source, { scope }));
    const deleted = report.results.filter(({ outcome }) => outcome === 'done').length;
    return context.json({ ...base, scope, deleted_count: deleted });
  });

  return api;
}

function query<Schema extends z.ZodType>(context: Context, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(context.req.query(), { reportInput: true });
  if (!parsed.success) {
    throw new InvalidRequest('query', parsed.error);
  }
  return parsed.data;
}

async function body(context: Context): Promise<z.output<typeof putBody>> {
  let value: unknown;
  try {
    value = await context.req.json();
  } catch (error) {
    throw new AgentError('invalid', 'The body is not JSON.', 'Send a JSON object.', { cause: error });
  }
  const parsed = putBody.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    throw new InvalidRequest('body', parsed.error);
  }
  return parsed.data;
}

function optional<Value, Result>(value: Value | undefined, convert: (value: Value) => Result): Result | undefined {
  return value === undefined ? undefined : convert(value);
}

/** Searches as the original does, in time linear in the key: a client's pattern must not stop the server. */
function matcher(pattern: string | undefined): (key: string) => boolean {
  if (pattern === undefined || pattern === '') {
    return () => true;
  }
  try {
    const expression = RE2JS.compile(pattern);
    return (key) => expression.matcher(key).find();
  } catch (error) {
    throw new AgentError('invalid', `The pattern is not a regular expression: ${describeError(error)}`);
  }
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}
