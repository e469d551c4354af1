import { homedir } from 'node:os';
import { dataFolderPath } from '../core/dataFolder';
import type { CliContext } from './io';

/** The per-user data folder that this command line and the editors share: absolute; it may not exist yet. */
export function dataFolderOf(context: Pick<CliContext, 'env'>): string {
  return dataFolderPath({ platform: process.platform, env: context.env, home: homedir() });
}
