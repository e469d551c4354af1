import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { agentClients } from '../../../src/agent/config/clients';
import { agentTools } from '../../../src/agent/tools/table';
import { bundleCli } from '../agent/bundleCli';

const run = promisify(execFile);
const root = join(__dirname, '..', '..', '..');

interface Workflow {
  readonly on: string;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>
  >;
}

describe('the docs of agents and CI', function () {
  this.timeout(60_000);
  let agentsPage: string;
  let ciPage: string;
  let folder: string;

  before(async () => {
    agentsPage = await readFile(join(root, 'media', 'docs', 'agents.md'), 'utf8');
    ciPage = await readFile(join(root, 'media', 'docs', 'ci.md'), 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'context-cache-readme-'));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function block(name: string): string {
    const found = new RegExp(`<!-- ${name}: tested -->\\n\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(ciPage);
    assert.ok(found !== null, name);
    return found[1]!;
  }

  it('lists every tool with its arguments', () => {
    for (const { name, input, description } of agentTools) {
      const row = agentsPage.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      assert.ok(row !== undefined, name);
      assert.ok(row.includes(description.replaceAll('|', '\\|')), name);
      assert.deepEqual(
        [...row.split('|')[2]!.matchAll(/`(\w+)`/g)].map(([, argument]) => argument),
        Object.keys(input.shape),
      );
    }
  });

  it('shows what Connect Agents writes', () => {
    for (const { path, edit } of agentClients) {
      const row = agentsPage.split('\n').find((line) => line.startsWith('| ') && line.includes(`| \`${path}\` |`));
      assert.ok(row !== undefined, path);
      const code = [...row.split('|')[3]!.matchAll(/`([^`]+)`/g)].map(([, text]) => text!).join('\n');
      const shown: unknown = path.endsWith('.toml') ? parseToml(code) : JSON.parse(code);
      const written: unknown = path.endsWith('.toml') ? parseToml(edit(undefined)) : JSON.parse(edit(undefined));
      assert.deepEqual(structuredClone(shown), structuredClone(written), path);
    }
  });

  it('gives a workflow and a hook that run, and stop what adds an error', async () => {
    const workflow = parseYaml(block('workflow')) as Workflow;
    assert.equal(workflow.on, 'pull_request');
    const { steps } = workflow.jobs['check']!;
    assert.ok(steps.every(({ run: script, uses }) => (script === undefined) !== (uses === undefined)));
    const tools = join(folder, 'tools', 'dist');
    await mkdir(tools, { recursive: true });
    await writeFile(join(tools, 'cli.js'), `require(${JSON.stringify(await bundleCli())});`);
    const repository = join(folder, 'repository');
    await cp(join(root, 'test', 'fixtures', 'sample-workspace'), repository, { recursive: true });
    const git = async (...args: string[]): Promise<unknown> => run('git', args, { cwd: repository });
    await git('init', '--quiet', '--initial-branch', 'main');
    await git('config', 'user.email', 'test@example.com');
    await git('config', 'user.name', 'Test');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'start');
    await git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    const summary = join(folder, 'summary.md');
    const env = {
      ...process.env,
      CONTEXT_CACHE: join(folder, 'tools'),
      CONTEXT_CACHE_HOME: join(folder, 'home'),
      GITHUB_STEP_SUMMARY: summary,
    };
    const sh = async (script: string): Promise<unknown> => run('sh', ['-c', script], { cwd: repository, env });
    const checks = steps
      .map(({ run: script }) => script?.replaceAll('${{ github.base_ref }}', 'main'))
      .filter((script) => script?.includes('cli.js') === true);
    assert.equal(checks.length, 2);
    for (const script of [...checks, block('hook')]) {
      await sh(script!);
    }
    assert.match(await readFile(summary, 'utf8'), /against `origin\/main`/);
    await writeFile(
      join(repository, 'context-cache.yaml'),
      'budgets:\n  files:\n    - pattern: AGENTS.md\n      warn: 1\n      error: 2\n',
    );
    await writeFile(join(repository, 'AGENTS.md'), 'You must always read this before anything else. '.repeat(2_000));
    for (const script of [checks[1]!, block('hook')]) {
      await assert.rejects(sh(script), { code: 1 });
    }
  });
});
