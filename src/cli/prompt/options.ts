import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { encodingNames } from '../../core/tokens/counter';
import type { EncodingName } from '../../core/tokens/counter';

/** What every command takes that reads a manifest. */
export interface PromptOptions {
  readonly encoding: EncodingName;
  readonly library?: string;
  readonly providers?: string;
  readonly set: ReadonlyMap<string, string>;
}

export function addPromptOptions(command: Command): Command {
  return addProviderOption(addEncodingOption(command))
    .option('--library <dir>', "take instructions from this folder instead of the workspace's and the built-in library")
    .option('--set <name=value>', 'the value of a variable; can be repeated', addValue, new Map<string, string>());
}

export function addEncodingOption(command: Command): Command {
  return command.addOption(
    new Option('--encoding <name>', 'count tokens in this encoding').choices(encodingNames).default('o200k_base'),
  );
}

function addProviderOption(command: Command): Command {
  return command.option(
    '--providers <file>',
    'a JSON file with your own prices and limits, merged over the built-in ones',
  );
}

function addValue(text: string, values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('Write name=value.');
  }
  return new Map([...values, [text.slice(0, at), text.slice(at + 1)]]);
}

/** A number of an option, within bounds. */
export function numberBetween(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < minimum || value > maximum) {
      const upTo = Number.isFinite(maximum) ? ` to ${maximum}` : ' or more';
      throw new InvalidArgumentError(`Give a number, ${minimum}${upTo}.`);
    }
    return value;
  };
}
