import { ConfigurationTarget, ThemeIcon } from 'vscode';
import { describeError, isSourceError } from '../../../core/errors';
import { safeAddress } from '../../../core/safeAddress';
import { KvApi, listNamespaces } from '../../../core/workersKv/kvApi';
import type { NamespaceInfo } from '../../../core/workersKv/kvApi';
import { readKvSnapshot } from '../../../core/workersKv/snapshot';
import { parseKvTarget } from '../../../core/workersKv/target';
import { cloudflareApi } from '../../../core/workersKv/transport';
import { formatBytes, plural } from '../../format';
import { sumBytes } from '../../../core/workersKv/groups';
import { withProgress } from '../../progress';
import { askSteps, back } from '../../steps';
import type { Step } from '../../steps';
import type { KvTools } from '../kvTools';
import { complaintAboutToken } from '../tokens';
import type { KvCommand } from './kvCommand';

const title = 'Add Workers KV Namespace';
const settingId = 'contextCache.workersKv.namespaces';

interface Draft {
  readonly place: 'cloudflare' | 'other' | undefined;
  readonly baseUrl: string | undefined;
  readonly account: string | undefined;
  /** Not kept before the connection was tested. */
  readonly token: string | undefined;
  readonly namespaces: readonly NamespaceInfo[];
  readonly namespace: NamespaceInfo | undefined;
  readonly versions: NamespaceInfo | undefined;
  readonly zone: string;
}

const emptyDraft: Draft = {
  place: undefined,
  baseUrl: undefined,
  account: undefined,
  token: undefined,
  namespaces: [],
  namespace: undefined,
  versions: undefined,
  zone: '',
};

/** Asks for a place and its namespaces, looks at them, says what was found, and only then keeps it. */
export const addKvNamespace: KvCommand = {
  id: 'contextCache.addKvNamespace',
  run: async (tools) => {
    const { services } = tools;
    services.trust.require('Adding a namespace');
    const draft = await askSteps<Draft>(
      ({ place }) => [
        askPlace(tools),
        place === 'other' ? askAddress(tools) : askAccount(tools),
        askToken(tools),
        askNamespace(tools),
        askVersions(tools),
        ...(place === 'other' ? [] : [askZone(tools)]),
        testConnection(tools),
      ],
      emptyDraft,
    );
    if (draft === undefined) {
      return;
    }
    if (draft.token !== undefined) {
      await tools.tokens.set(draft.baseUrl, draft.token);
    }
    await services.settings.update(
      settingId,
      [...services.settings.get(settingId), settingOf(draft)],
      ConfigurationTarget.Global,
    );
  },
};

function settingOf({ baseUrl, account, namespace, versions, zone }: Draft): Readonly<Record<string, string>> {
  return {
    name: namespace!.title,
    ...(account === undefined ? {} : { account }),
    namespace: namespace!.id,
    ...(versions === undefined ? {} : { versionsNamespace: versions.id }),
    ...(zone === '' ? {} : { zone }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

function askPlace({ services }: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const items = [
      {
        label: 'Cloudflare',
        detail: 'Namespaces of an account, with an API token',
        iconPath: new ThemeIcon('cloud'),
        place: 'cloudflare' as const,
      },
      {
        label: 'Another Server',
        detail: 'One that speaks the same API, such as a running wrangler dev',
        iconPath: new ThemeIcon('server'),
        place: 'other' as const,
      },
    ];
    const picked = await services.prompts.pickStep(items, { title, placeHolder: 'Where is the namespace?', canGoBack });
    if (picked === undefined || picked === back) {
      return picked;
    }
    return picked.place === draft.place ? draft : { ...emptyDraft, place: picked.place };
  };
}

function askAddress({ services }: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const answer = await services.prompts.inputStep({
      title,
      prompt: 'The base address of the API',
      value: draft.baseUrl ?? 'http://127.0.0.1:8787/cdn-cgi/explorer/api',
      canGoBack,
      validate: (text) => complaint(() => safeAddress(text.trim(), { name: 'Workers KV', example: cloudflareApi })),
    });
    return answer === undefined || answer === back ? answer : { ...draft, baseUrl: answer.trim().replace(/\/+$/, '') };
  };
}

function askAccount({ services }: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const answer = await services.prompts.inputStep({
      title,
      prompt: 'The id of the account at Cloudflare: 32 hexadecimal digits of the dashboard’s address',
      value: draft.account ?? '',
      canGoBack,
      validate: (text) => (/^[0-9a-f]{32}$/i.test(text.trim()) ? undefined : 'Enter 32 hexadecimal digits.'),
    });
    return answer === undefined || answer === back ? answer : { ...draft, account: answer.trim() };
  };
}

