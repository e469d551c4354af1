import { z } from 'zod';
import { languageModelTools } from '../../src/contributions';
import type { LanguageModelToolName } from '../../src/contributions';
import { editorTools } from '../../src/vscode/agents/editorTools';

/** What a person types after `#`, and what they read there. */
const references: Readonly<Record<LanguageModelToolName, { readonly name: string; readonly icon: string }>> = {
  context_cache_get_instruction: { name: 'cachedInstruction', icon: '$(book)' },
  context_cache_list_instructions: { name: 'cachedInstructions', icon: '$(library)' },
  context_cache_put_artifact: { name: 'storeArtifact', icon: '$(cloud-upload)' },
  context_cache_get_artifact: { name: 'storedArtifact', icon: '$(file)' },
  context_cache_list_artifacts: { name: 'storedArtifacts', icon: '$(files)' },
  context_cache_get_project_summary: { name: 'projectSummary', icon: '$(note)' },
  context_cache_get_summary: { name: 'messageSummary', icon: '$(comment)' },
  context_cache_get_cache_stats: { name: 'cacheStats', icon: '$(graph)' },
};

/** `contributes.languageModelTools` as the table of tools has it. */
export function languageModelToolContributions(): readonly Readonly<Record<string, unknown>>[] {
  return languageModelTools.map((name) => {
    const { tool } = editorTools.find((one) => one.name === name)!;
    // The editor reads schemas of draft 7, and knows that they are.
    const inputSchema: Record<string, unknown> = z.toJSONSchema(tool.input, { target: 'draft-7', io: 'input' });
    delete inputSchema['$schema'];
    return {
      name,
      tags: ['context-cache'],
      displayName: tool.title,
      modelDescription: tool.description,
      userDescription: tool.description,
      canBeReferencedInPrompt: true,
      toolReferenceName: references[name].name,
      icon: references[name].icon,
      inputSchema,
    };
  });
}
