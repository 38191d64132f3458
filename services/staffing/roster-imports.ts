import { createHash } from "node:crypto";
import type { RosterRow } from "@county/contracts/staffing-people.ts";
import type { Text } from "@county/plan/text.ts";
import { type AreaCopy, type CommunityCopy, type Scope, streetOf } from "@county/platform/areas.ts";
import type { ChangeOf } from "@county/platform/change.ts";
import { idFrom } from "@county/platform/clock.ts";
import { MOST_STATE_BYTES, type Stored } from "@county/platform/documents.ts";
import {
  type Appointment,
  type CommunityHistory,
  gridsOn,
  type MapGrid,
  neverHeld,
  placeOn,
} from "@county/rules/roster.ts";
import type { CellError } from "@county/rules/table-reading.ts";
import { decideAppointment, type Ground, gridRef, withPosts } from "./appointing.ts";
import { masked } from "./masking.ts";
import type { RosterField, RosterLine } from "./roster-tables.ts";
import { noRoster, type PersonRecord, type RosterState, type Store } from "./store.ts";

/**
 * A workbook of people and posts held against what is registered. Ids of what it brings are made of the file and the row, so that
 * the same file, sent again after it was cut off, goes on where it was and brings nothing twice.
 */

export const digestOf = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");

/** What of a community the posts rest on. */
export interface LoadedCommunity {
  readonly community: CommunityCopy;
  readonly history: CommunityHistory;
  readonly roster: Stored<RosterState> | undefined;
}

/** What an area's people and posts are at one time. */
export interface Registered {
  /** The streets in which new people may be registered. */
  readonly streets: readonly AreaCopy[];
  readonly communities: readonly LoadedCommunity[];
  /** Registered in the streets, or with a post in one of the communities. */
  readonly people: readonly PersonRecord[];
  /** The last day of those who are to leave by an open handover. */
  readonly leaving: ReadonlyMap<string, string>;
}

export async function registeredIn(store: Store, { county, streets, community }: Scope): Promise<Registered> {
  const copies = await Promise.all(streets.map(async ({ id }) => await store.copies.street(id)));
  const within = copies.flatMap((street) => street?.communities ?? []).filter(({ id }) => (community?.id ?? id) === id);
  const communities = await Promise.all(
    within.map(async (one): Promise<LoadedCommunity> => {
      const [history, roster] = await Promise.all([store.copies.history(one.id), store.roster(one.id)]);
      return { community: one, history, roster };
    }),
  );
  const people = (await Promise.all(streets.map(async ({ id }) => await store.allPeople(id)))).flat();
  const known = new Set(people.map(({ id }) => id));
  const posted = communities.flatMap(({ roster }) => roster?.state.appointments ?? []).map(({ person }) => person);
  const strangers = [...new Set(posted)].filter((id) => !known.has(id));
  const others = await Promise.all(strangers.map(async (id) => await store.person(id)));
  return {
    streets,
    communities,
    people: [...people, ...others.flatMap((person) => person ?? [])],
    leaving: await store.handovers.leaving(county),
  };
}

// ------------------------------------------------------------------------------------------------------------ reckoning

/** What the rows bring to one community; of those without a post, `community` undefined. */
export interface Brought {
  readonly of: LoadedCommunity | undefined;
  /** Each person once, with what is new of his posts here. */
  readonly people: readonly { readonly person: PersonRecord; readonly appointments: readonly Appointment[] }[];
}

export interface Reckoned {
  readonly rows: readonly RosterRow[];
  /** The same for the same file as long as it would lead to the same, however much of that is written already. */
  readonly digest: string;
  readonly brought: readonly Brought[];
  /** Those of `brought` who are not registered yet. */
  readonly newcomers: ReadonlySet<string>;
  /** Whose registered numbers were held against whole ones of the file. */
  readonly compared: readonly string[];
}

class RowFault extends Error {
  readonly field: RosterField | undefined;
  readonly reason: string;
  readonly detail: Text;
  constructor(field: RosterField | undefined, reason: string, zh: string, en: string) {
    super(en);
    this.field = field;
    this.reason = reason;
    this.detail = { zh, en };
  }
}

