import { stringify } from 'yaml';
import type { CountOptions, EncodingName, TokenCounter } from '../tokens/counter';
import { extractPrompt } from './extractPrompt';
import type { ExtractedVariable } from './extractPrompt';
import { normaliseText } from './promptText';
import { splitSections } from './sections';
import type { PromptSection } from './sections';

export interface ConvertedSection {
  readonly id: string;
  readonly title: string;
  readonly tokens: number;
  readonly onDemand: boolean;
  /** Why it is suggested to stay, or to go on demand. */
  readonly reason: string;
  /** The file that it became, relative to the manifest. */
  readonly file: string;
}

/** A manifest and its files, made from one long prompt. */
export interface ConvertedPrompt {
  readonly name: string;
  readonly manifestPath: string;
  /** Relative to the folder of the manifest; the manifest is the first. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly sections: readonly ConvertedSection[];
  readonly variables: readonly ExtractedVariable[];
}

const smallSection = 400;
const largeSection = 1200;

/** What an agent needs in every conversation. */
const coreTopics =
  /\b(?:identity|role|who you are|you are|persona|overview|introduction|core|safety|security|ethic|refus|tone|manner|communicat|rules?|must|never|always|critical|important|constraints?|principles?|workflow|process|planning|agent loop|task management|tool (?:use|usage|calling)|environment|system (?:info|capab)|capabilit|language settings|response|output|context)/i;
/** What only some conversations need. */
const specialTopics =
  /\b(?:presentation|slides?|documents?|reports?|writing|research|citation|web|frontend|front-end|backend|design|css|html|react|next\.?js|tailwind|visuali[sz]|charts?|images?|media|audio|video|data|csv|excel|spreadsheet|pdf|database|sql|supabase|git|github|pull request|commit|deploy|docker|browser|scrap|search|email|calendar|mobile|expo|python|javascript|typescript|testing|tests|debug|examples?|templates?|integrations?|api|payments?|stripe|knowledge base)/i;

/**
 * Turns a Markdown file, or the longest string of a Python or TypeScript file, into a manifest. Compiled in full, it
 * gives the same lines as the original. Long sections on special topics are suggested as instructions on demand.
 */
export async function convertPrompt(
  input: { readonly text: string; readonly fileName: string; readonly name: string },
  counter: TokenCounter,
  encoding: EncodingName,
  options: CountOptions = {},
): Promise<ConvertedPrompt> {
  const extracted = extractPrompt(input.text, input.fileName);
  const sections = splitSections(normaliseText(extracted.text)).filter(({ text }) => text.trim() !== '');
  const counts = await counter.countAll(
    sections.map(({ text }) => text),
    encoding,
    options,
  );
  const used = new Set<string>();
  const converted: ConvertedSection[] = [];
  const files: { path: string; text: string }[] = [];
  sections.forEach((section, index) => {
    const tokens = counts[index]!;
    const { onDemand, reason } = suggest(section, tokens, index);
    const id = uniqueSlug(section.title === '' ? 'opening' : section.title, used, onDemand ? '_' : '-');
    const file = onDemand ? `instructions/${id}.md` : `parts/${id}.md`;
    const text = `${normaliseText(section.text)}\n`;
    converted.push({ id, title: section.title, tokens, onDemand, reason, file });
    files.push({ path: file, text: onDemand ? `${frontMatter(id, section.title)}${text}` : text });
  });
  const manifestPath = `${input.name}.prompt.yaml`;
  return {
    name: input.name,
    manifestPath,
    files: [{ path: manifestPath, text: manifestText(input.name, converted, extracted.variables) }, ...files],
    sections: converted,
    variables: extracted.variables,
  };
}

function suggest(section: PromptSection, tokens: number, index: number): { onDemand: boolean; reason: string } {
  const topic = specialTopics.exec(section.title)?.[0].toLowerCase();
  const core = coreTopics.exec(section.title)?.[0].toLowerCase();
  if (section.title === '' || index === 0) {
    return { onDemand: false, reason: 'It opens the prompt.' };
  }
  if (tokens < smallSection) {
    return { onDemand: false, reason: `With ${tokens} tokens it costs little.` };
  }
  if (core !== undefined && (topic === undefined || tokens < largeSection)) {
    return { onDemand: false, reason: `Its heading speaks of what every conversation needs ("${core}").` };
  }
  if (topic !== undefined) {
    return { onDemand: true, reason: `${tokens} tokens on a topic that only some conversations need ("${topic}").` };
  }
  return tokens >= largeSection
    ? {
        onDemand: true,
        reason: `With ${tokens} tokens it is large, and its heading names nothing that is always needed.`,
      }
    : { onDemand: false, reason: 'Neither its size nor its heading says that it can wait.' };
}

function uniqueSlug(title: string, used: Set<string>, joint: string): string {
  const words = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  const slug = (words ?? ['section'])
    .join(joint)
    .slice(0, 48)
    .replace(/[_-]+$/, '');
  let unique = slug;
  for (let number = 2; used.has(unique); number++) {
    unique = `${slug}${joint}${number}`;
  }
  used.add(unique);
  return unique;
}

function frontMatter(tag: string, title: string): string {
  const topic = title.replace(/\s+/g, ' ').replace(/[.:]+$/, '');
  const data = {
    name: tag,
    description: `${topic}. Use when the task involves ${topic.toLowerCase()}.`,
    mode: 'onDemand',
    ttlHours: 168,
    tags: ['prompt'],
  };
  return `---\n${stringify(data, { lineWidth: 0 })}---\n\n`;
}

function manifestText(
  name: string,
  sections: readonly ConvertedSection[],
  variables: readonly ExtractedVariable[],
): string {
  return stringify(
    {
      name,
      ...(variables.length === 0
        ? {}
        : {
            variables: Object.fromEntries(
              variables.map(({ name: variable, kind, expression }) => [variable, { kind, description: expression }]),
            ),
          }),
      parts: sections.map(({ id, file, onDemand }) => (onDemand ? { instruction: id } : { id, file })),
    },
    { lineWidth: 0 },
  );
}
