import { workspace } from 'vscode';
import type { Event } from 'vscode';
import { UserError } from '../core/errors';

/** Whether the person trusts this workspace. Asked in code too: a disabled menu alone protects nothing. */
export interface Trust {
  readonly isTrusted: boolean;
  readonly onDidGrant: Event<void>;
  /**
   * Throws a `UserError` unless the workspace is trusted.
   * @param action what is about to happen, as the start of a sentence: "Seeding instructions"
   */
  require(action: string): void;
}

export const workspaceTrust: Trust = {
  get isTrusted() {
    return workspace.isTrusted;
  },
  onDidGrant: (listener, thisArgs, disposables) => workspace.onDidGrantWorkspaceTrust(listener, thisArgs, disposables),
  require: (action) => {
    if (!workspace.isTrusted) {
      throw new UserError(
        `${action} is off in an untrusted workspace.`,
        'Trust the workspace (command "Workspaces: Manage Workspace Trust") and try again.',
      );
    }
  },
};
