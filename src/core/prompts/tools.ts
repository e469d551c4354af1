import { UserError } from '../errors';
import type { JsonValue } from '../cache/model';

/** One tool in no provider's form. */
export interface ToolSchema {
  readonly name: string;
  readonly description: string | undefined;
  /** A JSON schema of the arguments, its names sorted. */
  readonly parameters: JsonValue;
}

type JsonObject = Readonly<Record<string, JsonValue>>;

/**
 * Reads tool schemas in the form of Anthropic (`input_schema`), OpenAI (`function`, or flat) or Gemini
 * (`functionDeclarations`): a list, or an object with `tools`. They come out sorted by name, since a changed order
 * breaks the cached prefix. Throws a `UserError` that names the file.
 */
export function readTools(text: string, file: string): ToolSchema[] {
  const refuse = (problem: string): never => {
    throw new UserError(`${file}: ${problem}`, 'Write a JSON list of tools, each with a name and a schema.');
  };
  let value: JsonValue;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as JsonValue;
  } catch (error) {
    return refuse(`it is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const list = isObject(value) ? value['tools'] : value;
  if (!Array.isArray(list)) {
    return refuse('it holds no list of tools.');
  }
  const tools = (list as readonly JsonValue[]).flatMap((item, index) => {
    const declarations = isObject(item) ? (item['functionDeclarations'] ?? item['function_declarations']) : undefined;
    const found = Array.isArray(declarations) ? (declarations as readonly JsonValue[]) : [item];
    return found.map((tool) => readTool(tool) ?? refuse(`tool ${index + 1} has no name.`));
  });
  const sorted = tools.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  const twice = sorted.find((tool, index) => tool.name === sorted[index + 1]?.name);
  return twice === undefined ? sorted : refuse(`two tools are called '${twice.name}'.`);
}

function readTool(value: JsonValue): ToolSchema | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const inner = isObject(value['function']) ? value['function'] : value;
  const { name, description } = inner;
  if (typeof name !== 'string' || name === '') {
    return undefined;
  }
  const parameters = inner['input_schema'] ?? inner['parameters'] ?? inner['inputSchema'];
  return {
    name,
    description: typeof description === 'string' ? description : undefined,
    parameters: sortNames(parameters ?? { properties: {}, type: 'object' }),
  };
}

/** The same value with the names of each object in bytewise order, so that it is always written the same. */
export function sortNames(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map(sortNames);
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([left], [right]) => (left < right ? -1 : 1))
          .map(([name, inner]) => [name, sortNames(inner)]),
      )
    : value;
}

/** One tool per line, so that a changed tool is a changed line. */
export function toolLines(tools: readonly ToolSchema[]): string {
  return tools
    .map(({ name, description, parameters }) =>
      JSON.stringify({ name, ...(description === undefined ? {} : { description }), parameters }),
    )
    .join('\n');
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
