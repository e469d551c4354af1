import type { DocumentSelector } from 'vscode';

/** The documents that are prompt manifests. */
export const manifestSelector: DocumentSelector = { pattern: '**/*.prompt.{yaml,yml}' };
