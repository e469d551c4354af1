import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { dataFolderPath } from '../../../src/core/dataFolder';
import type { DataFolderHost } from '../../../src/core/dataFolder';

const cases: readonly (readonly [name: string, host: DataFolderHost, path: string])[] = [
  ['Linux', { platform: 'linux', env: {}, home: '/home/u' }, '/home/u/.local/share/context-cache'],
  [
    'Linux with XDG_DATA_HOME',
    { platform: 'linux', env: { XDG_DATA_HOME: '/data' }, home: '/home/u' },
    '/data/context-cache',
  ],
  [
    'Linux with a relative XDG_DATA_HOME, which the convention says to ignore',
    { platform: 'linux', env: { XDG_DATA_HOME: 'data' }, home: '/home/u' },
    '/home/u/.local/share/context-cache',
  ],
  ['macOS', { platform: 'darwin', env: {}, home: '/Users/u' }, '/Users/u/Library/Application Support/context-cache'],
  [
    'Windows',
    { platform: 'win32', env: { LOCALAPPDATA: 'D:\\Local' }, home: 'C:\\Users\\u' },
    'D:\\Local\\context-cache',
  ],
  [
    'Windows without LOCALAPPDATA',
    { platform: 'win32', env: {}, home: 'C:\\Users\\u' },
    'C:\\Users\\u\\AppData\\Local\\context-cache',
  ],
  [
    'an override',
    { platform: 'linux', env: { CONTEXT_CACHE_HOME: '/elsewhere', XDG_DATA_HOME: '/data' }, home: '/home/u' },
    '/elsewhere',
  ],
  [
    'an empty override',
    { platform: 'linux', env: { CONTEXT_CACHE_HOME: '' }, home: '/h' },
    '/h/.local/share/context-cache',
  ],
];

describe('data folder', () => {
  for (const [name, host, path] of cases) {
    it(`follows ${name}`, () => {
      assert.equal(dataFolderPath(host), path);
    });
  }

  it('resolves a relative override, so that it is one folder for every part of a process', () => {
    const host: DataFolderHost = { platform: 'linux', env: { CONTEXT_CACHE_HOME: 'here' }, home: '/h' };
    assert.equal(dataFolderPath(host), resolve('here'));
  });
});
