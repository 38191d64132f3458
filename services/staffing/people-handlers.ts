import { type FieldError, Problem } from "@county/contracts/problem.ts";
import { staffing } from "@county/contracts/staffing.ts";
import type { peopleRoutes } from "@county/contracts/staffing-people.ts";
import { officeScope, oneStreet, type Scope, scopeOf, streetOf } from "@county/platform/areas.ts";
import { auditAction, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { later } from "@county/platform/later.ts";
import { counts, heldOn } from "@county/rules/roster.ts";
import { FIRST_DAY, LAST_DAY } from "./appointing.ts";
import { candidateHandlers, chosenFrom } from "./candidate-handlers.ts";
import type { Deps } from "./handlers.ts";
import { phoneToKeep } from "./masking.ts";
import { codesOfPerson, codesOfStreet, loadPerson, personAnswers, personReply, registrarOf } from "./people.ts";
import type { HeldPost, PersonRecord, Store } from "./store.ts";

type PeopleRoutes = keyof typeof peopleRoutes;

/** Records that one reading of a filtered list fetches at least; ours. */
const LEAST_READ = 60;

/** People, the lists they are chosen from, whole rosters. Load, decide, save. */
export function peopleHandlers(deps: Deps): Pick<Handlers<typeof staffing>, PeopleRoutes> {
  const { store } = deps;

  return {
    async listPeople({ query: { area, q, kind, on, limit, cursor } }, { today }) {
      const scope = await officeScope(store.copies, area);
      const part = q?.toLowerCase();
      const holds: Holds | undefined =
        kind === undefined && on === undefined
          ? undefined
          : (post) => (kind === undefined || post.kind === kind) && heldOn(post, on ?? today);
      const { community } = scope;
      const read = community ? await known(store, community.id, holds, today) : registered(store, scope);
      const { items, next } = await filledPage(
        async (most, after) => await read(Math.max(most, LEAST_READ), after),
        ({ name, posts }) =>
          (part === undefined || name.toLowerCase().includes(part)) &&
          // Who is in a community's list was chosen by its roster.
          (community !== undefined || holds === undefined || posts.some((post) => !post.pending && holds(post))),
        { limit, cursor, isOne: (id) => isPersonOf(scope, id) },
      );
      return { body: { items: await personAnswers(store, items), next } };
    },

    createPerson: {
      async run({ body: { area, reason, candidate: chosen, ...facts } }, context) {
        const scope = await officeScope(store.copies, area, { pointer: "/area" });
        const street = oneStreet(scope, area, { pointer: "/area" });
        refuseBadAccount(facts.account);
        // A list is the street's to choose from.
        if (chosen) context.permit(street.codes);
        const change = changeBy(context, reason, "createPerson");
        const id = `${street.id}.p${context.newId(8)}`;
        return await settled(async () => {
          const from = chosen && (await chosenFrom(store, chosen, street.id, context.today));
          if (from && from.candidate.name !== facts.name) {
            throw wrong("/name", "candidate", "与名单上的姓名不符", "not the name that stands in the list");
          }
          const phone = facts.phone ?? from?.candidate.phone ?? null;
          const person: PersonRecord = {
            ...facts,
            id,
            phone: phoneToKeep(phone, from?.candidate.phone ?? null),
            origin: facts.origin ?? from?.candidate.origin ?? null,
            list: facts.list ?? from?.list.list ?? null,
            ...(scope.community && { registeredBy: scope.community.id }),
            left: null,
            posts: [],
            version: 1,
            changed: { at: change.at, by: change.by, reason },
          };
          const failed = await store.saveRosters(
            [],
            [{ before: undefined, after: person }],
            change,
            context.command.done(id),
            from ? store.candidates.choose(from.list, from.chunk, from.candidate.row, id) : [],
          );
          if (failed === "account") throw taken();
          return failed === undefined ? await personReply(store, person) : undefined;
        });
      },
      async replay(ref, { permit, today }) {
        const person = await loadPerson(store, ref);
        permit(await codesOfPerson(store, person, today, "read"));
        return await personReply(store, person);
      },
    },

    async getPerson({ params }, { permit, today }) {
      const person = await loadPerson(store, params.person);
      permit(await codesOfPerson(store, person, today, "read"));
      return await personReply(store, person);
    },

    async changePerson({ params, body: { reason, ...edit }, ifMatch }, context) {
      refuseBadAccount(edit.account);
      const change = changeBy(context, reason, "changePerson");
      return await settled(async () => {
        const before = await loadPerson(store, params.person);
        context.permit(await codesOfPerson(store, before, context.today, "change"));
        expectVersion(before, ifMatch);
        const phone = edit.phone === undefined ? before.phone : phoneToKeep(edit.phone, before.phone);
        const given = { ...edit, phone };
        const changed = (Object.keys(given) as (keyof typeof given)[]).filter(
          (field) => given[field] !== undefined && given[field] !== before[field],
        );
        if (changed.length === 0) return await personReply(store, before);
        if (streetFields.some((field) => changed.includes(field))) context.permit(await codesOfStreet(store, before));
        if (changed.includes("left")) refuseLeft(before, edit.left as string | null);
        if (changed.includes("account") && (await store.handovers.isPartyTo(before.id))) throw signing();
        const after: PersonRecord = {
          ...before,
          ...Object.fromEntries(changed.map((field) => [field, given[field]])),
          version: before.version + 1,
          changed: { at: change.at, by: change.by, reason },
        };
        const failed = await store.save([
          ...store.personActions({ before, after }),
          ...(changed.includes("left") && after.left !== null
            ? [store.handovers.left((await codesOfStreet(store, after))[0] as string, after.id, after.left, change)]
            : []),
          auditAction(change, streetOf(after.id), [after.id], { fields: changed.join(",") }),
        ]);
        if (failed === "account") throw taken();
        return failed === undefined ? await personReply(store, after) : undefined;
      });
    },

    revealPhone: {
      async run({ params, body: { reason } }, context) {
        const person = await loadPerson(store, params.person);
        context.permit(await codesOfPerson(store, person, context.today, "change"));
        const change = changeBy(context, reason, "revealPhone");
        const failed = await store.save([
          auditAction(change, streetOf(person.id), [person.id], { fields: "phone" }),
          context.command.done(`${person.version} ${person.id}`),
        ]);
        if (failed) throw new Error(`people: ${failed} of ${change.id} was there`);
        return { body: { phone: person.phone } };
      },
      async replay(ref, { permit, today }) {
        const [version, id] = ref.split(" ") as [string, string];
        const person = await loadPerson(store, id);
        permit(await codesOfPerson(store, person, today, "change"));
        if (String(person.version) !== version) {
          // What is recorded is that the number of then was seen.
          throw new Problem("conflict", {
            zh: "该人员信息已有变化，请换一个 Idempotency-Key 重新查看",
            en: "The person's record has changed since: ask again under a new Idempotency-Key",
          });
        }
        return { body: { phone: person.phone } };
      },
    },

    async getOwn({ query: { area } }, { account }) {
      const street = oneStreet(await scopeOf(store.copies, area), area, { parameter: "area" });
      const id = await store.personOf(street.id, account);
      if (id === undefined) {
        throw new Problem("not-found", {
          zh: `您的账号还没有与${street.name}的人员登记绑定，请联系街道管理员`,
          en: `Your account is not bound to a person registered in ${street.name}: ask the street's administrator`,
        });
      }
      return await personReply(store, await loadPerson(store, id));
    },

    ...candidateHandlers(deps),

    // The others start without the readers and writers of workbooks.
    ...later(staffing, ["importRoster", "exportRoster"], async () =>
      (await import("./roster-handlers.ts")).rosterHandlers(deps),
    ),
  };
}

// ---------------------------------------------------------------------------------------------------------------- lists

/** What the street alone changes. */
const streetFields = ["payee", "account", "left"] as const;

type Holds = (post: Pick<HeldPost, "kind" | "from" | "to">) => boolean;
type Page = (limit: number, after: string | undefined) => Promise<{ records: PersonRecord[]; more: boolean }>;

/** A cursor's person lies in a street that was asked for; of a community anybody may, by a post. */
const isPersonOf = ({ streets, community, county }: Scope, id: string): boolean =>
  PERSON.test(id) && (community ? id.startsWith(`${county}.`) : streets.some((street) => streetOf(id) === street.id));
const PERSON = /^[a-z0-9]{8}\.[a-z0-9]{8}\.p[a-z0-9]{8}$/;

/** Who is registered in the streets, one street after the other. */
const registered =
  (store: Store, { streets }: Scope): Page =>
  async (limit, after) => {
    const records: PersonRecord[] = [];
    const first = after === undefined ? 0 : streets.findIndex(({ id }) => id === streetOf(after));
    for (const [i, { id }] of streets.slice(first).entries()) {
      const page = await store.people(id, limit - records.length, i === 0 ? after : undefined);
      records.push(...page.people);
      if (page.more) return { records, more: true };
      if (records.length === limit) return { records, more: first + i + 1 < streets.length };
    }
    return { records, more: false };
  };

/**
 * Who has, had or will have a post in the community, and whom it registered and who has none yet, in the order of their ids;
 * with `holds`, who holds such a post.
 */
async function known(store: Store, community: string, holds: Holds | undefined, today: string): Promise<Page> {
  const [roster, street] = await Promise.all([
    store.roster(community),
    holds === undefined ? store.allPeople(streetOf(community)) : [],
  ]);
  const appointments = roster?.state.appointments ?? [];
  const wanted = appointments.filter((one) => holds === undefined || (counts(one) && holds(one)));
  const own = street.filter((person) => registrarOf(person, today) === community);
  const ids = [...new Set([...wanted.map(({ person }) => person), ...own.map(({ id }) => id)])].sort();
  const read = new Map(street.map((person) => [person.id, person]));
  return async (limit, after) => {
    const left = ids.filter((id) => after === undefined || id > after);
    const people = await Promise.all(left.slice(0, limit).map(async (id) => read.get(id) ?? (await store.person(id))));
    return { records: people.flatMap((person) => person ?? []), more: left.length > limit };
  };
}

// --------------------------------------------------------------------------------------------------------------- faults

const wrong = (pointer: string, reason: string, zh: string, en: string) => {
  const error: FieldError = { pointer, reason, detail: { zh, en } };
  return new Problem("invalid-request", undefined, { errors: [error] });
};

const taken = () =>
  new Problem("conflict", {
    zh: "该账号已与本街道的另一名人员绑定，须先解除",
    en: "The account is bound to another person of this street: unbind it there first",
  });

const signing = () =>
  new Problem("conflict", {
    zh: "此人正在办理交接，签字以账号为准，请先完成或撤回交接",
    en: "The person is in an open handover, and signs by this account: complete or withdraw it first",
  });

/** Somebody leaves by a handover; that he has, is only corrected here: he is back, or left on another day. */
function refuseLeft({ left, posts }: PersonRecord, day: string | null): void {
  if (left === null) {
    throw new Problem("refused", {
      zh: "离任请办理交接，此处只更正已登记的离任日",
      en: "Somebody leaves by a handover: here only the last day that is registered is corrected",
    });
  }
  if (day === null) return;
  if (day < FIRST_DAY || day > LAST_DAY) throw wrong("/left", "date", "不是合理的日期", "not a likely day");
  const longer = posts.find(({ to }) => to === null || to > day);
  if (longer === undefined) return;
  throw new Problem("refused", {
    zh: `此人在 ${day} 之后还有任职（${longer.appointment}），请先免去`,
    en: `The person holds a post after ${day}: end ${longer.appointment} first`,
  });
}

function refuseBadAccount(account: string | null | undefined): void {
  if (account != null && !/^[^#]+#.+$/.test(account)) {
    throw wrong("/account", "format", "应为“签发者#主体”", "issuer and subject, with # between");
  }
}
