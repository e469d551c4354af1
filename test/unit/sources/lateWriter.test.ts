import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../../src/core/cache/fingerprint';
import { HeldFile, yieldTo } from '../../../src/core/sources/lateWriter';

describe('a writer that had the file open when it was replaced', () => {
  let folder: string;
  let target: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'late-writer-')));
    target = join(folder, '_index.json');
    writeFileSync(target, 'old');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is found, and its content goes back into place', async () => {
    const held = await HeldFile.hold(target, sha256Hex(Buffer.from('old')));
    const writer = openSync(target, 'r+');
    writeFileSync(join(folder, 'ours'), 'ours');
    renameSync(join(folder, 'ours'), target);
    assert.equal(await held!.lateContent(), undefined);
    writeSync(writer, 'theirs', 0);
    closeSync(writer);
    const late = await held!.lateContent();
    await held!.close();
    assert.equal(Buffer.from(late!).toString(), 'theirs');
    const { ino } = statSync(target, { bigint: true });
    await yieldTo(late!, target, ino, join(folder, 'temporary'));
    assert.equal(readFileSync(target, 'utf8'), 'theirs');
  });

  it('is waited for while its file is empty', async () => {
    const held = await HeldFile.hold(target, sha256Hex(Buffer.from('old')));
    const writer = openSync(target, 'w');
    const late = held!.lateContent();
    setTimeout(() => {
      writeSync(writer, 'theirs');
      closeSync(writer);
    }, 30);
    assert.equal(Buffer.from((await late)!).toString(), 'theirs');
    await held!.close();
  });

  it('does not get the place of somebody who came after us', async () => {
    const { ino } = statSync(target, { bigint: true });
    writeFileSync(join(folder, 'next'), 'next');
    renameSync(join(folder, 'next'), target);
    await yieldTo(Buffer.from('theirs'), target, ino, join(folder, 'temporary'));
    assert.equal(readFileSync(target, 'utf8'), 'next');
    assert.equal(statSync(join(folder, 'temporary'), { throwIfNoEntry: false }), undefined);
  });

  it('is nobody where there is no file', async () => {
    assert.equal(await HeldFile.hold(join(folder, 'absent'), ''), undefined);
  });
});
