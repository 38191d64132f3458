import type { Text } from "@county/plan/text.ts";
import type { CountyCopy } from "@county/platform/areas.ts";
import type { Judge } from "@county/platform/effects.ts";
import { effectOf } from "@county/rules/effect.ts";
import { type Finding, findingIds } from "@county/rules/finding.ts";
import type { CreditFacts } from "@county/rules/property.ts";
import { type CoverageFacts, coverageFacts, judgedCoverage } from "./coverage-findings.ts";
import { creditFactsIn, judgedCredit } from "./credit-findings.ts";
import { judgedMeetings, type MeetingsFacts, meetingsFacts } from "./meetings-findings.ts";
import type { Owned } from "./owned.ts";
import { judgedOwners, ownersFactsIn } from "./owners-findings.ts";
import type { Store } from "./store.ts";

/**
 * What drafted changes of parameters would do to what is found of property management: of the county its coverage and its companies'
 * credit, of each street coverage, owners' committees, and meetings. Votes are left out: each is counted by the law of its own day,
 * and no change reaches back to one.
 */

interface Facts {
  readonly county: CountyCopy;
  readonly on: string;
  readonly credit: readonly CreditFacts[];
  /** The county alone, then its streets. */
  readonly parts: readonly PartFacts[];
}
interface PartFacts {
  readonly area: string;
  readonly coverage: CoverageFacts;
  readonly owned: readonly Owned[];
  readonly meetings: MeetingsFacts;
}
interface Placed {
  readonly area: string;
  readonly finding: Finding & { readonly id: string };
}

export const judge = (store: Store): Judge<Facts, Placed> => ({
  async factsOf(code, on) {
    const area = await store.areas.areaByCode(code);
    const county = area && (await store.areas.county(area.id));
    if (county === undefined) return undefined;
    const scope = { county: county.id, streets: [], community: undefined };
    const parts: PartFacts[] = [];
    for (const [area, within] of [
      [county.id, scope],
      ...county.streets.map((street) => [street.id, { ...scope, streets: [street] }] as const),
    ] as const) {
      parts.push({
        area,
        coverage: await coverageFacts(store, within, on, on),
        owned: await ownersFactsIn(store, within),
        meetings: await meetingsFacts(store, within, on),
      });
    }
    return { county, on, credit: await creditFactsIn(store, county, on, on), parts };
  },
  judged: ({ county, on, credit, parts }, policy) =>
    parts.flatMap(({ area, coverage, owned, meetings }) => {
      const alone = area === county.id;
      const found = [
        ...judgedCoverage(coverage, policy, alone),
        ...(alone ? credit.flatMap((facts) => judgedCredit(facts, policy)) : []),
        ...owned.flatMap((one) => judgedOwners(one, policy, on)),
        ...judgedMeetings(meetings, policy),
      ];
      const ids = findingIds(found);
      return found.map((finding, i) => ({ area, finding: { ...finding, id: ids[i] as string } }));
    }),
  effectOf({ county }, before, after) {
    const of = (area: string, all: readonly Placed[]) =>
      all.filter((one) => one.area === area).map(({ finding }) => finding);
    const { rows, summary } = effectOf(
      [county, ...county.streets].map(({ id, code, name }) => ({
        area: { id, code, name },
        before: of(id, before),
        after: of(id, after),
      })),
    );
    return { rows, summary: withGrades(summary, gradesMoved(before, after)) };
  },
  unregistered: { zh: "物业服务没有该县的数据", en: "The property service has no data of this county" },
});

const gradesOf = (all: readonly Placed[]) =>
  new Map(
    all
      .filter(({ finding }) => finding.rule === "property.credit")
      .map(({ finding: { subject, observed } }) => [subject.id, JSON.stringify(observed)]),
  );
/** Companies that have another grade: what a grade is changes, not whether the plan is met. */
function gradesMoved(before: readonly Placed[], after: readonly Placed[]): number {
  const grades = gradesOf(before);
  return [...gradesOf(after)].filter(([company, grade]) => grades.get(company) !== grade).length;
}
const withGrades = ({ zh, en }: Text, moved: number): Text =>
  moved === 0
    ? { zh, en }
    : { zh: `${zh}；信用等级不同的企业 ${moved} 家`, en: `${en}; companies with another credit grade: ${moved}` };
