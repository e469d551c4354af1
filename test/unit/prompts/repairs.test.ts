import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LintFinding } from '../../../src/core/prompts/lint/finding';
import { ignoreEdit } from '../../../src/core/prompts/lint/ignoring';
import { lintPrompt } from '../../../src/core/prompts/lint/lintPrompt';
import { lintText } from '../../../src/core/prompts/lint/lintText';
import type { TextKind } from '../../../src/core/prompts/lint/textRules';
import { manifestRepairs } from '../../../src/core/prompts/lint/manifestRepairs';
import { applyTextEdits } from '../../../src/core/prompts/lint/repair';
import type { Repair } from '../../../src/core/prompts/lint/repair';
import type { RuleId } from '../../../src/core/prompts/lint/rules';
import { repairSafely, textRepairs } from '../../../src/core/prompts/lint/textRepairs';
import { loadProviders } from '../../../src/core/prompts/providers';
import { filesOf, promptOf, ReferenceTokens } from './support';

const skill = '/w/.claude/skills/x/SKILL.md';

interface Repaired {
  readonly rule: RuleId;
  readonly kind: TextKind;
  readonly location?: string;
  readonly before: string;
  readonly after: string;
}

const cases: readonly Repaired[] = [
  { rule: 'CB03', kind: 'prompt', before: 'A {json.dumps(t)} b', after: 'A {json.dumps(t, sort_keys=True)} b' },
  {
    rule: 'CB03',
    kind: 'prompt',
    before: 'A {json.dumps(f(t, ")"), indent=2,) + g(u)}',
    after: 'A {json.dumps(f(t, ")"), indent=2, sort_keys=True) + g(u)}',
  },
  {
    rule: 'CB03',
    kind: 'prompt',
    before: 'A {json.dumps(t, sort_keys=False)}',
    after: 'A {json.dumps(t, sort_keys=True)}',
  },
  {
    rule: 'CB03',
    kind: 'prompt',
    before: '{{ bos_token }}{{ tools | tojson(indent=width(2)) | trim }}',
    after: '{{ bos_token }}{{ tools | tojson(indent=width(2), sort_keys=true) | trim }}',
  },
  {
    rule: 'CB03',
    kind: 'prompt',
    before: '{{ bos_token }}{{ tools | tojson }}',
    after: '{{ bos_token }}{{ tools | tojson(sort_keys=true) }}',
  },
  {
    rule: 'CB03',
    kind: 'prompt',
    before: '{{ bos_token }}{{ tools|tojson(indent=4) }}',
    after: '{{ bos_token }}{{ tools|tojson(indent=4, sort_keys=true) }}',
  },
  {
    rule: 'CB07',
    kind: 'instruction',
    location: skill,
    before: '---\nname: x\nmodel: claude-opus-4-8\ndescription: y\n---\nText',
    after: '---\nname: x\ndescription: y\n---\nText',
  },
  { rule: 'CB09', kind: 'instruction', before: '\uFEFFText', after: 'Text' },
  { rule: 'CB09', kind: 'instruction', before: 'a\r\nb\nc\r\nd\r\n', after: 'a\nb\nc\nd\n' },
  { rule: 'CB09', kind: 'prompt', before: 'x cafe\u0301\ny e\u0301', after: 'x café\ny é' },
  { rule: 'CB09', kind: 'prompt', before: 'a\u200Bb\nc\u2060d', after: 'ab\ncd' },
  { rule: 'CB09', kind: 'prompt', before: 'a \nb\t\nc', after: 'a\nb\nc' },
  {
    rule: 'CB11',
    kind: 'instruction',
    before: '# Rules\n<available_skills>\n- a\n</available_skills>\nMore.\n',
    after: '# Rules\nMore.\n\n<available_skills>\n- a\n</available_skills>\n',
  },
  { rule: 'CB12', kind: 'instruction', before: '# R\nLast updated: May 6, 2031\nText\n', after: '# R\nText\n' },
  { rule: 'CB12', kind: 'instruction', before: 'Text\nLast updated: May 6, 2031', after: 'Text\n' },
  { rule: 'CB17', kind: 'instruction', before: 'See /Users/karin/a/b.md.', after: 'See ~/a/b.md.' },
  { rule: 'CB17', kind: 'prompt', before: 'Open C:\\Users\\Karin\\n.md', after: 'Open ~\\n.md' },
  { rule: 'CB18', kind: 'instruction', location: skill, before: 'Is: !`git status`.', after: 'Is: `git status`.' },
  {
    rule: 'CB18',
    kind: 'instruction',
    location: '/w/CLAUDE.md',
    before: 'See @package.json, @docs/a.md.',
    after: 'See `package.json`, @docs/a.md.',
  },
];

