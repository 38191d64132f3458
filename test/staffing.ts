import type { Grant } from "@county/contracts/access.ts";
import type { Client as ApiClient } from "@county/contracts/client.ts";
import { staffing } from "@county/contracts/staffing.ts";
import { type Table, table } from "@county/platform/table.ts";
import { type Deps, handlers } from "@county/staffing/handlers.ts";
import { store } from "@county/staffing/store.ts";
import { memoryFiles, type Served, serving } from "./register.ts";
import { type Client, type FreshTable, freshTable } from "./table.ts";

/** The staffing service on a table of its own, called through its contract as a frontend calls it. */
export type StaffingApi = ApiClient<(typeof staffing)["routes"]>;

export interface StaffingService {
  readonly table: Table;
  readonly deps: Deps & { files: ReturnType<typeof memoryFiles> };
  readonly served: Served[];
  as(grants: readonly Grant[], subject?: string, language?: "zh" | "en"): StaffingApi;
}

/** The service as one process runs it: on this client and these files, at this clock. */
export function staffingService(
  { name, client }: Pick<FreshTable, "name"> & { client: Client },
  files = memoryFiles(),
  clock?: () => number,
): StaffingService {
  const own = table(name, client);
  const deps = { store: store(own), files };
  return { table: own, deps, ...serving(staffing, handlers(deps), own, clock) };
}

export const freshStaffing = async (clock?: () => number): Promise<StaffingService & FreshTable> => {
  const fresh = await freshTable();
  return { ...fresh, ...staffingService(fresh, memoryFiles(), clock) };
};

// ----------------------------------------------------------------------------------------------- what grids would tell

/** A street's communities with their grids and places, as the grids service would have told of them. */
export interface ToldStreet {
  readonly county: string;
  /** The street's id and code. */
  readonly id: string;
  readonly code: string;
  readonly communities: readonly ToldCommunity[];
}
export interface ToldCommunity {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly grids: readonly { readonly id: string; readonly places: readonly string[] }[];
}

/** Eight letters or digits, a number's own. */
const eight = (letter: string, number: number) => `${letter}${String(number).padStart(7, "0")}`;

const FIRST_DAY = "2020-01-01";
/** When the grids service told last, unless given: after the months that tests are about. */
const TOLD_AT = "2021-02-01T00:00:00.000Z";

/**
 * Has a street told of: communities of so many grids, each grid of one compound with the households given, with a property
 * company where they are even.
 */
export async function tellStreet(
  { copies }: StaffingService["deps"]["store"],
  code: string,
  communities: readonly (readonly number[])[],
  { toldAt = TOLD_AT }: { toldAt?: string } = {},
): Promise<ToldStreet> {
  const county = {
    id: eight("c", Number(code.slice(0, 6))),
    code: code.slice(0, 6),
    name: `虚构县${code.slice(0, 6)}`,
  };
  const street = { id: `${county.id}.${eight("s", Number(code.slice(6)))}`, code, name: `虚构街道${code.slice(6)}` };
  const told = communities.map((households, i): ToldCommunity & { households: readonly number[] } => {
    const id = `${street.id}.${eight("m", i + 1)}`;
    return {
      id,
      code: `${code}${String(901 + i)}`,
      name: `虚构社区${i + 1}`,
      households,
      grids: households.map((_, j) => ({ id: `${id}.g${eight("g", j + 1)}`, places: [`${id}.${eight("p", j + 1)}`] })),
    };
  });
  await copies.keepRegister({ area: county.code, version: 1, state: { ...county, streets: [street] } } as never);
  await copies.keepRegister({
    area: code,
    version: 1,
    state: {
      street,
      communities: told.map(({ id, code, name }) => ({
        id,
        code,
        codeStatus: "provisional",
        figures: { name, households: 1_000, population: 3_000 },
        asOf: FIRST_DAY,
        status: "active",
      })),
    },
  } as never);
  for (const { id, code, grids, households } of told) {
    await copies.keepRegister({
      area: code,
      version: 1,
      state: {
        community: id,
        places: grids.map(({ places: [place] }, i) => ({
          id: place,
          figures: {
            name: `虚构小区${i + 1}`,
            kind: "compound",
            households: households[i],
            population: null,
            propertyCompany: (households[i] as number) % 2 === 0 ? "虚构物业" : null,
          },
          asOf: FIRST_DAY,
          status: "active",
        })),
      },
    } as never);
    await tellMap(copies, { area: code, community: id, version: 1, from: FIRST_DAY }, grids);
  }
  await copies.keepHeads({
    area: code,
    version: Date.parse(toldAt) / 1_000,
    state: {
      street,
      at: toldAt,
      county: 1,
      register: 1,
      communities: told.map(({ id }) => ({ id, map: 1, places: 1 })),
    },
  });
  return { county: county.code, id: street.id, code, communities: told };
}

/** Has a community's map told of, from a day on. */
export async function tellMap(
  copies: StaffingService["deps"]["store"]["copies"],
  { area, community, version, from }: { area: string; community: string; version: number; from: string },
  grids: ToldCommunity["grids"],
): Promise<void> {
  await copies.keepMap({
    area,
    version,
    state: {
      community,
      from,
      map: {
        grids: grids.map(({ id, places }, i) => ({
          id,
          number: i + 1,
          name: `虚构第${i + 1}网格`,
          kind: "urban",
          tier: "standard",
          members: places.map((place) => ({ place })),
          since: from,
        })),
      },
    },
  });
}
