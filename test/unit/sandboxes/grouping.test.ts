import assert from 'node:assert/strict';
import { groupEntries } from '../../../src/vscode/sandboxes/grouping';
import { toolNameInKey } from '../../../src/vscode/sandboxes/toolNames';
import { entryOf } from './entries';

describe('the tool in a key', () => {
  const cases = [
    ['tool_output_web_search_99809225_web_search', 'web_search'],
    ['tool_output_execute_command_call_9f8e7d6c_call_9f8e7d6c', 'execute_command'],
    ['tool_output_web_search_call_aa_bb_cc_call_aa_bb_cc', 'web_search'],
    ['tool_output_scrape_webpage_toolu_01AbCdEf_toolu_01AbCdEf', 'scrape_webpage'],
    ['tool_output_browser_navigate_to_call_nav1_call_nav1', 'browser_navigate_to'],
    ['tool_output_orphan_deadbeef', 'orphan'],
    ['tool_output_plain', 'plain'],
    ['tool_output_', ''],
  ] as const;
  for (const [key, tool] of cases) {
    it(`of ${key} is "${tool}"`, () => {
      assert.equal(toolNameInKey(key), tool);
    });
  }
});

describe('groupEntries', () => {
  it('puts tool outputs under their tool, named by the metadata first', () => {
    const groups = groupEntries([
      entryOf({ key: 'assistant_message_20251112_003000_601e5b45_assistant_t' }),
      entryOf({ key: 'tool_output_web_search_320094ea_web_search' }),
      entryOf({ key: 'tool_output_x_320094ea_x', metadata: { tool_name: 'a/b' } }),
      entryOf({ key: 'analysis_result__0' }),
    ]);
    assert.deepEqual(
      groups.map(({ id, label, entries }) => [id, label, entries.length]),
      [
        ['tool:a_b', 'a/b', 1],
        ['tool:web_search', 'web_search', 1],
        ['messages', 'Assistant messages', 1],
        ['other', 'Other', 1],
      ],
    );
  });

  it('knows instructions, summaries and the project', () => {
    const groups = groupEntries([
      entryOf({ scope: 'task', key: 'notes' }),
      entryOf({ scope: 'project', key: 'summary' }),
      entryOf({ scope: 'task', key: 'summary_1' }),
      entryOf({ scope: 'instructions', key: 'instruction_research' }),
      entryOf({ scope: 'task', key: 'tool_output_in_the_wrong_scope' }),
    ]);
    assert.deepEqual(
      groups.map(({ kind, entries }) => [kind, entries.map(({ key }) => key)]),
      [
        ['instructions', ['instruction_research']],
        ['summaries', ['summary_1']],
        ['project', ['summary']],
        ['other', ['notes', 'tool_output_in_the_wrong_scope']],
      ],
    );
  });
});