function askToken(tools: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const known = (await tools.tokens.get(draft.baseUrl)) !== undefined;
    const mayBeEmpty = known || draft.place === 'other';
    const hint = known
      ? '; leave it empty to use the one that is kept'
      : mayBeEmpty
        ? '; a local server needs none'
        : '';
    const answer = await tools.services.prompts.inputStep({
      title,
      prompt: `An API token that may edit Workers KV storage${hint}. It is kept in the editor’s secret storage.`,
      value: draft.token ?? '',
      password: true,
      canGoBack,
      validate: (text) => (mayBeEmpty && text === '' ? undefined : complaintAboutToken(text)),
    });
    return answer === undefined || answer === back
      ? answer
      : { ...draft, token: answer.trim() === '' ? undefined : answer.trim() };
  };
}

function askNamespace(tools: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const { prompts } = tools.services;
    let namespaces: readonly NamespaceInfo[];
    try {
      namespaces = await withProgress({ title: 'Listing namespaces' }, async ({ signal }) =>
        listNamespaces(draft.account, { baseUrl: draft.baseUrl, token: tokenOf(tools, draft) }, signal),
      );
    } catch (error) {
      if (isSourceError(error, 'cancelled')) {
        return undefined;
      }
      const again = { label: 'Back', detail: describeError(error), iconPath: new ThemeIcon('error') };
      const answer = await prompts.pickStep([again], { title, placeHolder: describeError(error), canGoBack });
      return answer === undefined ? undefined : back;
    }
    const items = namespaces.map((namespace) => ({ label: namespace.title, description: namespace.id, namespace }));
    const placeHolder = items.length === 0 ? 'There is no namespace.' : 'Which namespace holds the entries?';
    const picked = await prompts.pickStep(items, { title, placeHolder, canGoBack });
    return picked === undefined || picked === back ? picked : { ...draft, namespaces, namespace: picked.namespace };
  };
}

function askVersions({ services }: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const others = draft.namespaces.filter(({ id }) => id !== draft.namespace?.id);
    const items = [
      { label: 'None', description: 'Versions are not kept', namespace: undefined },
      ...others.map((namespace) => ({ label: namespace.title, description: namespace.id, namespace })),
    ];
    const placeHolder = 'Which namespace holds the versions?';
    const picked = await services.prompts.pickStep(items, { title, placeHolder, canGoBack });
    return picked === undefined || picked === back ? picked : { ...draft, versions: picked.namespace };
  };
}

function askZone({ services }: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    const answer = await services.prompts.inputStep({
      title,
      prompt: 'The id of the zone whose edge cache is purged along; empty to leave the edge alone',
      value: draft.zone,
      canGoBack,
      validate: (text) =>
        /^([0-9a-f]{32})?$/i.test(text.trim()) ? undefined : 'Enter 32 hexadecimal digits, or nothing.',
    });
    return answer === undefined || answer === back ? answer : { ...draft, zone: answer.trim() };
  };
}

const add = 'Add';

/** Lists the namespaces once before they are kept. */
function testConnection(tools: KvTools): Step<Draft> {
  return async (draft, { canGoBack }) => {
    for (;;) {
      const found = await look(tools, draft);
      const items =
        found.error === undefined
          ? [{ label: add, detail: found.text, iconPath: new ThemeIcon('pass') }]
          : [{ label: 'Try Again', detail: found.text, iconPath: new ThemeIcon('error') }];
      const answer = await tools.services.prompts.pickStep(items, {
        title: `${title}: ${draft.namespace?.title ?? ''}`,
        placeHolder: found.text,
        canGoBack,
      });
      if (answer === undefined || answer === back) {
        return answer;
      }
      if (answer.label === add) {
        return draft;
      }
    }
  };
}

async function look(tools: KvTools, draft: Draft): Promise<{ readonly text: string; readonly error?: unknown }> {
  try {
    const api = new KvApi(parseKvTarget(settingOf(draft)), { token: tokenOf(tools, draft) });
    const { entries, versions } = await withProgress(
      { title: `Listing ${draft.namespace?.title ?? ''}` },
      async (options) => readKvSnapshot(api, { ...options, nowMs: tools.services.clock.now() }),
    );
    const withVersions = versions === undefined ? '' : `, ${plural(versions.size, 'version record')}`;
    return {
      text: `Connected: ${plural(entries.length, 'entry', 'entries')}, ${formatBytes(sumBytes(entries))}${withVersions}`,
    };
  } catch (error) {
    return { text: describeError(error), error };
  }
}

function tokenOf({ tokens }: KvTools, { token, baseUrl }: Draft): () => Promise<string | undefined> {
  return async () => token ?? (await tokens.get(baseUrl));
}

function complaint(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}
