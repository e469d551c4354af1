import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from '../processes';
import { StepError } from '../say';

/** One exact package of the npm registry, fixed by its Subresource Integrity string. */
export interface RegistryPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/**
 * Fetches a package as a tarball, without running any of its scripts, and unpacks parts of it.
 * @param members paths inside the package to unpack, as `tar` wants them
 * @throws StepError if it can't be fetched or its content is not the pinned one
 */
export async function unpackRegistryPackage(
  wanted: RegistryPackage,
  members: readonly string[],
  target: string,
): Promise<void> {
  await mkdir(target, { recursive: true });
  const printed = await run(
    'npm',
    ['pack', `${wanted.name}@${wanted.version}`, '--pack-destination', target, '--json', '--loglevel', 'error'],
    { cwd: target, output: 'quiet', timeoutMs: 600_000 },
  );
  const [packed] = JSON.parse(printed) as { filename: string }[];
  const tarball = path.join(target, path.basename(packed?.filename ?? `${wanted.name}-${wanted.version}.tgz`));
  const actual = await integrityOf(tarball);
  if (actual !== wanted.integrity) {
    throw new StepError(
      `${wanted.name}@${wanted.version} is not the pinned package: expected ${wanted.integrity}, got ${actual}.`,
    );
  }
  await run('tar', ['-xzf', tarball, '-C', target, ...members.map((member) => `package/${member}`)], {
    output: 'quiet',
  });
  await rm(tarball);
}

async function integrityOf(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return `sha512-${hash.digest('base64')}`;
}