/** A row as it is understood, before it is judged. */
interface Understood {
  readonly line: RosterLine;
  readonly of: LoadedCommunity | undefined;
  readonly person: string;
  outcome: "created" | "unchanged";
  appointment: Appointment | undefined;
}

/**
 * What a roster's rows would do.
 * @param general what is wrong with the table and with none of its rows
 * @param by the community that imports, if it is one
 * @param open whose numbers the caller may reveal: nobody else is held against the rows, but who came by this very file
 */
export function reckon(
  { lines, errors: general }: { lines: readonly RosterLine[]; errors: readonly CellError[] },
  { area, file, by }: { readonly area: string; readonly file: string; readonly by: string | undefined },
  { streets, communities, people, leaving }: Registered,
  open: ReadonlySet<string>,
  rest: Pick<Ground, "changes" | "today">,
  change: ChangeOf,
): Reckoned {
  const idOf = (row: number, what: string) => idFrom([file, area, row, what].join("\n"), 8);
  const records = new Map(people.map((person) => [person.id, person]));
  const named = Map.groupBy(people, ({ name }) => name);
  const rosters = new Map(communities.map((one) => [one, [...(one.roster?.state.appointments ?? [])]]));
  const newcomers = new Set<string>();
  const own = new Set(lines.map(({ row }) => idOf(row, "person")));
  const isOpen = ({ id }: PersonRecord) =>
    open.has(id) || newcomers.has(id) || own.has(id.slice(id.lastIndexOf(".p") + 2));
  const compared = new Set<string>();
  const numbers = Map.groupBy(lines, ({ name }) => name);
  const understood = new Map<RosterLine, Understood>();
  const faults = new Map<RosterLine, CellError[]>();

  const attempt = (line: RosterLine, work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof RowFault)) throw error;
      faults.set(line, [faultOf(line, error)]);
    }
  };

  for (const line of lines) {
    if (line.errors.length > 0) {
      faults.set(line, line.errors.map(withoutNumber));
      continue;
    }
    attempt(line, () => {
      const of = communityOf(line, communities);
      const sameName = named.get(line.name) ?? [];
      if (isWhole(line)) {
        // Else a file of guesses would tell which one is right.
        if (numbers.get(line.name)?.some((other) => isWhole(other) && other.phone !== line.phone))
          throw severalNumbers();
        for (const person of sameName.filter(isOpen)) {
          if (person.phone !== null && !newcomers.has(person.id)) compared.add(person.id);
        }
      }
      const found = personOf(line, sameName.filter(isOpen));
      if (found === undefined && !sameName.every(isOpen)) throw elsewhere();
      const isNew = found === undefined || newcomers.has(found.id);
      const person = !found
        ? newcomer(line, of, by, streets, [...records.values()], idOf(line.row, "person"), change)
        : isNew
          ? completed(found, line)
          : found;
      refuseDifferences(line, person);
      if (isNew) {
        newcomers.add(person.id);
        records.set(person.id, person);
        named.set(person.name, [...(named.get(person.name) ?? []).filter(({ id }) => id !== person.id), person]);
      }
      const outcome = found ? "unchanged" : "created";
      understood.set(line, { line, of, person: person.id, outcome, appointment: undefined });
    });
  }

  // A police assistant is one of the grid's own staff: by then it is known who that will be.
  const inTurn = [...understood.values()].toSorted((a, b) => Number(isDuty(a.line)) - Number(isDuty(b.line)));
  for (const one of inTurn) {
    const { line, of } = one;
    attempt(line, () => {
      if (line.kind === null) return refuseStray(line);
      if (of === undefined) throw new RowFault("community", "required", "有岗位的须填社区", "a post is in a community");
      if (line.from === null) throw new RowFault("from", "required", "有岗位的须填任职日期", "a post has a first day");
      const roster = rosters.get(of) as Appointment[];
      const wanted = {
        kind: line.kind,
        grid: gridOf(line, line.from, of),
        serves: placesOf(line, line.from, of),
        from: line.from,
        to: line.to,
        fullTime: line.fullTime,
      };
      const held = roster.find(
        (other) =>
          other.person === one.person &&
          other.kind === wanted.kind &&
          other.grid === wanted.grid &&
          other.from === wanted.from &&
          !neverHeld(other),
      );
      if (held) {
        refuseOtherPost(wanted, held);
        one.appointment = held;
        return;
      }
      const person = records.get(one.person) as PersonRecord;
      const id = `${of.community.id}.a${idOf(line.row, "appointment")}`;
      const ground: Ground = {
        ...rest,
        community: of.community,
        history: of.history,
        roster,
        person,
        leaving: leaving.get(person.id) ?? null,
      };
      const decision = decideAppointment(ground, wanted, { id, change });
      if (decision.refusal) {
        const { field, reason, detail } = decision.refusal;
        const column = field === "person" ? "name" : field === "exception" ? undefined : field;
        if (reason !== "verdict") throw new RowFault(column, reason, detail.zh, detail.en);
        throw new RowFault(
          "kind",
          "needs-exception",
          `需要例外，请单独办理任职。${detail.zh}`,
          `needs an exception: appoint singly. ${detail.en}`,
        );
      }
      roster.push(decision.appointment);
      records.set(person.id, withPosts(person, [decision.appointment], change));
      one.outcome = "created";
      one.appointment = decision.appointment;
    });
  }

  for (const [of, roster] of rosters) {
    // Before anything is written: else the first changes of many would be.
    const bytes = Buffer.byteLength(JSON.stringify({ ...noRoster(of.community.id), appointments: roster }));
    const last = [...understood.values()].findLast((one) => one.of === of && one.outcome === "created");
    if (bytes <= MOST_STATE_BYTES || last === undefined) continue;
    const fault = new RowFault(
      "community",
      "too-many",
      "该社区的任职记录过多",
      "too many appointments in the community",
    );
    faults.set(last.line, [faultOf(last.line, fault)]);
  }

  const good = [...understood.values()].filter(({ line }) => !faults.has(line));
  const brought = Map.groupBy(
    good.filter(({ outcome }) => outcome === "created"),
    ({ of, appointment }) => (appointment ? of : undefined),
  );
  const rowOf = (line: RosterLine): RosterRow => {
    const one = understood.get(line);
    const errors = faults.get(line) ?? [];
    return {
      sheet: line.sheet,
      row: line.row,
      outcome: errors.length > 0 || one === undefined ? "error" : one.outcome,
      community: one?.of?.community.name ?? line.community,
      verdict: errors.length > 0 ? null : (one?.appointment?.verdict ?? null),
      errors: errors.map(told),
    };
  };
  return {
    rows: [...general.map(generalRow), ...lines.map(rowOf)],
    digest: digestOf(
      JSON.stringify([
        file,
        area,
        lines.map((line) => {
          const { person, appointment = null } = understood.get(line) ?? {};
          const { id, grid, serves, to } = appointment ?? {};
          return faults.get(line)?.map(({ reason }) => reason) ?? [person, id, grid, serves, to];
        }),
      ]),
    ),
    newcomers,
    compared: [...compared].sort(),
    brought: [...brought].map(([of, rows]) => ({
      of,
      people: [...Map.groupBy(rows, ({ person }) => person)].map(([id, own]) => ({
        // As he was before the file; what it adds is in the appointments.
        person: people.find((one) => one.id === id) ?? { ...(records.get(id) as PersonRecord), posts: [], version: 1 },
        appointments: own.flatMap(({ appointment }) => appointment ?? []),
      })),
    })),
  };
}

