import { SourceError } from './errors';

/**
 * An address that a key may be sent to, without slashes at its end: HTTPS, or this very machine; anything else would
 * give the key away. Throws a SourceError that names the owner and shows an address of theirs.
 */
export function safeAddress(address: string, owner: { readonly name: string; readonly example: string }): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw new SourceError('unsupported', `${JSON.stringify(address)} is not an address of ${owner.name}.`, {
      nextStep: `Give an address such as ${owner.example}.`,
      cause,
    });
  }
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) {
    throw new SourceError('forbidden', `The key is not sent to ${url.protocol}//${url.host}, which is not encrypted.`, {
      nextStep: 'Use an https address.',
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
