import { deepEqual, equal, match, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { parseFrontMatter, prepareFrontMatter } from '../../../src/core/instructions/frontMatter';
import type { FrontMatter } from '../../../src/core/instructions/frontMatter';

const parse = (text: string, acceptUnquotedPatterns = false): FrontMatter =>
  parseFrontMatter(text, { location: '/ws/x.md', acceptUnquotedPatterns });

const bodyOf = (text: string): string => text.slice(parse(text).bodyStart);

describe('front matter', () => {
  it('is prepared for in small steps', () => {
    const steps = [...prepareFrontMatter()].length;
    ok(steps > 20, `only ${steps} steps`);
  });

  it('is read with its body behind it', () => {
    const text = '---\nname: a\ntags: [x, y]\nttlHours: 12.5\n---\n# Body\n';
    const parsed = parse(text);
    equal(parsed.state, 'valid');
    deepEqual(parsed.data, { name: 'a', tags: ['x', 'y'], ttlHours: 12.5 });
    equal(bodyOf(text), '# Body\n');
    deepEqual(parsed.findings, []);
  });

  const bodies: readonly (readonly [name: string, text: string, body: string])[] = [
    ['none', '# Body', '# Body'],
    ['nothing at all', '', ''],
    ['empty', '---\n---\nBody', 'Body'],
    ['only comments', '---\n# none\n---\nBody', 'Body'],
    ['CRLF', '---\r\nname: a\r\n---\r\nBody\r\n', 'Body\r\n'],
    ['lone CR', '---\rname: a\r---\rBody', 'Body'],
    ['blanks behind the fences', '--- \t\nname: a\n---  \nBody', 'Body'],
    ['end of file behind the fence', '---\nname: a\n---', ''],
    ['a longer rule is no fence', '----\nname: a\n----\n', '----\nname: a\n----\n'],
    ['text before it', '\n---\nname: a\n---\n', '\n---\nname: a\n---\n'],
  ];
  for (const [name, text, body] of bodies) {
    it(`leaves the body: ${name}`, () => {
      equal(bodyOf(text), body);
      deepEqual(parse(text).findings, []);
    });
  }

  it('works behind a BOM, and says that others may not see it', () => {
    const parsed = parse('\uFEFF---\nname: a\n---\nBody');
    deepEqual(parsed.data, { name: 'a' });
    deepEqual(
      parsed.findings.map(({ id, severity, range }) => [id, severity, range?.startLine]),
      [['front-matter', 'information', 0]],
    );
  });

  const broken: readonly (readonly [name: string, text: string, line: number, words: RegExp])[] = [
    ['no end', '---\nname: a\n\n# Body', 0, /no closing/],
    ['an unclosed list', '---\nok: 1\nname: [a, b\n---\nBody', 2, /can't be read/],
    ['an unclosed quote', '---\nname: "a\n---\nBody', 1, /can't be read/],
    ['a tab as indentation', '---\nname:\n\ta: b\n---\nBody', 2, /[Tt]ab/],
    ['a key twice', '---\nname: a\nother: b\nname: c\n---\nBody', 3, /unique/],
    ['a list', '---\n- a\n- b\n---\nBody', 1, /a list/],
    ['one value', '---\njust words\n---\nBody', 1, /single value/],
    ['an alias of nothing beside an anchor', '---\na: &a 1\nb: *c\n---\nBody', 2, /alias of nothing/],
    ['deep dashes', `---\n${'- '.repeat(9000)}\n---\nBody`, 1, /too deeply/],
    ['it contains itself', '---\nname: &a\n  b: *a\n---\nBody', 1, /alias|itself/],
    ['deep nesting', `---\nname: ${'['.repeat(5000)}\n---\nBody`, 1, /can't be read/],
  ];
  for (const [name, text, line, words] of broken) {
    it(`is reported at its line and set aside: ${name}`, () => {
      const parsed = parse(text);
      equal(parsed.state, 'broken');
      deepEqual(parsed.data, {});
      const [finding] = parsed.findings;
      ok(finding !== undefined);
      equal(finding.id, 'front-matter');
      equal(finding.severity, 'error');
      equal(finding.path, '/ws/x.md');
      match(finding.message, words);
      equal(finding.range?.startLine, line);
      equal(text.slice(parsed.bodyStart), name === 'no end' ? text : 'Body');
    });
  }

  it('does not explode on an alias bomb', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level++) {
      const [name, above] = [String.fromCharCode(97 + level), String.fromCharCode(96 + level)];
      levels.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${above}`).join(', ')}]`);
    }
    const parsed = parse(`---\n${levels.join('\n')}\n---\nBody`);
    equal(parsed.state, 'broken');
    match(parsed.findings[0]!.message, /too many aliases/);
  });

  it('is not read when it is huge', () => {
    const text = `---\n${'k: v\n'.repeat(10_000)}---\nBody`;
    const parsed = parse(text);
    equal(parsed.state, 'broken');
    match(parsed.findings[0]!.message, /characters and is not read/);
    equal(text.slice(parsed.bodyStart), 'Body');
  });

  it('keeps `__proto__` as plain data', () => {
    const { data } = parse('---\n__proto__:\n  polluted: true\nname: a\n---\n');
    equal(data['name'], 'a');
    equal(({} as Record<string, unknown>)['polluted'], undefined);
    equal(Object.getPrototypeOf(data), Object.prototype);
  });

  describe('values that people leave without quotes', () => {
    const rows: readonly (readonly [yaml: string, data: Record<string, unknown>])[] = [
      ['globs: *.ts', { globs: '*.ts' }],
      ['globs: **/*.ts,*.tsx', { globs: '**/*.ts,*.tsx' }],
      ['globs: {src,test}/**/*.ts', { globs: '{src,test}/**/*.ts' }],
      ['globs: [*.ts, "a b"]', { globs: ['*.ts', 'a b'] }],
      ['globs:\n  - *.ts\n  - src/**', { globs: ['*.ts', 'src/**'] }],
    ];
    for (const [yaml, data] of rows) {
      it(`are read: ${yaml}`, () => {
        const lenient = parse(`---\nname: a\n${yaml}\n---\n`, true);
        deepEqual([lenient.data, lenient.findings], [{ name: 'a', ...data }, []]);
        const strict = parse(`---\nname: a\n${yaml}\n---\n`);
        deepEqual(strict.data, { name: 'a', ...data });
        deepEqual(
          strict.findings.map(({ severity }) => severity),
          ['warning'],
        );
      });
    }

    it('are reported at their line when they are no patterns', () => {
      const parsed = parse('---\nname: a\ndescription: Use when: always\n---\n', true);
      deepEqual(parsed.data, { name: 'a', description: 'Use when: always' });
      deepEqual(
        parsed.findings.map(({ severity, range }) => [severity, range?.startLine]),
        [['warning', 2]],
      );
    });
  });

  it('tells the line of a key', () => {
    const parsed = parse('---\nname: a\n"ttlHours": x\n---\n');
    deepEqual(parsed.rangeOf('ttlHours'), { startLine: 2, startCharacter: 0, endLine: 2, endCharacter: 13 });
    equal(parsed.rangeOf('tags'), undefined);
  });

  it('never throws, never loses a character of the body, and places findings inside the file', () => {
    const piece = fc.constantFrom(
      ...['---', '\n', '\r\n', '\r', 'name: ', '*a', '&a ', '- ', '[', ']', '{', '}', '"', "'", ': ', '#', '\t', '  '],
      ...['|', '>', '!!js ', '%', '@', '`', '\uFEFF', '\uD800', 'é', '\u2028', '?', '<<: *a', '...', 'text'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), fc.boolean(), (pieces, fenced, lenient) => {
        const text = fenced ? `---\n${pieces.join('')}\n---\nBody` : pieces.join('');
        const parsed = parse(text, lenient);
        ok(parsed.bodyStart >= 0 && parsed.bodyStart <= text.length);
        if (parsed.state !== 'valid') {
          deepEqual(parsed.data, {});
        }
        if (parsed.state === 'broken') {
          ok(parsed.findings.some(({ severity }) => severity === 'error'));
        }
        JSON.stringify(parsed.data);
        const lineCount = text.split(/\r\n|\r|\n/).length;
        for (const { range } of parsed.findings) {
          ok(range !== undefined && range.startLine <= range.endLine && range.endLine < lineCount);
        }
      }),
      { numRuns: 3000, seed: 20261121 },
    );
  });
});
