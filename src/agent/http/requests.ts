import { z } from 'zod';
import { scopeNames } from '../../core/cache/model';

/** What each endpoint takes; the OpenAPI file is made from the same schemas. */

/** Checked by hand where the original's message is kept: an unknown scope is no validation error there. */
const scope = z.string().describe(`One of ${scopeNames.join(', ')}.`);
const key = z.string();
const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((text) => text === 'true' || text === '1')
  .optional();

export const scopeQuery = z.object({ scope: scope.optional() });
export const requiredScopeQuery = z.object({ scope });
export const addressQuery = z.object({ scope, key });
export const keysQuery = z.object({
  scope,
  pattern: z.string().max(256).optional().describe('A regular expression that is searched for in the keys.'),
  include_expired: flag,
});
export const seedQuery = z.object({ force_refresh: flag });
export const putBody = z.object({
  scope,
  key,
  value: z.json().describe('A text, or an object.'),
  ttl_hours: z
    .int()
    .min(1)
    .max(24 * 3650)
    .nullish(),
  metadata: z.record(z.string(), z.json()).nullish(),
});
