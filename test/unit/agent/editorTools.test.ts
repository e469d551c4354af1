import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { agentTools } from '../../../src/agent/tools/table';
import { languageModelTools, mcpProviderId } from '../../../src/contributions';
import { editorTools } from '../../../src/vscode/agents/editorTools';
import { languageModelToolContributions } from '../../support/agentToolContributions';

const root = join(__dirname, '..', '..', '..');
const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly contributes: {
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly toolReferenceName: string;
      readonly inputSchema: object;
      readonly when?: string;
    }[];
    readonly mcpServerDefinitionProviders: readonly { readonly id: string }[];
  };
};

describe('Tools of the editor', () => {
  it('are in package.json as the table has them (else run npx tsx test/support/writeAgentTools.ts)', () => {
    assert.deepEqual(contributes.languageModelTools, JSON.parse(JSON.stringify(languageModelToolContributions())));
    assert.deepEqual(
      contributes.languageModelTools.map(({ name }) => name),
      languageModelTools,
    );
  });

  it('are always the same, and have names of their own for people', () => {
    const names = contributes.languageModelTools.map(({ toolReferenceName }) => toolReferenceName);
    assert.equal(new Set(names).size, names.length);
    for (const { toolReferenceName, when } of contributes.languageModelTools) {
      assert.match(toolReferenceName, /^[a-z]\w+$/i);
      assert.equal(when, undefined, 'a list that changes breaks prompt caches');
    }
  });

  it('have schemas that accept what the tools accept', () => {
    const ajv = new Ajv({ strict: false });
    const accepts = (name: string, input: unknown): boolean => {
      const contributed = contributes.languageModelTools.find((tool) => tool.name === `context_cache_${name}`)!;
      const bySchema = ajv.validate(contributed.inputSchema, input);
      assert.equal(bySchema, agentTools.find((tool) => tool.name === name)!.input.safeParse(input).success);
      return bySchema;
    };
    assert.equal(accepts('get_instruction', { tag: 'research', tokens: 100 }), true);
    assert.equal(accepts('get_instruction', {}), false);
    assert.equal(accepts('get_instruction', { tag: 'research', offset: -1 }), false);
    assert.equal(accepts('put_artifact', { value: { a: [1, { b: null }] }, metadata: {} }), true);
    assert.equal(accepts('put_artifact', { value: 1 }), false);
  });

  it('delete nothing: only put_artifact writes', () => {
    assert.deepEqual(
      editorTools.filter(({ tool }) => !tool.hints.readOnlyHint).map(({ tool }) => tool.name),
      ['put_artifact'],
    );
    assert.ok(editorTools.every(({ tool }) => !tool.hints.destructiveHint));
  });

  it('offer the server under the declared id', () => {
    assert.deepEqual(
      contributes.mcpServerDefinitionProviders.map(({ id }) => id),
      [mcpProviderId],
    );
  });
});
