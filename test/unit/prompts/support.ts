import { get_encoding } from 'tiktoken';
import type { Tiktoken } from 'tiktoken';
import type { EncodingName, TokenCounter } from '../../../src/core/tokens/counter';
import { SourceError } from '../../../src/core/errors';
import { promptLibrary } from '../../../src/core/prompts/library';
import { parseFrontMatter } from '../../../src/core/instructions/frontMatter';
import type { InstructionLibrary } from '../../../src/core/prompts/library';
import { parseManifest } from '../../../src/core/prompts/manifest';
import type { PromptManifest } from '../../../src/core/prompts/model';
import type { TokenIds } from '../../../src/core/prompts/prefix/analyse';
import { resolvePrompt } from '../../../src/core/prompts/resolve';
import type { PromptFiles, ResolvedPrompt } from '../../../src/core/prompts/resolve';

/** tiktoken itself, so that the product's own encoder is never the judge of itself. */
export class ReferenceTokens implements TokenCounter, TokenIds {
  private readonly encoders = new Map<EncodingName, Tiktoken>();

  ids(text: string, encoding: EncodingName = 'o200k_base'): Uint32Array {
    let encoder = this.encoders.get(encoding);
    if (encoder === undefined) {
      encoder = get_encoding(encoding);
      this.encoders.set(encoding, encoder);
    }
    return encoder.encode_ordinary(text);
  }

  async encode(text: string, encoding: EncodingName): Promise<Uint32Array> {
    return Promise.resolve(this.ids(text, encoding));
  }

  async count(text: string, encoding: EncodingName): Promise<number> {
    return Promise.resolve(this.ids(text, encoding).length);
  }

  async countAll(texts: readonly string[], encoding: EncodingName): Promise<number[]> {
    return Promise.all(texts.map(async (text) => this.count(text, encoding)));
  }

  dispose(): void {
    for (const encoder of this.encoders.values()) {
      encoder.free();
    }
    this.encoders.clear();
  }
}

/** A workspace in memory. */
export function filesOf(contents: Readonly<Record<string, string | Uint8Array>>): PromptFiles {
  return {
    locate: (path) => `/workspace/${path}`,
    read: async (path) => {
      const content = contents[path];
      if (content === undefined) {
        throw new SourceError('not-found', `There is no file ${path}.`, { nextStep: 'Create it.' });
      }
      return Promise.resolve(typeof content === 'string' ? new TextEncoder().encode(content) : content);
    },
  };
}

/** A library of instructions by tag: the text of each file. */
function libraryOf(texts: Readonly<Record<string, string>>): InstructionLibrary {
  const instructions = Object.entries(texts).map(([tag, text]) => {
    const location = `/workspace/instructions/${tag}.md`;
    const description = parseFrontMatter(text, { location }).data['description'];
    return {
      tag,
      location,
      bytes: new TextEncoder().encode(text),
      description: typeof description === 'string' ? description : '',
    };
  });
  return promptLibrary(instructions, (location) => location.replace('/workspace/', ''));
}

export function manifestOf(text: string): PromptManifest {
  const { manifest, findings } = parseManifest(text, '/workspace/agent.prompt.yaml');
  if (manifest === undefined) {
    throw new Error(findings.map(({ message }) => message).join(' '));
  }
  return manifest;
}

export async function promptOf(
  manifest: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
  library: Readonly<Record<string, string>> = {},
): Promise<ResolvedPrompt> {
  return resolvePrompt(manifestOf(manifest), 'agent.prompt.yaml', filesOf(files), libraryOf(library));
}