describe('repairs of lint findings', () => {
  const tokens = new ReferenceTokens();
  after(() => {
    tokens.dispose();
  });

  const lint = (text: string, kind: TextKind, location = '/w/AGENTS.md'): LintFinding[] =>
    lintText({ text, kind, location, strict: kind === 'prompt' });
  const onlyRepair = (finding: LintFinding, text: string): Repair => {
    const repairs = textRepairs(finding, text);
    assert.equal(repairs.length, 1);
    assert.ok(repairs[0]!.title.length > 5);
    return repairs[0]!;
  };

  describe('within one text', () => {
    for (const { rule, kind, location, before, after: wanted } of cases) {
      it(`${rule}: ${JSON.stringify(before.slice(0, 40))}`, () => {
        const finding = lint(before, kind, location).find(({ id }) => id === rule);
        assert.ok(finding !== undefined);
        const { edits } = onlyRepair(finding, before);
        assert.ok(edits.every(({ path }) => path === finding.path));
        const repaired = applyTextEdits(before, edits);
        assert.equal(repaired, wanted);
        assert.ok(!lint(repaired, kind, location).some(({ id }) => id === rule));
      });
    }

    it('calls only white space safe', () => {
      for (const { rule, kind, location, before } of cases) {
        const finding = lint(before, kind, location).find(({ id }) => id === rule)!;
        assert.equal(onlyRepair(finding, before).safe, rule === 'CB09', rule);
      }
    });

    it('leaves nothing of white space to find, and no other character changed', () => {
      const piece = fc.constantFrom(
        'a',
        'é',
        'e\u0301',
        '\u200B',
        '\uFEFF',
        ' ',
        '\t',
        '\n',
        '\r\n',
        '👨\u200D👩',
        'ﬁ',
      );
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
          const before = pieces.join('');
          const meaning = (said: string): string =>
            said
              .replace(/\r\n/g, '\n')
              .replace(/[\u200B\u2060\u00AD\uFEFF]/g, '')
              .normalize('NFC')
              .replace(/[ \t]+$/gm, '');
          const text = repairSafely(before, (said) => lint(said, 'prompt'));
          assert.deepEqual(lint(text, 'prompt'), []);
          assert.equal(meaning(text), meaning(before));
        }),
      );
    });
  });

  describe('in a manifest', () => {
    const location = '/workspace/agent.prompt.yaml';
    const lintManifest = async (manifest: string, files: Record<string, string>): Promise<LintFinding[]> =>
      lintPrompt({
        prompt: await promptOf(manifest, files),
        manifestPath: 'agent.prompt.yaml',
        manifestText: manifest,
        files: filesOf(files),
        counter: tokens,
        encoding: 'o200k_base',
        providers: loadProviders(),
      });

    /** Repairs the first finding of a rule and returns all texts as they are then. */
    async function repaired(
      rule: RuleId,
      manifest: string,
      files: Record<string, string> = {},
    ): Promise<{ manifest: string; files: Record<string, string>; left: string[] }> {
      const finding = (await lintManifest(manifest, files)).find(({ id }) => id === rule);
      assert.ok(finding !== undefined, `no ${rule}`);
      const name = finding.path!.replace('/workspace/', '');
      const prompt = await promptOf(manifest, files);
      const repairs = manifestRepairs(finding, {
        manifest: prompt.manifest,
        manifestText: manifest,
        manifestLocation: location,
        partTexts: new Map(prompt.parts.map(({ part, text }) => [part.id, text])),
        text: finding.path === location ? manifest : files[name]!,
      });
      assert.equal(repairs.length, 1);
      const { edits } = repairs[0]!;
      const change = (path: string, text: string): string =>
        applyTextEdits(
          text,
          edits.filter((edit) => edit.path === path),
        );
      const changed = {
        manifest: change(location, manifest),
        files: Object.fromEntries(
          Object.entries(files).map(([path, text]) => [path, change(`/workspace/${path}`, text)]),
        ),
      };
      const left = (await lintManifest(changed.manifest, changed.files)).map(({ id }) => id);
      return { ...changed, left };
    }

    it('replaces a date by a session variable, then moves the part below what is static', async () => {
      const first = await repaired(
        'CB01',
        "name: a\nparts:\n  - text: Today's date is 2031-05-06.\n  - text: Static.\n  - conversation: true\n",
      );
      assert.equal(
        first.manifest,
        "name: a\nvariables:\n  today: { kind: session }\nparts:\n  - text: Today's date is {{today}}.\n  - text: Static.\n  - conversation: true\n",
      );
      assert.deepEqual(first.left, ['CB01']);
      const second = await repaired('CB01', first.manifest);
      assert.equal(
        second.manifest,
        "name: a\nvariables:\n  today: { kind: session }\nparts:\n  - text: Static.\n  - text: Today's date is {{today}}.\n  - conversation: true\n",
      );
      assert.deepEqual(second.left, []);
    });

    it('replaces an id in the file of a part, and adds to the variables that there are', async () => {
      const { manifest, files } = await repaired(
        'CB02',
        'name: a\nvariables:\n  desk: { kind: static, default: x }\nparts:\n  - file: a.md\n',
        { 'a.md': '# Who\nSession ID: 0f3f9c54-5f0e-4a51-9d4e-1f8c0b1d2a01\n' },
      );
      assert.equal(files['a.md'], '# Who\nSession ID: {{session_id}}\n');
      assert.match(manifest, /^variables:\n {2}session_id: \{ kind: session \}\n {2}desk: /m);
    });

    const declared: readonly (readonly [before: string, after: string])[] = [
      ['variables: { a: { kind: static, default: x } }', 'variables: { cwd: { kind: session }, a: { kind: static'],
      ['variables: {}', 'variables: { cwd: { kind: session } }'],
      ['variables:', 'variables:\n  cwd: { kind: session }\n'],
    ];
    for (const [before, wanted] of declared) {
      it(`declares what a template names below ${JSON.stringify(before)}`, async () => {
        const { manifest, left } = await repaired(
          'CB06',
          `name: a\n${before}\nparts:\n  - text: |\n      Working directory: {{cwd}}\n`,
        );
        assert.ok(manifest.includes(wanted), manifest);
        assert.deepEqual(left, []);
      });
    }

    it('writes a template of a program as a variable, one of time as one that changes each turn', async () => {
      const { manifest } = await repaired('CB01', 'name: a\nparts:\n  - text: It is {current_time} now\n');
      assert.match(manifest, /current_time: \{ kind: turn \}/);
      assert.match(manifest, /It is \{\{current_time\}\} now/);
    });

    it('moves what changes with each turn last, with the comment above it', async () => {
      const { manifest, left } = await repaired(
        'CB12',
        [
          'name: a',
          'variables: { left: { kind: turn }, who: { kind: session } }',
          'parts:',
          '  # Counts down.',
          '  - text: |',
          '      {{left}} left.',
          '',
          '  - text: Static.',
          '  - text: For {{who}}.',
        ].join('\n'),
      );
      assert.deepEqual(left, []);
      assert.equal(
        manifest.slice(manifest.indexOf('parts:')),
        'parts:\n  - text: Static.\n  - text: For {{who}}.\n  # Counts down.\n  - text: |\n      {{left}} left.\n',
      );
    });

    it('leaves a manifest alone that is written on one line', async () => {
      const manifest =
        '{ name: a, variables: { now: { kind: turn } }, parts: [{ text: "{{now}}" }, { text: Static }] }';
      const [finding] = await lintManifest(manifest, {});
      const prompt = await promptOf(manifest, {});
      const partTexts = new Map(prompt.parts.map(({ part, text }) => [part.id, text]));
      const input = { manifest: prompt.manifest, manifestText: manifest, manifestLocation: location, partTexts };
      assert.deepEqual(manifestRepairs(finding!, { ...input, text: manifest }), []);
    });

    it('offers nothing that would make the manifest unreadable', async () => {
      const manifest = 'name: a\nparts:\n  - text: "Last updated: 2031-05-06"\n';
      const prompt = await promptOf(manifest, {});
      const input = { manifest: prompt.manifest, manifestText: manifest, manifestLocation: location };
      const [finding] = await lintManifest(manifest, {});
      assert.equal(finding?.quickFix?.kind, 'remove');
      assert.deepEqual(manifestRepairs(finding, { ...input, partTexts: new Map(), text: manifest }), []);
    });

    it('says nothing about what stands behind the conversation', async () => {
      assert.deepEqual(
        await lintManifest('name: a\nparts:\n  - conversation: true\n  - text: Today is 2031-05-06.\n', {}),
        [],
      );
    });

    it('marks the words themselves where the manifest spells them as they are', async () => {
      const [finding] = await lintManifest('name: a\nparts:\n  - text: |\n      One.\n      In /home/karin/app.\n', {});
      assert.deepEqual(finding?.range, { startLine: 4, startCharacter: 9, endLine: 4, endCharacter: 25 });
      assert.equal(finding.quickFix?.kind, 'make-relative');
    });
  });

  describe('suppression', () => {
    const bad = 'In /home/karin/app';
    const kinds: readonly (readonly [path: string, text: string, line: number, wanted: string])[] = [
      ['a.md', `- ${bad}\n- b\n`, 0, `- ${bad} <!-- context-cache-ignore CB17 -->\n- b\n`],
      ['a.md', `---\nd: ${bad}\n---\n`, 1, `---\n# context-cache-ignore-next-line CB17\nd: ${bad}\n---\n`],
      ['a.md', `\`\`\`\n${bad}\n\`\`\``, 1, `\`\`\`\n${bad}\n\`\`\`\n<!-- context-cache-ignore-file CB17 -->\n`],
      ['a.mdc', bad, 0, `${bad} <!-- context-cache-ignore CB17 -->`],
      [
        'a.prompt.yaml',
        `parts:\n  - text: ${bad}\n`,
        1,
        `parts:\n  # context-cache-ignore-next-line CB17\n  - text: ${bad}\n`,
      ],
      ['a.ts', `  ${bad}`, 0, `  // context-cache-ignore-next-line CB17\n  ${bad}`],
    ];
    for (const [path, text, line, wanted] of kinds) {
      it(`of one line: ${path} ${JSON.stringify(text.slice(0, 20))}`, () => {
        const edit = ignoreEdit(path, text, line, 'CB17', 'line');
        const ignored = applyTextEdits(text, [edit!]);
        assert.equal(ignored, wanted);
        assert.deepEqual(
          lint(ignored, 'instruction', path).filter(({ id }) => id === 'CB17'),
          [],
        );
      });
      it(`of the whole file: ${path} ${JSON.stringify(text.slice(0, 20))}`, () => {
        const ignored = applyTextEdits(text, [ignoreEdit(path, text, line, 'CB17', 'file')!]);
        assert.deepEqual(lint(ignored, 'instruction', path), []);
      });
    }

    it('is not offered where there are no comments', () => {
      assert.equal(ignoreEdit('a.json', '{}', 0, 'CB17', 'line'), undefined);
    });
  });
});
