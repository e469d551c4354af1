import type { Command } from 'commander';
import { defaultWorkload } from '../../core/prompts/economics';
import type { Workload } from '../../core/prompts/economics';
import { numberBetween } from './options';

/** The options that say how a prompt is used; a command that reckons costs takes all of them. */
export function addWorkloadOptions(command: Command): Command {
  const amount = numberBetween(0, Infinity);
  const atLeastOne = numberBetween(1, Infinity);
  const share = numberBetween(0, 1);
  const workload = defaultWorkload;
  return command
    .option('--requests-per-day <n>', 'requests of all conversations', amount, workload.requestsPerDay)
    .option(
      '--requests-per-conversation <n>',
      'requests of one conversation',
      atLeastOne,
      workload.requestsPerConversation,
    )
    .option('--turn-tokens <n>', 'new input tokens of a request', amount, workload.turnTokens)
    .option('--output-tokens <n>', 'tokens of an answer', amount, workload.outputTokens)
    .option(
      '--hit-rate <share>',
      'how often a conversation finds the static prefix in the cache',
      share,
      workload.hitRate,
    )
    .option(
      '--fetches-per-conversation <n>',
      'instructions that a conversation fetches',
      amount,
      workload.fetchesPerConversation,
    )
    .option('--lifetime <id>', "one of the provider's cache lifetimes, such as 5m or 1h");
}

/** The workload among the options of a command. */
export function workloadOf(options: Workload): Workload {
  const { requestsPerDay, requestsPerConversation, turnTokens, outputTokens, hitRate, fetchesPerConversation } =
    options;
  const lifetime = options.lifetime === undefined ? {} : { lifetime: options.lifetime };
  return {
    requestsPerDay,
    requestsPerConversation,
    turnTokens,
    outputTokens,
    hitRate,
    fetchesPerConversation,
    ...lifetime,
  };
}
