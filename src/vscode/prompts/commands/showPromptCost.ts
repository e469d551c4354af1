import type { QuickPickItem } from 'vscode';
import { UserError } from '../../../core/errors';
import { costOf, defaultWorkload, shapeOf } from '../../../core/prompts/economics';
import type { CostReport, PromptShape, Workload } from '../../../core/prompts/economics';
import type { ModelRules } from '../../../core/prompts/providers';
import { withProgress } from '../../progress';
import { costPage } from '../costPage';
import { requireCompiled, targetPrompt } from '../pickers';
import type { PromptState, VariantState } from '../promptState';
import type { PromptTools } from '../promptTools';
import type { PromptCommand } from './promptCommand';

const title = 'Show Cost';
const storageKey = 'prompts.workload';

type WorkloadField = Exclude<keyof Workload, 'lifetime'>;

const fields: Readonly<
  Record<WorkloadField, { readonly label: string; readonly most: number; readonly least: number }>
> = {
  requestsPerDay: { label: 'Requests per day', least: 0, most: Infinity },
  requestsPerConversation: { label: 'Requests per conversation', least: 1, most: Infinity },
  turnTokens: { label: 'New input tokens per request', least: 0, most: Infinity },
  outputTokens: { label: 'Output tokens per request', least: 0, most: Infinity },
  hitRate: { label: 'Hit rate of the first request, 0 to 1', least: 0, most: 1 },
  fetchesPerConversation: { label: 'Instructions fetched per conversation', least: 0, most: Infinity },
};

interface WorkloadItem extends QuickPickItem {
  readonly field?: WorkloadField;
}

/** Show Cost: what the variants cost with the prompt's models and a workload. Returns the reports. */
export const showPromptCost: PromptCommand = {
  id: 'contextCache.showPromptCost',
  run: async (tools, clicked): Promise<readonly CostReport[] | undefined> => {
    const prompt = await targetPrompt(tools, clicked, title);
    if (prompt === undefined) {
      return undefined;
    }
    const variants = requireCompiled(prompt);
    const models = await pickModels(tools, prompt);
    const workload = models === undefined ? undefined : await askWorkload(tools, prompt);
    if (models === undefined || workload === undefined) {
      return undefined;
    }
    const shapes = await withProgress({ title: `${title}: ${prompt.name}` }, async ({ signal }) =>
      Promise.all(variants.map(async (variant) => shapeWithFetches(tools, prompt, variant, signal))),
    );
    const { asOf } = tools.model.snapshot.providers;
    const reports = models.map((rules) => costOf(shapes, rules, workload, asOf));
    await tools.services.reports.show(`${prompt.name} cost`, costPage(prompt.name, reports));
    return reports;
  },
};

/** The models of the manifest; a known one that is typed when it names none. */
async function pickModels({ services, model }: PromptTools, prompt: PromptState): Promise<ModelRules[] | undefined> {
  const { providers } = model.snapshot;
  const named = prompt.manifest?.models ?? [];
  const known = named.flatMap((name) => providers.forModel(name) ?? []);
  if (known.length > 0) {
    return known;
  }
  const typed = await services.prompts.input({
    title: `${title}: ${prompt.name}`,
    prompt:
      named.length === 0 ? 'The manifest names no model. Which one?' : `No rules are known for ${named.join(', ')}.`,
    placeHolder: 'claude-sonnet-5',
    validateInput: (text) =>
      providers.forModel(text) === undefined ? 'No rules are known for this model.' : undefined,
  });
  const rules = typed === undefined ? undefined : providers.forModel(typed);
  return rules === undefined ? undefined : [rules];
}

/** Shows the workload with its numbers; what is changed is remembered for this workspace. */
async function askWorkload({ services }: PromptTools, prompt: PromptState): Promise<Workload | undefined> {
  let workload = readWorkload(services.workspaceState.get(storageKey));
  for (;;) {
    const items: WorkloadItem[] = [
      { label: '$(play) Show the cost with these numbers' },
      ...(Object.keys(fields) as WorkloadField[]).map((field) => ({
        field,
        label: fields[field].label,
        description: String(workload[field]),
      })),
    ];
    const choice = await services.prompts.pick(items, {
      title: `${title}: ${prompt.name}`,
      placeHolder: 'No prompt knows how it is used: check the numbers, or change one',
    });
    if (choice?.field === undefined) {
      return choice === undefined ? undefined : workload;
    }
    const { field, label } = choice;
    const typed = await services.prompts.input({
      title: label,
      value: String(workload[field]),
      validateInput: (text) => (parseAmount(text, field) === undefined ? rangeOf(field) : undefined),
    });
    const value = typed === undefined ? undefined : parseAmount(typed, field);
    if (value !== undefined) {
      workload = { ...workload, [field]: value };
      await services.workspaceState.update(storageKey, workload);
    }
  }
}

function readWorkload(stored: unknown): Workload {
  const values = (typeof stored === 'object' && stored !== null ? stored : {}) as Readonly<Record<string, unknown>>;
  const kept = (Object.keys(fields) as WorkloadField[]).flatMap((field) => {
    const value = parseAmount(typeof values[field] === 'number' ? String(values[field]) : '', field);
    return value === undefined ? [] : [[field, value]];
  });
  return { ...defaultWorkload, ...(Object.fromEntries(kept) as Partial<Workload>) };
}

function parseAmount(text: string, field: WorkloadField): number | undefined {
  const value = Number(text);
  const { least, most } = fields[field];
  return text.trim() === '' || !Number.isFinite(value) || value < least || value > most ? undefined : value;
}

function rangeOf(field: WorkloadField): string {
  const { least, most } = fields[field];
  return Number.isFinite(most) ? `A number from ${least} to ${most}.` : `A number of ${least} or more.`;
}

async function shapeWithFetches(
  { services }: PromptTools,
  { library }: PromptState,
  { measured }: VariantState,
  signal: AbortSignal,
): Promise<PromptShape> {
  const tags = measured.prompt.pieces.flatMap(({ onDemand }) => onDemand);
  const texts = tags.flatMap((tag) => library.get(tag)?.text ?? []);
  const counts = await services.counter.countAll(texts, measured.encoding, { signal });
  const sum = counts.reduce((total, tokens) => total + tokens, 0);
  if (counts.length !== tags.length) {
    throw new UserError('The library changed while the cost was reckoned.', 'Run the command again.');
  }
  return shapeOf(measured, counts.length === 0 ? 0 : Math.round(sum / counts.length));
}
