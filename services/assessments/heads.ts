import type { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import type { gridsEvents } from "@county/contracts/grids-events.ts";
import { type AreaCopies, countyOf } from "@county/platform/areas.ts";
import { outboxAction } from "@county/platform/documents.ts";
import type { Table } from "@county/platform/table.ts";
import type * as z from "zod/mini";
import type { PropertyCopies } from "./copies.ts";

/** How far the grids service says a street's documents have come: what of them never came here is asked for. */

type HeadsTold = z.infer<(typeof gridsEvents)["grids.heads-told"]>;
type Missed = z.infer<(typeof assessmentsEvents)["assessments.copies-missed"]>;

/** Communities that one fact asks for, a dozen versions each. */
const AT_ONCE = 5;

export const headStore = (table: Table, areas: AreaCopies, copies: PropertyCopies) => ({
  async ask({ area, version, state }: HeadsTold): Promise<void> {
    const { street, communities } = state;
    const [county, register] = await Promise.all([
      areas.version("county", countyOf(street.id)),
      areas.version("street", street.id),
    ]);
    const older = county < state.county || register < state.register;
    const missed: Missed["missed"] = [];
    for (const { id, ...told } of communities) {
      const own = await copies.missed(id, told);
      if (own.maps.length + own.places.length > 0) missed.push({ community: id, ...own });
    }
    for (let n = 0; n < missed.length || (n === 0 && older); n += AT_ONCE) {
      const fact: Omit<Missed, "area"> = {
        street: street.id,
        register: older && n === 0,
        missed: missed.slice(n, n + AT_ONCE),
      };
      // Asked once for each telling, however often that is delivered.
      await table.write(
        outboxAction({
          type: "assessments.copies-missed",
          service: "assessments",
          area,
          at: state.at,
          id: `missed.${street.id}.${version}.${n}`,
          detail: JSON.stringify(fact),
        }),
      );
    }
  },
});
