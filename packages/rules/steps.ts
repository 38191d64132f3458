import { isDate } from "@county/plan/calendar.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import type { Item, ParameterId } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import type { RuleId } from "./catalogue.ts";
import { by } from "./figures.ts";
import { type Evidence, type Finding, inputOf, parametersUsed, type Subject, whenMissed } from "./finding.ts";

// What is done step by step: a case for which the whistle is blown (plan 2.6), a project on Party-service money (3.2.2).

/** How far it is. A step may be done more than once: its first day counts. What lies after the policy's day is not yet done. */
export interface SteppedFacts extends Evidence {
  readonly subject: Subject;
  /** The day it was declared finished; null: it was not. */
  readonly closedOn: string | null;
  readonly done: readonly { readonly step: string; readonly on: string }[];
}

/**
 * Whether a case went through the steps of the whistle in their order.
 * @source plan 2.6
 * @throws RangeError if the list of steps is not in force on the policy's day
 */
export const whistleVerdict = (facts: SteppedFacts, policy: Policy): Finding =>
  stepsVerdict(
    facts,
    { rule: "case.whistle-steps", clause: "2.6", list: "case.steps" },
    policy.value("case.steps"),
    policy,
  );

/**
 * Whether a project on Party-service money went through its steps in their order.
 * @source usual practice beside plan 3.2.2
 * @throws RangeError if the list of steps is not in force on the policy's day
 */
export const projectVerdict = (facts: SteppedFacts, policy: Policy): Finding =>
  stepsVerdict(
    facts,
    { rule: "fund.project-steps", clause: "3.2.2", list: "fund.party-service.steps" },
    policy.value("fund.party-service.steps"),
    policy,
  );

/** None left out and none before an earlier one; of what is finished, all of them. Steps of one day count as in order. */
function stepsVerdict(
  facts: SteppedFacts,
  { rule, clause, list }: { readonly rule: RuleId; readonly clause: ClauseId; readonly list: ParameterId },
  steps: readonly Item[],
  policy: Policy,
): Finding {
  const { subject, closedOn } = facts;
  const known = new Set<string>(steps.map(({ id }) => id));
  const done = facts.done
    .filter(({ on }) => on <= policy.on || !isDate(on))
    .toSorted(by(({ on, step }) => JSON.stringify([on, step])));
  const closed = closedOn !== null && closedOn <= policy.on;
  const strange = done.filter(({ step, on }) => !known.has(step) || !isDate(on));
  const first = new Map<string, string>();
  for (const { step, on } of done) if (isDate(on) && !first.has(step)) first.set(step, on);
  const reached = closed ? steps.length : steps.findLastIndex(({ id }) => first.has(id)) + 1;
  const asked = steps.slice(0, reached);
  const missing = asked.filter(({ id }) => !first.has(id));
  const taken = asked.flatMap((step) => {
    const on = first.get(step.id);
    return on === undefined ? [] : [{ ...step, on }];
  });
  const early = taken.filter(({ on }, at) => taken.slice(0, at).some((before) => on < before.on));
  const inOrder = asked.length - missing.length - early.length;
  const faults = missing.length + early.length;
  const titles = (items: readonly { readonly title: Text }[], language: keyof Text) =>
    items.map(({ title }) => title[language]).join(language === "zh" ? "、" : ", ");
  return {
    rule,
    clause,
    verdict: faults > 0 ? whenMissed(list) : strange.length > 0 ? "cannot-tell" : "meets",
    subject,
    title: {
      zh: `${subject.name}：应有 ${asked.length} 步，依次完成 ${inOrder} 步`,
      en: `${subject.name}: steps taken in their order: ${inOrder} of ${asked.length}`,
    },
    observed: inOrder,
    expected: asked.length,
    unit: "item",
    difference: inOrder - asked.length,
    inputs: [
      ...done.map(({ step, on }) => {
        const { title } = steps.find(({ id }) => id === step) ?? { title: { zh: step, en: step } };
        return inputOf(title, on, facts);
      }),
      inputOf({ zh: "完成日", en: "day it was finished" }, closedOn, facts),
    ],
    steps: [
      closed
        ? {
            zh: `已于 ${closedOn} 完成，全部 ${steps.length} 步都应完成`,
            en: `Finished on ${closedOn}, so all ${steps.length} steps should be done`,
          }
        : {
            zh: `未完成，已到第 ${reached} 步，前面各步都应完成`,
            en: `Not finished and at step ${reached}, so every step before it should be done`,
          },
      {
        zh: missing.length === 0 ? "没有缺少的步骤" : `缺少：${titles(missing, "zh")}`,
        en: missing.length === 0 ? "No step is missing" : `Missing: ${titles(missing, "en")}`,
      },
      {
        zh: early.length === 0 ? "先后次序正确" : `早于前面步骤：${titles(early, "zh")}`,
        en: early.length === 0 ? "The order is right" : `Before an earlier step: ${titles(early, "en")}`,
      },
      ...strange.map(({ step, on }) => ({
        zh: `“${step}”（${on}）不是所列步骤或日期不成立，无法判断`,
        en: `"${step}" (${on}) is not on the list or has no date, so it cannot be told`,
      })),
    ],
    parameters: parametersUsed([list], policy),
  };
}
