import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compilePrompt } from '../../../src/core/prompts/compile';
import { convertPrompt } from '../../../src/core/prompts/convert';
import type { ConvertedPrompt } from '../../../src/core/prompts/convert';
import { extractPrompt } from '../../../src/core/prompts/extractPrompt';
import { splitSections } from '../../../src/core/prompts/sections';
import { promptOf, ReferenceTokens } from './support';

const linesOf = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
const long = (sentence: string, count: number): string => `${sentence} `.repeat(count).trim();

const prompt = `You are a helpful agent.

# Core rules

${long('Never guess.', 150)}

# Presentations

${long('One idea per slide.', 120)}

\`\`\`md
# Not a heading
\`\`\`

# Data & charts!

${long('Label the axes.', 120)}

# Odds and ends

Short.
`;

describe('converting prompts', () => {
  const tokens = new ReferenceTokens();
  after(() => {
    tokens.dispose();
  });
  const convert = async (text: string, fileName = 'agent.md'): Promise<ConvertedPrompt> =>
    convertPrompt({ text, fileName, name: 'agent' }, tokens, 'o200k_base');

  /** The full text that the converted manifest compiles to. */
  async function recompiled(converted: ConvertedPrompt): Promise<string> {
    const files = Object.fromEntries(converted.files.map(({ path, text }) => [path, text]));
    const library = Object.fromEntries(
      converted.sections.filter(({ onDemand }) => onDemand).map(({ id, file }) => [id, files[file]!]),
    );
    return compilePrompt(await promptOf(converted.files[0]!.text, files, library), 'full').text;
  }

  it('suggests long sections on special topics for on demand, and says why', async () => {
    const { sections } = await convert(prompt);
    assert.deepEqual(
      sections.map(({ id, onDemand, file }) => [id, onDemand, file]),
      [
        ['opening', false, 'parts/opening.md'],
        ['core-rules', false, 'parts/core-rules.md'],
        ['presentations', true, 'instructions/presentations.md'],
        ['data_charts', true, 'instructions/data_charts.md'],
        ['odds-and-ends', false, 'parts/odds-and-ends.md'],
      ],
    );
    for (const { reason, tokens: count } of sections) {
      assert.match(reason, /\.$/);
      assert.ok(count > 0);
    }
  });

  it('writes a manifest that compiles to the same lines, and less in the streamlined variant', async () => {
    const converted = await convert(prompt);
    assert.deepEqual(linesOf(await recompiled(converted)), linesOf(prompt));
    assert.match(
      converted.files.find(({ path }) => path === 'instructions/data_charts.md')!.text,
      /^---\nname: data_charts\ndescription: Data & charts!\. Use when/,
    );
  });

  it('loses no line of any text', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              '# A',
              '## B',
              '### C',
              '```',
              '```js',
              '<rules>',
              '</rules>',
              '<tools>',
              '</tools>',
              '',
              '---',
              '- item',
              '{{x}}',
              '$& $1',
              '# Ünïcode 日本',
            ),
            fc.string({ maxLength: 30 }),
            fc.constant(long('Rule.', 200)),
          ),
          { maxLength: 30 },
        ),
        async (lines) => {
          const text = `Begin\n${lines.join('\n')}`;
          assert.equal(
            splitSections(text)
              .map((section) => section.text)
              .join(''),
            text,
          );
          assert.deepEqual(linesOf(await recompiled(await convert(text))), linesOf(text));
        },
      ),
      { numRuns: 150 },
    ));

  it('splits at tags that hold sections, and not at examples, at tags without an end or in code', () => {
    const body = long('Rule.', 60);
    const text = `Intro\n<rules>\n${body}\n</rules>\n<example>\n${body}\n</example>\n<open>\n\`\`\`\n<code_rules>\n${body}\n</code_rules>\n\`\`\`\n<tone>\n${body}\n</tone>\n`;
    assert.deepEqual(
      splitSections(text).map(({ title }) => title),
      ['', 'rules', 'tone'],
    );
  });

  it('splits long sections at their own headings', () => {
    const text = `# One\n${long('Rule.', 900)}\n## Inner\n${long('Rule.', 900)}\n## Second\n${long('Rule.', 20)}\n# Two\nText\n`;
    assert.deepEqual(
      splitSections(text).map(({ title }) => title),
      ['One', 'Inner', 'Second', 'Two'],
    );
  });

  describe('out of programs', () => {
    const body = long('Always answer in full sentences.', 12);

    it('takes the longest string of Python, with its places as variables', () => {
      const source = `"""Module."""\n# a comment with """\nshort = "x"\nPROMPT = f"""# Agent\n\nUser: {user.name!r:>10}\nNow: {datetime.now()}\nJSON: {{"a": 1}}\nQuote: \\"x\\" \\u00e9\n${body}\n"""\nother = '''short'''\n`;
      const extracted = extractPrompt(source, 'agent.py');
      assert.equal(
        extracted.text,
        `# Agent\n\nUser: {{user_name_r}}\nNow: {{datetime_now}}\nJSON: {"a": 1}\nQuote: "x" é\n${body}\n`,
      );
      assert.deepEqual(
        extracted.variables.map(({ name, kind }) => [name, kind]),
        [
          ['user_name_r', 'session'],
          ['datetime_now', 'turn'],
        ],
      );
      assert.equal(extracted.line, 3);
    });

    it('leaves raw strings and plain braces alone', () => {
      assert.equal(extractPrompt(`P = r"""\\n {x} ${body}"""`, 'a.py').text, `\\n {x} ${body}`);
      assert.deepEqual(extractPrompt(`P = """{x} ${body}"""`, 'a.py').variables, []);
    });

    it('takes the longest template of TypeScript', () => {
      const source = `// a comment with \`\nconst a = 'it\\'s';\nexport const prompt = (name: string) => \`# Agent\n\nYou serve \${name}. \\\`code\\\` \\\${kept} \${list.map((x) => \`- \${x}\`).join('')}\n${body}\`;\n`;
      const extracted = extractPrompt(source, 'agent.ts');
      assert.equal(extracted.text, `# Agent\n\nYou serve {{name}}. \`code\` \${kept} {{list_map_x}}\n${body}`);
      assert.equal(extracted.line, 2);
    });

    it('converts it with its variables declared', async () => {
      const converted = await convert(`P = f"""# A\n{user}\n${body}\n# B\n${body}"""\n`, 'agent.py');
      assert.match(converted.files[0]!.text, /variables:\n {2}user:\n {4}kind: session\n/);
      assert.match(await recompiled(converted), /\{\{user\}\}/);
    });

    it('refuses a program without a long string', () => {
      assert.throws(() => extractPrompt('x = 1\n', 'a.py'), /a\.py holds no long string/);
    });
  });
});
