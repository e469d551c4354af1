import { agent } from './agent';
import { agentsMd } from './agentsMd';
import { claudeMd } from './claudeMd';
import { claudeMemory } from './claudeMemory';
import { claudeRules } from './claudeRules';
import { clineRules } from './clineRules';
import { continueRules } from './continueRules';
import { copilotInstructions } from './copilotInstructions';
import { cursorRules } from './cursorRules';
import type { InstructionFormat, Location, Place } from './format';
import { geminiMd } from './geminiMd';
import { instructionsMd } from './instructionsMd';
import { kiloRules } from './kiloRules';
import { kiroSteering } from './kiroSteering';
import { library } from './library';
import { promptMd } from './promptMd';
import { rooRules } from './rooRules';
import { skill } from './skill';
import { windsurfRules } from './windsurfRules';
import type { FormatId } from '../model';

/** Every format; a file is of the first one that locates it, so settings folders go before names found anywhere. */
export const formats: readonly InstructionFormat[] = [
  copilotInstructions,
  instructionsMd,
  claudeRules,
  claudeMemory,
  agent,
  skill,
  promptMd,
  cursorRules,
  windsurfRules,
  clineRules,
  kiroSteering,
  rooRules,
  kiloRules,
  continueRules,
  library,
  agentsMd,
  claudeMd,
  geminiMd,
];

export function formatById(id: FormatId): InstructionFormat {
  return formats.find((format) => format.id === id)!;
}

export interface LocatedFormat {
  readonly format: InstructionFormat;
  readonly location: Location;
}

/** The format of a path, or undefined for a file that no harness loads. */
export function formatOf(place: Place): LocatedFormat | undefined {
  if (!mayBeInstruction(place.path)) {
    return undefined;
  }
  for (const format of formats) {
    const location = format.locate(place);
    if (location !== undefined) {
      return { format, location };
    }
  }
  return undefined;
}

/** A cheap test that drops nearly every file of a repository before the formats look at it. */
function mayBeInstruction(path: string): boolean {
  return /\.(?:md|mdc|txt)$/i.test(path) || path.startsWith('.');
}
