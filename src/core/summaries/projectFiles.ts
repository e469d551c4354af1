/** Files that say what a project is, at its root; those that exist make the project summary unless others are named. */
export const defaultProjectFiles = [
  'README.md',
  'README.rst',
  'README.txt',
  'README',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'AGENTS.md',
  'package.json',
  'pyproject.toml',
  'Cargo.toml',
  'go.mod',
  'pom.xml',
  'build.gradle',
  'Makefile',
] as const;
