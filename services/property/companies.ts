import { auditAction, type ChangeOf, settled } from "@county/platform/change.ts";
import { dateOf, idFrom } from "@county/platform/clock.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import * as z from "zod/mini";
import { isStanding, type StandingObstacle, standingStore } from "./standings.ts";

/**
 * How a county's companies lie in the table: each under its county, and beside it a claim on its name and one on its registration,
 * which no other of the county has. An account that is a company's agent points at it from a key of its own, so that it is one
 * company's alone.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
const CompanyRecord = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["legal-person", "branch"]),
  /** The legal person that a branch belongs to. */
  of: z.nullable(z.string()),
  /** The code the county gave it; null: none yet. */
  registration: z.nullable(z.string()),
  /** null: nobody has said yet. */
  enrolled: z.nullable(z.boolean()),
  active: z.boolean(),
  /** The day it was withdrawn; left out: it is active, or that day was not kept. */
  withdrawnOn: z.optional(z.string()),
  /** Who answers for the record: the county's id or a street's. */
  registrar: z.string(),
  /** The accounts of its agents. */
  agents: z.array(z.string()),
  changed: Done,
  version: z.int(),
});
export type CompanyRecord = z.infer<typeof CompanyRecord>;

/** The county of a company's id. */
export const countyOfCompany = (id: string): string => id.split(".")[0] as string;
/** A company that the register of places names: the same name of a county gives the same one, so that it can be done again. */
const companyIdOfName = (county: string, name: string, nth: number): string =>
  `${county}.v${idFrom(`company\n${county}\n${name}\n${nth}`, 8)}`;

const partition = (county: string) => `companies#${county}`;
export const companyKey = (id: string): Key => ({ pk: partition(countyOfCompany(id)), sk: `company#${id}` });
const nameKey = (county: string, name: string): Key => ({ pk: partition(county), sk: `name#${name}` });
/** The companies that had a name before: what was said by then is of them. */
const formerKey = (county: string, name: string): Key => ({ pk: partition(county), sk: `former#${name}` });
/** Each with the day from which it had the name no more, in order. */
const Former = z.array(z.object({ company: z.string(), until: z.string() }));
/**
 * How often a company of the county got another name, or was withdrawn or taken back: who enters terms does so on condition of it.
 * Beside it which change of terms was the last: who withdraws a company does so on condition of that too, because he looked before
 * whom it serves. Those who enter terms make no condition of each other: at one moment the database has one of them try again.
 */
const changesKey = (county: string): Key => ({ pk: partition(county), sk: "changes" });
const registrationKey = (county: string, code: string): Key => ({ pk: partition(county), sk: `registration#${code}` });
const agentKey = (account: string): Key => ({ pk: `agent#${account}`, sk: "agent" });

/** What is kept of a company's credit: its items, and what was said of its enrolment when. */
export const creditPartition = (company: string): string => `credit#${company}`;
export const ENROLMENT = "enrolment#";
/** In the order it was said. */
const enrolmentKey = ({ id, version }: CompanyRecord): Key => ({
  pk: creditPartition(id),
  sk: `${ENROLMENT}${String(version).padStart(8, "0")}`,
});

/**
 * What stands in the way of a company's write. `changes`: another company's name or withdrawal, or terms entered, since somebody looked
 * whom it serves.
 */
export type CompanyObstacle = "company" | "name" | "registration" | "agent" | "changes";

/** How far a county's companies, and the decisions by what they are, had come when somebody looked. */
const Looked = z.object({ count: z.int(), last: z.string() });
type Looked = z.infer<typeof Looked>;
/** Whatever is kept counts a change, or names one. */
const isNothing = ({ count, last }: Looked): boolean => count === 0 && last === "";

type Obstacle = CompanyObstacle | StandingObstacle;

export type CompanyStore = ReturnType<typeof companyStore>;

