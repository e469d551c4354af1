import { z } from 'zod';
import type { JsonValue } from '../../core/cache/model';
import { addressQuery, keysQuery, putBody, requiredScopeQuery, scopeQuery, seedQuery } from './requests';

interface Endpoint {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Fields of the 200 answer beside `success` and `sandbox_id`, and how each is typed. */
  readonly answer: Readonly<Record<string, JsonValue>>;
}

const text = { type: 'string' };
const count = { type: 'integer' };
const object = { type: 'object' };

const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/stats',
    summary: 'Entries, bytes and quota per scope',
    query: scopeQuery,
    answer: { stats: object },
  },
  {
    method: 'get',
    path: '/keys',
    summary: 'The keys of a scope, newest first',
    query: keysQuery,
    answer: { scope: text, count, keys: { type: 'array', items: object } },
  },
  {
    method: 'get',
    path: '/value',
    summary: 'One value with its index entry; bytes that are not text come as base64 with `encoding`',
    query: addressQuery,
    answer: { scope: text, key: text, value: {}, encoding: text, metadata: object },
  },
  {
    method: 'post',
    path: '/value',
    summary: 'Store a text or an object',
    body: putBody,
    answer: { scope: text, key: text, path: text },
  },
  {
    method: 'delete',
    path: '/value',
    summary: 'Delete one entry',
    query: addressQuery,
    answer: { scope: text, key: text, deleted: { type: 'boolean' } },
  },
  {
    method: 'post',
    path: '/prune',
    summary: 'Remove expired entries',
    query: scopeQuery,
    answer: { total_pruned: count, results: object },
  },
  {
    method: 'post',
    path: '/seed-instructions',
    summary: 'Seed the library; what was changed in the sandbox is left alone unless forced',
    query: seedQuery,
    answer: { seeded_count: count, total_instructions: count, results: object },
  },
  {
    method: 'delete',
    path: '/clear-scope',
    summary: 'Delete every entry of a scope',
    query: requiredScopeQuery,
    answer: { scope: text, deleted_count: count },
  },
];

const failures: Readonly<Record<string, string>> = {
  400: 'The scope, the key or the value can not be used',
  401: 'No valid token',
  403: 'Not allowed: read-only, or not from this machine',
  404: 'No such key, or it has expired; or no such sandbox',
  409: 'Not done: another writer won',
  413: 'The body is too large',
  422: 'A parameter is missing or of the wrong type',
  503: 'The cache can not be read',
  504: 'The cache did not answer in time',
  507: 'The quota of the scope is used up',
};

/** The OpenAPI 3.1 description of the HTTP API. */
export function openApiDocument(version: string): Record<string, JsonValue> {
  const paths: Record<string, Record<string, JsonValue>> = {};
  for (const endpoint of endpoints) {
    const path = `/api/sandboxes/{sandbox_id}/kv-cache${endpoint.path}`;
    paths[path] = { ...paths[path], [endpoint.method]: operation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Context Cache', version, description: 'The cache of one sandbox, on this machine only.' },
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: { Failure: { type: 'object', properties: { detail: {} }, required: ['detail'] } },
    },
  };
}

function operation(endpoint: Endpoint): JsonValue {
  const failure = { $ref: '#/components/schemas/Failure' };
  return {
    summary: endpoint.summary,
    parameters: [
      { name: 'sandbox_id', in: 'path', required: true, schema: text },
      ...(endpoint.query === undefined ? [] : queryParameters(endpoint.query)),
    ],
    ...(endpoint.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(endpoint.body) } } } }),
    responses: {
      200: {
        description: 'Done',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: { success: { const: true }, sandbox_id: text, ...endpoint.answer },
              required: ['success', 'sandbox_id'],
            },
          },
        },
      },
      ...Object.fromEntries(
        Object.entries(failures).map(([status, description]) => [
          status,
          { description, content: { 'application/json': { schema: failure } } },
        ]),
      ),
    },
  };
}

function queryParameters(schema: z.ZodObject): JsonValue[] {
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    readonly properties?: Readonly<Record<string, JsonValue>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
  }));
}

function jsonSchema(schema: z.ZodObject): JsonValue {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonValue;
}
