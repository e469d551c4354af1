import { ConfigurationTarget, ThemeIcon, workspace } from 'vscode';
import type { SandboxSetting } from '../../../contributions';
import { isSourceError } from '../../../core/errors';
import { freeName } from '../../freeName';
import { askSteps, back } from '../../steps';
import type { Step } from '../../steps';
import { testConnection } from '../connectionTest';
import type { ConnectionTest } from '../connectionTest';
import type { SandboxTools } from '../sandboxTools';
import type { NewSandbox, SourceKind } from '../sources/sourceKind';
import { withProgress } from '../../progress';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Add Sandbox';

interface Draft extends NewSandbox {
  readonly kind: SourceKind | undefined;
}

/** Asks for a place and a name, looks at the place, says what it found, and only then writes it into the settings. */
export const addSandbox: SandboxCommand = {
  id: 'contextCache.addSandbox',
  run: async (tools) => {
    tools.services.trust.require('Adding a sandbox');
    const steps = ({ kind }: Draft): readonly Step<Draft>[] => [
      createKindStep(tools),
      ...(kind?.steps ?? []).map((step) => ofDraft(step)),
      createNameStep(tools),
      createTestStep(tools),
    ];
    const draft = await askSteps(steps, { kind: undefined, fields: {}, name: undefined, suggestedName: '' });
    if (draft?.kind === undefined) {
      return;
    }
    const { settingId } = draft.kind;
    const isOpen = workspace.workspaceFolders !== undefined;
    // A workspace may name folders; programs and hosts come from the user alone.
    const target =
      settingId === 'contextCache.sandboxes.sources' && isOpen
        ? ConfigurationTarget.Workspace
        : ConfigurationTarget.Global;
    const settings = [...tools.services.settings.get(settingId), settingOf(draft, draft.kind)];
    await tools.services.settings.update(settingId, settings, target);
    await tools.registry.rescan();
  },
};

function settingOf({ name, fields }: Draft, kind: SourceKind): SandboxSetting {
  return { name, kind: kind.id, ...fields };
}

function ofDraft(step: Step<NewSandbox>): Step<Draft> {
  return async (draft, options) => {
    const answer = await step(draft, options);
    return answer === undefined || answer === back ? answer : { ...answer, kind: draft.kind };
  };
}

function createKindStep(tools: SandboxTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const items = tools.kinds.all.map((source) => ({
      label: source.label,
      detail: source.detail,
      iconPath: new ThemeIcon(source.icon),
      source,
    }));
    const placeHolder = 'How is the cache reached?';
    const picked = await tools.services.prompts.pickStep(items, { title, placeHolder, canGoBack });
    if (picked === undefined || picked === back) {
      return picked;
    }
    return picked.source === draft.kind
      ? draft
      : { kind: picked.source, fields: {}, name: undefined, suggestedName: '' };
  };
}

function createNameStep(tools: SandboxTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const answer = await tools.services.prompts.inputStep({
      title,
      value: draft.name ?? freeName(namesInUse(tools), draft.suggestedName),
      prompt: 'What the sandbox is called in the view',
      canGoBack,
      validate: (text) =>
        text.trim() === ''
          ? 'Give the sandbox a name.'
          : namesInUse(tools).has(text.trim())
            ? 'There is a sandbox of this name already.'
            : undefined,
    });
    return answer === undefined || answer === back ? answer : { ...draft, name: answer.trim() };
  };
}

const add = 'Add';
const addAnyway = 'Add Anyway';
const startFirst = 'Start Sandbox and Look Again…';
const tryAgain = 'Try Again';

/** Looks at the place before it is kept. What can't be reached now may still be added: it may be able to be later. */
function createTestStep(tools: SandboxTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const { kind } = draft;
    if (kind === undefined) {
      return back;
    }
    for (;;) {
      const opened = await kind.open(settingOf(draft, kind));
      let test: ConnectionTest;
      try {
        test = await testConnection(tools, opened);
      } finally {
        opened.tree.dispose();
      }
      const answer = await tools.services.prompts.pickStep(choicesAfter(test, kind), {
        title: `${title}: ${draft.name ?? ''}`,
        placeHolder: test.text,
        canGoBack,
      });
      if (answer === undefined || answer === back) {
        return answer;
      }
      if (answer.label === add || answer.label === addAnyway) {
        return draft;
      }
      if (answer.label === startFirst) {
        const setting = settingOf(draft, kind);
        await withProgress({ title: `Starting ${draft.name ?? ''}` }, async ({ signal }) =>
          kind.start?.(setting, signal),
        );
      }
    }
  };
}

function choicesAfter(
  test: ConnectionTest,
  kind: SourceKind,
): readonly { label: string; detail: string; iconPath: ThemeIcon }[] {
  const item = (label: string, detail: string, icon: string) => ({ label, detail, iconPath: new ThemeIcon(icon) });
  switch (test.kind) {
    case 'found':
      return [item(add, `Connected: ${test.text}`, 'pass')];
    case 'empty':
      return [item(add, test.text, 'info'), item(tryAgain, 'Look again at the same place', 'refresh')];
    case 'failed':
      return [
        ...(kind.start !== undefined && isSourceError(test.error, 'asleep')
          ? [item(startFirst, 'A sandbox that runs may cost money', 'debug-start')]
          : []),
        item(tryAgain, test.text, 'error'),
        item(addAnyway, 'It is shown as soon as it can be reached', 'add'),
      ];
  }
}

function namesInUse({ services }: SandboxTools): ReadonlySet<unknown> {
  const ids = ['contextCache.sandboxes.sources', 'contextCache.sandboxes.remotes'] as const;
  return new Set(ids.flatMap((id) => services.settings.get(id)).map((setting) => setting['name']));
}
