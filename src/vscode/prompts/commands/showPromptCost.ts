import type { QuickPickItem } from 'vscode';
import { costOf } from '../../../core/prompts/economics';
import type { CostReport, Workload } from '../../../core/prompts/economics';
import { shapeWithFetches } from '../../../core/prompts/fetches';
import type { ModelRules } from '../../../core/prompts/providers';
import { workloadLabels } from '../../../core/prompts/workloadLabels';
import { withProgress } from '../../progress';
import { costPage } from '../costPage';
import { targetPrompt } from '../pickers';
import { requireCompiled } from '../promptState';
import type { PromptState } from '../promptState';
import type { PromptTools } from '../promptTools';
import { parseAmount, rangeOf, readWorkload, storeWorkload, workloadFields } from '../workload';
import type { WorkloadField } from '../workload';
import type { PromptCommand } from './promptCommand';

const title = 'Show Cost';

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
    // What could be compiled was resolved.
    const resolved = prompt.resolved!;
    const models = await pickModels(tools, prompt);
    const workload = models === undefined ? undefined : await askWorkload(tools, prompt);
    if (models === undefined || workload === undefined) {
      return undefined;
    }
    const shapes = await withProgress({ title: `${title}: ${prompt.name}` }, async ({ signal }) =>
      Promise.all(
        variants.map(async ({ measured }) => shapeWithFetches(measured, resolved, tools.services.counter, { signal })),
      ),
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
  let workload = readWorkload(services.workspaceState);
  for (;;) {
    const items: WorkloadItem[] = [
      { label: '$(play) Show the cost with these numbers' },
      ...workloadFields.map((field) => ({
        field,
        label: workloadLabels[field],
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
      await storeWorkload(services.workspaceState, workload);
    }
  }
}
