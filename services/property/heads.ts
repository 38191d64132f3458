import type { gridsEvents } from "@county/contracts/grids-events.ts";
import type { propertyEvents } from "@county/contracts/property-events.ts";
import { type AreaCopies, countyOf } from "@county/platform/areas.ts";
import { outboxAction } from "@county/platform/documents.ts";
import type { Table } from "@county/platform/table.ts";
import type * as z from "zod/mini";
import type { PlaceStore } from "./places.ts";

/** How far the grids service says a street's documents have come: what of them never came here is asked for. */

type HeadsTold = z.infer<(typeof gridsEvents)["grids.heads-told"]>;
type Missed = z.infer<(typeof propertyEvents)["property.copies-missed"]>;

/** Versions that one fact asks for, and facts that one telling may bring about; what is left is asked for the next day. */
const MOST_ASKED = 60;
const MOST_FACTS = 50;

export const headStore = (table: Table, areas: AreaCopies, places: PlaceStore) => ({
  async ask({ area, version, state }: HeadsTold): Promise<void> {
    const { street } = state;
    const [county, register] = await Promise.all([
      areas.version("county", countyOf(street.id)),
      areas.version("street", street.id),
    ]);
    const older = county < state.county || register < state.register;
    const wanted: { community: string; version: number }[] = [];
    for (const { id, places: told } of state.communities) {
      const { through, waiting } = await places.through(id);
      for (let one = through + 1; one <= told; one++) {
        if (!waiting.includes(one)) wanted.push({ community: id, version: one });
      }
    }
    for (let n = 0; n < MOST_FACTS && (n * MOST_ASKED < wanted.length || (n === 0 && older)); n++) {
      const part = Map.groupBy(wanted.slice(n * MOST_ASKED, (n + 1) * MOST_ASKED), ({ community }) => community);
      const missed = [...part].map(([community, all]) => ({
        community,
        maps: [],
        places: all.map((one) => one.version),
      }));
      const fact: Omit<Missed, "area"> = { street: street.id, register: older && n === 0, missed };
      // Asked once for each telling, however often that is delivered.
      await table.write(
        outboxAction({
          type: "property.copies-missed",
          service: "property",
          area,
          at: state.at,
          id: `missed.${street.id}.${version}.${n}`,
          detail: JSON.stringify(fact),
        }),
      );
    }
  },
});
