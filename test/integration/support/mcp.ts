import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';

const limitMs = 60_000;

/** The names of all tools that come from MCP servers which have run in this window. */
function mcpToolNames(): string[] {
  return vscode.lm.tools
    .map(({ name }) => name)
    .filter((name) => name.startsWith('mcp_'))
    .sort();
}

/** What a try to start the servers led to. */
export interface Started {
  readonly tools: readonly string[];
  /** Why a server could not be started; empty when all could. */
  readonly problem: string;
}

/**
 * Starts the servers that the editor lists, as its own "Start Server" does, until it led to what it should: the editor
 * asks providers in its own time, and starts no server whose definition it has not got yet.
 */
export async function startServers(
  what: string,
  accept: (started: Started) => boolean | Promise<boolean>,
): Promise<readonly string[]> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    let problem = '';
    try {
      await vscode.commands.executeCommand('workbench.mcp.startServer', '*', { waitForLiveTools: true });
    } catch (error) {
      problem = String(error);
    }
    const tools = mcpToolNames();
    if (await accept({ tools, problem })) {
      return tools;
    }
    assert.ok(Date.now() < deadline, `Still not so: ${what}. ${problem} The tools are ${tools.join(', ')}`);
    await delay(200);
  }
}

/** Calls a tool of an MCP server through the editor; its structured answer. */
export async function invokeMcp(name: string, input: object): Promise<Record<string, unknown>> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const text = content.find((part) => part instanceof vscode.LanguageModelTextPart);
  assert.ok(text !== undefined, `${name} answered ${JSON.stringify(content)}`);
  try {
    return JSON.parse(text.value) as Record<string, unknown>;
  } catch {
    throw new Error(text.value);
  }
}
