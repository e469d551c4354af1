import type { Workload } from './economics';

/** How each number of a workload is called. */
export const workloadLabels: Readonly<Record<Exclude<keyof Workload, 'lifetime'>, string>> = {
  requestsPerDay: 'Requests per day',
  requestsPerConversation: 'Requests per conversation',
  turnTokens: 'New input tokens per request',
  outputTokens: 'Output tokens per request',
  hitRate: 'Hit rate of the first request, 0 to 1',
  fetchesPerConversation: 'Instructions fetched per conversation',
};
