import { InputBoxValidationSeverity } from 'vscode';
import { UserError } from '../../../core/errors';
import { formatTokens } from '../../format';
import type { Services } from '../../services';
import { parseTokens } from '../parseTokens';

/** Set Token Budget: of all always-on instructions together. A number that is passed is taken without asking. */
export async function setTokenBudget(services: Services, given: unknown): Promise<number | undefined> {
  const passed = typeof given === 'number' || typeof given === 'string' ? String(given) : undefined;
  const budget = passed === undefined ? await ask(services) : parseTokens(passed);
  if (budget === undefined && passed !== undefined) {
    throw new UserError(`"${passed}" is not a number of tokens.`, 'Give a number such as 10000 or 10k.');
  }
  if (budget !== undefined) {
    await services.settings.updateWhereSet('contextCache.tokens.budget', budget);
  }
  return budget;
}

async function ask(services: Services): Promise<number | undefined> {
  const text = await services.prompts.input({
    title: 'Budget of the always-on instructions',
    prompt: 'Tokens that all always-on instructions together may cost, such as 10000 or 10k',
    value: String(services.settings.get('contextCache.tokens.budget')),
    validateInput: (value) => {
      const tokens = parseTokens(value);
      return tokens === undefined
        ? 'Enter a whole number above 0, such as 10000 or 10k.'
        : { message: `${formatTokens(tokens)} tokens`, severity: InputBoxValidationSeverity.Info };
    },
  });
  return text === undefined ? undefined : parseTokens(text);
}
