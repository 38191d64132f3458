import { tierOf } from "@county/contracts/area.ts";
import type { gridsEvents } from "@county/contracts/grids-events.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import * as z from "zod/mini";
import { type Action, backOff, type Key, type Table } from "./table.ts";

/**
 * Copies of a county's streets and communities, as the grids service tells them: at least once, in any order, several at a
 * time. Whatever comes how often and when, the copies come out the same:
 * - a county's streets and a street's communities: the newest version,
 * - which area a code is, or was: codes are never given to another.
 */

type Told<Type extends keyof typeof gridsEvents> = z.infer<(typeof gridsEvents)[Type]>;

export interface AreaCopy {
  readonly id: string;
  readonly code: string;
  /** The present one first, then those it had: whoever was granted under an old code keeps the access. */
  readonly codes: readonly string[];
  readonly name: string;
}
export interface CountyCopy extends AreaCopy {
  readonly streets: readonly AreaCopy[];
}
export interface StreetCopy extends AreaCopy {
  /** The county's id. */
  readonly county: string;
  /** The withdrawn ones too. */
  readonly communities: readonly CommunityCopy[];
}
export interface CommunityCopy extends AreaCopy {
  /** The street's id. */
  readonly street: string;
  readonly active: boolean;
  readonly households: number;
  readonly population: number;
}

/** The county's id of whatever an area's id begins. */
export const countyOf = (id: string): string => id.split(".")[0] as string;
/** The street's id of whatever a street's id begins: a community, a person, a run. */
export const streetOf = (id: string): string => id.split(".").slice(0, 2).join(".");
/** The community's id of whatever a community's id begins: an appointment, a grid. */
export const communityOf = (id: string): string => id.split(".").slice(0, 3).join(".");

// ------------------------------------------------------------------------------------------------------------- copying

/** The partition of what is copied of an area. */
export const copyPartition = (id: string): string => `copy#${id}`;
const countyKey = (id: string): Key => ({ pk: copyPartition(id), sk: "areas" });
const streetKey = (id: string): Key => ({ pk: copyPartition(id), sk: "register" });
const codeKey = (value: string): Key => ({ pk: `code#${value}`, sk: "code" });

// The parts of what is stored were checked when they came, so only the frame is checked again.
const Newest = z.object({ version: z.int(), state: z.string() });

/** @param attempt false when somebody else's write came in between */
export async function untilWritten(key: Key, attempt: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await attempt()); tries++) {
    // The event comes again.
    if (tries === 9) throw new Error(`copies: ${key.pk} ${key.sk} keeps changing`);
    await backOff(tries);
  }
}

/** Copies of which only the newest version is kept. */
export function newestCopies(table: Table) {
  /** Those of a partition whose key begins so. */
  const all = async <S>(pk: string, prefix: string): Promise<S[]> =>
    (await table.queryAll(pk, prefix)).map((item) => JSON.parse(z.parse(Newest, item).state) as S);
  const newest = async <S>(key: Key): Promise<{ version: number; state: S } | undefined> => {
    const item = await table.get(key);
    if (item === undefined) return undefined;
    const { version, state } = z.parse(Newest, item);
    return { version, state: JSON.parse(state) as S };
  };
  const keepNewest = async (key: Key, version: number, state: object): Promise<void> =>
    await untilWritten(key, async () => {
      const before = await newest(key);
      if (before && before.version >= version) return true;
      const when = before === undefined ? "absent" : { version: before.version };
      const put: Action = { name: "copy", put: { ...key, version, state: JSON.stringify(state) }, when };
      return (await table.write(put)).ok;
    });
  return { newest, all, keepNewest };
}

export type AreaCopies = ReturnType<typeof areaCopies>;

