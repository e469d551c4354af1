import { homedir } from 'node:os';
import { basename } from 'node:path';
import { ThemeIcon } from 'vscode';
import type { LocalCacheSetting } from '../../../contributions';
import { UserError } from '../../../core/errors';
import type { LayerKind } from '../../../core/layers/model';
import { freeName } from '../../freeName';
import { createCommandSteps } from '../../sandboxes/sources/commandSource';
import { createRootStep } from '../../sandboxes/sources/rootStep';
import type { NewSandbox } from '../../sandboxes/sources/sourceKind';
import { createHostStep } from '../../sandboxes/sources/sshSource';
import type { Services } from '../../services';
import { askSteps, back } from '../../steps';
import type { Step } from '../../steps';
import { openPlace, placesSetting } from '../localPlaces';
import type { LocalPlace } from '../localPlaces';
import type { LocalCommand, LocalTools } from '../localTools';
import { choices, choicesAfter, documentOf, lookInto, textOf } from '../lookInto';
import { changePlaces, offerUndo, treeIdOf } from '../placesSetting';

const title = 'Add Local Cache';

/** A way to reach a local cache. */
interface PlaceKind {
  readonly id: 'folder' | 'ssh' | 'command';
  readonly label: string;
  readonly detail: string;
  readonly icon: string;
  readonly steps: readonly Step<NewSandbox>[];
}

interface Draft extends NewSandbox {
  readonly kind: PlaceKind | undefined;
  /** What every file is, where names are not to tell. */
  readonly layout: LayerKind | undefined;
}

/**
 * Asks for a place, looks what is in it, says what it recognised, and only then writes it into the user's settings: a
 * workspace names no local caches, since its files could name any folder, host or program.
 */
export const addLocalCache: LocalCommand = {
  id: 'contextCache.addLocalCache',
  run: async (tools) => {
    const { services } = tools;
    services.trust.require('Adding a local cache');
    const kinds = placeKinds(services);
    const steps = ({ kind }: Draft): readonly Step<Draft>[] => [
      askKind(tools, kinds),
      ...(kind?.steps ?? []).map((step) => ofDraft(step)),
      lookAndChoose(tools),
      askName(tools),
    ];
    const start = { kind: undefined, fields: {}, name: undefined, suggestedName: '', layout: undefined };
    const draft = await askSteps<Draft>(steps, start);
    if (draft !== undefined) {
      await keep(tools, settingOf(draft));
    }
  },
};

function placeKinds(services: Services): readonly PlaceKind[] {
  const root = { title, prompt: 'Absolute path of the folder over there', usualRoot: '/root' };
  return [
    {
      id: 'folder',
      label: 'Folder',
      detail: 'A folder of this machine: a home folder, a cache folder, or one layer',
      icon: 'folder',
      steps: [askFolder(services)],
    },
    {
      id: 'ssh',
      label: 'SSH',
      detail: 'A folder on a host, through your own ssh with its configuration, agent and known hosts',
      icon: 'remote',
      steps: [createHostStep(services, title), createRootStep(services, 'ssh', root)],
    },
    {
      id: 'command',
      label: 'Command',
      detail: 'A folder behind a program that runs a shell, such as docker exec -i or kubectl exec -i',
      icon: 'terminal',
      steps: [...createCommandSteps(services, title), createRootStep(services, 'command', root)],
    },
  ];
}

function askKind({ services }: LocalTools, kinds: readonly PlaceKind[]): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const items = kinds.map((kind) => ({
      label: kind.label,
      detail: kind.detail,
      iconPath: new ThemeIcon(kind.icon),
      placeKind: kind,
    }));
    const placeHolder = 'Where is the cache?';
    const picked = await services.prompts.pickStep(items, { title, placeHolder, canGoBack });
    if (picked === undefined || picked === back) {
      return picked;
    }
    return picked.placeKind === draft.kind
      ? draft
      : { kind: picked.placeKind, fields: {}, name: undefined, suggestedName: '', layout: undefined };
  };
}

