import { workspace } from 'vscode';
import type { Uri } from 'vscode';
import { UserError } from '../../../core/errors';
import { encodingNames } from '../../../core/tokens/counter';
import { commandUris } from '../../commandTargets';
import { formatBytes } from '../../format';
import { locationOf } from '../../instructions/editorFiles';
import { harnessLabel } from '../../instructions/harnesses';
import type { InstructionsModel } from '../../instructions/instructionsModel';
import { modeLabels } from '../../instructions/rows';
import { withProgress } from '../../progress';
import { describeUnread } from '../countFiles';
import { explainText } from '../explanation';
import type { Explanation } from '../explanation';
import { explanationReport } from '../explanationReport';
import type { HarnessCost } from '../explanationReport';
import { knownModels } from '../knownModels';
import { countFor, currentTarget, exactCount } from '../target';
import { readText } from '../textSource';
import type { TokenTools } from '../tools';

/** What an instruction file costs by the rules of each harness that loads it. */
async function costsByHarness(model: InstructionsModel, uri: Uri, signal: AbortSignal): Promise<HarnessCost[]> {
  const location = locationOf(uri);
  const { target } = model.snapshot;
  return (await model.accounts({ signal })).flatMap(({ harness, files }) =>
    files
      .filter(({ file }) => file.location === location)
      .map(({ mode, tokens, catalogTokens, droppedBytes }) => ({
        harness: harnessLabel(harness),
        mode: modeLabels[mode],
        cost: exactCount(countFor(target, tokens)),
        catalogue: catalogTokens === 0 ? '' : exactCount(countFor(target, catalogTokens)),
        dropped: droppedBytes === 0 ? '' : formatBytes(droppedBytes),
      })),
  );
}

/** Explain Token Count: a page on what the tokens of a file are made of, for each encoding and model. */
export async function explainTokenCount(tools: TokenTools, clicked: unknown): Promise<Explanation> {
  const [uri] = commandUris(clicked);
  if (uri === undefined) {
    throw new UserError('There is nothing to explain.', 'Open a file, or select one in the Explorer.');
  }
  return explainUri(tools, uri);
}

export async function explainUri(tools: TokenTools, uri: Uri): Promise<Explanation> {
  const title = workspace.asRelativePath(uri);
  const read = await readText(uri);
  if (read.kind !== 'text') {
    throw new UserError(`${title} is ${describeUnread(read)}.`, 'Choose a text file.');
  }
  const { services, reports, vendors, instructions } = tools;
  const target = currentTarget(services);
  const compared = [...encodingNames, ...knownModels.map(({ name }) => name)];
  return withProgress({ title: `Explaining the tokens of ${title}` }, async ({ signal }) => {
    const explanation = await explainText(read.text, target, compared, services.counter, { signal });
    const models = [...new Set([target.name, ...compared])];
    const vendorCounts = await vendors.compare(read.text, models, signal);
    const costs = instructions === undefined ? [] : await costsByHarness(instructions, uri, signal);
    await reports.show('Token count', explanationReport(title, explanation, vendorCounts, costs));
    return explanation;
  });
}