const isDuty = ({ kind }: RosterLine): boolean => kind === "police-assistant";

// --------------------------------------------------------------------------------------------------------------- people

/** Whether a row speaks of this person of the same name; undefined: it does not say enough. */
function isSame({ payee, phone }: RosterLine, person: PersonRecord): boolean | undefined {
  const byPayee = payee === null || person.payee === null ? undefined : payee === person.payee;
  const byPhone =
    phone === null || person.phone === null
      ? undefined
      : phone === (phone.includes("*") ? masked(person.phone) : person.phone);
  if (byPayee === true) return true;
  // The same number with another code: one of the two is wrong.
  if (byPayee === false) return byPhone === true ? undefined : false;
  if (byPhone !== undefined) return byPhone;
  return payee === null && phone === null && person.payee === null && person.phone === null ? true : undefined;
}

/** @returns undefined: nobody, so he is new */
function personOf(line: RosterLine, named: readonly PersonRecord[]): PersonRecord | undefined {
  const same = named.filter((person) => isSame(line, person) === true);
  if (same.length === 1) return same[0];
  if (same.length > 1 || named.some((person) => isSame(line, person) === undefined)) {
    throw new RowFault(
      "name",
      "ambiguous",
      "已登记同名人员，按发放编码和电话不能确定是否为同一人",
      "somebody of this name is registered, and payee code and phone do not tell whether it is the same person",
    );
  }
  return undefined;
}

