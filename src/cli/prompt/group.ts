import type { Command } from 'commander';
import type { ActionRunner } from '../actions';
import { addCompareCommand } from './compare';
import { addCompileCommand } from './compile';
import { addConvertCommand } from './convert';
import { addCostCommand } from './cost';
import { addLintCommand } from './lint';
import { addPrefixCommand } from './prefix';
import { addReportCommand } from './report';
import { addSelectCommand } from './select';
import { addVerifyCommand } from './verify';

/** `context-cache prompt …`: prompts in parts, full or on demand. */
export const promptGroup = (program: Command, run: ActionRunner): void => {
  const prompt = program.command('prompt').description('Compile, measure, compare and check prompts.');
  addCompileCommand(prompt, run);
  addCompareCommand(prompt, run);
  addLintCommand(prompt, run);
  addPrefixCommand(prompt, run);
  addCostCommand(prompt, run);
  addReportCommand(prompt, run);
  addSelectCommand(prompt, run);
  addVerifyCommand(prompt, run);
  addConvertCommand(prompt, run);
};
