// Writes `contributes.languageModelTools` of package.json from the table of tools: `npx tsx test/support/writeAgentTools.ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { languageModelToolContributions } from './agentToolContributions';
import { projectRoot } from './places';

interface Manifest {
  readonly contributes: Readonly<Record<string, unknown>>;
}

const file = join(projectRoot, 'package.json');
const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
const contributes = { ...manifest.contributes, languageModelTools: languageModelToolContributions() };
void format(JSON.stringify({ ...manifest, contributes }), { parser: 'json-stringify', filepath: file }).then((text) => {
  writeFileSync(file, text);
});
