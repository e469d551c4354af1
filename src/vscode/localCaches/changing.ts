import { describeError } from '../../core/errors';
import type { SourceError } from '../../core/errors';
import { undoOperation } from '../../core/layers/undo';
import { letGo } from '../commands';
import { plural } from '../format';
import { withProgress } from '../progress';
import type { LocalTools } from './localTools';
import type { LocalPlace } from './localPlaces';

/** What is asked before a plan is applied. */
export interface PlanQuestion {
  readonly title: string;
  /** The button that applies it. */
  readonly yes: string;
  readonly summary: string;
  /** Every file of the plan, for those who want to read it first. */
  readonly document: string;
  /** Said and asked once more where there is no way back. */
  readonly warning: string | undefined;
}

const showPlan = 'Show the Plan';

/** Whether the plan is to be applied. Showing the plan changes nothing and ends the command. */
export async function askPlan({ services }: LocalTools, question: PlanQuestion): Promise<boolean> {
  const { title, yes, summary, document, warning } = question;
  const picked = await services.prompts.pick(
    [
      { label: yes, detail: summary },
      { label: showPlan, detail: 'Every file in a document; nothing is changed' },
    ],
    { title, placeHolder: summary },
  );
  if (picked?.label === showPlan) {
    await services.reports.show('Plan', document);
    return false;
  }
  return (
    picked !== undefined &&
    (warning === undefined || (await services.prompts.confirm({ message: `${title}?`, detail: warning, yes })))
  );
}

/** What an operation did, told with Undo where it can be taken back. */
export interface Outcome {
  readonly place: LocalPlace;
  readonly message: string;
  readonly failed: readonly { readonly name: string; readonly error: SourceError }[];
  readonly interrupted: SourceError | undefined;
  readonly undoId: string | undefined;
}

/** Shows what is there now, and says what was done. */
export async function tellOutcome(tools: LocalTools, outcome: Outcome): Promise<void> {
  const { place, message, failed, interrupted, undoId } = outcome;
  const { services } = tools;
  await tools.places.refresh(place);
  for (const { name, error } of failed) {
    services.log.warn(`${place.label}: ${name}: ${describeError(error)}`);
  }
  const problems = [
    ...(failed.length === 0
      ? []
      : [`${plural(failed.length, 'file')} could not be done: ${describeError(failed[0]!.error)}`]),
    ...(interrupted === undefined ? [] : [`It ended early: ${describeError(interrupted)}`]),
  ];
  const kind = problems.length > 0 ? 'warning' : 'information';
  const buttons = undoId === undefined ? [] : ['Undo'];
  const told = services.prompts.tell(kind, [message, ...problems].join(' '), ...buttons).then(async (choice) => {
    if (choice === 'Undo' && undoId !== undefined) {
      await takeBack(tools, place, undoId);
    }
  });
  letGo(services, 'Undo', told);
}

/** Takes an operation back, and says what that did. */
export async function takeBack(tools: LocalTools, place: LocalPlace, id: string): Promise<void> {
  tools.services.trust.require('Taking a change back');
  const operation = await tools.history.read(id);
  const report = await withProgress({ title: `Taking back: ${operation.title}` }, async (options) =>
    undoOperation(place.tree, operation, tools.history, options),
  );
  await tellOutcome(tools, {
    place,
    message: `Took back: ${operation.title}. Restored ${plural(report.restored.length, 'file')}, removed ${report.removed.length}.`,
    failed: report.left,
    interrupted: report.interrupted,
    undoId: undefined,
  });
}
