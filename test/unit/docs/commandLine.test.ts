import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../support/places';
import { copyWorkspace, sampleWorkspace } from '../../support/workspaceCopy';
import { runCommand } from '../cli/runCommand';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
const page = readFileSync(join(projectRoot, 'media', 'docs', 'command-line.md'), 'utf8');

interface Example {
  readonly args: readonly string[];
  readonly code: number;
}

function examples(): Example[] {
  const block = /<!-- examples: tested -->\n\n```sh\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(block !== undefined, 'The README has no examples.');
  return block
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [command = '', comment] = line.split(/\s+#\s+/);
      const [program, ...args] = command.trim().split(/\s+/);
      assert.equal(program, 'context-cache', line);
      return { args, code: comment === undefined ? 0 : Number.parseInt(comment, 10) };
    });
}

/** The names of commands in the tables of the page: the words before the first argument or option. */
function commandsInTables(): string[] {
  const cells = [...page.matchAll(/^\| (`[^|]*(?:\\\|[^|]*)*) \|/gm)].map((match) => match[1]!);
  const commands = cells
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
    .map((code) => /^[a-z]+(?: [a-z]+)?/.exec(code)?.[0] ?? '');
  return [...new Set(commands.filter((command) => command !== ''))];
}

describe('the command line in the README and the docs', () => {
  let folder: string;
  let data: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'context-cache-readme-'));
    data = mkdtempSync(join(tmpdir(), 'context-cache-readme-data-'));
    await copyWorkspace(sampleWorkspace, folder);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(data, { recursive: true, force: true });
  });

  // One after the other in the same workspace, as somebody who follows the README runs them.
  for (const { args, code } of examples()) {
    it(`context-cache ${args.join(' ')} → ${code}`, async () => {
      const result = await runCommand(args, { cwd: folder, env: { CONTEXT_CACHE_HOME: data } });
      assert.equal(result.code, code, `${result.out}\n${result.messages}`);
      assert.notEqual(result.out + result.messages, '');
    });
  }

  it('shows at least one command of each group', () => {
    const shown = new Set(examples().map(({ args }) => args[0]));
    assert.deepEqual([...shown].sort(), ['cache', 'check', 'instructions', 'prompt', 'tokens']);
  });

  it('has tables of commands, all of which there are', async () => {
    const commands = commandsInTables();
    assert.ok(commands.length > 25, commands.join());
    for (const command of commands) {
      const { code, out } = await runCommand([...command.split(' '), '--help']);
      assert.equal(code, 0, command);
      assert.match(out, new RegExp(`^Usage: context-cache ${command}\\b`), command);
    }
  });
});
