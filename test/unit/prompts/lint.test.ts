import assert from 'node:assert/strict';
import type { JsonValue } from '../../../src/core/cache/model';
import { lintPrompt } from '../../../src/core/prompts/lint/lintPrompt';
import { lintRequest } from '../../../src/core/prompts/lint/lintRequest';
import { lintText } from '../../../src/core/prompts/lint/lintText';
import type { TextKind } from '../../../src/core/prompts/lint/textRules';
import { lintRules, ruleIds } from '../../../src/core/prompts/lint/rules';
import type { LintFinding } from '../../../src/core/prompts/lint/finding';
import { loadProviders } from '../../../src/core/prompts/providers';
import { ruleUnitsOf } from '../../../src/core/prompts/ruleUnits';
import { filesOf, promptOf, ReferenceTokens } from './support';

const idsIn = (text: string, kind: TextKind, location = '/w/CLAUDE.md'): string[] =>
  lintText({ text, kind, location }).map(({ id }) => id);

type Case = readonly [text: string, kind: TextKind, location?: string];

/** For each rule: texts that break it, and texts that look like it and do not. */
const cases: Readonly<Record<string, { readonly breaks: readonly Case[]; readonly keeps: readonly Case[] }>> = {
  CB01: {
    breaks: [
      ["Today's date is 2031-05-06.", 'instruction'],
      ['The current date is Monday, May 5, 2031.', 'prompt'],
      ['Current date: {{date}}', 'prompt'],
      ['It is {current_time} now', 'prompt'],
      ['Now: ${new Date().toISOString()}', 'prompt'],
      ['Today is Fri Aug 29 2031', 'request'],
    ],
    keeps: [
      ['Write dates as 2031-05-06.', 'instruction'],
      ["Say `Today's date is 2031-05-06` when asked.", 'instruction'],
      ['Name the file {{date}}.md', 'instruction'],
      ['The API of 2031-05-06 is stable.', 'prompt'],
      ['Ask for the current date before you plan.', 'prompt'],
      ['At most ${limit.toLocaleString()} lines', 'prompt'],
      ['```\nToday is 2031-05-06\n```', 'prompt'],
    ],
  },
  CB02: {
    breaks: [
      ['Session ID: 0f3f9c54-5f0e-4a51-9d4e-1f8c0b1d2a01', 'request'],
      ['conversation_id = 0f3f9c545f0e4a519d4e', 'instruction'],
      ['Thread {{thread_id}}', 'prompt'],
      ['Request ${randomUUID()}', 'prompt'],
    ],
    keeps: [
      ['The bundle id is 0f3f9c54-5f0e-4a51-9d4e-1f8c0b1d2a01', 'instruction'],
      ['GET /v1/sessions/{session_id}/events', 'prompt'],
      ['Pass the session id on.', 'instruction'],
    ],
  },
  CB03: {
    breaks: [
      ['Tools: ${JSON.stringify(tools)}', 'prompt'],
      ['Tools: {json.dumps(tools)}', 'prompt'],
      ['Tools: {{ tools | tojson }}', 'prompt'],
      ['{{ bos_token }}{{ tools | tojson(indent=4) }}', 'prompt'],
    ],
    keeps: [
      ['Tools: {json.dumps(tools, sort_keys=True)}', 'prompt'],
      ['{{ bos_token }}{{ tools | tojson(indent=4, sort_keys=True) }}', 'prompt'],
      ['Tools: {{ tools | tojson }}', 'instruction'],
      ['Use JSON.stringify(value) for logs.', 'instruction'],
    ],
  },
  CB05: {
    breaks: [
      ['{% if admin %}You may delete.{% endif %}', 'prompt'],
      ['{{#if admin}}You may delete.{{/if}}', 'prompt'],
      ['${admin ? "You may delete." : ""}', 'prompt'],
    ],
    keeps: [
      ['Templates use {% if admin %} for conditions.', 'instruction'],
      ['If you are not sure, ask.', 'prompt'],
    ],
  },
  CB06: {
    breaks: [
      ['Working directory: /home/anna/app', 'request'],
      ['Working directory: {{cwd}}', 'prompt'],
      ['Host: ${os.hostname()}', 'prompt'],
      ['Git branch: {git_branch}', 'prompt'],
    ],
    keeps: [
      ['Working directory: /home/ubuntu', 'prompt'],
      ['Stay in the working directory.', 'instruction'],
      ['${"the cwd is reset"}', 'prompt'],
    ],
  },
  CB07: {
    breaks: [['---\nname: x\nmodel: claude-opus-4-8\n---\nText', 'instruction', '/w/.claude/skills/x/SKILL.md']],
    keeps: [
      ['---\nname: x\nmodel: inherit\n---\nText', 'instruction', '/w/.claude/skills/x/SKILL.md'],
      ['---\nname: x\nmodel: claude-opus-4-8\n---\nText', 'instruction', '/w/.claude/agents/x.md'],
      ['model: claude-opus-4-8', 'instruction', '/w/SKILL.md'],
    ],
  },
  CB09: {
    breaks: [
      ['\uFEFFText', 'instruction'],
      ['One\r\nTwo\nThree\n', 'instruction'],
      ['cafe\u0301', 'prompt'],
      ['zero\u200Bwidth', 'instruction'],
    ],
    keeps: [
      ['One  \nTwo\n', 'instruction'],
      ['One\r\nTwo\r\n', 'instruction'],
      ['Family: 👨\u200D👩\u200D👧', 'instruction'],
      ['日本語 café', 'prompt'],
    ],
  },
  CB11: {
    breaks: [['<available_skills>\n- a\n</available_skills>\nRules', 'instruction', '/w/AGENTS.md']],
    keeps: [
      ['Read `<available_skills>` first.', 'instruction', '/w/AGENTS.md'],
      ['Rules\n<available_skills>\n- a\n</available_skills>\n', 'instruction', '/w/AGENTS.md'],
    ],
  },
  CB12: {
    breaks: [
      ['---\nupdated: 2031-05-06\n---\nText', 'instruction'],
      ['# Rules\n\n**Last updated**: May 6, 2031\n', 'instruction'],
      ['<!-- generated on 2031-05-06 -->\nText', 'instruction'],
    ],
    keeps: [
      ['Keep the field `last_updated` current.', 'instruction'],
      ['Last updated: [date]', 'instruction'],
      [`${'line\n'.repeat(40)}Updated: May 6, 2031\n${'line\n'.repeat(40)}`, 'instruction'],
    ],
  },
  CB16: {
    breaks: [
      ['Files:\n{{file_list}}', 'prompt'],
      ['Files: ${fs.readdirSync(root)}', 'prompt'],
    ],
    keeps: [
      ['Files: ${sorted(files)}', 'prompt'],
      ['List the files first.', 'prompt'],
    ],
  },
  CB17: {
    breaks: [
      ['Scripts are in /Users/karin/tools/run.sh', 'instruction'],
      ['Open C:\\Users\\Karin\\notes.md', 'prompt'],
      ['`/home/karin/app/x.py`', 'instruction'],
    ],
    keeps: [
      ['Such as /home/user/app or /Users/yourname/app', 'instruction'],
      ['See https://example.org/home/karin/page', 'instruction'],
      ['In ~/tools and ./home/karin/x', 'instruction'],
      ['The route /users/karin/profile', 'instruction'],
    ],
  },
  CB18: {
    breaks: [
      ['Status: !`git status`', 'instruction', '/w/.claude/skills/x/SKILL.md'],
      ['See @package.json for versions.', 'instruction', '/w/CLAUDE.md'],
    ],
    keeps: [
      ['Status: !`git status`', 'instruction', '/w/README.md'],
      ['See `@package.json` for versions.', 'instruction', '/w/CLAUDE.md'],
      ['See @docs/style.md.', 'instruction', '/w/CLAUDE.md'],
      ['Mail me@package.json', 'instruction', '/w/CLAUDE.md'],
    ],
  },
};

