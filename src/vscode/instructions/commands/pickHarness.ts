import { window } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { harnessIds } from '../../../core/instructions/model';
import type { HarnessId } from '../../../core/instructions/model';
import { formatTokens, plural } from '../../format';
import type { Services } from '../../services';
import { shortCount } from '../../tokens/target';
import { harnessLabel, toHarness } from '../harnesses';
import type { InstructionsModel } from '../instructionsModel';

interface HarnessItem extends QuickPickItem {
  readonly harness: HarnessId;
}

/** Select Harness: each with what it would always have in context here. A harness that is passed is taken. */
export async function pickHarness(
  services: Services,
  model: InstructionsModel,
  given: unknown,
): Promise<HarnessId | undefined> {
  const passed = harnessIds.find((id) => id === given);
  const harness = passed ?? (await ask(services, model));
  if (harness !== undefined) {
    await services.settings.updateWhereSet('contextCache.instructions.harness', harness);
  }
  return harness;
}

async function ask(services: Services, model: InstructionsModel): Promise<HarnessId | undefined> {
  const current = toHarness(services.settings.get('contextCache.instructions.harness'));
  const budget = formatTokens(model.budget());
  const items = harnessIds.map((harness): HarnessItem => {
    const label = harness === current ? `$(check) ${harnessLabel(harness)}` : harnessLabel(harness);
    const cost = model.costOf(harness);
    return {
      harness,
      label,
      description:
        cost === undefined ? '' : `${shortCount(cost.always)} of ${budget} always · ${plural(cost.files, 'file')}`,
    };
  });
  const choice = await window.showQuickPick(items, {
    title: 'Count instructions by the rules of',
    placeHolder: `Now: ${harnessLabel(current)}`,
  });
  return choice?.harness;
}
