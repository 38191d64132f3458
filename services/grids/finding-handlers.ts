import type { grids } from "@county/contracts/grids.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Handlers } from "@county/platform/context.ts";
import { changeBy, settled } from "./commands.ts";
import { findingsOf } from "./findings.ts";
import type { Deps } from "./imports.ts";
import { pageOf, scopeOf, steadily } from "./register.ts";
import { communityIdOf } from "./store.ts";

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

/** What the rules find, and deviations that somebody accepts. */
export function findingHandlers({ store }: Deps): Pick<Handlers<typeof grids>, "listFindings" | "acceptDeviation"> {
  return {
    async listFindings({ query: { area, on, rule, verdict, limit, cursor } }, { today }) {
      const scope = await scopeOf(store, area);
      const day = on ?? today;
      refuseBeforePlan(day);
      const found = await steadily(store, scope, async () => await findingsOf(store, scope, day));
      const wanted = found.filter(
        ({ finding }) =>
          (verdict === undefined ? finding.verdict !== "meets" : finding.verdict === verdict) &&
          (rule === undefined || finding.rule === rule || (rule.endsWith(".") && finding.rule.startsWith(rule))),
      );
      const { items, next } = await pageOf(wanted, ({ at }) => at, { limit, cursor });
      return { body: { items: items.map(({ finding }) => finding), next } };
    },

    acceptDeviation: {
      async run({ body: { area, rule, subject, reason, until } }, context) {
        const scope = await scopeOf(store, area);
        const find = async () =>
          (await findingsOf(store, scope, context.today)).find(
            ({ finding }) => finding.rule === rule && finding.subject.id === subject,
          )?.finding;
        const finding = await find();
        if (finding === undefined) {
          throw new Problem("not-found", { zh: "没有这项核对发现", en: "There is no such finding" });
        }
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
          return {
            saved,
            reply: { body: { ...finding, accepted: { reason, by: context.account, until, expired: false } } },
          };
        });
      },
      async replay(ref, context) {
        const [area = "", rule, subject] = ref.split(" ");
        const scope = await scopeOf(store, area);
        context.permit([area]);
        const found = (await findingsOf(store, scope, context.today)).find(
          ({ finding }) => finding.rule === rule && finding.subject.id === subject,
        );
        if (found === undefined) {
          throw new Problem("not-found", { zh: "这项核对发现已不存在", en: "The finding is there no longer" });
        }
        return { body: found.finding };
      },
    },
  };
}
