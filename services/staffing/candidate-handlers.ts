import type { Grant } from "@county/contracts/access.ts";
import { covers, tierOf } from "@county/contracts/area.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import type { CandidateList } from "@county/contracts/staffing-people.ts";
import { addDays } from "@county/plan/calendar.ts";
import { scopeOf, streetOf } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage, pageOf } from "@county/platform/cursor.ts";
import { CANDIDATE_DAYS, type Candidate, type Chunk, type ListRecord } from "./candidates.ts";
import type { Deps } from "./handlers.ts";
import { masked } from "./masking.ts";
import { digestOf } from "./roster-imports.ts";
import type { Store } from "./store.ts";

type CandidateRoutes = "handInCandidates" | "listCandidateLists" | "listCandidates" | "removeCandidates";

/** Lists of candidates: handed in by departments, read by the streets that choose, removed when the choice is made. */
export function candidateHandlers({ store }: Deps): Pick<Handlers<typeof staffing>, CandidateRoutes> {
  const load = async (id: string, { permit }: Context) => {
    const [record, street] = await Promise.all([store.candidates.list(id), store.copies.street(streetOf(id))]);
    if (record === undefined || street === undefined) throw notFound("没有这份名单", "There is no such list");
    permit(street.codes);
    return { record, codes: street.codes };
  };

  return {
    handInCandidates: {
      async run({ query: { area, list, fileName }, body: { bytes } }, context) {
        refuseOthersList(list, [area], context);
        if (tierOf(area) !== "street") throw notAStreet();
        const { streets } = await scopeOf(store.copies, area);
        const street = streets[0] as (typeof streets)[number];
        const { readCandidates } = await import("./roster-tables.ts");
        const candidates = await readCandidates(bytes, context.late);
        // What a file is called may be somebody's name: it goes with the list.
        const change = changeBy(context, `候选人名单 ${digestOf(bytes)}`, "handInCandidates");
        const record: ListRecord = {
          id: `${street.id}.l${change.id}`,
          area: street.code,
          list,
          fileName,
          createdAt: change.at,
          createdBy: change.by,
          candidates: candidates.length,
          until: addDays(dateOf(change.at), CANDIDATE_DAYS),
          removed: null,
          version: 1,
        };
        const failed = await store.candidates.add(record, candidates, change, context.command.done(record.id));
        if (failed) throw new Error(`candidates: ${failed} of ${record.id} was there`);
        return reply(record, context);
      },
      async replay(ref, context) {
        return reply((await load(ref, context)).record, context);
      },
    },

    async listCandidateLists({ query: { area, limit, cursor } }, context) {
      const tier = tierOf(area);
      if (tier !== "county" && tier !== "street") throw notAStreet();
      const { county, streets } = await scopeOf(store.copies, area);
      const { items, next } = await filledPage(
        async (most, after) => await store.candidates.lists(county, most, after),
        ({ id }) => streets.some((street) => street.id === streetOf(id)),
        { limit, cursor, isOne: (id) => LIST.test(id) && id.startsWith(`${county}.`) },
      );
      return { body: { items: items.map((record) => reply(record, context).body), next } };
    },

    async listCandidates({ params, query }, context) {
      const { record } = await load(params.list, context);
      refuseGone(record, context.today);
      const { items, next } = await pageOf(
        await store.candidates.candidates(record.id),
        ({ row }) => String(row),
        query,
      );
      const shown = items.map((one) => ({ ...one, phone: one.phone === null ? null : masked(one.phone) }));
      return { body: { items: shown, next } };
    },

    removeCandidates: {
      async run({ params, body: { reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "removeCandidates");
        return await settled(async () => {
          const { record: before, codes } = await load(params.list, context);
          refuseOthersList(before.list, codes, context);
          expectVersion(before, ifMatch);
          if (before.removed) throw new Problem("conflict", { zh: "名单已清除", en: "The list has been removed" });
          const removed = { at: change.at, by: change.by };
          const after: ListRecord = { ...before, fileName: null, removed, version: before.version + 1 };
          const failed = await store.candidates.remove(before, after, change, context.command.done(after.id));
          return failed === undefined ? reply(after, context) : undefined;
        });
      },
      async replay(ref, context) {
        return reply((await load(ref, context)).record, context);
      },
    },
  };
}

const LIST = /^[a-z0-9]{8}\.[a-z0-9]{8}\.l[a-z0-9]{26}$/;

const stateOf = ({ removed, until }: ListRecord, today: string): CandidateList["state"] =>
  removed ? "removed" : until < today ? "expired" : "open";

function reply({ removed, ...record }: ListRecord, { today }: Context) {
  const state = stateOf({ removed, ...record }, today);
  return {
    body: { ...record, fileName: state === "open" ? record.fileName : null, state },
    version: record.version,
  };
}

const notFound = (zh: string, en: string) => new Problem("not-found", { zh, en });

const notAStreet = () =>
  new Problem("invalid-request", undefined, {
    errors: [
      {
        parameter: "area",
        reason: "tier",
        detail: { zh: "名单按街道报送", en: "a street's code: lists are handed in for a street" },
      },
    ],
  });

/** What has run out may still lie in the table until it is swept; nobody sees it any more. */
function refuseGone(record: ListRecord, today: string): void {
  const state = stateOf(record, today);
  if (state === "removed") throw notFound("名单已清除", "The list has been removed");
  if (state === "expired") {
    throw notFound(`名单已于 ${record.until} 到期`, `The list ran out on ${record.until}`);
  }
}

/** Which list a department may hand in: its own. A street hands in any: not every department has an account. */
const ownList: Partial<Record<Grant["role"], CandidateList["list"]>> = {
  "county.organisation": "organisation",
  "county.hr": "human-resources",
};

function refuseOthersList(list: CandidateList["list"], codes: readonly string[], { caller }: Context): void {
  const may = caller.grants.some(
    ({ role, area }) => codes.some((code) => covers(area, code)) && (role === "street.admin" || ownList[role] === list),
  );
  if (may) return;
  throw new Problem("forbidden", {
    zh: "部门只能报送、清除本部门的名单",
    en: "A department may hand in and remove its own list only",
  });
}

/**
 * The candidate a person is chosen from.
 * @throws Problem when the list, or the row in it, is not there any more, or was chosen before
 */
export async function chosenFrom(
  store: Store,
  { list: id, row }: { list: string; row: number },
  street: string,
  today: string,
): Promise<{ list: ListRecord; chunk: Chunk; candidate: Candidate }> {
  const [list, chunk] = await Promise.all([store.candidates.list(id), store.candidates.chunkOf(id, row)]);
  if (list === undefined || streetOf(list.id) !== street) {
    throw notFound("本街道没有这份名单", "There is no such list in this street");
  }
  refuseGone(list, today);
  const candidate = chunk?.candidates.find((one) => one.row === row);
  if (chunk === undefined || candidate === undefined) {
    throw notFound(`名单中没有第 ${row} 行`, `The list has no row ${row}`);
  }
  if (candidate.chosen !== null) {
    throw new Problem("conflict", { zh: "这名候选人已登记", en: "This candidate is registered already" });
  }
  return { list, chunk, candidate };
}
