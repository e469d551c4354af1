import type { QuickPickItem } from 'vscode';
import type { InstructionAccount } from '../../../core/instructions/accountFor';
import { harnessIds } from '../../../core/instructions/model';
import type { HarnessId } from '../../../core/instructions/model';
import { formatTokens, plural } from '../../format';
import type { Services } from '../../services';
import { countFor, shortCount } from '../../tokens/target';
import { harnessLabel } from '../harnesses';
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

async function ask({ prompts }: Services, model: InstructionsModel): Promise<HarnessId | undefined> {
  const current = model.snapshot.harness;
  const accounts = await model.accounts();
  const items = harnessIds.map((harness) => toItem(harness, harness === current, model, accounts));
  const choice = await prompts.pick(items, {
    title: 'Count instructions by the rules of',
    placeHolder: `Now: ${harnessLabel(current)}`,
  });
  return choice?.harness;
}

function toItem(
  harness: HarnessId,
  isCurrent: boolean,
  model: InstructionsModel,
  accounts: readonly InstructionAccount[],
): HarnessItem {
  const account = accounts.find((candidate) => candidate.harness === harness);
  const label = isCurrent ? `$(check) ${harnessLabel(harness)}` : harnessLabel(harness);
  if (account === undefined) {
    return { harness, label };
  }
  const always = countFor(model.snapshot.target, account.totals.always);
  const files = plural(account.files.length, 'file');
  return { harness, label, description: `${shortCount(always)} of ${formatTokens(model.budget())} always · ${files}` };
}
