import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/errors';
import { isConversation } from '../../../src/core/summaries/conversation';
import {
  conversationSource,
  fileSource,
  messageSources,
  projectSource,
  selectionSource,
} from '../../../src/core/summaries/sources';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function pieces(value: unknown): string {
  const file = { path: 'talk.json', bytes: bytes(JSON.stringify(value)), inWorkspace: true };
  return conversationSource(file).pieces.join('|').replaceAll('\n', '');
}

describe('sources of summaries', () => {
  describe('conversations', () => {
    it('are read in the forms of the three providers, without system texts and tools', () => {
      const tools = [{ name: 'run', description: 'never shown', input_schema: {} }];
      const anthropic = {
        model: 'claude-x',
        system: 'never shown',
        tools,
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] },
          { role: 'assistant', content: 'Hi' },
        ],
      };
      assert.equal(pieces(anthropic), 'user: Hello|assistant: Hi');
      const openAi = {
        model: 'gpt-5',
        messages: [
          { role: 'system', content: 'never shown' },
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'Hi' },
        ],
      };
      assert.equal(pieces(openAi), 'user: Hello|assistant: Hi');
      assert.equal(pieces({ model: 'gpt-5', instructions: 'never shown', input: 'Hello' }), 'user: Hello');
      const gemini = {
        systemInstruction: { parts: [{ text: 'never shown' }] },
        contents: [
          { role: 'user', parts: [{ text: 'Hello' }] },
          { role: 'model', parts: [{ text: 'Hi' }] },
        ],
      };
      assert.equal(pieces(gemini), 'user: Hello|model: Hi');
      assert.equal(pieces(gemini.contents), 'user: Hello|model: Hi');
      assert.equal(pieces(openAi.messages.slice(1)), 'user: Hello|assistant: Hi');
    });

    it('are read in the form of the original writer, message by message and as a whole', () => {
      const rows = [
        { message_id: 'm-1', type: 'user', content: { role: 'user', content: 'What is new?' } },
        { message_id: 'm-2', type: 'status', is_llm_message: false, content: '{"status":"running"}' },
        {
          message_id: 'm-3',
          type: 'assistant',
          content: '{"role":"assistant","content":[{"type":"text","text":"Much."}]}',
        },
        { message_id: 'm-4', type: 'assistant', content: 'plain text' },
        { message_id: 'm-5', type: 'assistant', content: null },
      ];
      assert.equal(pieces({ messages: rows }), 'user: What is new?|assistant: Much.|assistant: plain text');
      const sources = messageSources('talk.json', JSON.stringify(rows));
      assert.deepEqual(
        sources.map(({ scope, originalKey, pieces: [text], place }) => [scope, originalKey, text, place]),
        [
          ['task', 'summary_m-1', 'What is new?', {}],
          ['task', 'summary_m-3', 'Much.', {}],
          ['task', 'summary_m-4', 'plain text', {}],
        ],
      );
    });

    it('are told from other JSON', () => {
      assert.equal(isConversation('[{"role":"user","content":"Hello"}]'), true);
      for (const other of [
        '',
        '{}',
        '[]',
        '[1]',
        '{"a":1}',
        '{"messages":[]}',
        '{"messages":"no"}',
        'not JSON',
        '[',
        'null',
      ]) {
        assert.equal(isConversation(other), false, other);
        assert.throws(
          () => conversationSource({ path: 'x.json', bytes: bytes(other), inWorkspace: true }),
          (error) => error instanceof UserError && error.nextStep !== '',
          other,
        );
      }
      assert.throws(() => messageSources('x', '[{"role":"user","content":"Hello"}]'), /no message_id/);
    });

    it('refuse ids that are no keys', () => {
      const row = (id: string): string => JSON.stringify([{ message_id: id, type: 'user', content: 'some text' }]);
      assert.throws(() => messageSources('x', row('..')), /\.\./);
      assert.throws(() => messageSources('x', row('y'.repeat(300))), UserError);
    });
  });

  it('keep files of one name apart, and the folders of this machine to themselves', () => {
    const file = (path: string, inWorkspace = true) => fileSource({ path, bytes: bytes('text'), inWorkspace });
    const keys = ['a/b.md', 'a_b.md', 'b.md', 'c/b.md', 'a/..b..md'].map((path) => file(path).originalKey);
    assert.equal(new Set(keys).size, keys.length);
    assert.ok(keys.every((key) => /^summary_file_[\w.-]+_[0-9a-f]{12}$/.test(key) && !key.includes('..')));
    const outside = file('/home/somebody/secret-project/notes.md', false);
    assert.equal(outside.label, 'notes.md');
    assert.deepEqual(outside.place, {});
    assert.throws(
      () => fileSource({ path: 'x.bin', bytes: new Uint8Array([255, 254]), inWorkspace: true }),
      /not UTF-8/,
    );
  });

  it('know a project by all of its files, in no order', () => {
    const one = { path: 'a.md', bytes: bytes('A') };
    const two = { path: 'b.md', bytes: bytes('B') };
    const project = projectSource([two, one]);
    assert.deepEqual(project, projectSource([one, two]));
    assert.deepEqual(
      [project.scope, project.originalKey, project.place],
      ['project', 'summary', { files: ['a.md', 'b.md'] }],
    );
    assert.notEqual(project.fingerprint, projectSource([one, { ...two, path: 'c.md' }]).fingerprint);
    assert.notEqual(project.fingerprint, projectSource([one, { ...two, bytes: bytes('C') }]).fingerprint);
    assert.throws(() => projectSource([]), UserError);
  });

  it('know a selection by its content', () => {
    assert.equal(selectionSource('here', 'text').originalKey, selectionSource('there', 'text').originalKey);
    assert.notEqual(selectionSource('here', 'text').originalKey, selectionSource('here', 'texts').originalKey);
  });
});
