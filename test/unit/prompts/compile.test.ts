import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonValue } from '../../../src/core/cache/model';
import { compilePrompt } from '../../../src/core/prompts/compile';
import { compiledFileName, formatPrompt } from '../../../src/core/prompts/formats';
import type { OutputFormat } from '../../../src/core/prompts/formats';
import { lockOf, lockText } from '../../../src/core/prompts/lock';
import { measurePrompt } from '../../../src/core/prompts/measure';
import { normaliseText } from '../../../src/core/prompts/promptText';
import { loadProviders } from '../../../src/core/prompts/providers';
import { promptOf, ReferenceTokens } from './support';

const tools = JSON.stringify([
  { name: 'zoom', input_schema: { type: 'object', properties: { b: {}, a: {} } } },
  { type: 'function', function: { name: 'ask', description: 'Asks.', parameters: { type: 'object' } } },
]);
const library = {
  research:
    '---\nname: research\ndescription: How to look things up. Use when facts are needed\n---\n# Research\n\nOpen what you cite.\n',
  charts: '---\ndescription: How to draw. Use when numbers are shown.\n---\n\n# Charts\n\nLabel the axes.\n',
};
const files = {
  'identity.md': '\uFEFF\r\n# Who you are\r\n\r\nYou help the {{desk}} desk.  \r\nGently.\r\n\r\n',
  'tools.json': tools,
};
const manifest = `name: agent
models: [claude-opus-4-8, gpt-5.6, gpt-4o, gemini-2.5-pro]
variables:
  desk: { kind: static, default: Equities }
  sector: { kind: session }
  now: { kind: turn }
profiles:
  mixed: { inline: [charts], omit: [tail] }
parts:
  - file: identity.md
  - instruction: research
  - text: Only in full.
    only: full
  - instruction: charts
  - tools: tools.json
  - text: The sector is {{ sector }}.
  - text: It is {{now}}.
  - conversation: true
  - id: tail
    text: Answer briefly.
`;

const compiled = async (variant: string): Promise<string> =>
  compilePrompt(await promptOf(manifest, files, library), variant).text;

async function formatted(format: OutputFormat, model?: string, staticTokens = 10_000): Promise<JsonValue> {
  const prompt = compilePrompt(await promptOf(manifest, files, library), 'streamlined');
  const text = formatPrompt(prompt, format, { providers: loadProviders(), model, staticTokens });
  return JSON.parse(text) as JsonValue;
}

