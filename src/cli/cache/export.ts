import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../core/errors';
import { exportCache } from '../../core/mirror/archive';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openSource } from '../source';
import { formatBytes, printable } from '../text';
import { addSourceOption } from './options';
import type { SourceOptions } from './options';

interface ExportOptions extends SourceOptions {
  readonly overwrite?: true;
}

/** `cache export`: a whole cache as one archive. */
export function addExportCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('export')
    .description('write a whole cache to one .tar.gz with a manifest and checksums')
    .argument('<file>', 'the archive to write')
    .option('--overwrite', 'replace the file when it is there');
  addSourceOption(command).action(run(exportTo));
}

async function exportTo(context: CliContext, file: string, options: ExportOptions): Promise<ExitCode> {
  const { tree, place } = await openSource(context, options);
  const path = resolve(context.cwd, file);
  const { archive, files, bytes } = await exportCache(tree, { clock: context.clock, signal: context.signal });
  try {
    await writeFile(path, archive, { flag: options.overwrite === true ? 'w' : 'wx' });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new UserError(
      exists ? `'${path}' is there already.` : `'${path}' can't be written.`,
      exists ? 'Choose another name, or pass --overwrite.' : 'Choose a folder that you may write to.',
      { cause: error },
    );
  }
  context.out(
    context.json
      ? formatJson({ source: place, file: path, files, bytes, archiveBytes: archive.byteLength })
      : printable(`Exported ${files} files, ${formatBytes(bytes)}, to ${path}.`) + '\n',
  );
  return 0;
}
