/** What a cache tag groups by: `…-p-<path>`, the same with `-<derivative>`, `…-d-`, `…-f-`, `…-m-`. */
export interface TagParts {
  /** Such as `video` or `vp`, as the data has it. */
  readonly prefix: string;
  readonly kind: 'path' | 'derivative' | 'format' | 'mode';
  readonly value: string;
}

const kinds = { p: 'path', d: 'derivative', f: 'format', m: 'mode' } as const;

/** Reads a tag; undefined for one of another kind. */
export function parseTag(tag: string): TagParts | undefined {
  const shape = /^([A-Za-z0-9]+)-([pdfm])-(.+)$/s.exec(tag);
  return shape === null
    ? undefined
    : { prefix: shape[1]!, kind: kinds[shape[2] as keyof typeof kinds], value: shape[3]! };
}
