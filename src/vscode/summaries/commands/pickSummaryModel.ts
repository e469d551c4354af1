import type { SummaryCommand } from './summaryCommand';

/** Chooses the model that sums up, of the editor or behind an endpoint, and remembers it for the user. */
export const pickSummaryModel: SummaryCommand = {
  id: 'contextCache.pickSummaryModel',
  run: async ({ services, models }) => {
    services.trust.require('Choosing a model for summaries');
    const model = await models.pick();
    if (model !== undefined) {
      void services.prompts.tell('information', `Summaries are made by ${model.destination}.`);
    }
    return model?.id;
  },
};
