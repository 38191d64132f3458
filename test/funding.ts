import type { Grant } from "@county/contracts/access.ts";
import type { Client as ApiClient } from "@county/contracts/client.ts";
import { funding } from "@county/contracts/funding.ts";
import { type Deps, handlers } from "@county/funding/handlers.ts";
import { store } from "@county/funding/store.ts";
import { county, streets } from "@county/plan/county.ts";
import type { AreaCopies } from "@county/platform/areas.ts";
import { type Table, table } from "@county/platform/table.ts";
import { planTables } from "@county/rules/plan-tables.ts";
import { memoryFiles, type Served, serving } from "./register.ts";
import { type Client, type FreshTable, freshTable } from "./table.ts";

/** The funding service on a table of its own, called through its contract as a frontend calls it. */
export type FundingApi = ApiClient<(typeof funding)["routes"]>;

export interface FundingService {
  readonly table: Table;
  readonly deps: Deps & { files: ReturnType<typeof memoryFiles> };
  readonly served: Served[];
  as(grants: readonly Grant[], subject?: string, language?: "zh" | "en"): FundingApi;
}

/** The service as one process runs it: on this client and these files, at this clock. */
export function fundingService(
  { name, client }: Pick<FreshTable, "name"> & { client: Client },
  files = memoryFiles(),
  clock?: () => number,
): FundingService {
  const own = table(name, client);
  const deps = { store: store(own), files };
  return { table: own, deps, ...serving(funding, handlers(deps), own, clock) };
}

export const freshFunding = async (clock?: () => number): Promise<FundingService & FreshTable> => {
  const fresh = await freshTable();
  return { ...fresh, ...fundingService(fresh, memoryFiles(), clock) };
};

// ----------------------------------------------------------------------------------------------- what grids would tell

interface ToldArea {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}
export interface ToldCommunity extends ToldArea {
  readonly households: number;
}
export interface ToldStreet extends ToldArea {
  readonly communities: readonly ToldCommunity[];
}
/** A county's streets and communities, as the grids service would have told of them. */
export interface ToldCounty extends ToldArea {
  readonly streets: readonly ToldStreet[];
}

/** Eight letters or digits, a number's own. */
const eight = (letter: string, number: number) => `${letter}${String(number).padStart(7, "0")}`;

/**
 * Has a county told of: streets 001, 002 … with communities of so many households each, 901, 902 … in every street.
 * Two streets of three and two communities unless given.
 * @param version of the register; a later one takes the place of an earlier
 */
export async function tellCounty(
  { areas }: { areas: AreaCopies },
  code = "990101",
  households: readonly (readonly number[])[] = [
    [1_200, 800, 950],
    [1_500, 600],
  ],
  version = 1,
): Promise<ToldCounty> {
  const id = eight("c", Number(code));
  const streets = households.map((communities, i): ToldStreet => {
    const own = {
      id: `${id}.${eight("s", i + 1)}`,
      code: `${code}${String(i + 1).padStart(3, "0")}`,
      name: `虚构街道${i + 1}`,
    };
    return {
      ...own,
      communities: communities.map((count, j) => ({
        id: `${own.id}.${eight("m", j + 1)}`,
        code: `${own.code}${901 + j}`,
        name: `虚构社区${i + 1}-${j + 1}`,
        households: count,
      })),
    };
  });
  return await tell(areas, { id, code, name: `虚构县${code}`, streets }, version);
}

/** Has the county of the plan told of: both streets with the communities and the households of annex 2. */
export async function tellPlanCounty({ areas }: { areas: AreaCopies }): Promise<ToldCounty> {
  const id = eight("c", Number(county.code));
  const tables = planTables().filter(({ annex }) => annex === 2);
  const told = streets.map(({ code, name }, i): ToldStreet => {
    const own = `${id}.${eight("s", i + 1)}`;
    const rows = tables.find((table) => table.street.code === code)?.rows ?? [];
    return {
      id: own,
      code,
      name: name.zh,
      communities: rows.map((row, j) => ({
        id: `${own}.${eight("m", j + 1)}`,
        code: `${code}${901 + j}`,
        name: row.name.written,
        households: row.figures.households?.value as number,
      })),
    };
  });
  return await tell(areas, { id, code: county.code, name: county.name.zh, streets: told }, 1);
}

async function tell(areas: AreaCopies, told: ToldCounty, version: number): Promise<ToldCounty> {
  const { streets, ...county } = told;
  const { code } = county;
  const refs = streets.map(({ communities: _, ...street }) => street);
  await areas.keepCounty({ area: code, version, state: { ...county, streets: refs } });
  for (const { communities, ...street } of streets) {
    await areas.keepStreet({
      area: street.code,
      version,
      state: {
        street,
        communities: communities.map(({ id, code, name, households }) => ({
          id,
          code,
          codeStatus: "provisional",
          figures: { name, households, population: households * 3 } as never,
          asOf: "2020-01-01",
          status: "active",
        })),
      },
    });
  }
  return told;
}
