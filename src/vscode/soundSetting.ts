/**
 * A setting's value where it is of the kind that its default has, else the default; without the `null` items of a list.
 * The settings editor marks what is wrong, and nobody who reads a setting has to expect it.
 */
export function soundSetting<Value>(value: unknown, defaultValue: Value): Value {
  if (kindOf(value) !== kindOf(defaultValue)) {
    return defaultValue;
  }
  return (Array.isArray(value) ? value.filter((item) => item !== null) : value) as Value;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}
