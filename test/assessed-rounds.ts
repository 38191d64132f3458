import { carryOnAll } from "@county/assessments/making.ts";
import type { Grant } from "@county/contracts/access.ts";
import { routeKey } from "@county/contracts/api.ts";
import { assessments } from "@county/contracts/assessments.ts";
import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { expect } from "vitest";
import {
  type AssessmentsApi,
  type AssessmentsService,
  freshAssessments,
  type Message,
  messagesOf,
  projectScheme,
  publishScheme,
  tellProjects,
  work,
  workedOff,
} from "./assessments.ts";
import { tellCounty } from "./funding.ts";
import { everything, newKey } from "./register.ts";
import type { FreshTable } from "./table.ts";

/** Rounds of invented counties up to their results, over the contract; the queues are worked by hand. */

const DAYS = ["05-20", "11-20"];
export const period = { from: "2020-01-01", to: "2020-05-19" };
const counties = { made: 0 };

/** What a test's service and clock are. */
export interface Stage {
  readonly service: AssessmentsService;
  /** `time`: of the day in UTC. */
  readonly at: (day: string, time?: string) => void;
  readonly now: () => string;
}

/** A service of its own; its clock stands at ten in the morning of the day that a test says, unless that says another time. */
export async function freshStage(): Promise<Stage & { readonly service: AssessmentsService & FreshTable }> {
  let now = "";
  const service = await freshAssessments(() => Date.parse(now));
  return {
    service,
    at: (day, time = "02:00") => {
      now = `${day}T${time}:00.000Z`;
    },
    now: () => now,
  };
}
/** That no call was dearer than its contract says. */
export function withinUnits({ service }: Stage): void {
  const limits = new Map(Object.values(assessments.routes).map((route) => [routeKey(route), route.units]));
  for (const { route, status, units } of service.served) {
    if (status >= 400) continue;
    expect(units.read, route).toBeLessThanOrEqual(limits.get(route)?.read ?? 0);
    expect(units.write, route).toBeLessThanOrEqual(limits.get(route)?.write ?? 0);
  }
}

/**
 * A county with `each` projects in each of its communities, and who does what in it.
 * @param households of the communities of each street; five communities unless given
 */
export async function newPlace(
  { service, at }: Stage,
  each = 1,
  prefix = "97",
  households?: readonly (readonly number[])[],
) {
  at("2020-05-06");
  const code = `${prefix}${String(++counties.made).padStart(4, "0")}`;
  const county = await tellCounty(service.deps.store, code, households);
  const { companies } = await tellProjects(service.deps.store, county, each, { companies: 2 });
  const as = (role: Grant["role"], area: string, subject: string) => service.as([{ role, area }], subject);
  const centre = (subject: string) => as("county.property-centre", county.code, subject);
  const [first, second] = county.streets;
  if (first === undefined || second === undefined) throw new Error("a county of two streets");
  return {
    ...{ county, companies, as, first, second },
    ...{ centre: centre("centre"), other: centre("other"), one: centre("one"), two: centre("two") },
    /** Acts for the first company. */
    agent: as("company.agent", county.code, "company-0"),
    rival: as("company.agent", county.code, "company-1"),
    office: as("street.admin", first.code, "office"),
    street: { one: as("street.admin", first.code, "s-one"), two: as("street.admin", first.code, "s-two") },
  };
}
export type Place = Awaited<ReturnType<typeof newPlace>>;

/** A method of the county alone. */
export const countyAlone = (over: Partial<SchemeContent> = {}): SchemeContent =>
  projectScheme({ assessors: [{ id: "county", weight: 100 }], ...over });
/** One that assesses communities, without what is measured of projects. */
export const communityScheme = (over: Partial<SchemeContent> = {}): SchemeContent =>
  projectScheme({
    assesses: "community",
    clause: "3.3",
    assessors: [{ id: "county", weight: 100 }],
    items: [
      { kind: "scored", id: "clean", title: "环境", weight: 6_000, panel: "site", evidence: [] },
      { kind: "scored", id: "guard", title: "秩序", weight: 4_000, panel: "site", evidence: [] },
    ],
    credit: null,
    ...over,
  });

/** A round whose sheets are all there, opened on 20 May. */
export async function openedRound(
  { service, at, now }: Stage,
  place: Place,
  scheme: string,
  { area = place.county.code, api = place.centre } = {},
): Promise<string> {
  at("2020-05-20");
  const { body } = await api.openRound({ key: newKey(), body: { area, scheme, period, reason: "测试" } });
  await worked(service, now());
  await carryOnAll(service.deps.store, DAYS, now());
  return body.id;
}
export async function newScheme({ service, at }: Stage, place: Place, content: SchemeContent): Promise<string> {
  at("2020-05-06");
  return await publishScheme(service, place.county.code, content);
}

export const sheetsOf = async (api: AssessmentsApi, round: string, area: string): Promise<SheetRow[]> =>
  await everything<SheetRow>(
    async (cursor) =>
      await api.listSheets({
        params: { round },
        query: { area, limit: 50, toScore: "false", ...(cursor && { cursor }) },
      }),
  );

/** Two give the same points for it. */
export async function scored(
  scorers: readonly [AssessmentsApi, AssessmentsApi],
  { id }: Pick<SheetRow, "id">,
  [clean, guard]: readonly [number, number] = [4_000, 3_000],
  vetoes: string[] = [],
): Promise<void> {
  const body = {
    panel: "site",
    points: [
      { item: "clean", points: clean },
      { item: "guard", points: guard },
    ],
    vetoes,
    note: "测试",
  };
  for (const api of scorers) {
    const { version } = await api.getSheet({ params: { sheet: id } });
    await api.scoreSheet({ key: newKey(), ifMatch: version as number, params: { sheet: id }, body });
  }
}

/** Tells what is complete, and works it off. */
export async function noticed({ service, now }: Stage, api: AssessmentsApi, round: string): Promise<void> {
  const { version } = await api.getRound({ params: { round } });
  await api.noticeRound({ key: newKey(), ifMatch: version as number, params: { round }, body: { reason: "测试" } });
  await worked(service, now());
}
/** What the clock does of a minute, and what is to be worked off by it. */
export async function ticked({ service, now }: Stage): Promise<void> {
  await carryOnAll(service.deps.store, DAYS, now());
  await worked(service, now());
}

/** Works off what is the service's own; what it tells others stays in the outbox. */
async function worked(service: AssessmentsService, now: string): Promise<void> {
  for (;;) {
    const own = (await messagesOf(service.table)).filter(({ type }) => type !== "assessments.result-final");
    if (own.length === 0) return;
    for (const message of own) {
      await work(service.deps, message, now);
      await workedOff(service.table, message);
    }
  }
}

/** The results that were told of a county. */
export const resultsTold = async (
  { service }: Pick<Stage, "service">,
  { county }: Pick<Place, "county">,
): Promise<Message["detail"][]> =>
  (await messagesOf(service.table))
    .filter(({ type, detail }) => type === "assessments.result-final" && String(detail.result).startsWith(county.id))
    .map(({ detail }) => detail);
