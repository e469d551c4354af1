import type { ImportRules } from './formats/format';

/** CLAUDE.md and everything that Claude Code loads like it. */
export const claudeImports: ImportRules = {
  syntax: 'at-path',
  maxDepth: 4,
  removesComments: true,
  placement: 'append',
  home: true,
};

export const geminiImports: ImportRules = {
  syntax: 'at-path',
  maxDepth: 5,
  removesComments: false,
  placement: 'replace-with-markers',
  home: false,
};

/** Inside the repository only; what an expanded file mentions itself stays as it is. */
export const copilotCliImports: ImportRules = {
  syntax: 'at-path',
  maxDepth: 1,
  removesComments: false,
  placement: 'replace',
  home: false,
};

export const kiroImports: ImportRules = {
  syntax: 'file-link',
  maxDepth: 1,
  removesComments: false,
  placement: 'replace',
  home: false,
};
