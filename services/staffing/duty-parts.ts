import { type Caller, may, type Permission, type Role } from "@county/contracts/access.ts";
import { Problem } from "@county/contracts/problem.ts";
import { policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type AreaCopy, type CommunityCopy, communityOf, type Scope, scopeOf } from "@county/platform/areas.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { namesSomebody } from "@county/rules/private-numbers.ts";
import * as z from "zod/mini";
import type { Store } from "./store.ts";

/** What the task list, tasks and the work log have in common: who may, of whom, and what is refused. */
export function dutyGround(store: Store) {
  const { copies } = store;

  const dutyTitles = async (area: string, on: string): Promise<ReadonlyMap<string, Text>> => {
    const listed = policyOn(on, await store.policies.changes(area)).value("staff.duties");
    return new Map(listed.map(({ id, title }) => [id, title]));
  };

  const community = async (id: string): Promise<CommunityCopy> => {
    const copy = await copies.community(id);
    if (copy === undefined) throw missing("没有这个社区", "There is no such community");
    return copy;
  };
  const communitiesOf = async (scope: Scope): Promise<CommunityCopy[]> => {
    if (scope.community) return [scope.community];
    const streets = await Promise.all(scope.streets.map(async ({ id }) => await copies.street(id)));
    return streets.flatMap((street) => street?.communities ?? []).sort((a, b) => (a.id < b.id ? -1 : 1));
  };

  /** The people an account is bound to, of those registered in these streets. */
  const peopleOf = async (account: string, streets: readonly string[]): Promise<Set<string>> => {
    const found = await Promise.all([...new Set(streets)].map(async (id) => await store.personOf(id, account)));
    return new Set(found.filter((person) => person !== undefined));
  };
  /** The account's own people, wherever in the county they are registered: somebody may serve in another street. */
  const ownPeople = async (account: string, area: string): Promise<Set<string>> => {
    const county = await copies.county((await scopeOf(store.copies, area)).county);
    return await peopleOf(
      account,
      (county?.streets ?? []).map(({ id }) => id),
    );
  };

  const refsOf = async (people: Iterable<string>): Promise<ReadonlyMap<string, { id: string; name: string }>> => {
    const found = await Promise.all([...new Set(people)].map(async (id) => await store.person(id)));
    return new Map(found.flatMap((person) => (person ? [[person.id, { id: person.id, name: person.name }]] : [])));
  };

  return { dutyTitles, community, communitiesOf, peopleOf, ownPeople, refsOf };
}

/** One page of what several communities keep, one after another. */
export const pageOver = async <T extends { readonly id: string }>(
  communities: readonly CommunityCopy[],
  read: (community: string, limit: number, after?: string) => Promise<{ records: T[]; more: boolean }>,
  keep: (record: T) => boolean,
  page: { limit: number; cursor?: string | undefined; schema: z.ZodMiniType },
) => {
  const ids = communities.map(({ id }) => id);
  const across = async (limit: number, after: string | undefined) => {
    const records: T[] = [];
    const start = after === undefined ? 0 : ids.indexOf(communityOf(after));
    for (const [i, id] of ids.entries()) {
      if (i < start) continue;
      const some = await read(id, limit - records.length, i === start ? after : undefined);
      records.push(...some.records);
      if (records.length === limit) return { records, more: some.more || i + 1 < ids.length };
    }
    return { records, more: false };
  };
  const isOne = (id: string) => z.safeParse(page.schema, id).success && ids.includes(communityOf(id));
  return await filledPage(across, keep, { limit: page.limit, cursor: page.cursor, isOne });
};

// ------------------------------------------------------------------------------------------------------------- access

export const numberOf = ({ number }: { number: number }): string => String(number).padStart(3, "0");
/** A grid's codes, by the community's of today and of earlier. */
export const codesIn = ({ codes }: AreaCopy, number: string): string[] => codes.map((code) => `${code}${number}`);

/** The caller's roles that may do something where these codes are. */
export const rolesIn = ({ grants, ...caller }: Caller, permission: Permission, codes: readonly string[]): Role[] =>
  grants.filter((grant) => may({ ...caller, grants: [grant] }, permission, codes)).map(({ role }) => role);

/** Who keeps the staff of a community also speaks for them. */
export const isOffice = (caller: Caller, { codes }: AreaCopy): boolean => may(caller, "staff.write", codes);

export const refOf = ({ id, code, name }: AreaCopy) => ({ id, code, name });

// ------------------------------------------------------------------------------------------------------------ refusals

export const refused = (zh: string, en: string) => new Problem("refused", { zh, en });
export const missing = (zh: string, en: string) => new Problem("not-found", { zh, en });
export const wrong = (pointer: string, reason: string, zh: string, en: string) =>
  new Problem("invalid-request", undefined, { errors: [{ pointer, reason, detail: { zh, en } }] });
export const noSuchDuty = () => wrong("/duty", "unknown-duty", "没有这项职责", "there is no such duty");

/** @throws Problem where a text holds what looks like somebody's number */
export function refuseNumbers(texts: Readonly<Record<string, unknown>>): void {
  for (const [field, text] of Object.entries(texts)) {
    if (typeof text === "string" && namesSomebody(text)) {
      throw wrong(
        `/${field}`,
        "names-somebody",
        "不得写入身份证号、手机号",
        "must not hold an identity or phone number",
      );
    }
  }
}
