import type { ExtensionContext } from 'vscode';

export function activate(_context: ExtensionContext): void {
  // Composed as the rooms are built.
}
