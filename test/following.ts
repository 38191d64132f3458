import type { Grant } from "@county/contracts/access.ts";
import { gridsEvents, RegisterChanged } from "@county/contracts/grids-events.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import { type BusEvent, busEvent, OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import type { Table } from "@county/platform/table.ts";
import { hearPlaces, renameCompany } from "@county/property/taking-over.ts";
import { placeOn } from "@county/rules/roster.ts";
import { freshProperty, type PropertyService } from "./property.ts";
import { freshRegister, hearCoverage, newKey, type Register, tellAgain, twoStreets } from "./register.ts";
import { freshStaffing, type StaffingService } from "./staffing.ts";

/** The register, property management and staffing beside each other, and what they tell each other of who serves places. */
export type Following = Awaited<ReturnType<typeof freshFollowing>>;

export const NOW = "2026-06-01T02:00:00.000Z";
const reason = "测试";

/** @param first the first of the codes of its counties */
export async function freshFollowing(first: number) {
  const [grids, property, staffing]: [Register, PropertyService, StaffingService] = await Promise.all([
    freshRegister(),
    freshProperty(),
    freshStaffing(),
  ]);
  let counties = first;

  /** Everything in a service's outbox about an area since the last look. */
  const seen = new Set<string>();
  async function eventsOf(source: Table, events: Parameters<typeof busEvent>[1], area: string) {
    const shards = Array.from({ length: OUTBOX_SHARDS }, async (_, n) => await source.queryAll(outboxPartition(n), ""));
    const items = (await Promise.all(shards))
      .flat()
      .filter((item) => String(item.area).startsWith(area))
      .map((item) => OutboxItem.parse(item))
      .filter(({ type, sk }) => !seen.has(`${source.name} ${type} ${sk}`));
    for (const { type, sk } of items) seen.add(`${source.name} ${type} ${sk}`);
    return await Promise.all(
      items.map(async (item): Promise<BusEvent> => {
        const document = item.document && (await source.get(item.document));
        return busEvent(item, events, document as { version: number; state: string } | undefined);
      }),
    );
  }

  async function hear({ "detail-type": type, detail }: BusEvent, now: string): Promise<void> {
    const { store } = property.deps;
    if (type === "property.coverage-changed")
      await hearCoverage(grids.deps.store, propertyEvents[type].parse(detail), now);
    else if (type === "property.company-changed") {
      await renameCompany(store, propertyEvents[type].parse(detail).state, now);
    } else if (type === "property.copies-missed") {
      await tellAgain(grids.deps.store, propertyEvents[type].parse(detail), now);
    } else if (type === "grids.heads-told") await store.heads.ask(gridsEvents[type].parse(detail));
    else if (type.startsWith("grids.") && !type.includes("map") && !type.includes("departmental")) {
      const { state, ...event } = RegisterChanged.parse(detail);
      await staffing.deps.store.copies.keepRegister({ ...event, state } as never);
      if ("streets" in state) await store.areas.keepCounty({ ...event, state });
      else if ("communities" in state) await store.areas.keepStreet({ ...event, state });
      else await hearPlaces(store, { ...event, state }, now);
    }
  }

  /** Carries events to and fro until none is left. @param order of those that are there at once */
  async function settle(area: string, now = NOW, order = (events: BusEvent[]) => events): Promise<number> {
    for (let rounds = 0, all = 0; ; rounds++) {
      const events = [
        ...(await eventsOf(grids.table, gridsEvents, area)),
        ...(await eventsOf(property.table, propertyEvents, area)),
      ];
      if (events.length === 0) return all;
      if (rounds > 20) throw new Error("it goes round and round");
      all += events.length;
      // At least once, and some twice.
      for (const event of order(events)) await hear(event, now);
      for (const event of events.slice(0, 2)) await hear(event, now);
    }
  }

  const figures = {
    kind: "compound" as const,
    households: 300,
    population: 900,
    workUnits: 0,
    floorArea: 30_000,
    builtYear: 2005,
    invented: true,
  };

  async function newCounty() {
    const code = String(counties++);
    const grants: Grant[] = [
      { role: "county.civil-affairs", area: code },
      { role: "county.property-centre", area: code },
    ];
    const register = grids.as(grants);
    await twoStreets(register, code);
    const { body: community } = await register.createCommunity({
      key: newKey(),
      body: {
        ...{ area: `${code}002`, name: "虚构社区", plannedGrids: 2, placeCount: 3, households: 900, population: 2_700 },
        ...{ serviceCentre: null, extent: null, reason },
      },
    });
    const place = async (name: string, propertyCompany: string | null, asOf = "2020-01-01") =>
      (
        await register.createPlace({
          key: newKey(),
          body: { community: community.id, reason, name, propertyCompany, asOf, ...figures },
        })
      ).body;
    const api = property.as(grants);
    return { code, register, api, community, place };
  }

  /** Who the register shows, and who staffing's copies know to have served on days. */
  const registerOf = async (own: { register: ReturnType<Register["as"]> }, place: string) =>
    (await own.register.getPlace({ params: { place } })).body;
  async function staffingOf(community: string, place: string, ...days: string[]) {
    const { places } = await staffing.deps.store.copies.history(community);
    const history = places.find(({ id }) => id === place);
    return days.map((day) => (history && placeOn(history, day)?.propertyCompany) ?? null);
  }
  const termsOf = async (own: { api: ReturnType<PropertyService["as"]> }, place: string) =>
    (await own.api.getPlaceCoverage({ params: { place } })).body.terms.map(({ service, from, to, source }) => [
      service.kind === "company" ? service.company.name : service.fallback,
      from,
      to,
      source,
    ]);

  return { grids, property, staffing, eventsOf, hear, settle, newCounty, registerOf, staffingOf, termsOf };
}
