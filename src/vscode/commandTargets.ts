import { TabInputCustom, TabInputNotebook, TabInputText, TabInputTextDiff, Uri, window } from 'vscode';
import { reportScheme } from './reports';

/**
 * What a command is about: the selected items when the clicked one is among them, else the clicked one, else the
 * file of the active tab. Menus of the Explorer and of editors pass URIs, our trees pass rows, the palette nothing.
 */
export function commandUris(clicked: unknown, selected?: unknown): Uri[] {
  const chosen = toUri(clicked);
  if (chosen === undefined) {
    const active = activeUri();
    return active === undefined ? [] : [active];
  }
  const all = Array.isArray(selected) ? selected.map(toUri).filter((uri) => uri !== undefined) : [];
  return all.some((uri) => uri.toString() === chosen.toString()) ? all : [chosen];
}

function toUri(item: unknown): Uri | undefined {
  if (item instanceof Uri) {
    return item;
  }
  if (typeof item === 'object' && item !== null && 'uri' in item && item.uri instanceof Uri) {
    return item.uri;
  }
  return undefined;
}

function activeUri(): Uri | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof TabInputText || input instanceof TabInputCustom || input instanceof TabInputNotebook) {
    // A page of ours is about something, and nothing is about the page.
    return input.uri.scheme === reportScheme ? undefined : input.uri;
  }
  if (input instanceof TabInputTextDiff) {
    return window.activeTextEditor?.document.uri ?? input.modified;
  }
  return window.activeTextEditor?.document.uri;
}
