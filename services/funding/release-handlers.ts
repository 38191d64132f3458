import type { funding } from "@county/contracts/funding.ts";
import type { ReleaseRules, Result } from "@county/contracts/funding-spending.ts";
import { quarterOf } from "@county/plan/calendar.ts";
import { type StreetCopy, streetOf } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Handlers } from "@county/platform/context.ts";
import { pageOf } from "@county/platform/cursor.ts";
import { type ReleaseRule, ruleFault } from "@county/rules/spending.ts";
import { countingResults, publishedRuleDecides } from "@county/rules/watching.ts";
import { refOf } from "./accounts.ts";
import type { Deps } from "./handlers.ts";
import { forbidBarred, missing, permitOffice, refuseBarred, refused, wrong } from "./parts.ts";
import { type PublishedRules, type ResultRecord, recordedResult } from "./release.ts";
import type { SpendingGround } from "./spending-parts.ts";

type Routes = "getReleaseRules" | "putReleaseRule" | "approveReleaseRule" | "recordResult" | "listResults";
const NOTHING: PublishedRules = { rules: [], drafted: null };

/** What a street ties to assessment (plan 3.3): the rules it has published, and its communities' results. */
export function releaseHandlers({ store }: Deps, ground: SpendingGround): Pick<Handlers<typeof funding>, Routes> {
  const { release } = store;
  const streetAt = async (id: string): Promise<StreetCopy> => {
    const street = await store.areas.street(id);
    if (street === undefined) throw missing("没有这个街道", "There is no such street");
    return street;
  };
  // Anybody reads it: by which account is for the audit.
  const answerOf = (street: StreetCopy, version: number, { rules, drafted }: PublishedRules): ReleaseRules => {
    const { by: _, ...shown } = drafted ?? { by: "" };
    return { street: refOf(street), rules, drafted: drafted && (shown as ReleaseRules["drafted"]), version };
  };
  const load = async (id: string) => {
    const [street, before] = await Promise.all([streetAt(id), release.rules(id)]);
    return { street, before, version: before?.version ?? 0, state: before?.state ?? NOTHING };
  };
  /** @throws Problem for a rule that may not be published */
  const judge = async (street: StreetCopy, rule: ReleaseRule & { fund: string; from: string }, today: string) => {
    await ground.fundOf(street.id, rule.fund, Number(rule.from.slice(0, 4)), today);
    const fault = ruleFault(rule, await ground.policyOf(street, rule.from));
    refuseBarred(
      fault
        ? { clause: "3.3", text: fault }
        : rule.from < today
          ? {
              clause: "3.3",
              text: {
                zh: "办法自公布之日起适用，不溯及已收到的资金",
                en: "A rule holds from the day it is published at the earliest, not for money that was received before",
              },
            }
          : null,
    );
  };
  const resultsOf = (street: StreetCopy, results: readonly ResultRecord[]): Result[] => {
    const counting = countingResults(results.map(recordedResult));
    const last = new Map(counting.map(({ id, community, quarter }) => [`${community} ${quarter}`, id]));
    return results.map(({ id, community, assessment, ...result }) => {
      const area = street.communities.find((one) => one.id === community);
      if (area === undefined) throw new Error(`release: nothing is known of ${community}`);
      const told = assessment?.releaseBasisPoints ?? null;
      return {
        ...result,
        community: refOf(area),
        assessment: assessment && { ...assessment, decides: told === null ? null : publishedRuleDecides(told) },
        counts: last.get(`${community} ${result.quarter}`) === id,
      };
    });
  };

  return {
    async getReleaseRules({ params }) {
      const { street, version, state } = await load(params.street);
      return { body: answerOf(street, version, state), version };
    },

    async putReleaseRule({ params, ifMatch, body: { reason, ...rule } }, context) {
      const change = changeBy(context, reason, "putReleaseRule");
      return await settled(async () => {
        const { street, before, version, state } = await load(params.street);
        permitOffice(street, "orders.draft", context);
        expectVersion({ version }, ifMatch);
        await judge(street, rule, context.today);
        const drafted = { ...rule, bands: [...rule.bands], by: change.by, at: change.at, reason };
        const after = { ...state, drafted };
        if (!(await release.save(street.id, before, after, change))) return undefined;
        return { body: answerOf(street, version + 1, after), version: version + 1 };
      });
    },

    approveReleaseRule: {
      async run({ params, ifMatch, body: { reason } }, context) {
        const change = changeBy(context, reason, "approveReleaseRule");
        const key = context.command.done(params.street);
        return await settled(async () => {
          const { street, before, version, state } = await load(params.street);
          permitOffice(street, "orders.approve", context);
          expectVersion({ version }, ifMatch);
          if (state.drafted === null) throw refused("3.3", "没有待批准的办法", "No rule waits to be approved");
          const { by, at: _, reason: __, ...rule } = state.drafted;
          if (by === context.account)
            forbidBarred({
              clause: "3.3",
              text: { zh: "起草人不得自己批准", en: "Nobody approves what he drafted himself" },
            });
          // The day may have gone by, and the fund with it.
          await judge(street, rule, context.today);
          const decided = { at: change.at, reason };
          const after: PublishedRules = { rules: [...state.rules, { ...rule, decided }], drafted: null };
          if (!(await release.save(street.id, before, after, change, key))) return undefined;
          return { body: answerOf(street, version + 1, after), version: version + 1 };
        });
      },
      async replay(ref, context) {
        const { street, version, state } = await load(ref);
        permitOffice(street, "orders.approve", context);
        return { body: answerOf(street, version, state), version };
      },
    },

    recordResult: {
      async run({ params, body: { reason, ...asked } }, context) {
        const street = await streetAt(params.street);
        permitOffice(street, "orders.draft", context);
        if (streetOf(asked.community) !== street.id || !street.communities.some(({ id }) => id === asked.community))
          throw wrong("/community", "unknown-community", "不是本街道的社区", "is no community of this street");
        if (quarterOf(asked.quarter).last >= context.today)
          throw wrong("/quarter", "not-over", "该季度还没有结束", "the quarter is not over yet");
        const change = changeBy(context, reason, "recordResult");
        const result: ResultRecord = {
          ...asked,
          id: context.newTimeId(),
          recorded: { by: change.by, at: change.at, reason },
          assessment: null,
        };
        const key = context.command.done(`${street.id} ${result.id}`);
        if (!(await release.addResult(street.id, result, change, key)))
          throw new Error(`release: ${result.id} was there`);
        return { body: resultsOf(street, [result])[0] as Result };
      },
      async replay(ref, context) {
        const [id, result] = ref.split(" ") as [string, string];
        const [street, found] = await Promise.all([streetAt(id), release.result(id, result)]);
        context.permit(street.codes);
        if (found === undefined) throw new Error(`release: ${ref} is gone`);
        return { body: resultsOf(street, [found])[0] as Result };
      },
    },

    async listResults({ params, query }, context) {
      const [street, results] = await Promise.all([streetAt(params.street), release.results(params.street)]);
      context.permit(street.codes);
      const shown = resultsOf(street, results).map((result, i) => ({ result, id: results[i]?.id as string }));
      const { items, next } = await pageOf(shown.toReversed(), ({ id }) => id, query);
      return { body: { items: items.map(({ result }) => result), next } };
    },
  };
}
