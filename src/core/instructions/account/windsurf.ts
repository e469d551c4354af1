import type { Finding } from '../../findings';
import { takeTurn } from '../../turns';
import type { InstructionFile } from '../model';
import { planAgentsFiles } from './agentsFiles';
import type { Harness, PlannedFile } from './harness';
import { bodyOf, capFinding, catalogEntry, cutCharacters, planFile } from './support';

const ruleCharacters = 12_000;
const globalCharacters = 6_000;

/** Windsurf, and Devin, which reads the same rules. */
export const windsurf: Harness = {
  id: 'windsurf',
  title: 'Windsurf and Devin',
  async plan(index, options) {
    const findings: Finding[] = [];
    const rules: PlannedFile[] = [];
    for (const file of index.files.filter(({ format }) => format === 'windsurf-rules')) {
      await takeTurn(options);
      rules.push(planRule(file, findings));
    }
    return { files: [...rules, ...planAgentsFiles(index)], preambles: [], findings };
  },
};

function planRule(file: InstructionFile, findings: Finding[]): PlannedFile {
  const limit = file.rootKind === 'user' ? globalCharacters : ruleCharacters;
  const kept = cutCharacters(bodyOf(file), limit);
  if (kept.droppedBytes > 0) {
    const message = `Windsurf loads ${limit} characters of it; ${kept.droppedBytes} bytes are dropped.`;
    findings.push(capFinding(file, message, 'Split the rule.'));
  }
  return planFile(file, {
    ...kept,
    catalogText:
      file.mode === 'onDemand' ? catalogEntry('rule', { name: file.name, description: file.description }) : '',
  });
}
