import type { Finding } from '../../findings';
import { fitCatalog } from './catalog';
import type { CatalogLimits } from './catalog';
import type { InstructionIndex } from '../instructionIndex';
import type { InstructionFile } from '../model';
import type { PlannedFile } from './harness';
import { capFinding, catalogEntry, cutCharacters, planFile } from './support';

export interface SkillRules {
  readonly harnessTitle: string;
  /** Settings folders that the harness looks into, in a workspace and in the home folder. */
  readonly homes: readonly string[];
  readonly userHomes: readonly string[];
  readonly limits?: CatalogLimits;
  /** UTF-16 units of one description that the catalogue shows. */
  readonly descriptionCharacters?: number;
}

/** The skills that a harness sees, with their catalogue entries. */
export function planSkills(
  index: InstructionIndex,
  rules: SkillRules,
): { readonly files: readonly PlannedFile[]; readonly findings: readonly Finding[] } {
  const cut: Finding[] = [];
  const seen = index.files.filter(
    (file) => file.format === 'skill' && (file.rootKind === 'user' ? rules.userHomes : rules.homes).includes(file.home),
  );
  const planned = seen.map((file) => planSkill(file, rules, cut));
  if (rules.limits === undefined) {
    return { files: planned, findings: cut };
  }
  const { files, findings } = fitCatalog(planned, rules.limits, rules.harnessTitle, ({ file }) =>
    catalogEntry('skill', { name: file.name }),
  );
  return { files, findings: [...cut, ...findings] };
}

function planSkill(file: InstructionFile, rules: SkillRules, findings: Finding[]): PlannedFile {
  if (file.frontMatter['disable-model-invocation'] === true) {
    return planFile(file, { mode: 'manual', why: 'Agents may not choose it; loaded only when a person names it.' });
  }
  if (file.base !== '') {
    const why = `Listed once a file below \`${file.base}\` is in play; the text is loaded when it is needed.`;
    return planFile(file, { why });
  }
  const shown = cutCharacters(file.description ?? '', rules.descriptionCharacters ?? Number.MAX_SAFE_INTEGER);
  if (shown.droppedBytes > 0) {
    const message = `${rules.harnessTitle} shows ${rules.descriptionCharacters!} characters of its description.`;
    findings.push(capFinding(file, message, 'Shorten the description.'));
  }
  return planFile(file, {
    catalogText: catalogEntry('skill', { name: file.name, description: shown.text, file: file.shownPath }),
    droppedBytes: shown.droppedBytes,
  });
}

/** Custom agents: the description is in the catalogue. */
export function planAgent(file: InstructionFile): PlannedFile {
  return planFile(file, {
    catalogText: catalogEntry('agent', { name: file.name, description: file.description }),
    why: 'Its description is always there; the text is loaded when the agent is chosen.',
  });
}
