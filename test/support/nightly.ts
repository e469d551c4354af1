/**
 * Whether the tests that can go on for ever run their long form: `npm run test:nightly`. Both forms are reproducible;
 * what the long one finds is kept as a seed or as a case, and holds in the short one from then on.
 */
export const nightly = process.env['CONTEXT_CACHE_NIGHTLY'] === '1';
