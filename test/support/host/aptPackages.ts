import { run } from '../processes';
import { say, StepError } from '../say';
import { isOnPath } from './onPath';

/**
 * Installs Debian or Ubuntu packages, as root or through `sudo` without a password.
 * @param why what they are for, for the message to the user
 * @throws StepError that names the command to type where neither is possible
 */
export async function installWithApt(packages: readonly string[], why: string): Promise<void> {
  const manual = `sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`;
  const elevate = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (!isOnPath('apt-get') || (elevate.length > 0 && !isOnPath('sudo'))) {
    throw new StepError(`${why} needs: ${packages.join(', ')}. Install it, for example with\n  ${manual}`);
  }
  const apt = async (...args: string[]): Promise<void> => {
    const [command = '', ...rest] = [
      ...elevate,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      // Another package manager at work is waited for rather than failed on.
      ...['-o', 'DPkg::Lock::Timeout=300', '-qq', ...args],
    ];
    await run(command, rest, { output: 'quiet', timeoutMs: 900_000 });
  };
  say(`Installing ${packages.join(', ')} with apt …`);
  try {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', ...packages);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StepError(
      `${why} needs: ${packages.join(', ')}. Install it by hand and run again:\n  ${manual}\n${reason}`,
    );
  }
}
