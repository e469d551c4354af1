import type { KvBumpPlan } from '../../core/workersKv/bump';
import type { KvPurgePlan } from '../../core/workersKv/purgePlan';
import { escapeMarkdown, formatBytes, plural } from '../format';
import type { KvTools } from './kvTools';
import { consistencyText } from './tooltips';

/** A plan that stands in a document while it is asked about. */
interface KvPlanQuestion {
  readonly title: string;
  /** The row that applies it. */
  readonly yes: string;
  readonly summary: string;
  /** The whole plan as Markdown. */
  readonly page: string;
  /** Said and asked once more where there is no way back. */
  readonly warning: string | undefined;
}

/** A document lists no more; the rest is counted. A page of a hundred thousand rows can't be read by anybody. */
const listedKeys = 10_000;

/** Shows a plan as a document that can be read while it is asked about, and says whether it is to be applied. */
export async function askKvPlan({ services }: KvTools, question: KvPlanQuestion): Promise<boolean> {
  const { title, yes, summary, page, warning } = question;
  await services.reports.show('workers-kv-plan', page);
  const picked = await services.prompts.pick([{ label: yes, detail: summary }], {
    title,
    placeHolder: 'The plan is in the editor. Escape leaves everything as it is.',
    ignoreFocusOut: true,
  });
  return (
    picked !== undefined &&
    (warning === undefined || (await services.prompts.confirm({ message: `${title}?`, detail: warning, yes })))
  );
}

export function purgeQuestion(place: string, plan: KvPurgePlan, verb: string): KvPlanQuestion {
  const { items, keyCount, bytes, edgeTags, warnings } = plan;
  const entries = plural(items.length, 'entry', 'entries');
  const keys = plural(keyCount, 'key');
  const isKept = items.every(({ kept }) => kept);
  const edge =
    edgeTags.length === 0 ? 'The edge is left alone.' : `At the edge, ${plural(edgeTags.length, 'tag')} are purged.`;
  const back = isKept ? 'The values are kept first, so that Undo brings them back.' : '';
  const summary = `${entries}: ${keys}, ${formatBytes(bytes)}. ${edge}`;
  let left = listedKeys;
  const rows = items.flatMap(({ key, keys: all, sizeBytes, reason, kept }) => {
    const shown = all.slice(0, Math.max(0, left));
    left -= all.length;
    return shown.map((one) =>
      one === key
        ? [one, reason, sizeBytes === undefined ? '' : formatBytes(sizeBytes), kept ? 'yes' : 'no']
        : [one, 'its chunk', '', ''],
    );
  });
  return {
    title: `${plan.title} in ${place}`,
    yes: `${verb} ${entries}`,
    summary,
    page: planPage({
      title: `${plan.title} in ${place}`,
      lines: [summary, back, ...warnings, consistencyText],
      tags: edgeTags,
      table: [['Key', 'Why', 'Size', 'Undo brings it back'], ...rows],
      more: keyCount - rows.length,
    }),
    warning: isKept ? undefined : warnings.join('\n'),
  };
}

export function bumpQuestion(place: string, plan: KvBumpPlan): KvPlanQuestion {
  const records = plural(plan.items.length, 'version record');
  const summary = `${records} will be written; the entries become stale and are made again when they are asked for.`;
  const rows = plan.items
    .slice(0, listedKeys)
    .map(({ versionKey, from, to }) => [versionKey, from === undefined ? 'none' : `v${from}`, `v${to}`]);
  return {
    title: `${plan.title} in ${place}`,
    yes: `Bump ${records}`,
    summary,
    page: planPage({
      title: `${plan.title} in ${place}`,
      lines: [summary, ...plan.warnings, consistencyText],
      tags: [],
      table: [['Version record', 'From', 'To'], ...rows],
      more: plan.items.length - rows.length,
    }),
    warning: undefined,
  };
}

function planPage(page: {
  readonly title: string;
  readonly lines: readonly string[];
  readonly tags: readonly string[];
  readonly table: readonly (readonly string[])[];
  readonly more: number;
}): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => escapeMarkdown(cell)).join(' | ')} |`;
  const [header = [], ...rows] = page.table;
  return [
    `# ${escapeMarkdown(page.title)}`,
    'This is a plan: nothing has been done yet.',
    ...page.lines.filter((text) => text !== '').map((text) => escapeMarkdown(text)),
    ...(page.tags.length === 0
      ? []
      : ['## At the edge', page.tags.map((tag) => `- ${escapeMarkdown(tag)}`).join('\n')]),
    '## In Workers KV',
    [line(header), `| ${header.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n'),
    ...(page.more > 0 ? [`… and ${plural(page.more, 'more key')}.`] : []),
    '',
  ].join('\n\n');
}
