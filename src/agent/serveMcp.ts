import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describeError } from '../core/errors';
import type { AgentCache } from './agentCache';
import { createMcpServer } from './mcpServer';
import type { McpServerSettings } from './mcpServer';

/** Serves MCP over this process's standard input and output until the input ends or the signal is aborted. */
export async function serveMcp(cache: AgentCache, settings: McpServerSettings, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const served = serveStdio(() => createMcpServer(cache, settings), {
      onerror: (error) => {
        settings.log.warn(describeError(error));
      },
    });
    process.stdin.once('close', resolve);
    process.stdin.once('end', resolve);
    signal.addEventListener('abort', () => void served.close().finally(resolve), { once: true });
  });
}