describe('lint', () => {
  const tokens = new ReferenceTokens();
  after(() => {
    tokens.dispose();
  });

  it('knows twenty rules, each with a title', () => {
    assert.deepEqual(
      ruleIds,
      Array.from({ length: 20 }, (_, index) => `CB${String(index + 1).padStart(2, '0')}`),
    );
    assert.equal(new Set(ruleIds.map((id) => lintRules[id].title)).size, 20);
  });

  it('has a case for each rule that a text alone can break', () => {
    assert.deepEqual(
      Object.keys(cases),
      ruleIds.filter((id) => lintRules[id].seenIn === 'text'),
    );
  });

  for (const [id, { breaks, keeps }] of Object.entries(cases)) {
    for (const [text, kind, location] of breaks) {
      it(`${id} finds ${JSON.stringify(text.slice(0, 50))} (${kind})`, () => {
        assert.ok(idsIn(text, kind, location).includes(id));
      });
    }
    for (const [text, kind, location] of keeps) {
      it(`${id} passes over ${JSON.stringify(text.slice(0, 50))} (${kind})`, () => {
        assert.ok(!idsIn(text, kind, location).includes(id));
      });
    }
  }

  it('gives the range, the fix and what an editor needs to apply it', () => {
    const [finding] = lintText({
      text: 'Rules\n\nHome: /home/karin/app here',
      kind: 'instruction',
      location: '/w/a.md',
    });
    assert.deepEqual(finding?.range, { startLine: 2, startCharacter: 6, endLine: 2, endCharacter: 21 });
    assert.equal(finding.path, '/w/a.md');
    assert.equal(finding.severity, 'information');
    assert.equal(finding.quickFix?.kind, 'make-relative');
    const [mark] = lintText({ text: '\uFEFFx', kind: 'prompt', location: '/w/a.md' });
    assert.deepEqual(mark?.quickFix?.edits, [
      { range: { startLine: 0, startCharacter: 0, endLine: 0, endCharacter: 1 }, newText: '' },
    ]);
  });

  it('says of `tojson` who fills the template in: plain Jinja sorts names, chat templates of Hugging Face do not', () => {
    const tools = 'Tools: {{ tools | tojson }}';
    const found = (text: string, location = '/w/agent.j2'): readonly (readonly [string, boolean, string])[] =>
      lintText({ text, kind: 'prompt', location }).map(({ severity, message, quickFix }) => [
        severity,
        quickFix !== undefined,
        /with sorted names where plain Jinja|does not sort them/.exec(message)?.[0] ?? message,
      ]);
    const plain = [['information', false, 'with sorted names where plain Jinja']];
    const chat = [['warning', true, 'does not sort them']];
    assert.deepEqual(found(tools), plain);
    assert.deepEqual(found(`{% for message in messages %}${tools}{% endfor %}`), plain);
    assert.deepEqual(found(tools, '/models/tiny/chat_template.jinja'), chat);
    assert.deepEqual(found(tools, 'C:\\models\\chat_template.jinja'), chat);
    for (const sign of [
      "{{ raise_exception('no') }}",
      "{{ strftime_now('%d') }}",
      '{%- generation %}',
      '{{ bos_token }}',
      '{{ add_generation_prompt }}',
    ]) {
      assert.deepEqual(
        found(`${tools}\n${sign}`).filter(([, , message]) => message === chat[0]![2]),
        chat,
        sign,
      );
    }
  });

  describe('suppression', () => {
    const bad = 'In /home/karin/app';
    const suppressed: readonly string[] = [
      `${bad} <!-- context-cache-ignore CB17 -->`,
      `<!-- context-cache-ignore CB17 -->\n${bad}`,
      `# context-cache-ignore-next-line CB17\n${bad}`,
      `// context-cache-ignore\n${bad}`,
      `Text\n\n${bad}\n<!-- context-cache-ignore-file CB01, CB17 -->`,
    ];
    for (const text of suppressed) {
      it(JSON.stringify(text), () => {
        assert.deepEqual(idsIn(text, 'instruction'), []);
      });
    }
    const kept: readonly string[] = [
      `${bad} <!-- context-cache-ignore CB01 -->`,
      `<!-- context-cache-ignore CB17 -->\n\n${bad}`,
      `Text <!-- context-cache-ignore CB17 -->\n${bad}`,
      `${bad} <!-- context-cache-ignored CB17 -->`,
    ];
    for (const text of kept) {
      it(`does not reach: ${JSON.stringify(text)}`, () => {
        assert.deepEqual(idsIn(text, 'instruction'), ['CB17']);
      });
    }

    it('switches rules off from outside', () => {
      assert.deepEqual(lintText({ text: bad, kind: 'instruction', location: '/w/a', disabled: new Set(['CB17']) }), []);
    });
  });

  it('is not slowed down by hostile texts', () => {
    for (const text of [
      '`'.repeat(50_000),
      '<!--'.repeat(20_000),
      '{{'.repeat(30_000),
      '${'.repeat(30_000),
      'a '.repeat(50_000),
      '---\n'.repeat(20_000),
      `${' '.repeat(200_000)}x <!-- context-cache-ignore -->`,
      '<!--'.repeat(100_000),
      '*'.repeat(200_000),
      `Last updated${'_'.repeat(200_000)}`,
      `{{ ${'a|tojson '.repeat(30_000)}`,
      `{${'json.dumps('.repeat(30_000)}`,
      `|a|\n|${' '.repeat(200_000)}x`,
    ]) {
      lintText({ text, kind: 'prompt', location: '/w/a' });
      ruleUnitsOf(text);
    }
  }).timeout(30_000);

  async function manifestFindings(
    manifest: string,
    files: Record<string, string> = {},
    library: Record<string, string> = {},
  ): Promise<LintFinding[]> {
    const prompt = await promptOf(manifest, files, library);
    return lintPrompt({
      prompt,
      manifestPath: 'agent.prompt.yaml',
      manifestText: manifest,
      files: filesOf(files),
      counter: tokens,
      encoding: 'o200k_base',
      providers: loadProviders(),
    });
  }

  describe('manifests', () => {
    const orders: readonly (readonly [variable: string, rule: string])[] = [
      ['today', 'CB01'],
      ['session_id', 'CB02'],
      ['working_dir', 'CB06'],
      ['file_list', 'CB16'],
      ['tokens_left', 'CB12'],
    ];
    for (const [variable, rule] of orders) {
      it(`finds {{${variable}}} in front of what is static (${rule})`, async () => {
        const findings = await manifestFindings(
          `name: a\nvariables: { ${variable}: { kind: turn } }\nparts:\n  - text: First {{${variable}}}.\n  - text: Static.\n  - conversation: true\n  - text: Last {{${variable}}}.\n`,
        );
        assert.deepEqual(
          findings.map(({ id, range }) => [id, range?.startLine]),
          [[rule, 3]],
        );
        assert.match(findings[0]!.message, /`text-2` behind it/);
      });
    }

    it('says nothing when what changes stands behind', async () => {
      const findings = await manifestFindings(
        'name: a\nvariables: { now: { kind: turn } }\nparts:\n  - text: Static.\n  - text: It is {{now}}.\n  - tools: t.json\n',
        { 't.json': '[]' },
      );
      assert.deepEqual(findings, []);
    });

    it('finds a prefix that is too short for a model for sure, and only then', async () => {
      const manifest = (count: number): string =>
        `name: a\nmodels: [gpt-5.6, claude-haiku-4-5, unknown]\nparts:\n  - text: "${'word '.repeat(count)}"\n`;
      const messages = async (count: number): Promise<string[]> =>
        (await manifestFindings(manifest(count))).map(
          ({ id, message }) => `${id} ${/; (\S+) caches/.exec(message)?.[1] ?? ''}`,
        );
      assert.deepEqual(await messages(500), [
        'CB14 gpt-5.6',
        'CB14 claude-haiku-4-5',
        'CB14 gpt-5.6',
        'CB14 claude-haiku-4-5',
      ]);
      assert.deepEqual(await messages(3000), []);
    });

    it('lints the parts in their own files, and obeys comments in the manifest', async () => {
      const files = { 'a.md': '# Who\n\nIn /home/karin/app.\n' };
      const library = { notes: '---\nupdated: 2031-05-06\n---\nNotes.' };
      const manifest = 'name: a\nparts:\n  - file: a.md\n  - instruction: notes\n  - text: In /home/karin/app.\n';
      const places = (findings: readonly LintFinding[]): string[] =>
        findings.map(({ id, path, range }) => `${id} ${path ?? ''}:${range?.startLine ?? 0}`);
      assert.deepEqual(places(await manifestFindings(manifest, files, library)), [
        'CB17 /workspace/a.md:2',
        'CB12 /workspace/instructions/notes.md:1',
        'CB17 /workspace/agent.prompt.yaml:4',
      ]);
      const quiet = manifest.replace('app.\n', 'app. # context-cache-ignore\n');
      assert.equal((await manifestFindings(quiet, files, library)).length, 2);
    });

    it('finds blanks at the ends of lines in parts', async () => {
      const findings = await manifestFindings('name: a\nparts: [{ file: a.md }]\n', { 'a.md': 'One \nTwo\n' });
      assert.deepEqual(
        findings.map(({ id }) => id),
        ['CB09'],
      );
    });
  });

  describe('recorded requests', () => {
    const lint = async (value: JsonValue): Promise<LintFinding[]> =>
      lintRequest({
        text: JSON.stringify(value, undefined, 2),
        value,
        location: '/w/r.json',
        counter: tokens,
        encoding: 'o200k_base',
        providers: loadProviders(),
      });
    const marker = { cache_control: { type: 'ephemeral' } };
    const long = { type: 'text', text: 'Rule. '.repeat(1500), ...marker };
    const request = (change: Record<string, JsonValue>): JsonValue => ({
      model: 'claude-opus-4-8',
      system: [long],
      messages: [{ role: 'user', content: 'Hello.' }],
      ...change,
    });
    const tool = (name: string): JsonValue => ({ name, input_schema: { type: 'object' } });
    const blocks = (count: number): JsonValue[] =>
      Array.from({ length: count }, (_, index): JsonValue => ({
        type: 'text',
        text: `Block ${index}`,
        ...(index === count - 1 ? marker : {}),
      }));

    const found: readonly (readonly [title: string, change: Record<string, JsonValue>, ids: readonly string[]])[] = [
      ['nothing', {}, []],
      ['tools in no order', { tools: [tool('zoom'), tool('ask')] }, ['CB04']],
      ['tools in order', { tools: [tool('ask'), tool('zoom')] }, []],
      ['a picture at the front', { system: [{ type: 'image', source: { data: 'x' } }, long] }, ['CB08']],
      ['too many blocks between markers', { messages: [{ role: 'user', content: blocks(21) }] }, ['CB13']],
      ['as many blocks as are looked back', { messages: [{ role: 'user', content: blocks(20) }] }, []],
      ['a short prefix', { system: [{ type: 'text', text: 'Short.', ...marker }] }, ['CB14']],
      [
        'a longer lifetime after a shorter one',
        { system: [long, { type: 'text', text: 'More.', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        ['CB19'],
      ],
      [
        'a date in the prefix',
        { system: [{ type: 'text', text: 'The current date is May 6, 2031.' }, long] },
        ['CB01'],
      ],
      ['a date behind the prefix', { messages: [{ role: 'user', content: 'The current date is May 6, 2031.' }] }, []],
    ];
    for (const [title, change, ids] of found) {
      it(`finds ${ids.join(', ') || 'nothing'} for ${title}`, async () => {
        assert.deepEqual(
          (await lint(request(change))).map(({ id }) => id),
          ids,
        );
      });
    }

    it('points at the place in the JSON', async () => {
      const [finding] = await lint(
        request({ system: [{ type: 'text', text: 'Rules\nThe current date is May 6, 2031.' }, long] }),
      );
      assert.equal(finding?.range?.startLine, 5);
      assert.match(finding.message, /^system\[0\]: /);
    });
  });
});