function askFolder({ prompts }: Services): Step<NewSandbox> {
  return async (state) => {
    const [folder] =
      (await prompts.openDialog({
        title,
        openLabel: 'Look into It',
        canSelectFiles: false,
        canSelectFolders: true,
        canSelectMany: false,
      })) ?? [];
    if (folder === undefined) {
      return back; // The dialog has no Back; who gives it up sees the step before.
    }
    if (folder.scheme !== 'file') {
      throw new UserError(`${folder.toString(true)} is no folder of this machine.`, 'Choose a folder of this machine.');
    }
    return { ...state, fields: { path: folder.fsPath }, suggestedName: basename(folder.fsPath) || folder.fsPath };
  };
}

function ofDraft(step: Step<NewSandbox>): Step<Draft> {
  return async (draft, options) => {
    const answer = await step(draft, options);
    return answer === undefined || answer === back ? answer : { ...draft, ...answer };
  };
}

function lookAndChoose(tools: LocalTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const place = openPlace(tools.services, settingOf(draft), homedir());
    try {
      requireNew(tools, place);
      let seen = await lookInto(place);
      for (;;) {
        const answer = await tools.services.prompts.pickStep(choicesAfter(seen), {
          title: `${title}: ${place.place}`,
          placeHolder: textOf(seen, tools.services.clock.now()),
          canGoBack,
        });
        switch (answer === undefined || answer === back ? answer : answer.label) {
          case choices.add:
          case choices.addAnyway:
            return { ...draft, layout: undefined };
          case choices.addFiles:
            return { ...draft, layout: 'plain' };
          case choices.show:
            await tools.services.reports.show('Local Cache', documentOf(place, seen));
            break;
          case choices.tryAgain:
            seen = await lookInto(place);
            break;
          case back:
            return back;
          default:
            return undefined;
        }
      }
    } finally {
      place.tree.dispose?.();
    }
  };
}

function askName(tools: LocalTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const names = new Set(tools.services.settings.get(placesSetting).map(({ name }) => name));
    const answer = await tools.services.prompts.inputStep({
      title,
      value: draft.name ?? freeName(names, draft.suggestedName),
      prompt: 'What it is called in the view',
      canGoBack,
      validate: (text) =>
        text.trim() === ''
          ? 'Give the local cache a name.'
          : names.has(text.trim())
            ? 'There is a local cache of this name already.'
            : undefined,
    });
    return answer === undefined || answer === back ? answer : { ...draft, name: answer.trim() };
  };
}

function settingOf({ kind, name, suggestedName, fields, layout }: Draft): LocalCacheSetting {
  return {
    name: name ?? suggestedName,
    ...(kind === undefined || kind.id === 'folder' ? {} : { kind: kind.id }),
    ...fields,
    ...(layout === undefined ? {} : { layout }),
  };
}

async function keep(tools: LocalTools, setting: LocalCacheSetting): Promise<void> {
  await changePlaces(tools, (settings) => [...settings, setting]);
  const id = treeIdOf(tools.services, setting);
  const added = tools.places.places.find(({ tree }) => tree.id === id);
  if (added !== undefined) {
    await tools.places.look(added);
  }
  const message = `${String(setting['name'])} is shown beside the sandboxes. It is named in your own settings.`;
  const text = JSON.stringify(setting);
  offerUndo(tools, message, async () =>
    changePlaces(tools, (settings) => settings.filter((one) => JSON.stringify(one) !== text)),
  );
}

function requireNew({ places }: LocalTools, { tree }: LocalPlace): void {
  const known = places.places.find((place) => place.origin === 'setting' && place.tree.id === tree.id);
  if (known !== undefined) {
    throw new UserError(`${known.place} is shown already, as ${known.label}.`, 'Choose another folder.');
  }
}
