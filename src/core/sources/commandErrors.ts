import { SourceError } from '../errors';
import type { SourceErrorCode } from '../errors';
import type { ChildResult } from './childProcess';

interface Symptom {
  readonly pattern: RegExp;
  readonly code: SourceErrorCode;
  readonly nextStep: string;
}

/** What programs say when they can't reach a sandbox; code never decides on our own texts, but theirs are all there is. */
const symptoms: readonly Symptom[] = [
  {
    pattern: /host key verification failed|remote host identification has changed/i,
    code: 'auth',
    nextStep: 'Connect once with ssh in a terminal, and check the key of the host.',
  },
  {
    pattern: /permission denied \(|too many authentication failures|no such identity/i,
    code: 'auth',
    nextStep: 'Check the user and the key, or add the key to your SSH agent.',
  },
  {
    pattern: /no space left on device|disk quota exceeded/i,
    code: 'quota',
    nextStep: 'Free some space in the sandbox and try again.',
  },
  {
    pattern: /no such container|not found|no such pod|does not exist/i,
    code: 'unavailable',
    nextStep: 'Check the name of the sandbox, and that it runs.',
  },
  {
    pattern: /read-only file system|permission denied/i,
    code: 'forbidden',
    nextStep: 'Check who may read and write the folder in the sandbox.',
  },
];

/** The error of a command that did not do its work, by what it said. */
export function commandError(label: string, result: ChildResult): SourceError {
  const said = lastLine(result.stderr);
  const how = result.code === undefined ? 'was ended' : `ended with exit code ${result.code}`;
  const symptom = symptoms.find(({ pattern }) => pattern.test(result.stderr));
  return new SourceError(
    symptom?.code ?? 'unavailable',
    `The command for ${label} ${how}${said === '' ? '.' : `: ${said}`}`,
    { nextStep: symptom?.nextStep ?? 'Check the connection, and that the sandbox runs.' },
  );
}

function lastLine(stderr: string): string {
  const lines = stderr.split(/\r?\n/).map((line) => line.trim());
  const line = lines.findLast((candidate) => candidate !== '') ?? '';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
