import { SourceError } from '../errors';

/** One part of a multipart answer. */
export interface Part {
  /** The `name` of its disposition. */
  readonly name: string;
  readonly filename: string | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Reads a multipart body by the Content-Length of its parts, so that no content can pass for a boundary; a part
 * without one ends at the next boundary. `protocol` when the body is broken.
 */
export function parseMultipart(body: Uint8Array, contentType: string): readonly Part[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) {
    throw broken('it names no boundary');
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = bytes.indexOf(delimiter);
  for (;;) {
    if (at < 0) {
      throw broken('it breaks off');
    }
    const afterDelimiter = at + delimiter.length;
    if (bytes.subarray(afterDelimiter, afterDelimiter + 2).toString('latin1') === '--') {
      return parts;
    }
    const headersEnd = bytes.indexOf('\r\n\r\n', afterDelimiter);
    if (headersEnd < 0) {
      throw broken('it breaks off');
    }
    const headers = bytes.subarray(afterDelimiter, headersEnd).toString('utf8');
    const start = headersEnd + 4;
    const length = /^content-length: *(\d+) *$/im.exec(headers)?.[1];
    const end = length === undefined ? bytes.indexOf(Buffer.from(`\r\n--${boundary}`), start) : start + Number(length);
    if (end < 0 || end > bytes.length) {
      throw broken('it breaks off');
    }
    const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? '';
    parts.push({
      name: /[; ]name="([^"]*)"/i.exec(disposition)?.[1] ?? '',
      filename: filenameOf(disposition),
      bytes: bytes.subarray(start, end),
    });
    at = bytes.subarray(end, end + 2 + delimiter.length).equals(Buffer.concat([Buffer.from('\r\n'), delimiter]))
      ? end + 2
      : -1;
  }
}

/** The encoded form tells names that the plain one can't. */
function filenameOf(disposition: string): string | undefined {
  const encoded = /filename\*=utf-8''([^;\r\n]+)/i.exec(disposition)?.[1];
  if (encoded !== undefined) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      // Fall back on the plain form.
    }
  }
  return /filename="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1]?.replace(/\\(.)/g, '$1');
}

function broken(reason: string): SourceError {
  return new SourceError('protocol', `The answer with the files can't be read: ${reason}.`, { nextStep: 'Try again.' });
}
