/** A part of a value. */
export interface ValuePart {
  readonly bytes: Uint8Array;
  /** Where the part begins in the value. */
  readonly offset: number;
  /** Bytes of the whole value where the far end says; undefined otherwise. */
  readonly totalBytes: number | undefined;
  /** Whether the value ends with this part. */
  readonly atEnd: boolean;
}

export interface ValueRange {
  /** Default 0. */
  readonly offset?: number;
  /** The most bytes to take; never more are held. */
  readonly length: number;
}

/** The header that asks for a range; servers that don't know it send the whole value, of which a part is taken. */
export function rangeHeader({ offset = 0, length }: ValueRange): Readonly<Record<string, string>> {
  // One byte more than wanted tells whether the value goes on.
  return { range: `bytes=${offset}-${offset + length}` };
}

/** Takes the range from an answer and drops the rest of it unread. */
export async function readRange(response: Response, range: ValueRange): Promise<ValuePart> {
  const offset = range.offset ?? 0;
  const served = servedRange(response);
  const parts: Uint8Array[] = [];
  let position = served.start;
  const end = offset + range.length;
  let atEnd = true;
  if (response.body !== null) {
    // Leaving the loop cancels the stream.
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const from = Math.max(0, offset - position);
      const to = Math.min(chunk.byteLength, end - position);
      if (to > from) {
        parts.push(chunk.subarray(from, to));
      }
      position += chunk.byteLength;
      if (position > end) {
        atEnd = false;
        break;
      }
    }
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), offset, totalBytes: served.total, atEnd };
}

function servedRange(response: Response): { readonly start: number; readonly total: number | undefined } {
  const shape = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  if (response.status === 206 && shape !== null) {
    return { start: Number(shape[1]), total: Number(shape[2]) };
  }
  const length = response.headers.get('content-length');
  const encoded = response.headers.get('content-encoding') !== null;
  return { start: 0, total: length === null || encoded ? undefined : Number(length) };
}
