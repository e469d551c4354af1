import { SourceError } from './errors';

/** The text of an answer; `protocol` when it has more than `maxBytes`. */
export async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > maxBytes) {
      throw new SourceError('protocol', 'The provider’s answer is far too long.', {
        nextStep: 'Check the address of the provider.',
      });
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** A JSON object; undefined for anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds after which an answer asks to be asked again; undefined when it does not say so in seconds. */
export function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
