/**
 * Makes sure that the packages of package-lock.json are installed, so that `npm start` and `npm test` each work in a
 * fresh clone. Runs before anything is installed, so it uses nothing but Node.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The packages of a lock file by their place, without those that only some platforms need. */
function lockedPackages(file) {
  const { packages } = JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  return Object.entries(packages).filter(([place, { optional, devOptional }]) => place && !optional && !devOptional);
}

function isUpToDate() {
  const installed = 'node_modules/.package-lock.json';
  if (!existsSync(path.join(root, installed))) {
    return false;
  }
  const versions = new Map(lockedPackages(installed).map(([place, { version }]) => [place, version]));
  return lockedPackages('package-lock.json').every(([place, { version }]) => versions.get(place) === version);
}

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(`Node ${process.versions.node} is too old: install Node 20 or newer.`);
  process.exit(1);
}
if (!isUpToDate()) {
  console.log('Installing packages …');
  const fresh = !existsSync(path.join(root, 'node_modules'));
  const args = fresh ? ['ci'] : ['install', '--no-save'];
  const npm = process.env.npm_execpath;
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error('The packages could not be installed; see above for the reason.');
    process.exit(1);
  }
}
