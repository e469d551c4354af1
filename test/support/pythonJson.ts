/** A value of the sample cache; integers only, so that no number is written differently by Python. */
export type SampleJson =
  null | boolean | number | string | readonly SampleJson[] | { readonly [name: string]: SampleJson };

/**
 * Writes JSON as Python's `json.dumps(value, indent=2)` does. Kept apart from the product's own writer, so that a
 * fixture never shares a fault with the code that it tests.
 */
export function pythonJson(value: SampleJson): string {
  return JSON.stringify(value, undefined, 2).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A UTC time as Python's `datetime.utcnow().isoformat()` gives it: naive, with microseconds unless they are zero. */
export function naiveTime(milliseconds: number, microseconds = 0): string {
  const iso = new Date(milliseconds).toISOString();
  const fraction = iso.slice(20, 23) + String(microseconds).padStart(3, '0');
  return fraction === '000000' ? iso.slice(0, 19) : `${iso.slice(0, 19)}.${fraction}`;
}
