import type { CharacterClasses } from './characterClasses';

/** Bytes of the character whose first byte stands at the position. */
export function widthAt(bytes: Uint8Array, position: number): number {
  const lead = bytes[position]!;
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** The class of the character whose first byte stands at the position. */
export function classAt(classes: CharacterClasses, bytes: Uint8Array, position: number): number {
  const lead = bytes[position]!;
  return lead < 0x80 ? classes[lead]! : classes[decodeWide(bytes, position, lead)]!;
}

function decodeWide(bytes: Uint8Array, position: number, lead: number): number {
  const second = bytes[position + 1]! & 0x3f;
  if (lead < 0xe0) {
    return ((lead & 0x1f) << 6) | second;
  }
  const third = bytes[position + 2]! & 0x3f;
  if (lead < 0xf0) {
    return ((lead & 0x0f) << 12) | (second << 6) | third;
  }
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (bytes[position + 3]! & 0x3f);
}

/** Whether a character goes on at the position, so that a text can't be divided there. */
export function isInsideCharacter(bytes: Uint8Array, position: number): boolean {
  return (bytes[position]! & 0xc0) === 0x80;
}

/** UTF-16 units of the characters from `start` to before `end`. */
export function utf16Length(bytes: Uint8Array, start: number, end: number): number {
  let units = 0;
  for (let position = start; position < end; position += widthAt(bytes, position)) {
    units += bytes[position]! < 0xf0 ? 1 : 2;
  }
  return units;
}