const isWhole = ({ phone }: RosterLine): boolean => phone !== null && !phone.includes("*");

const severalNumbers = () =>
  new RowFault(
    "phone",
    "several",
    "同一文件中一个姓名只能有一个电话；同名人员请留空电话，或分开导入",
    "a file has one number for a name: of namesakes leave it out, or import them by files of their own",
  );

const elsewhere = () =>
  new RowFault(
    "name",
    "elsewhere",
    "同名人员已在别处登记，未作比对；请由其所在街道办理，新人员请单独登记",
    "somebody of this name is registered elsewhere, and was not held against the row: ask that street, or register a new person singly",
  );

const maskedNumber = () =>
  new RowFault("phone", "masked", "带 * 的号码与登记的人员对不上", "a masked number that fits nobody registered");

/** A new person of several rows is what they say together. */
const completed = (person: PersonRecord, { phone, payee, origin, list }: RosterLine): PersonRecord => ({
  ...person,
  phone: person.phone ?? phone,
  payee: person.payee ?? payee,
  origin: person.origin ?? origin,
  list: person.list ?? list,
});

/** A roster brings posts and new people; what is registered of somebody is corrected on his own record. */
function refuseDifferences(line: RosterLine, person: PersonRecord): void {
  if (person.phone?.includes("*")) throw maskedNumber();
  const field = (["phone", "payee", "origin", "list"] as const).find((one) => {
    const given = line[one];
    return given !== null && given !== person[one] && !(one === "phone" && given === masked(person[one] ?? ""));
  });
  if (field) {
    throw new RowFault(
      field,
      "differs",
      "与已登记的不符；请先更正人员信息，或将此格留空",
      "not what is registered: correct the person's record first, or leave the cell empty",
    );
  }
}

function newcomer(
  line: RosterLine,
  of: LoadedCommunity | undefined,
  registrar: string | undefined,
  streets: readonly AreaCopy[],
  people: readonly PersonRecord[],
  id: string,
  { at, by, reason }: ChangeOf,
): PersonRecord {
  const { name, phone, payee, origin, list } = line;
  const street = of ? streetOf(of.community.id) : streets.length === 1 ? streets[0]?.id : undefined;
  if (street === undefined) {
    throw new RowFault(
      "community",
      "required",
      "新登记的人员须填社区，以确定街道",
      "of a new person, to tell the street",
    );
  }
  if (payee !== null && people.some((person) => person.payee === payee)) {
    throw new RowFault("payee", "taken", "该发放编码已属另一名人员", "the payee code is another person's");
  }
  const changed = { at, by, reason };
  return {
    id: `${street}.p${id}`,
    name,
    phone,
    payee,
    origin,
    list,
    account: null,
    outsideWork: false,
    ...(registrar !== undefined && { registeredBy: registrar }),
    left: null,
    posts: [],
    version: 1,
    changed,
  };
}

// ---------------------------------------------------------------------------------------------------------------- posts

