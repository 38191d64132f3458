import type { Finding } from "@county/contracts/findings.ts";
import type { grids } from "@county/contracts/grids.ts";
import { Problem } from "@county/contracts/problem.ts";
import { policyOn } from "@county/plan/policy.ts";
import { changeBy, settled } from "@county/platform/change.ts";
import type { Handlers } from "@county/platform/context.ts";
import { pageByKey, placed } from "@county/platform/cursor.ts";
import { ifSaved } from "./commands.ts";
import { findingsOf, type Placed } from "./findings.ts";
import type { Deps } from "./imports.ts";
import { communityOn } from "./map-changes.ts";
import { codesOf, findScope, loadCommunity, loadPlace, type Scope, scopeOf, steadily } from "./register.ts";
import { communityIdOf, type Store } from "./store.ts";

/** The plan's parameters begin with its year. */
function refuseBeforePlan(on: string): void {
  if (on < "2020-01-01") {
    throw new Problem("invalid-request", undefined, {
      errors: [
        {
          parameter: "on",
          reason: "date",
          detail: { zh: "方案自 2020-01-01 起适用", en: "the plan applies from 2020-01-01" },
        },
      ],
    });
  }
}

/** The smallest part of the county whose findings are about a subject, and the codes that part is known under. */
async function scopeAbout(
  store: Store,
  subject: string,
  on: string,
): Promise<{ scope: Scope; codes: string[] } | undefined> {
  const segments = subject.split(".");
  if (segments.length < 3) {
    const scope = await findScope(store, subject);
    const area = segments.length === 1 ? scope?.county.state : scope?.streets[0];
    return scope && area && { scope, codes: codesOf(area) };
  }
  // Eight letters or digits behind a community's id are a place, which may have been moved since; nine are no place.
  const home = segments[3]?.length === 8 ? await homeOf(store, subject, on) : communityIdOf(subject);
  const [scope, { row }] = await Promise.all([findScope(store, home), loadCommunity(store, home)]);
  return scope && { scope, codes: codesOf(row) };
}
async function homeOf(store: Store, place: string, on: string): Promise<string> {
  const { row, community } = await loadPlace(store, place);
  return communityOn(row, community.id, on);
}

/** As the contract has it: the same fields, only that the rules promise to change none of them. */
const answerOf = ({ finding }: Placed) => finding as Finding;

const noSuchFinding = () => new Problem("not-found", { zh: "没有这项核对发现", en: "There is no such finding" });

/** What the rules find, and deviations that somebody accepts. */
export function findingHandlers({
  store,
}: Deps): Pick<Handlers<typeof grids>, "listFindings" | "getFinding" | "acceptDeviation"> {
  /** The finding of this rule on this subject, as of a day. */
  const findIn = async (area: string, rule: string | undefined, subject: string | undefined, on: string) => {
    const [scope, changes] = await Promise.all([scopeOf(store, area), store.policies.changes(area)]);
    const found = await findingsOf(store, scope, policyOn(on, changes));
    return { scope, found: found.find(({ finding }) => finding.rule === rule && finding.subject.id === subject) };
  };

  return {
    async listFindings({ query: { area, on, rule, verdict, limit, cursor } }, { today }) {
      const day = on ?? today;
      refuseBeforePlan(day);
      const [scope, changes] = await Promise.all([scopeOf(store, area), store.policies.changes(area)]);
      const found = await steadily(store, scope, async () => await findingsOf(store, scope, policyOn(day, changes)));
      // In the rules' own order: what is met keeps its place there, so that a finding mended between two pages moves no other.
      const wanted = found
        .map((one, at) => ({ one, at }))
        .filter(
          ({ one: { finding } }) =>
            (verdict === undefined ? finding.verdict !== "meets" : finding.verdict === verdict) &&
            (rule === undefined || finding.rule === rule || (rule.endsWith(".") && finding.rule.startsWith(rule))),
        );
      const { items, next } = pageByKey(wanted, ({ one, at }) => placed(one, at), { limit, cursor });
      return { body: { items: items.map(({ one }) => answerOf(one)), next } };
    },

    async getFinding({ params, query: { on } }, { permit, today }) {
      const day = on ?? today;
      refuseBeforePlan(day);
      const about = await scopeAbout(store, params.finding.split("~")[1] as string, day);
      if (about === undefined) throw noSuchFinding();
      const { scope, codes } = about;
      permit(codes);
      const changes = await store.policies.changes(scope.county.state.code);
      const found = await steadily(store, scope, async () => await findingsOf(store, scope, policyOn(day, changes)));
      const one = found.find(({ finding }) => finding.id === params.finding);
      if (one === undefined) throw noSuchFinding();
      return { body: answerOf(one) };
    },

    acceptDeviation: {
      async run({ body: { area, rule, subject, reason, until } }, context) {
        const { scope, found } = await findIn(area, rule, subject, context.today);
        if (found === undefined) throw noSuchFinding();
        const finding = answerOf(found);
        if (finding.verdict !== "deviates" && finding.verdict !== "ambiguous") {
          throw new Problem("refused", {
            zh: `结论是“${finding.verdict}”，只有偏离或有歧义的可以认可`,
            en: `The verdict is "${finding.verdict}": only deviations and ambiguities can be accepted`,
          });
        }
        if (until < context.today) {
          throw new Problem("invalid-request", undefined, {
            errors: [{ pointer: "/until", reason: "date", detail: { zh: "不能早于今天", en: "not before today" } }],
          });
        }
        // Who drew a map does not approve what deviates in it.
        const community = subject.split(".").length >= 3 ? communityIdOf(subject) : undefined;
        const drawn = community === undefined ? undefined : await store.maps.changeOn(community, context.today);
        if (drawn?.by === context.account) {
          throw new Problem("refused", {
            zh: "划定网格的人不能认可其中的偏离，请由他人办理",
            en: "Who drew the map cannot accept what deviates in it: somebody else must",
          });
        }
        const change = changeBy(context, reason, "acceptDeviation");
        const acceptance = { rule, subject, reason, by: context.account, until };
        return await settled(async () => {
          const saved = await store.accept(
            scope.county.state.id,
            acceptance,
            change,
            context.command.done(`${area} ${rule} ${subject}`),
          );
          return ifSaved(saved, {
            body: { ...finding, accepted: { reason, by: context.account, until, expired: false } },
          });
        });
      },
      async replay(ref, context) {
        const [area = "", rule, subject] = ref.split(" ");
        context.permit([area]);
        const { found } = await findIn(area, rule, subject, context.today);
        if (found === undefined) {
          throw new Problem("not-found", { zh: "这项核对发现已不存在", en: "The finding is there no longer" });
        }
        return { body: answerOf(found) };
      },
    },
  };
}
