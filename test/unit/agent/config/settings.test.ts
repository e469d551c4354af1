import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse as parseJson } from 'jsonc-parser';
import { parse as parseToml, stringify } from 'smol-toml';
import { agentClients, launcherPath } from '../../../../src/agent/config/clients';
import type { ClientId } from '../../../../src/agent/config/clients';
import { tomlStatements } from '../../../../src/agent/config/tomlStatements';
import { UserError } from '../../../../src/core/errors';

function edit(id: ClientId, text?: string): string {
  return agentClients.find((client) => client.id === id)!.edit(text);
}

function refusal(id: ClientId, text: string): string {
  let told = '';
  assert.throws(
    () => edit(id, text),
    (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.notEqual(error.nextStep, '');
      told = error.message;
      return true;
    },
  );
  return told;
}

const toml = ['[mcp_servers.context-cache]', 'command = "node"', `args = ["${launcherPath}"]`, ''].join('\n');

describe('Settings of agents', () => {
  it('are made where there are none', () => {
    assert.equal(
      edit('claude-code'),
      '{\n  "mcpServers": {\n    "context-cache": {\n      "command": "node",\n      "args": [\n        ".context-cache/mcp.mjs"\n      ]\n    }\n  }\n}\n',
    );
    assert.deepEqual(JSON.parse(edit('vscode', ' \n')), {
      servers: {
        'context-cache': { type: 'stdio', command: 'node', args: ['${workspaceFolder}/.context-cache/mcp.mjs'] },
      },
    });
    assert.equal(edit('codex'), toml);
  });

  it('are the same when they are made twice', () => {
    for (const { id, edit: change } of agentClients) {
      const once = change(undefined);
      assert.equal(change(once), once, id);
    }
  });

  it('name no machine, no user and no version', () => {
    for (const client of agentClients) {
      assert.doesNotMatch(client.edit(undefined), /"\/|[A-Z]:\\\\|\d\.\d/, client.id);
    }
  });
});

describe('Settings of agents in JSON', () => {
  const shapes: Readonly<Record<string, string>> = {
    'an empty object': '{}',
    'no servers': '{\n  "theme": "dark"\n}\n',
    'an empty list of servers': '{ "mcpServers": {} }',
    'another server': '{\n  "mcpServers": {\n    "other": { "command": "x" }\n  }\n}\n',
    tabs: '{\n\t"mcpServers": {\n\t\t"other": {"command": "x"}\n\t}\n}\n',
    'four spaces': '{\n    "mcpServers": {\n        "other": {}\n    },\n    "z": [1,2]\n}\n',
    'line ends of Windows': '{\r\n  "mcpServers": {\r\n    "other": {}\r\n  }\r\n}\r\n',
    comments: '{\n  // mine\n  "mcpServers": {\n    "other": {} /* keep */\n  }, // and this\n  "a": 1 // last\n}\n',
    'a comma at the end': '{\n  "mcpServers": {\n    "other": {},\n  },\n}\n',
    'no line end': '{"mcpServers":{"other":{"command":"x"}}}',
    'a byte order mark': '\ufeff{\n  "mcpServers": {}\n}\n',
    'strings that look like more': '{ "note": "// \\"mcpServers\\": {", "mcpServers": { "a": { "command": "{" } } }',
    'our server with other arguments':
      '{\n  "mcpServers": {\n    "context-cache": { "command": "old", "args": ["a"], "env": { "A": "1" } },\n    "b": {}\n  }\n}\n',
    'our server half done': '{ "mcpServers": { "context-cache": { "disabled": true } } }',
  };

  for (const [name, before] of Object.entries(shapes)) {
    it(`keep everything else: ${name}`, () => {
      const after = edit('claude-code', before);
      const value = parseJson(after.replace('\ufeff', '')) as { mcpServers: Record<string, Record<string, unknown>> };
      const server = value.mcpServers['context-cache'];
      assert.equal(server?.['command'], 'node');
      assert.deepEqual(server['args'], [launcherPath]);
      assert.equal(edit('claude-code', after), after, 'a second time changes nothing');
      assert.equal(after.startsWith('\ufeff'), before.startsWith('\ufeff'));
      if (before.includes('\r\n')) {
        assert.doesNotMatch(after, /[^\r]\n/);
      }
      if (!before.includes('"context-cache"')) {
        assertOnlyInserted(before, after);
      }
    });
  }

  it('keep the other members of our server', () => {
    const after = parseJson(edit('claude-code', shapes['our server with other arguments'])) as {
      mcpServers: Record<string, Record<string, unknown>>;
    };
    assert.deepEqual(after.mcpServers['context-cache']?.['env'], { A: '1' });
    assert.deepEqual(Object.keys(after.mcpServers), ['context-cache', 'b']);
  });

  it('are refused when they are broken, with the line', () => {
    assert.match(refusal('claude-code', '{\n  "mcpServers": {\n'), /`\.mcp\.json` is not valid JSON: \w+ in line 3/);
    assert.match(refusal('gemini', '{ "a": 1 "b": 2 }'), /not valid JSON/);
    assert.match(refusal('cursor', '[]'), /holds no object/);
    assert.match(refusal('cursor', '{ "mcpServers": [] }'), /is no object/);
    assert.match(refusal('vscode', '{ "servers": { "context-cache": 1 } }'), /is no object/);
    assert.match(refusal('cursor', '{ "mcpServers": { "context-cache": { "url": "http://x" } } }'), /network/);
    assert.match(refusal('cursor', '{ "mcpServers": { "a": {} }, "mcpServers": {} }'), /without changing more/);
  });

  it('change nothing but our server, whatever is in them', () => {
    const server = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.record({
          rest: fc.dictionary(fc.string(), fc.jsonValue()),
          servers: fc.option(fc.dictionary(fc.string(), server), { nil: undefined }),
          indent: fc.constantFrom(0, 1, 2, 4, '\t'),
        }),
        ({ rest, servers, indent }) => {
          const before = { ...rest, ...(servers === undefined ? {} : { mcpServers: servers }) };
          fc.pre(
            !('__proto__' in rest && Object.hasOwn(rest, '__proto__')) && !Object.hasOwn(servers ?? {}, '__proto__'),
          );
          const text = JSON.stringify(before, null, indent);
          const after = JSON.parse(edit('claude-code', text)) as typeof before;
          const { 'context-cache': added, ...others } = after.mcpServers as Record<string, unknown>;
          assert.deepEqual(added, { command: 'node', args: [launcherPath] });
          assert.deepEqual(others, JSON.parse(JSON.stringify(servers ?? {})));
          assert.deepEqual({ ...after, mcpServers: 0 }, JSON.parse(JSON.stringify({ ...before, mcpServers: 0 })));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('Settings of agents in TOML', () => {
  it('get the table at the end, after one empty line', () => {
    assert.equal(edit('codex', 'model = "x" # mine\n'), `model = "x" # mine\n\n${toml}`);
    assert.equal(edit('codex', 'model = "x"'), `model = "x"\n\n${toml}`);
    assert.equal(edit('codex', '[a]\r\nb = 1\r\n'), `[a]\r\nb = 1\r\n\r\n${toml.replaceAll('\n', '\r\n')}`);
  });

  it('keep the table where it is, with its other keys and the tables below it', () => {
    const before = [
      'a = """',
      '[mcp_servers.context-cache]',
      'command = "not me"',
      '"""',
      '[ mcp_servers . "context-cache" ] # ours',
      'startup_timeout_sec = 20 # slow disk',
      'args = [ # old',
      '  "mcp", # ]',
      "  '''x",
      "]''',",
      ']   # end',
      'command = \'C:\\old "node"\' # path',
      '',
      '[mcp_servers.context-cache.env]',
      'command = "untouched"',
      '[[other]]',
      'args = ["untouched"]',
      '',
    ].join('\n');
    const after = edit('codex', before);
    assert.equal(
      after,
      before.replace(/\[ # old[\s\S]*?\n\](?= {3}#)/, `["${launcherPath}"]`).replace('\'C:\\old "node"\'', '"node"'),
    );
    assert.equal(edit('codex', after), after);
  });

  it('get what our table lacks', () => {
    assert.equal(
      edit('codex', '[mcp_servers.context-cache]\nenabled = false\n'),
      `[mcp_servers.context-cache]\ncommand = "node"\nargs = ["${launcherPath}"]\nenabled = false\n`,
    );
    assert.equal(edit('codex', '[mcp_servers.context-cache]'), toml);
  });

  it('are refused when they are broken, or in a form that can not be added to', () => {
    assert.match(refusal('codex', 'a = 1\nb = \n'), /`\.codex\/config\.toml` is not valid TOML: .* in line 2/);
    assert.match(refusal('codex', 'mcp_servers = { a = { command = "x" } }\n'), /without changing more/);
    assert.match(refusal('codex', '[mcp_servers]\ncontext-cache = { command = "x" }\n'), /not as the table/);
    assert.match(refusal('codex', 'mcp_servers.context-cache.command = "x"\n'), /not as the table/);
    assert.match(refusal('codex', 'mcp_servers = 1\n'), /without changing more/);
    assert.match(refusal('codex', '[mcp_servers.context-cache]\nurl = "http://x"\n'), /network/);
  });

  it('keep what was there as a prefix, whatever is in them', () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
    const table = fc.dictionary(fc.stringMatching(/^[a-z"' .[\]#=\n]{1,8}$/), scalar, { maxKeys: 4 });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z"' .[\]#=]{1,8}$/), table, { maxKeys: 4 }), (document) => {
        const text = stringify(document);
        assert.equal(
          tomlStatements(text)
            .map((statement) => statement.text)
            .join(''),
          text,
        );
        const after = edit('codex', text);
        assert.ok(after.startsWith(text));
        assert.deepEqual(Object.keys(parseToml(after)).sort(), [...Object.keys(parseToml(text)), 'mcp_servers'].sort());
        assert.equal(edit('codex', after), after);
      }),
      { numRuns: 150 },
    );
  });
});

/** One piece was put in, and nothing else changed. */
function assertOnlyInserted(before: string, after: string): void {
  let start = 0;
  while (start < before.length && before[start] === after[start]) {
    start += 1;
  }
  assert.ok(after.endsWith(before.slice(start)), `${JSON.stringify(before.slice(start))} is not the end of\n${after}`);
}
