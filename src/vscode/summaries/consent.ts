import type { SummaryModel } from '../../core/summaries/model';
import { formatExact, plural } from '../format';
import type { Sandbox } from '../sandboxes/sandbox';
import type { SummaryTools } from './summaryTools';

const agreedKey = 'contextCache.summaries.agreed';
const shownSources = 12;

export interface Sending {
  readonly labels: readonly string[];
  /** About as many tokens are sent and received. */
  readonly tokens: number;
  readonly sandbox: Sandbox;
}

/**
 * Whether the sources may be sent to the model. A person is asked the first time that a workspace's texts go to a
 * model, told what goes where; their yes is remembered for this workspace and this model.
 */
export async function mayBeSent({ services }: SummaryTools, model: SummaryModel, sending: Sending): Promise<boolean> {
  services.trust.require('Sending texts to a model');
  const remembered = services.workspaceState.get<unknown>(agreedKey);
  const agreed = Array.isArray(remembered) ? (remembered as readonly unknown[]) : [];
  if (agreed.includes(model.destination)) {
    return true;
  }
  const { labels, tokens, sandbox } = sending;
  const more = labels.length - shownSources;
  const yes = await services.prompts.confirm({
    message: `Send ${labels.length === 1 ? labels[0]! : plural(labels.length, 'source')} to ${model.destination}?`,
    detail: [
      'The whole text of what is summed up is sent there, about ' +
        `${formatExact(tokens)} tokens with the answers; its terms and prices apply. The summary is kept in the cache of ${sandbox.label}, where its agents can read it.`,
      ...(labels.length === 1 ? [] : ['', ...labels.slice(0, shownSources), ...(more > 0 ? [`and ${more} more`] : [])]),
      '',
      'You are asked once for this workspace and this model.',
    ].join('\n'),
    yes: 'Send',
  });
  if (yes) {
    await services.workspaceState.update(agreedKey, [...agreed, model.destination]);
  }
  return yes;
}
