import { stringField } from './fields';
import type { InstructionFormat } from './format';
import { baseName, withoutExtension } from './places';

/** What Claude Code noted itself: the index is always loaded, topics are read when they are needed. */
export const claudeMemory: InstructionFormat = {
  id: 'claude-memory',
  title: 'Claude memory',
  hasFrontMatter: true,
  userPlaces: ['.claude/projects/{project}/memory'],
  locate: ({ path, rootKind }) =>
    rootKind === 'user' && /^\.claude\/projects\/[^/]+\/memory\/.+\.md$/i.test(path)
      ? { base: '', home: '.claude', name: withoutExtension(baseName(path)) }
      : undefined,
  facts: (input) => ({
    mode: input.place.path.endsWith('/memory/MEMORY.md') ? 'always' : 'onDemand',
    name: stringField(input, 'name'),
    description: stringField(input, 'description'),
  }),
};
