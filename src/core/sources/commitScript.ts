import { SourceError } from '../errors';
import type { TreeChange } from '../fileTree';
import { temporaryPrefix } from '../cache/keys';
import { statusError } from './scanScript';
import { foldersOnTheWay, quoteWord, shellPath } from './shellText';
import { packFiles } from './tarArchive';
import { splitTreePath } from './treePath';

/** Leftovers of a connection that died; minutes. */
const leftoverMinutes = 60;
const lockPath = `./${temporaryPrefix}lock`;
/** Seconds: a lock this old belongs to somebody who died. Longer than for local processes, since links are slow. */
const staleSeconds = 60;
const waitSeconds = 90;

/** What a change needs at the far end: a script for `sh -c`, and what is sent to it. */
export interface CommitScript {
  readonly text: string;
  readonly stdin: Buffer;
  readonly token: string;
}

/**
 * Writes a change as a script. Its input is an archive of the new contents and of a second script, unpacked into a
 * temporary folder at the root: whatever breaks off before the last byte has changed nothing. Then, under the lock
 * that our local processes use too, the second script checks the expectations and moves the files into place. Only
 * POSIX sh and coreutils are assumed, as busybox has them.
 */
export async function commitScript(root: string, change: TreeChange, token: string): Promise<CommitScript> {
  const text = [
    ...enterRoot(root, change),
    `d=$(mktemp -d './${temporaryPrefix}XXXXXXXXXX') || exit 71`,
    tidyUp,
    'tar -xf - -C "$d" || exit 74',
    '. "$d/apply"',
  ].join('\n');
  return { text, stdin: await packFiles(stagedFiles(change, token)), token };
}

/** The second half alone, for files that came to the temporary folder `staging` of the root in another way. */
export function stagedCommitScript(root: string, change: TreeChange, staging: string): string {
  return [
    ...enterRoot(root, change),
    `d=${shellPath(staging)}`,
    tidyUp,
    '[ -f "$d/apply" ] || exit 74',
    '. "$d/apply"',
  ].join('\n');
}

/** The new contents, and last the script that puts them into place: its presence shows that all the others came. */
export function stagedFiles(
  change: TreeChange,
  token: string,
): readonly { readonly name: string; readonly bytes: Uint8Array; readonly modifiedMs?: number }[] {
  // The far clock may be another one, but a file of 1970 would be the first that anybody clears away.
  const now = Date.now();
  const contents = (change.writes ?? []).map(({ bytes, modifiedMs }, index) => ({
    name: `f${index}`,
    bytes,
    modifiedMs: modifiedMs ?? now,
  }));
  return [...contents, { name: 'apply', bytes: Buffer.from(applyScript(change, token)) }];
}

/** Ends with 66 where there is no root, and none is to be made. */
function enterRoot(root: string, change: TreeChange): readonly string[] {
  const place = quoteWord(root);
  return [
    'LC_ALL=C; export LC_ALL',
    ...((change.writes ?? []).length > 0 ? [`mkdir -p -- ${place} || exit 71`] : []),
    `cd -P -- ${place} || { [ -e ${place} ] && exit 71; exit 66; }`,
    `find . -maxdepth 1 -type d -name '${temporaryPrefix}??????????' -mmin +${leftoverMinutes} -exec rm -rf {} + 2>/dev/null`,
  ];
}

const tidyUp = `held=; trap 'rm -rf "$d"; [ -z "$held" ] || rm -f ${lockPath}' EXIT; trap 'exit 70' HUP INT TERM`;

function applyScript(change: TreeChange, token: string): string {
  const expect = change.expect ?? [];
  const writes = change.writes ?? [];
  const removes = change.removes ?? [];
  return [
    `t=${token}`,
    `stop() { printf '%s %s %s\\n' "$t" "$1" "$2"; exit 75; }`,
    walkFunction,
    ': > "$d/new" && mode=$(stat -c %a "$d/new") || exit 74',
    'uid=$(id -u)',
    ...lockLines,
    ...expect.flatMap(({ path, sha256 }, index) => expectation(path, sha256, `e${index}`)),
    ...removes.flatMap((path, index) => removal(path, `r${index}`)),
    ...writes.flatMap(({ path }, index) => placing(path, index)),
    ...writes.map(({ path }, index) => `mv -f "$d/f${index}" ${shellPath(path)} || stop w${index} failed`),
    ...removes.map((path, index) => `[ -z "$r${index}" ] || rm -f ${shellPath(path)} || stop r${index} failed`),
    `printf '%s done\\n' "$t"`,
    '',
  ].join('\n');
}

/** Sets `s` to what the folders on the way to a file are. */
const walkFunction = `walk() {
  s=ok
  for p; do
    if [ -h "$p" ]; then s=link; return; fi
    if [ ! -e "$p" ]; then s=absent; return; fi
    if [ ! -d "$p" ]; then s=nofolder; return; fi
  done
}`;