describe('compiling prompts', () => {
  it('writes the full variant with every instruction in it', async () => {
    assert.equal(
      await compiled('full'),
      `# Who you are

You help the Equities desk.  
Gently.

# Research

Open what you cite.

Only in full.

# Charts

Label the axes.

{"name":"ask","description":"Asks.","parameters":{"type":"object"}}
{"name":"zoom","parameters":{"properties":{"a":{},"b":{}},"type":"object"}}

The sector is {{sector}}.

It is {{now}}.

{{conversation}}

Answer briefly.
`,
    );
  });

  it('puts one sorted index where the first instruction on demand stood', async () => {
    const text = await compiled('streamlined');
    assert.match(text, /Gently\.\n\n# Instructions on demand\n\n/);
    assert.deepEqual(
      text.split('\n').filter((line) => line.startsWith('- `')),
      [
        '- `charts`: How to draw. Use when numbers are shown. To get it, call `get_instruction` with the tag `charts`.',
        '- `research`: How to look things up. Use when facts are needed. To get it, call `get_instruction` with the tag `research`.',
      ],
    );
    assert.doesNotMatch(text, /Open what you cite|Only in full|Label the axes/);
  });

  it('puts a profile between the two', async () => {
    const text = await compiled('mixed');
    assert.match(text, /Label the axes/);
    assert.match(text, /- `research`/);
    assert.doesNotMatch(text, /- `charts`|Answer briefly/);
  });

  it('keeps what is always inline, and fetches by path where asked', async () => {
    const text = `name: a\nparts:\n  - { instruction: research, inline: always }\n  - { instruction: charts, inline: never, fetch: path, whenToUse: Use for charts }\n`;
    const prompt = await promptOf(text, {}, library);
    const full = compilePrompt(prompt, 'full').text;
    assert.equal(compilePrompt(prompt, 'streamlined').text, full);
    assert.match(full, /^# Research/);
    assert.match(full, /- `charts`: Use for charts\. To get it, read `instructions\/charts\.md`\.\n$/);
  });

  it('knows how stable each piece is, and how its place in a prefix', async () => {
    const { pieces } = compilePrompt(await promptOf(manifest, files, library), 'streamlined');
    assert.deepEqual(
      pieces.map(({ id, stability, prefixStability }) => `${id} ${stability} ${prefixStability}`),
      [
        'identity static static',
        'on-demand static static',
        'tools static static',
        'text-2 session session',
        'text-3 turn turn',
        'conversation turn turn',
        'tail static turn',
      ],
    );
  });

  it('fills in values, and refuses a static variable without one', async () => {
    const prompt = await promptOf('name: a\nvariables: { x: { kind: static } }\nparts: [{ text: "{{x}} {{y}}" }]\n');
    assert.equal(compilePrompt(prompt, 'full', { values: new Map([['x', 'is']]) }).text, 'is {{y}}\n');
    assert.throws(() => compilePrompt(prompt, 'full'), /static variable 'x' has no value/);
    assert.deepEqual(
      prompt.findings.map(({ id, severity }) => [id, severity]),
      [['undeclared-variable', 'information']],
    );
  });

  it('does not read a value as a template again', async () => {
    const prompt = await promptOf('name: a\nvariables: { x: {}, y: { default: no } }\nparts: [{ text: "{{x}}" }]\n');
    assert.equal(compilePrompt(prompt, 'full', { values: new Map([['x', '{{y}} $& $1']]) }).text, '{{y}} $& $1\n');
  });

  const faults: readonly (readonly [title: string, manifest: string, id: string, message: RegExp])[] = [
    ['a missing file', 'parts: [{ file: gone.md }]', 'part-file', /gone\.md.*no file/],
    ['a file outside of the workspace', 'parts: [{ file: ../x.md }]', 'part-file', /outside of the workspace/],
    ['an unknown tag', 'parts: [{ instruction: nothing }]', 'unknown-instruction', /No instruction .* `nothing`/],
    ['tools that are no JSON', 'parts: [{ tools: identity.md }]', 'part-file', /not JSON/],
    ['a binary file', 'parts: [{ file: binary }]', 'part-file', /binary/],
  ];
  for (const [title, parts, id, message] of faults) {
    it(`refuses ${title}, and says what to do`, async () => {
      const prompt = await promptOf(`name: a\n${parts}\n`, { ...files, binary: new Uint8Array([65, 0, 66]) }, library);
      const finding = prompt.findings.find(({ severity }) => severity === 'error');
      assert.equal(finding?.id, id);
      assert.match(finding.message, message);
      assert.notEqual(finding.fix, '');
      assert.throws(() => compilePrompt(prompt, 'full'), message);
    });
  }

  it('refuses a variant that is not there, and names those that are', async () => {
    const prompt = await promptOf(manifest, files, library);
    assert.throws(() => compilePrompt(prompt, 'slim'), { nextStep: 'Use one of full, streamlined, mixed.' });
  });

  it('does not depend on line ends, byte order marks or the order of a library', async () => {
    const dos = { ...files, 'identity.md': normaliseText(files['identity.md']) };
    const other = { charts: library.charts.replaceAll('\n', '\r\n'), research: library.research };
    for (const variant of ['full', 'streamlined', 'mixed']) {
      assert.equal(compilePrompt(await promptOf(manifest, dos, other), variant).text, await compiled(variant));
    }
  });

  it('has each piece in the text at its offset', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 6 }),
        async (texts) => {
          const body = texts
            .map((text, index) => `  - { id: p${index}, text: ${JSON.stringify(`x${text}`)} }`)
            .join('\n');
          const { text, pieces, offsets } = compilePrompt(await promptOf(`name: a\nparts:\n${body}\n`), 'full');
          pieces.forEach((piece, index) => {
            assert.equal(text.slice(offsets[index], offsets[index]! + piece.text.length), piece.text);
          });
        },
      ),
      { numRuns: 50 },
    ));

  describe('messages', () => {
    it('marks the ends of tools, static and session text for Anthropic, and nothing that changes with a turn', async () => {
      const request = (await formatted('anthropic')) as {
        model: string;
        tools: { name: string; cache_control?: unknown }[];
        system: { text: string; cache_control?: unknown }[];
        messages: unknown[];
      };
      assert.equal(request.model, 'claude-opus-4-8');
      assert.deepEqual(
        request.tools.map(({ name, cache_control: marker }) => [name, marker]),
        [
          ['ask', undefined],
          ['zoom', { type: 'ephemeral' }],
        ],
      );
      assert.deepEqual(
        request.system.map(({ text, cache_control: marker }) => [text.split('\n')[0], marker]),
        [
          ['# Who you are', { type: 'ephemeral' }],
          ['The sector is {{sector}}.', { type: 'ephemeral' }],
          ['It is {{now}}.', undefined],
        ],
      );
      assert.deepEqual(request.messages, [
        { role: 'user', content: '{{conversation}}' },
        { role: 'user', content: 'Answer briefly.' },
      ]);
    });

    it('writes lifetimes for Anthropic, the longer one first', async () => {
      const prompt = await promptOf(`${manifest}cache: { static: 1h, session: 5m }\n`, files, library);
      const text = formatPrompt(compilePrompt(prompt, 'full'), 'anthropic', {
        providers: loadProviders(),
        staticTokens: 0,
      });
      assert.deepEqual(text.match(/"ttl": "(?:5m|1h)"/g), ['"ttl": "1h"', '"ttl": "1h"', '"ttl": "5m"']);
    });

    it('gives explicit breakpoints only to OpenAI models that take them', async () => {
      const markers = async (model: string): Promise<number> =>
        JSON.stringify(await formatted('openai', model)).split('prompt_cache_breakpoint').length - 1;
      assert.equal(await markers('gpt-5.6'), 2);
      assert.equal(await markers('gpt-4o'), 0);
    });

    it('gives OpenAI a key that follows the static prefix', async () => {
      const keyOf = async (identity: string): Promise<string> => {
        const prompt = compilePrompt(await promptOf(manifest, { ...files, 'identity.md': identity }, library), 'full');
        const text = formatPrompt(prompt, 'openai', { providers: loadProviders(), staticTokens: 0 });
        return (JSON.parse(text) as { prompt_cache_key: string }).prompt_cache_key;
      };
      assert.match(await keyOf('One.'), /^agent-full-[0-9a-f]{16}$/);
      assert.equal(await keyOf('One.'), await keyOf('One.\r\n'));
      assert.notEqual(await keyOf('One.'), await keyOf('Two.'));
    });

    it('stores Gemini contents only when they are long enough, and keeps system text out of the request then', async () => {
      const stored = (await formatted('gemini')) as Record<
        'cachedContents' | 'generateContent',
        Record<string, JsonValue>
      >;
      assert.deepEqual(Object.keys(stored.generateContent), ['model', 'cachedContent', 'contents']);
      assert.equal((stored.generateContent['contents'] as JsonValue[]).length, 4);
      assert.match(JSON.stringify(stored.cachedContents['systemInstruction']), /Who you are/);
      assert.doesNotMatch(JSON.stringify(stored.cachedContents), /sector/);
      const plain = (await formatted('gemini', undefined, 2047)) as Record<string, JsonValue>;
      assert.match(JSON.stringify(plain['systemInstruction']), /sector/);
    });

    it('names the files after prompt, variant and format', async () => {
      const prompt = compilePrompt(await promptOf(manifest, files, library), 'mixed');
      assert.equal(compiledFileName(prompt, 'text'), 'agent.mixed.md');
      assert.equal(compiledFileName(prompt, 'gemini'), 'agent.mixed.gemini.json');
    });
  });

  describe('measuring', () => {
    const tokens = new ReferenceTokens();
    after(() => {
      tokens.dispose();
    });

    it('adds up: what the pieces add is the whole', async () => {
      const prompt = compilePrompt(await promptOf(manifest, files, library), 'full');
      const measured = await measurePrompt(prompt, tokens, 'cl100k_base');
      assert.equal(measured.tokens, tokens.ids(prompt.text, 'cl100k_base').length);
      assert.equal(
        measured.pieces.reduce((sum, { added }) => sum + added, 0),
        measured.tokens,
      );
      assert.equal(measured.pieces[1]!.tokens, tokens.ids('# Research\n\nOpen what you cite.', 'cl100k_base').length);
    });

    it('locks every part, so that one change is one change of the lock', async () => {
      const lock = async (identity: string): Promise<string[]> => {
        const prompt = await promptOf(manifest, { ...files, 'identity.md': identity }, library);
        const variants = ['full', 'streamlined'].map((variant) => compilePrompt(prompt, variant));
        const measured = await Promise.all(
          variants.map(async (variant) => measurePrompt(variant, tokens, 'o200k_base')),
        );
        return lockText(lockOf(measured)).split('\n');
      };
      const before = await lock('You are kind.');
      const after = await lock('You are calm.');
      assert.equal(before.length, after.length);
      const changed = before.filter((line, index) => line !== after[index]);
      // The variant's hash and the part's, in each of the two variants.
      assert.equal(changed.length, 4);
      changed.forEach((line) => {
        assert.match(line, /"sha256"/);
      });
    });
  });
});
