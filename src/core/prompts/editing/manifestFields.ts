import schema from '../../../../media/schemas/prompt.schema.json';

/** What this module reads of a JSON schema. */
interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

/** The kinds of parts, by the field that makes a part one of them. */
export const partKinds = ['text', 'file', 'instruction', 'tools', 'conversation'] as const;

/**
 * The fields that a mapping of a manifest may have, from its JSON schema. Of a part: the kinds while it is none yet, then
 * the fields of its kind.
 * @param path from the root, `*` for a list item or a name of the author's own
 * @param present the fields that it has
 */
export function fieldNames(path: readonly string[], present: readonly string[] = []): readonly string[] {
  const kind = partKinds.find((name) => present.includes(name));
  const found = schemasAt(path);
  const fitting = kind === undefined ? found : found.filter(({ properties = {} }) => kind in properties);
  const names = [...new Set(fitting.flatMap(({ properties = {} }) => Object.keys(properties)))];
  return path.join('.') === 'parts.*' && kind === undefined
    ? [...partKinds, ...['id', 'only'].filter((name) => names.includes(name))]
    : names;
}

/** What a field is for, in a sentence; empty when the schema says nothing. */
export function fieldDocs(path: readonly string[]): string {
  return schemasAt(path).find(({ description }) => description !== undefined)?.description ?? '';
}

function schemasAt(path: readonly string[]): Schema[] {
  return path.reduce<Schema[]>((schemas, name) => schemas.flatMap((one) => below(one, name)), [schema as Schema]);
}

function below(one: Schema, name: string): Schema[] {
  const { properties, additionalProperties, items } = one;
  const own = properties?.[name];
  const others = typeof additionalProperties === 'object' && own === undefined ? [additionalProperties] : [];
  const inside = name === '*' && items !== undefined ? [items] : [];
  const found = own === undefined ? [...others, ...inside] : [own];
  return found.flatMap((next) => [next, ...(next.oneOf ?? [])]);
}