export function areaCopies(table: Table) {
  const { newest, keepNewest } = newestCopies(table);

  /** Before the area itself is kept: what was cut off in between is told again. */
  const keepCodes = async (areas: readonly Pick<AreaCopy, "id" | "codes">[]): Promise<void> => {
    const all = areas.flatMap(({ id, codes }) => codes.map((value) => ({ ...codeKey(value), id })));
    const known = await Promise.all(all.map(async (item) => await table.get(item)));
    for (const item of all.filter((_, i) => known[i] === undefined)) {
      await table.write({ name: "code", put: item, when: "absent" });
    }
  };

  const street = async (id: string) => (await newest<StreetCopy>(streetKey(id)))?.state;

  return {
    async keepCounty({ version, state }: Told<"grids.county-changed">): Promise<void> {
      const copy: CountyCopy = { ...areaOf(state), streets: state.streets.map(areaOf) };
      await keepCodes([copy, ...copy.streets]);
      await keepNewest(countyKey(copy.id), version, copy);
    },

    async keepStreet({ version, state }: Told<"grids.communities-changed">): Promise<void> {
      const own = areaOf(state.street);
      const communities = state.communities.map(
        ({ figures: { name, households, population }, status, ...one }): CommunityCopy => ({
          ...areaOf({ ...one, name }),
          street: own.id,
          active: status === "active",
          households,
          population,
        }),
      );
      await keepCodes([own, ...communities]);
      const copy: StreetCopy = { ...own, county: countyOf(own.id), communities };
      await keepNewest(streetKey(copy.id), version, copy);
    },

    /** The area that a code is, or was. */
    async areaByCode(
      value: string,
    ): Promise<{ readonly kind: "county" | "street" | "community"; readonly id: string } | undefined> {
      const id = (await table.get(codeKey(value)))?.id as string | undefined;
      const kind = (["county", "street", "community"] as const)[(id?.split(".").length ?? 0) - 1];
      return id === undefined || kind === undefined ? undefined : { kind, id };
    },

    county: async (id: string): Promise<CountyCopy | undefined> => (await newest<CountyCopy>(countyKey(id)))?.state,
    street,
    /** A community, by the copy of its street. */
    async community(id: string): Promise<CommunityCopy | undefined> {
      return (await street(streetOf(id)))?.communities.find((one) => one.id === id);
    },

    /** The same with the version of its register, out of one reading: what names a version says what stands in that one. */
    pinnedCounty: async (id: string) => await newest<CountyCopy>(countyKey(id)),
    pinnedStreet: async (id: string) => await newest<StreetCopy>(streetKey(id)),

    /** Which version of a county's or a street's register is kept; 0: none came yet. */
    version: async (kind: "county" | "street", id: string): Promise<number> =>
      (await newest(kind === "county" ? countyKey(id) : streetKey(id)))?.version ?? 0,
  };
}

const areaOf = (area: {
  id: string;
  code: string;
  name: string;
  aliases?: readonly { code: string }[] | undefined;
}): AreaCopy => ({
  id: area.id,
  code: area.code,
  codes: [area.code, ...(area.aliases ?? []).map((alias) => alias.code)],
  name: area.name,
});

// --------------------------------------------------------------------------------------------------------------- scopes

/** What of a county an area code, of today or of earlier, stands for. */
export interface Scope {
  /** The county's id. */
  readonly county: string;
  /** In the order of their codes; the one street of a street or a community. */
  readonly streets: readonly AreaCopy[];
  readonly community: CommunityCopy | undefined;
}

type Reading = Pick<AreaCopies, "areaByCode" | "county" | "street">;

/**
 * The scope of a code; of a grid's, its community. So it is for what is the caller's own, who asks with the grid he works in,
 * and for answers that are cut to the grid again: the permission was checked on the grid alone.
 * @throws Problem `not-found`
 */
export async function scopeOf(copies: Reading, code: string): Promise<Scope> {
  const found = await copies.areaByCode(tierOf(code) === "grid" ? code.slice(0, 12) : code);
  if (found?.kind === "county") {
    const county = await copies.county(found.id);
    const streets = (county?.streets ?? []).toSorted((a, b) => (a.code < b.code ? -1 : 1));
    if (county) return { county: county.id, streets, community: undefined };
  } else if (found) {
    const street = await copies.street(streetOf(found.id));
    const community = street?.communities.find(({ id }) => id === found.id);
    if (street) return { county: street.county, streets: [street], community };
  }
  throw new Problem("not-found", { zh: `没有编码为 ${code} 的区域`, en: `No area has the code ${code}` });
}

/**
 * The scope of what is kept by community at the finest: a grid's code is refused, because who may see one grid may not see
 * the whole community.
 * @throws Problem `invalid-request` for a grid, `not-found`
 */
export async function officeScope(
  copies: Reading,
  code: string,
  where: Pick<FieldError, "pointer" | "parameter"> = { parameter: "area" },
): Promise<Scope> {
  if (tierOf(code) !== "grid") return await scopeOf(copies, code);
  const detail = { zh: "应为县、街道或社区的编码", en: "a county's code, a street's or a community's" };
  throw new Problem("invalid-request", undefined, { errors: [{ ...where, reason: "tier", detail }] });
}

/** The one street of an area. @throws Problem `invalid-request` for a whole county */
export function oneStreet(
  { streets }: Scope,
  code: string,
  where: Pick<FieldError, "pointer" | "parameter">,
): AreaCopy {
  if (tierOf(code) !== "county") return streets[0] as AreaCopy;
  const detail = { zh: "应为街道或社区的编码", en: "a street's code, or a community's" };
  throw new Problem("invalid-request", undefined, { errors: [{ ...where, reason: "tier", detail }] });
}
