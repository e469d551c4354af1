import type { Effect, Plan } from '../../../core/cache/plan';

/** Keeps the plans whose diffs are open, so that their documents can be read again. */
export interface PlanDocuments {
  /** Returns the id under which the plan's values are documents. */
  add(plan: Plan): string;
  /** The bytes of one side of an effect; undefined when there is no such value. */
  read(planId: string, effectId: string, side: 'before' | 'after'): Promise<Uint8Array | undefined>;
  /** Bytes of that side as the plan knows them. */
  sizeOf(planId: string, effectId: string, side: 'before' | 'after'): number | undefined;
}

/** Enough for the diffs that a person has open side by side. */
const keptPlans = 16;

export function createPlanDocuments(): PlanDocuments {
  const plans = new Map<string, ReadonlyMap<string, Effect>>();
  let nextId = 1;
  return {
    add: (plan) => {
      const id = String(nextId++);
      plans.set(id, new Map(plan.effects.map((effect) => [effect.id, effect])));
      const oldest = plans.keys().next();
      if (plans.size > keptPlans && oldest.done !== true) {
        plans.delete(oldest.value);
      }
      return id;
    },
    read: async (planId, effectId, side) => plans.get(planId)?.get(effectId)?.[side]?.(),
    sizeOf: (planId, effectId, side) => {
      const effect = plans.get(planId)?.get(effectId);
      return side === 'before' ? effect?.bytesBefore : effect?.bytesAfter;
    },
  };
}
