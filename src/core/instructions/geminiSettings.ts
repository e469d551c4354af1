/** Where Gemini CLI keeps its settings, in a workspace and in the home folder. */
export const geminiSettingsPath = '.gemini/settings.json';

/**
 * The names of the files that Gemini CLI loads as context (`context.fileName`, before `contextFileName`); undefined when
 * the settings do not say, or can't be read: then it is GEMINI.md alone.
 */
export function parseGeminiFileNames(settings: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(settings.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  const root = asRecord(value);
  const written = asRecord(root?.['context'])?.['fileName'] ?? root?.['contextFileName'];
  const names = (Array.isArray(written) ? (written as unknown[]) : [written]).filter(
    (name): name is string => typeof name === 'string' && name !== '',
  );
  return names.length === 0 ? undefined : names;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
