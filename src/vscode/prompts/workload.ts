import type { Memento } from 'vscode';
import { defaultWorkload } from '../../core/prompts/economics';
import type { Workload } from '../../core/prompts/economics';

/** The numbers of a workload that a person is asked for. */
export type WorkloadField = Exclude<keyof Workload, 'lifetime'>;

const storageKey = 'prompts.workload';

const limits: Readonly<Record<WorkloadField, { readonly least: number; readonly most: number }>> = {
  requestsPerDay: { least: 0, most: Infinity },
  requestsPerConversation: { least: 1, most: Infinity },
  turnTokens: { least: 0, most: Infinity },
  outputTokens: { least: 0, most: Infinity },
  hitRate: { least: 0, most: 1 },
  fetchesPerConversation: { least: 0, most: Infinity },
};

export const workloadFields = Object.keys(limits) as readonly WorkloadField[];

/** The workload that is remembered for this workspace; what was never set is the default. */
export function readWorkload(memory: Memento): Workload {
  const stored: unknown = memory.get(storageKey);
  const values = (typeof stored === 'object' && stored !== null ? stored : {}) as Readonly<Record<string, unknown>>;
  const kept = workloadFields.flatMap((field) => {
    const value = parseAmount(typeof values[field] === 'number' ? String(values[field]) : '', field);
    return value === undefined ? [] : [[field, value]];
  });
  return { ...defaultWorkload, ...(Object.fromEntries(kept) as Partial<Workload>) };
}

export async function storeWorkload(memory: Memento, workload: Workload): Promise<void> {
  await memory.update(storageKey, workload);
}

/** A number that a person typed; undefined when it is none, or out of range. */
export function parseAmount(text: string, field: WorkloadField): number | undefined {
  const value = Number(text);
  const { least, most } = limits[field];
  return text.trim() === '' || !Number.isFinite(value) || value < least || value > most ? undefined : value;
}

/** The range of a number, in words. */
export function rangeOf(field: WorkloadField): string {
  const { least, most } = limits[field];
  return Number.isFinite(most) ? `A number from ${least} to ${most}.` : `A number of ${least} or more.`;
}
