import type { ParameterChange } from "@county/plan/policy.ts";
import * as z from "zod/mini";
import { outboxAction } from "./documents.ts";
import { backOff, type Key, type Table } from "./table.ts";

/**
 * What the policy service told one that judges by it, under the county's code, which is all it knows of a county; also of
 * one that is not registered yet:
 * - `policy`: a copy of the values the county has decided, the newest version that came,
 * - `told#<change>`: that the effect of a drafted change was told.
 */
const policyKey = (county: string): Key => ({ pk: `policy#${county}`, sk: "policy" });
const toldKey = (county: string, change: string): Key => ({ pk: `policy#${county}`, sk: `told#${change}` });

// Its parts were checked when they came, so only the frame is checked again.
const Frame = z.object({ version: z.int(), changes: z.string() });

export type PolicyStore = ReturnType<typeof policyStore>;

/** @param service who keeps it, and tells effects as its own */
export function policyStore(table: Table, service: string) {
  const copyOf = async (county: string): Promise<{ version: number; changes: ParameterChange[] }> => {
    const item = await table.get(policyKey(county));
    if (item === undefined) return { version: 0, changes: [] };
    const { version, changes } = z.parse(Frame, item);
    return { version, changes: JSON.parse(changes) as ParameterChange[] };
  };

  return {
    /**
     * The values decided in the county that an area code lies in, in the order of their decisions. With parameters among
     * them, perhaps, that this release does not know yet: no rule asks for those.
     */
    changes: async (area: string): Promise<ParameterChange[]> => (await copyOf(area.slice(0, 6))).changes,

    /** The same of a county, and which version of its values they are; 0: none came yet. */
    copy: copyOf,

    /** Keeps a county's decided values, unless as new ones were there before. */
    async keep(county: string, version: number, changes: readonly unknown[]): Promise<void> {
      for (let tries = 0; ; tries++) {
        const item = await table.get(policyKey(county));
        const before = item && z.parse(Frame, item).version;
        if (before !== undefined && before >= version) return;
        const outcome = await table.write({
          name: "policy",
          put: { ...policyKey(county), version, changes: JSON.stringify(changes) },
          when: before === undefined ? "absent" : { version: before },
        });
        if (outcome.ok) return;
        // Another version came in between: whether it is newer is asked again.
        if (tries === 9) throw new Error(`policy: the copy of ${county} keeps changing`);
        await backOff(tries);
      }
    },

    wasTold: async (county: string, change: string): Promise<boolean> =>
      (await table.get(toldKey(county, change))) !== undefined,

    /** Tells the effect of a drafted change, once, however often it is computed. @param effect the event's own fields */
    async tell(county: string, change: string, at: string, effect: object): Promise<void> {
      await table.transact([
        { name: "told", put: { ...toldKey(county, change), at }, when: "absent" },
        outboxAction({
          type: `${service}.effect-told`,
          service,
          area: county,
          at,
          id: `effect.${county}.${change}`,
          detail: JSON.stringify(effect),
        }),
      ]);
    },
  };
}
