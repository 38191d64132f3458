import type { Text } from "@county/plan/text.ts";
import { compare } from "./figures.ts";
import { type Finding, findingIds, type Subject, type Verdict, yuan } from "./finding.ts";

// What another value of a parameter would do: the same facts judged twice, under the one policy and under the other.

/** An area's findings under two policies. */
export interface JudgedArea {
  readonly area: Subject;
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
}

type VerdictCounts = Readonly<Partial<Record<Verdict, number>>>;

/** One rule in one area, where at least one finding has another verdict or another amount. */
interface EffectRow {
  readonly area: Subject;
  readonly rule: string;
  readonly before: VerdictCounts;
  readonly after: VerdictCounts;
  /** What the rule's findings cost in all, in fen; null where none tells money. */
  readonly moneyFenBefore: number | null;
  readonly moneyFenAfter: number | null;
}

export interface Effect {
  /** By the areas' codes, then by rule. */
  readonly rows: readonly EffectRow[];
  readonly summary: Text;
}

/** Verdicts in words; `none`: there is no such finding. */
const words: Readonly<Record<Verdict | "none", Text>> = {
  meets: { zh: "符合", en: "meets" },
  deviates: { zh: "偏离", en: "deviates" },
  breaches: { zh: "不符", en: "breaches" },
  ambiguous: { zh: "有歧义", en: "ambiguous" },
  "cannot-tell": { zh: "无法判断", en: "cannot tell" },
  none: { zh: "无此项", en: "no finding" },
};

interface Change {
  readonly area: Subject;
  readonly before: Finding | undefined;
  readonly after: Finding | undefined;
}
const verdictOf = (finding: Finding | undefined) => finding?.verdict ?? "none";

/**
 * What becomes of which findings. The order of areas and of findings does not matter.
 * @throws RangeError when amounts add up to more than whole numbers hold
 */
export function effectOf(areas: readonly JudgedArea[]): Effect {
  const ordered = areas.toSorted((a, b) => compare(a.area.code, b.area.code) || compare(a.area.id, b.area.id));
  const changes = ordered.flatMap(({ area, before, after }) => changesOf(area, byId(before), byId(after)));
  const rows = ordered.flatMap(({ area, before, after }) => {
    const rules = changes.filter((one) => one.area === area).map((one) => (one.after ?? one.before)?.rule as string);
    return [...new Set(rules)].toSorted(compare).map((rule): EffectRow => {
      const [old, fresh] = [before, after].map((findings) => findings.filter((one) => one.rule === rule));
      return {
        area: { id: area.id, code: area.code, name: area.name },
        rule,
        before: countsOf(old as Finding[]),
        after: countsOf(fresh as Finding[]),
        moneyFenBefore: moneyOf(old as Finding[]),
        moneyFenAfter: moneyOf(fresh as Finding[]),
      };
    });
  });
  return { rows, summary: summaryOf(changes, rows) };
}

/** Findings of one name are told apart by their own order, so that has to be one that does not depend on the list's. */
function byId(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  const sorted = findings.toSorted(
    (a, b) => compare(a.rule, b.rule) || compare(a.subject.id, b.subject.id) || compare(rankOf(a), rankOf(b)),
  );
  const ids = findingIds(sorted);
  return new Map(sorted.map((finding, i) => [ids[i] as string, finding]));
}
/** By what was looked at: the policy has no part in it. */
const rankOf = ({ inputs }: Finding): string => JSON.stringify(inputs);

function changesOf(area: Subject, before: ReadonlyMap<string, Finding>, after: ReadonlyMap<string, Finding>): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((id) => ({ area, before: before.get(id), after: after.get(id) }))
    .filter((one) => verdictOf(one.before) !== verdictOf(one.after) || one.before?.moneyFen !== one.after?.moneyFen);
}

function countsOf(findings: readonly Finding[]): VerdictCounts {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const verdict of findings.map((one) => one.verdict).toSorted(compare)) {
    counts[verdict as Verdict] = (counts[verdict as Verdict] ?? 0) + 1;
  }
  return counts;
}

function moneyOf(findings: readonly Finding[]): number | null {
  const amounts = findings.flatMap(({ moneyFen }) => moneyFen ?? []);
  return amounts.length === 0 ? null : total(amounts);
}

function total(amounts: readonly number[]): number {
  const sum = amounts.reduce((all, one) => all + BigInt(one), 0n);
  if (BigInt.asIntN(53, sum) !== sum) throw new RangeError(`An amount of ${sum} fen is too large`);
  return Number(sum);
}

function summaryOf(changes: readonly Change[], rows: readonly EffectRow[]): Text {
  const turned = changes.filter(({ before, after }) => verdictOf(before) !== verdictOf(after));
  const turns = new Map<string, { zh: string; en: string; count: number }>();
  for (const { before, after } of turned) {
    const [from, to] = [words[verdictOf(before)], words[verdictOf(after)]];
    const turn = { zh: `${from.zh}→${to.zh}`, en: `${from.en} → ${to.en}` };
    turns.set(turn.en, { ...turn, count: (turns.get(turn.en)?.count ?? 0) + 1 });
  }
  const listed = [...turns.values()].toSorted((a, b) => b.count - a.count || compare(a.en, b.en));
  const grids = new Set(
    turned
      .map(({ before, after }) => (after ?? before) as Finding)
      .filter(({ rule }) => rule.startsWith("grid."))
      .map(({ subject }) => subject.id),
  ).size;
  const paid = rows.filter((row) => row.moneyFenBefore !== null || row.moneyFenAfter !== null);
  const money = [
    total(paid.map((row) => row.moneyFenBefore ?? 0)),
    total(paid.map((row) => row.moneyFenAfter ?? 0)),
  ].map(yuan);
  return {
    zh: [
      turned.length === 0
        ? "没有结论改变"
        : `改变 ${turned.length} 项结论（${listed.map(({ zh, count }) => `${zh} ${count}`).join("，")}）${grids > 0 ? `，涉及网格 ${grids} 个` : ""}`,
      ...(paid.length > 0 ? [`有变化的金额由 ${money[0]} 元变为 ${money[1]} 元`] : []),
    ].join("；"),
    en: [
      turned.length === 0
        ? "No verdict changes"
        : `Verdicts that change: ${turned.length} (${listed.map(({ en, count }) => `${en} ${count}`).join(", ")})${grids > 0 ? `, grids concerned: ${grids}` : ""}`,
      ...(paid.length > 0 ? [`money where it changes: ${money[0]} yuan before, ${money[1]} yuan after`] : []),
    ].join("; "),
  };
}