function communityOf({ community: text }: RosterLine, communities: readonly LoadedCommunity[]) {
  if (text === null) return undefined;
  const found = communities.filter(
    ({ community: { name, codes, active } }) => codes.includes(text) || (name === text && active),
  );
  if (found.length === 1) return found[0];
  throw found.length === 0
    ? new RowFault("community", "unknown", "范围内没有这个社区", "no such community in the area")
    : new RowFault("community", "ambiguous", "有多个同名社区，请填编码", "several of this name: write the code");
}

/** A grid by its name or its code of 15 digits; those that live on the day come first. */
function gridOf({ grid: text }: RosterLine, on: string, { community, history }: LoadedCommunity): string | null {
  if (text === null) return null;
  const fits = (grid: MapGrid) =>
    grid.name === text || community.codes.some((code) => gridRef({ ...community, code }, grid).code === text);
  for (const grids of [gridsOn(history, on), ...history.maps.toReversed().map((map) => map.grids)]) {
    const found = grids.filter(fits);
    if (found.length > 1) {
      throw new RowFault("grid", "ambiguous", "有多个同名网格，请填编码", "several of this name: write the code");
    }
    if (found[0]) return found[0].id;
  }
  throw new RowFault("grid", "unknown", "该社区没有这个网格", "the community has no such grid");
}

function placesOf({ serves }: RosterLine, on: string, { history }: LoadedCommunity): string[] {
  return serves.map((text) => {
    const today = history.places.filter((place) => placeOn(place, on)?.name === text);
    const ever = history.places.filter(({ entries }) => entries.some(({ name }) => name === text));
    const found = today.length > 0 ? today : ever;
    if (found.length === 1) return found[0]?.id as string;
    throw found.length === 0
      ? new RowFault("serves", "unknown", `该社区没有小区“${text}”`, `the community has no place "${text}"`)
      : new RowFault("serves", "ambiguous", `有多个小区名为“${text}”`, `several places are called "${text}"`);
  });
}

/** What a row without a post cannot say. */
function refuseStray(line: RosterLine): void {
  const field = (["grid", "from", "to", "fullTime"] as const).find((one) => line[one] !== null);
  if (field ?? line.serves[0]) {
    throw new RowFault(field ?? "serves", "no-post", "没有填岗位，此格应为空", "goes with a post, and none is named");
  }
}

/** The post is there already: the row may say less of it than is known, not otherwise. */
function refuseOtherPost(wanted: Pick<Appointment, "serves" | "to" | "fullTime">, held: Appointment): void {
  const differs = (field: RosterField) =>
    new RowFault(
      field,
      "differs",
      "已有此项任职，但此项不同；请单独办理",
      "the post is held already, and differs in this: change it singly",
    );
  if (wanted.to !== held.to) throw differs("to");
  if (wanted.fullTime !== null && wanted.fullTime !== held.fullTime) throw differs("fullTime");
  const same = wanted.serves.length === held.serves.length && wanted.serves.every((one) => held.serves.includes(one));
  if (wanted.serves.length > 0 && !same) throw differs("serves");
}

// --------------------------------------------------------------------------------------------------------------- telling

const faultOf = (line: RosterLine, { field, reason, detail }: RowFault): CellError => {
  const at = field && line.at[field];
  const value = field === undefined || field === "phone" ? null : line[field];
  return {
    sheet: line.sheet,
    row: line.row,
    ...at,
    ...(value !== null && { value: Array.isArray(value) ? value.join("、") : String(value) }),
    reason,
    detail,
  };
};

/** A wrong number may be somebody's right one: it is pointed at, not repeated. */
const withoutNumber = (error: CellError): CellError =>
  /电话/.test(error.heading ?? "") ? { ...error, value: undefined } : error;

const told = ({ column, heading, value, reason, detail }: CellError) => ({
  column: column ?? null,
  heading: heading ?? null,
  value: value ?? null,
  reason,
  detail,
});

const generalRow = (error: CellError): RosterRow => ({
  sheet: error.sheet,
  row: error.row,
  outcome: "error",
  community: null,
  verdict: null,
  errors: [told(error)],
});