/** Without noclobber's exclusive create there is no lock; every POSIX shell has it. */
const lockLines: readonly string[] = [
  `until=$(($(date +%s) + ${waitSeconds}))`,
  `while ! (set -C; echo "$t" > ${lockPath}) 2>/dev/null; do`,
  `  if [ ! -e ${lockPath} ] && ! (: > "$d/probe") 2>/dev/null; then stop lock denied; fi`,
  `  made=$(stat -c %Y ${lockPath} 2>/dev/null || date +%s); now=$(date +%s)`,
  `  if [ $((now - made)) -gt ${staleSeconds} ]; then mv -f ${lockPath} "$d/stale" 2>/dev/null; fi`,
  '  [ "$now" -lt "$until" ] || stop lock busy',
  '  sleep 0.02 2>/dev/null || sleep 1',
  'done',
  'held=yes',
];

function walkTo(path: string): string {
  const { folder } = splitTreePath(path);
  return `walk ${foldersOnTheWay(folder).map(shellPath).join(' ')}`.trimEnd();
}

function expectation(path: string, sha256: string | undefined, id: string): readonly string[] {
  const file = shellPath(path);
  return [
    walkTo(path),
    'h=',
    'case $s in',
    `  ok) if [ -h ${file} ]; then stop ${id} link; elif [ -f ${file} ]; then h=$(sha256sum < ${file}) || stop ${id} denied; h=\${h%% *}; elif [ -e ${file} ]; then stop ${id} nofile; fi ;;`,
    '  absent) ;;',
    `  *) stop ${id} "$s" ;;`,
    'esac',
    `[ "$h" = '${sha256 ?? ''}' ] || stop ${id} conflict`,
  ];
}

function removal(path: string, id: string): readonly string[] {
  const file = shellPath(path);
  return [
    walkTo(path),
    `${id}=`,
    'case $s in',
    `  ok) if [ -h ${file} ]; then ${id}=yes; elif [ -d ${file} ]; then stop ${id} nofile; elif [ -e ${file} ]; then ${id}=yes; fi ;;`,
    '  absent) ;;',
    `  *) stop ${id} "$s" ;;`,
    'esac',
  ];
}

function placing(path: string, index: number): readonly string[] {
  const { folder } = splitTreePath(path);
  const file = shellPath(path);
  const staged = `"$d/f${index}"`;
  return [
    walkTo(path),
    ...(folder === '' ? [] : [`[ "$s" != absent ] || { mkdir -p ${shellPath(folder)} && ${walkTo(path)}; }`]),
    `[ "$s" = ok ] || stop w${index} "$s"`,
    `if [ -h ${file} ]; then stop w${index} link; elif [ -f ${file} ]; then m=$(stat -c %a ${file}); o=$(stat -c %u:%g ${file}); elif [ -e ${file} ]; then stop w${index} nofile; else m=$mode; o=$(stat -c %u:%g ${shellPath(folder)}); fi`,
    `chmod "$m" ${staged} || stop w${index} denied`,
    // A file stays accessible to whom it was: the agent often runs as somebody else.
    `if [ "$uid" = 0 ]; then chown "$o" ${staged} || stop w${index} denied; fi`,
  ];
}

/** Whether the change is done, by what the script printed; throws what it reported, false when it said nothing. */
export function readCommit(token: string, change: TreeChange, output: string): boolean {
  // A greeting need not end its line.
  const lines = output.replaceAll(token, `\n${token}`).split('\n');
  if (lines.includes(`${token} done`)) {
    return true;
  }
  const report = lines.find((line) => line.startsWith(`${token} `))?.split(' ');
  if (report === undefined) {
    return false;
  }
  const [, id = '', status = ''] = report;
  throw commitError(change, id, status);
}

function commitError(change: TreeChange, id: string, status: string): SourceError {
  if (id === 'lock') {
    return status === 'busy'
      ? new SourceError('unavailable', 'Another window or command keeps writing to the same cache.', {
          nextStep: `Try again; if nothing else runs, delete '${lockPath}' in the sandbox.`,
        })
      : statusError('', 'denied');
  }
  const index = Number(id.slice(1));
  const path =
    (id.startsWith('e') ? change.expect?.[index]?.path : undefined) ??
    (id.startsWith('w') ? change.writes?.[index]?.path : undefined) ??
    (id.startsWith('r') ? change.removes?.[index] : undefined) ??
    '';
  if (status === 'conflict') {
    return new SourceError('conflict', `'${path}' has changed in the meantime.`, {
      nextStep: 'Run the command again on what is there now.',
    });
  }
  if (status === 'failed') {
    return new SourceError('unavailable', `'${path}' could not be put into its place in the sandbox.`, {
      nextStep: 'Look at what was done, then try again.',
    });
  }
  return statusError(path, status);
}
