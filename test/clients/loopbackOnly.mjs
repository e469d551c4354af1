/**
 * Loaded before a client of others (`--import`): a connection to anywhere but this machine fails, and its target is
 * written down in the file that CONTEXT_CACHE_TEST_REFUSED names, so that a client that swallows errors is found out.
 */
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';

const local = new Set(['localhost', '127.0.0.1', '::1']);
const { connect } = Socket.prototype;

Socket.prototype.connect = function (...args) {
  // Node's own callers hand the normalised arguments over as one array.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const options = typeof first === 'object' ? first : { port: first, host: second };
  const host = options.path === undefined ? (options.host ?? 'localhost') : 'localhost';
  if (!local.has(host)) {
    appendFileSync(process.env.CONTEXT_CACHE_TEST_REFUSED, `${host}:${options.port}\n`);
    throw new Error(`This client may not leave the machine, and tried to reach ${host}.`);
  }
  return connect.apply(this, args);
};
