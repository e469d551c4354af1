import { takeTurn } from '../../turns';
import type { TurnOptions } from '../../turns';
import type { HarnessId, InstructionFile } from '../model';
import { claudeCode } from './claudeCode';
import { cline } from './cline';
import { codex } from './codex';
import { contextCache } from './contextCache';
import { continueDev } from './continueDev';
import { copilot } from './copilot';
import { copilotCli } from './copilotCli';
import { cursor } from './cursor';
import { gemini } from './gemini';
import type { Harness, HarnessOptions, HarnessPlan, PlannedFile } from './harness';
import type { InstructionIndex } from '../instructionIndex';
import { kilo } from './kilo';
import { kiro } from './kiro';
import { roo } from './roo';
import { windsurf } from './windsurf';

const single: readonly Harness[] = [
  claudeCode,
  copilot,
  copilotCli,
  codex,
  cursor,
  windsurf,
  cline,
  gemini,
  kiro,
  roo,
  kilo,
  continueDev,
  contextCache,
];

/** Every harness at once: each file counts once, as the harness loads it that it is made for. */
const all: Harness = {
  id: 'all',
  title: 'All harnesses',
  plan: planAll,
};

export const harnesses: readonly Harness[] = [all, ...single];

export function harnessById(id: HarnessId): Harness {
  return harnesses.find((harness) => harness.id === id)!;
}

/** The harness that a file is made for; undefined for one that belongs to several alike. */
function ownHarness(file: InstructionFile): HarnessId | undefined {
  switch (file.format) {
    case 'skill':
    case 'agent':
      return file.home === '.claude' ? 'claude-code' : undefined;
    case 'agents-md':
      return 'codex';
    default:
      return undefined;
  }
}

async function planAll(index: InstructionIndex, options: HarnessOptions & TurnOptions): Promise<HarnessPlan> {
  const plans: { readonly harness: Harness; readonly plan: HarnessPlan }[] = [];
  for (const harness of single) {
    await takeTurn(options);
    plans.push({ harness, plan: await harness.plan(index, options) });
  }
  const chosen = new Map<string, { readonly planned: PlannedFile; readonly from: HarnessId }>();
  for (const { harness, plan } of plans) {
    await takeTurn(options);
    for (const planned of plan.files) {
      const isOwn = ownHarness(planned.file) === harness.id;
      if (isOwn || !chosen.has(planned.file.id)) {
        chosen.set(planned.file.id, { planned, from: harness.id });
      }
    }
  }
  const files = index.files.flatMap((file) => {
    const entry = chosen.get(file.id);
    return entry === undefined ? [] : [entry];
  });
  const taken = new Set(files.map(({ planned }) => planned));
  const preambles = plans.flatMap(({ plan }) =>
    plan.preambles.filter((preamble) => preamble.because.some((planned) => taken.has(planned))),
  );
  const fromOf = new Map(files.map(({ planned, from }) => [planned.file.location, from]));
  const findings = plans.flatMap(({ harness, plan }) =>
    plan.findings.filter((finding) => finding.path === undefined || fromOf.get(finding.path) === harness.id),
  );
  return { files: files.map(({ planned }) => planned), preambles, findings };
}