export function companyStore(table: Table) {
  const standings = standingStore(table);
  const formerOf = async (county: string, name: string) => {
    const item = await table.get(formerKey(county, name));
    return {
      count: (item?.count ?? 0) as number,
      former: item ? z.parse(Former, JSON.parse(item.former as string)) : [],
    };
  };
  const looked = async (county: string): Promise<Looked> =>
    z.parse(Looked, (await table.get(changesKey(county))) ?? { count: 0, last: "" });

  /** A company that is called or stands otherwise: whoever decided by what it was decides again. */
  const changed = async (
    after: CompanyRecord,
    before: CompanyRecord | undefined,
    today: string,
    unserved: Looked | undefined,
  ): Promise<Action<"changes">[]> => {
    const county = countyOfCompany(after.id);
    if (before === undefined || (before.name === after.name && before.active === after.active)) return [];
    const then = unserved ?? (await looked(county));
    const { count, last } = then;
    const actions: Action<"changes">[] = [
      {
        name: "changes",
        put: { ...changesKey(county), count: count + 1, last },
        when: isNothing(then) ? "absent" : unserved ? { count, last } : { count },
      },
    ];
    if (before.name !== after.name) {
      const known = await formerOf(county, before.name);
      const former = JSON.stringify([...known.former, { company: before.id, until: today }]);
      const put = { ...formerKey(county, before.name), count: known.count + 1, former };
      actions.push({ name: "changes", put, when: known.count === 0 ? "absent" : { count: known.count } });
    }
    return actions;
  };

  /**
   * @param area the code of the registrar, for the event's routing
   * @param unserved how far all was before somebody saw that the company serves nobody: given where it matters
   */
  const write = async (
    after: CompanyRecord,
    before: CompanyRecord | undefined,
    area: string,
    change: ChangeOf,
    key: Action<"key"> | undefined,
    unserved?: Looked,
  ): Promise<CompanyObstacle | undefined> => {
    const county = countyOfCompany(after.id);
    const claimed = <Name extends string>(
      name: Name,
      keyOf: (value: string) => Key,
      now: string | null,
      was: string | null | undefined,
    ): Action<Name>[] =>
      now === (was ?? null)
        ? []
        : [
            ...(was ? [{ name, delete: keyOf(was), when: { company: after.id } }] : []),
            ...(now === null ? [] : [{ name, put: { ...keyOf(now), company: after.id }, when: "absent" as const }]),
          ];
    const former = before?.agents ?? [];
    const actions: Action<CompanyObstacle | "enrolment" | "audit" | "event" | "key">[] = [
      {
        name: "company",
        put: kept(companyKey(after.id), after),
        when: before === undefined ? "absent" : { version: before.version },
      },
      ...claimed("name", (value) => nameKey(county, value), after.name, before?.name),
      ...claimed("registration", (value) => registrationKey(county, value), after.registration, before?.registration),
      ...after.agents
        .filter((account) => !former.includes(account))
        .map(
          (account): Action<"agent"> => ({
            name: "agent",
            put: { ...agentKey(account), company: after.id },
            when: "absent",
          }),
        ),
      ...former
        .filter((account) => !after.agents.includes(account))
        .map(
          (account): Action<"agent"> => ({
            name: "agent",
            delete: agentKey(account),
            when: { company: after.id },
          }),
        ),
      // The grade of an earlier day goes by what was said by then.
      ...(before?.enrolled === after.enrolled
        ? []
        : [
            {
              name: "enrolment" as const,
              put: { ...enrolmentKey(after), from: dateOf(change.at), enrolled: after.enrolled },
              when: "absent" as const,
            },
          ]),
      outboxAction({
        type: "property.company-changed",
        service: "property",
        area,
        at: change.at,
        id: `${change.id}.${after.id}`,
        detail: JSON.stringify({
          version: after.version,
          state: {
            id: after.id,
            county,
            name: after.name,
            kind: after.kind,
            of: after.of,
            enrolled: after.enrolled,
            status: after.active ? "active" : "withdrawn",
            withdrawnOn: after.withdrawnOn,
            agents: after.agents,
          },
        }),
      }),
      auditAction(change, county, [after.id]),
      ...(key ? [key] : []),
    ];
    const { id, name, kind, enrolled, active } = after;
    // Its credit may have changed in between: that stands in nobody's way.
    const { failed } = await settled(async () => {
      const standing = before && (await standings.standing(id));
      const facts = { id, name, kind, enrolled, active, items: standing?.items ?? [] };
      const failed = await save<Obstacle | "enrolment" | "audit" | "event" | "changes">(table, [
        ...actions,
        ...(await changed(after, before, dateOf(change.at), unserved)),
        ...standings.next(standing, facts, dateOf(change.at)),
      ]);
      // Nor does another company's name, unless it was seen with it whom this one serves.
      return isStanding(failed) || (failed === "changes" && !unserved) ? undefined : { failed };
    });
    return failed as CompanyObstacle | undefined;
  };

  const company = async (id: string): Promise<CompanyRecord | undefined> => {
    const item = await table.get(companyKey(id));
    return item && readKept(CompanyRecord, item);
  };
  const idOfName = async (county: string, name: string): Promise<string | undefined> =>
    (await table.get(nameKey(county, name)))?.company as string | undefined;

  return {
    company,

    /** What stands in a transaction that goes by what companies are called, and which there are: read before them. */
    async asTheyAre(county: string, change: Pick<ChangeOf, "id">): Promise<Action<"companies">> {
      const then = await looked(county);
      const { count } = then;
      const put = { ...changesKey(county), count, last: change.id };
      return { name: "companies", put, when: isNothing(then) ? "absent" : { count } };
    },

    /** What a withdrawal is conditioned on: read before anybody looks whom the company serves. */
    unserved: looked,

    /** A county's companies by their ids, after one. */
    async companies(county: string, limit: number, after?: string) {
      const { items, more } = await table.queryPage(partition(county), "company#", {
        limit,
        ...(after !== undefined && { after: companyKey(after).sk }),
      });
      return { records: items.map((item) => readKept(CompanyRecord, item)), more };
    },

    /** All of a county's companies; a county has some hundred. */
    all: async (county: string): Promise<CompanyRecord[]> =>
      (await table.queryAll(partition(county), "company#")).map((item) => readKept(CompanyRecord, item)),

    idOfName,

    /** The company whose agent an account is. */
    async ofAgent(account: string): Promise<CompanyRecord | undefined> {
      const id = (await table.get(agentKey(account)))?.company as string | undefined;
      return id === undefined ? undefined : await company(id);
    },

    /** @returns undefined when it was written, else what stood in the way */
    register: async (record: CompanyRecord, area: string, change: ChangeOf, key: Action<"key">) =>
      await write(record, undefined, area, change, key),
    change: async (after: CompanyRecord, before: CompanyRecord, area: string, change: ChangeOf, unserved?: Looked) =>
      await write(after, before, area, change, undefined, unserved),

    /**
     * The county's company that had this name on a day; one that nobody has registered yet is kept as the register of places names it.
     * Safe to be done again, and by several at once.
     * @param area the county's code
     */
    async ensure(county: string, name: string, on: string, area: string, change: ChangeOf): Promise<string> {
      const { former } = await formerOf(county, name);
      const then = former.find(({ until }) => on < until)?.company;
      if (then !== undefined) return then;
      for (let nth = 1; ; nth++) {
        const known = (await idOfName(county, name)) ?? former.at(-1)?.company;
        if (known !== undefined) return known;
        const record: CompanyRecord = {
          id: companyIdOfName(county, name, nth),
          name,
          kind: "legal-person",
          of: null,
          registration: null,
          enrolled: null,
          active: true,
          registrar: county,
          agents: [],
          changed: { by: change.by, at: change.at, reason: change.reason },
          version: 1,
        };
        const own = { ...change, id: `${change.id}.${record.id.slice(record.id.lastIndexOf(".") + 1)}` };
        const failed = await write(record, undefined, area, own, undefined);
        if (failed === undefined) return record.id;
        // Somebody else was faster, or the first company of this name has another name by now.
        if (nth === 9) throw new Error(`companies: ${name} of ${county} can neither be found nor kept`);
      }
    },
  };
}
