import { agentTools } from '../../agent/tools/table';
import type { AgentTool } from '../../agent/tools/tool';
import type { LanguageModelToolName } from '../../contributions';
import { languageModelTools } from '../../contributions';

/** A tool of the table under the name that the editor knows it by. */
export interface EditorTool {
  readonly name: LanguageModelToolName;
  readonly tool: AgentTool;
}

/** The tools that the editor's agents get: what reads, and what puts a large output out of the context. */
export const editorTools: readonly EditorTool[] = languageModelTools.map((name) => {
  const tool = agentTools.find((one) => editorToolName(one) === name);
  if (tool === undefined) {
    throw new Error(`${name} is in no table of tools.`);
  }
  return { name, tool };
});

/** The tool of that name. */
export function editorTool(name: LanguageModelToolName): AgentTool {
  return editorTools.find((one) => one.name === name)!.tool;
}

function editorToolName({ name }: AgentTool): string {
  return `context_cache_${name}`;
}
