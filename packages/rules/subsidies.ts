import { lastDayOfMonth } from "@county/plan/calendar.ts";
import type { ParameterId, SubsidyBand } from "@county/plan/parameters.ts";
import { type Policy, readAs, traced } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { by } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  inputOf,
  outside,
  reliedOn,
  type Subject,
  type Verdict,
  yuan,
} from "./finding.ts";
import type { GridKind } from "./grid-map.ts";

// What grid staff are paid (plan A4): one person a month, part of a month, many people a year, and a grid's equipment.

/** A compound or village as far as money goes by it. */
export interface SubsidyCompound {
  readonly id: string;
  readonly name: string;
  /** null: not known. */
  readonly households: number | null;
  /** null: none. */
  readonly propertyCompany: string | null;
}

/** One person's work in one grid. Somebody who holds several posts of a grid is given once, as leader if that is one of them. */
export interface SubsidyPost {
  readonly gridKind: GridKind;
  readonly duty: "leader" | "worker";
  readonly policeAssistant: boolean;
  /** What the person serves; of a leader without compounds of their own all of the grid's. Empty: not known. */
  readonly compounds: readonly SubsidyCompound[];
}

/** A monthly amount in fen, with the band it comes from and what was added. */
export interface Amount {
  readonly fen: number;
  readonly band: Text;
}

/** A number that no reading decides lies between these two; most often they are the same. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

const MONTHS = 12;

// ---------------------------------------------------------------------------------------------------------------- bands

type Table = "subsidy.with-company" | "subsidy.without-company";
const tables = ["subsidy.with-company", "subsidy.without-company"] as const satisfies readonly Table[];
const tableText = {
  "subsidy.with-company": { zh: "有物业", en: "with a property company" },
  "subsidy.without-company": { zh: "无物业", en: "without a property company" },
} as const satisfies Record<Table, Text>;
const tableOf = ({ propertyCompany }: Pick<SubsidyCompound, "propertyCompany">): Table =>
  propertyCompany === null ? "subsidy.without-company" : "subsidy.with-company";

function bandText(table: Table, { from, to, fen, workers }: SubsidyBand): Text {
  const { zh, en } = tableText[table];
  return {
    zh: `${zh} ${to === null ? `${from} 户以上` : `${from}–${to} 户`}：${workers > 1 ? `${workers} 人各 ` : ""}${yuan(fen)} 元`,
    en: `${en}, ${to === null ? `from ${from}` : `${from}–${to}`} households: ${yuan(fen)} yuan${workers > 1 ? ` for each of ${workers}` : ""}`,
  };
}

/**
 * The bands of a table that claim a number of households: at an edge two, if nothing decides or both come to the same; all of
 * them where the number is not known.
 */
function claiming(
  table: Table,
  households: number | null,
  policy: Policy,
  figure: (band: SubsidyBand) => number,
): readonly SubsidyBand[] {
  if (households === null) return policy.value(table);
  const bands = policy.value(table).filter(({ from, to }) => from <= households && (to === null || households <= to));
  if (new Set(bands.map(figure)).size < 2) return bands;
  const edge = policy.value("policy.subsidy.edge");
  return edge === "both" ? bands : edge === "lower" ? bands.slice(0, 1) : bands.slice(-1);
}

/** In ascending order, each amount once, with every way in which it comes about. */
function merged(amounts: readonly Amount[]): readonly Amount[] {
  const byFen = new Map<number, Map<string, Text>>();
  for (const { fen, band } of amounts) {
    const bands = byFen.get(fen) ?? new Map<string, Text>();
    byFen.set(fen, bands.set(band.zh, band));
  }
  return [...byFen]
    .sort(([a], [b]) => a - b)
    .map(([fen, found]) => {
      const bands = [...found.values()];
      return {
        fen,
        band: { zh: bands.map(({ zh }) => zh).join("，或 "), en: bands.map(({ en }) => en).join(", or ") },
      };
    });
}

type Banded = Pick<SubsidyCompound, "households" | "propertyCompany">;

/** A figure of a compound's band: from the least to the most where several claim it, `none` where none does. */
function figureOf(
  { households, propertyCompany }: Banded,
  policy: Policy,
  figure: (band: SubsidyBand) => number,
  none: number,
): Span {
  const table = tableOf({ propertyCompany });
  const workersOf = ({ workers }: SubsidyBand) => workers;
  const company =
    table === "subsidy.with-company" ? [] : claiming("subsidy.with-company", households, policy, workersOf);
  // Only where a company would bring more workers does it matter whether that holds without one.
  const more =
    company.some(({ workers }) => workers > 1) && policy.value("policy.subsidy.second-worker") === "all-compounds";
  const own = claiming(table, households, policy, figure);
  const bands = more ? own.flatMap((band) => company.map(({ workers }) => ({ ...band, workers }))) : own;
  const figures = bands.map(figure);
  return bands.length === 0 ? { low: none, high: none } : { low: Math.min(...figures), high: Math.max(...figures) };
}

/**
 * The workers whom a compound should have; one where the county's bands leave a gap. From the least to the most there may be
 * where its households are not known.
 * @source plan 2.2.2, A4; `policy.subsidy.edge`, `policy.subsidy.second-worker`
 */
export function workersNeeded(compound: Banded, policy: Policy): Span {
  const each = policy.value("staff.workers-per-compound");
  return figureOf(compound, policy, ({ workers }) => workers * each, each);
}

/**
 * What the workers whom a compound should have draw a month, all of them together, in fen; nothing where the bands leave a gap.
 * @source as {@link workersNeeded}
 */
export function workersMonthly(compound: Banded, policy: Policy): Span {
  const each = policy.value("staff.workers-per-compound");
  return figureOf(compound, policy, ({ workers, fen }) => workers * each * fen, 0);
}

// ----------------------------------------------------------------------------------------------------- one person a month

type Counted = SubsidyCompound & { readonly households: number };
const isCounted = (compound: SubsidyCompound): compound is Counted => compound.households !== null;
/** An order of compounds that does not depend on the one they come in. */
export const byId = by(({ id, name, households, propertyCompany }: SubsidyCompound) =>
  JSON.stringify([id, name, households, propertyCompany]),
);

const fenOf = ({ fen }: SubsidyBand): number => fen;

/** What a worker draws by the compounds served. Empty where one has no known number of households, or none is known. */
function byCompounds(given: readonly SubsidyCompound[], policy: Policy): readonly Amount[] {
  const compounds = given.filter(isCounted).sort(byId);
  if (compounds.length === 0 || compounds.length < given.length) return [];
  const of = (served: readonly Counted[], households: number): readonly Amount[] =>
    merged(
      tablesFor(served, policy).flatMap((table) =>
        claiming(table, households, policy, fenOf).map((band) => ({ fen: band.fen, band: bandText(table, band) })),
      ),
    );
  const alone = (compound: Counted) => of([compound], compound.households);
  const [first, ...others] = compounds as [Counted, ...Counted[]];
  if (others.length === 0) return alone(first);
  switch (policy.value("policy.subsidy.several-compounds")) {
    case "sum":
      return of(
        compounds,
        compounds.reduce((total, { households }) => total + households, 0),
      );
    case "largest": {
      const most = compounds.reduce((held, { households }) => Math.max(held, households), 0);
      return of(
        compounds.filter(({ households }) => households === most),
        most,
      );
    }
    case "each":
      return others.reduce((sums, compound) => plusEach(sums, alone(compound)), alone(first));
  }
}

/** Every sum of one of each; of the ways to the same sum one is told, as there may be more than anybody could read. */
function plusEach(sums: readonly Amount[], amounts: readonly Amount[]): readonly Amount[] {
  const byFen = new Map<number, Amount>();
  for (const sum of sums) {
    for (const { fen, band } of amounts) {
      const total = sum.fen + fen;
      if (!byFen.has(total))
        byFen.set(total, {
          fen: total,
          band: { zh: `${sum.band.zh}；加 ${band.zh}`, en: `${sum.band.en}; and ${band.en}` },
        });
    }
  }
  return [...byFen.values()].sort((a, b) => a.fen - b.fen);
}

function tablesFor(served: readonly Counted[], policy: Policy): readonly Table[] {
  const found = new Set(served.map(tableOf));
  if (found.size < 2) return [...found];
  const reading = policy.value("policy.subsidy.mixed-compounds");
  return reading === "both" ? tables : [`subsidy.${reading}`];
}

/** A worker's own subsidy with what a police assistant draws on top. */
function withPolice({ fen, band }: Amount, policy: Policy): Amount & { readonly outside: number } {
  const addition = policy.value("subsidy.police-addition");
  const range = policy.value("subsidy.worker-police");
  const sum = fen + addition;
  const off = outside(sum, range);
  const added = `${yuan(fen)} + ${yuan(addition)} = ${yuan(sum)}`;
  if (off === 0)
    return { fen: sum, outside: 0, band: { zh: `${band.zh}；${added} 元`, en: `${band.en}; ${added} yuan` } };
  const paid = policy.value("policy.subsidy.worker-police") === "range" ? sum - off : sum;
  const printed = `${yuan(range.min)}–${yuan(range.max)}`;
  return {
    fen: paid,
    outside: outside(paid, range),
    band: {
      zh: `${band.zh}；${added} 元，不在所印 ${printed} 元内，按 ${yuan(paid)} 元`,
      en: `${band.en}; ${added} yuan, outside the printed ${printed}, so ${yuan(paid)}`,
    },
  };
}

/**
 * What one person draws a month, ascending; several where no reading decides, none where a number of households is missing
 * or no band has it.
 * @source plan A4
 */
export function monthlyAmounts(post: SubsidyPost, policy: Policy): readonly Amount[] {
  return judged(post, policy).amounts;
}

/** The amounts, and how far the police assistant's sums lie outside the printed range: 0 where one does not. */
function judged(
  { gridKind, duty, policeAssistant, compounds }: SubsidyPost,
  policy: Policy,
): { readonly amounts: readonly Amount[]; readonly off: number } {
  const just = (fen: number, zh: string, en: string) => ({ amounts: [{ fen, band: { zh, en } }], off: 0 });
  if (gridKind === "rural" && policy.value("policy.villages.rural-grids") === "urban-only")
    return just(0, "农村网格不领网格补贴：0 元", "A rural grid draws no grid money: 0 yuan");
  if (duty === "leader" && policeAssistant) {
    const fen = policy.value("subsidy.leader-police");
    return just(fen, `网格长兼警务助理：${yuan(fen)} 元`, `Leader and police assistant: ${yuan(fen)} yuan`);
  }
  if (duty === "leader" && policy.value("policy.subsidy.leader") === "none")
    return just(
      0,
      "网格长不兼警务助理，没有所印标准：0 元",
      "A leader who is not police assistant: none printed, 0 yuan",
    );
  const own = byCompounds(compounds, policy);
  if (!policeAssistant) return { amounts: own, off: 0 };
  const sums = own.map((amount) => withPolice(amount, policy));
  const offs = sums.map((sum) => sum.outside);
  return { amounts: merged(sums), off: offs.length > 0 && offs.every((off) => off !== 0) ? offs[0]! : 0 };
}

export interface SubsidyFacts extends SubsidyPost, Evidence {
  /** The post, or who holds it. */
  readonly subject: Subject;
  readonly compounds: readonly (SubsidyCompound & Evidence)[];
  /** What is printed or paid a month, in fen, if it is to be compared; null: it should be there and is not. */
  readonly paidFen?: number | null;
}

/** A duty in words. */
export const dutyText = (duty: SubsidyPost["duty"], policeAssistant: boolean): Text => ({
  zh: `${duty === "leader" ? "网格长" : "网格员"}${policeAssistant ? "兼警务助理" : ""}`,
  en: `${duty === "leader" ? "leader" : "worker"}${policeAssistant ? " and police assistant" : ""}`,
});

const listed = (fens: readonly number[]): Text => ({
  zh: fens.map(yuan).join(" 或 "),
  en: fens.map(yuan).join(" or "),
});

/**
 * One person's monthly subsidy; where `paidFen` is given, against it. Without it the plan's own figures are held against each
 * other: a police assistant's sum outside the printed range deviates, as the plan prints both.
 * @source plan A4
 */
export function subsidyFinding(facts: SubsidyFacts, policy: Policy): Finding {
  const { subject, duty, policeAssistant, paidFen } = facts;
  const { policy: asking, asked } = traced(policy);
  const { amounts, off } = judged(facts, asking);
  const judge = (under: Policy) => {
    const found = judged(facts, under);
    return { verdict: verdictOn(found, paidFen), explanation: explained(found.amounts) };
  };
  const [low, high] = [amounts[0]?.fen, amounts.at(-1)?.fen];
  const due = low === undefined || high === undefined ? null : low === high ? low : { min: low, max: high };
  const single = typeof due === "number" ? due : null;
  const observed = paidFen === undefined ? single : paidFen;
  const printed = paidFen === undefined && off !== 0 ? policy.value("subsidy.worker-police") : due;
  const difference =
    paidFen === undefined
      ? single === null
        ? null
        : off
      : paidFen === null || low === undefined || high === undefined
        ? null
        : outside(paidFen, { min: low, max: high });
  const rests = asked();
  const { steps, ...rest } = reliedOn(rests, policy, judge);
  const compounds = facts.compounds.toSorted(byId);
  const who = dutyText(duty, policeAssistant);
  const sums = listed(amounts.map(({ fen }) => fen));
  return {
    rule: "subsidy.monthly",
    clause: "A4",
    verdict: verdictOn({ amounts, off }, paidFen),
    subject,
    title: {
      zh: `${subject.name}（${who.zh}）每月补贴 ${amounts.length > 0 ? `${sums.zh} 元` : "算不出"}${paidFen === undefined ? "" : `，所列 ${paidFen === null ? "空缺" : `${yuan(paidFen)} 元`}`}`,
      en: `${subject.name} (${who.en}): ${amounts.length > 0 ? `${sums.en} yuan` : "unknown"} a month${paidFen === undefined ? "" : `, ${paidFen === null ? "nothing" : `${yuan(paidFen)} yuan`} given`}`,
    },
    observed,
    expected: printed,
    unit: "fen/person/month",
    difference,
    ...moneyOf(paidFen === undefined ? single : difference),
    inputs: [
      inputOf({ zh: "职责", en: "duty" }, duty, facts),
      inputOf({ zh: "兼任警务助理", en: "also police assistant" }, policeAssistant, facts),
      inputOf({ zh: "网格类型", en: "kind of the grid" }, facts.gridKind, facts),
      ...compounds.flatMap((compound) => [
        inputOf({ zh: `${compound.name}户数`, en: `${compound.name}, households` }, compound.households, compound),
        inputOf(
          { zh: `${compound.name}物业企业`, en: `${compound.name}, property company` },
          compound.propertyCompany,
          compound,
        ),
      ]),
      ...(paidFen === undefined ? [] : [inputOf({ zh: "所列补贴（分）", en: "given, in fen" }, paidFen, facts)]),
    ],
    steps: [
      ...monthlySteps({ compounds, amounts, asked: rests, readings: steps }, policy),
      ...(typeof paidFen === "number" && difference !== null
        ? [
            {
              zh: `所列 ${yuan(paidFen)} 元，应为 ${sums.zh} 元${difference === 0 ? "" : `，相差 ${yuan(difference)} 元`}`,
              en: `${yuan(paidFen)} yuan given, ${sums.en} due${difference === 0 ? "" : `, difference ${yuan(difference)}`}`,
            },
          ]
        : []),
    ],
    ...rest,
  };
}

/** How a monthly amount comes about: what is served, the readings it rests on, and its band, or why there is no one amount. */
export const monthlySteps = (
  {
    compounds,
    amounts,
    asked,
    readings,
  }: {
    readonly compounds: readonly SubsidyCompound[];
    readonly amounts: readonly Amount[];
    readonly asked: readonly ParameterId[];
    readonly readings: readonly Text[];
  },
  policy: Policy,
): Text[] => [
  ...compounds.map(({ name, households, propertyCompany }) => ({
    zh: `${name}：${households ?? "户数不明"}${households === null ? "" : " 户"}，${propertyCompany === null ? "无" : "有"}物业`,
    en: `${name}: ${households ?? "an unknown number of"} households, ${propertyCompany === null ? "no" : "with a"} property company`,
  })),
  ...(asked.includes("policy.subsidy.several-compounds") && policy.value("policy.subsidy.several-compounds") === "sum"
    ? [sumStep(compounds.map((one) => one.households ?? 0))]
    : []),
  ...readings,
  ...(amounts.length === 0 ? [explained(amounts)] : amounts.map(({ band }) => band)),
  ...(amounts.length > 1 ? [explained(amounts)] : []),
];

const moneyOf = (fen: number | null, per?: "year" | "once"): Pick<Finding, "moneyFen" | "moneyPer"> =>
  fen === null || fen === 0 ? {} : { moneyFen: fen, ...(per && { moneyPer: per }) };

const sumStep = (numbers: readonly number[]): Text => {
  const sum = `${numbers.join(" + ")} = ${numbers.reduce((total, one) => total + one, 0)}`;
  return { zh: `合计户数：${sum}`, en: `Households together: ${sum}` };
};

function explained(amounts: readonly Amount[]): Text {
  if (amounts.length === 0)
    return {
      zh: "缺少所服务小区的户数，或者不在任何一档内，算不出",
      en: "The households of what is served are missing or in no band: it cannot be worked out",
    };
  const { zh, en } = listed(amounts.map(({ fen }) => fen));
  return amounts.length === 1
    ? { zh: `每月 ${zh} 元`, en: `${en} yuan a month` }
    : {
        zh: `每月 ${zh} 元都说得通，须由县里定`,
        en: `${en} yuan a month could each be meant: the county has to decide`,
      };
}

function verdictOn(
  { amounts, off }: { readonly amounts: readonly Amount[]; readonly off: number },
  paidFen: number | null | undefined,
): Verdict {
  if (amounts.length === 0 || paidFen === null) return "cannot-tell";
  if (paidFen !== undefined && !amounts.some(({ fen }) => fen === paidFen)) return "breaches";
  if (amounts.length > 1) return "ambiguous";
  return off === 0 ? "meets" : "deviates";
}

// ----------------------------------------------------------------------------------------------------- what can arise

/** A monthly amount that one person can draw; `reading` where it takes a reading that is not in force. */
export interface SubsidyAmount extends Amount {
  readonly who: "worker" | "worker-police" | "leader" | "leader-police";
  readonly reading?: { readonly parameter: ParameterId; readonly value: string };
}

/**
 * Every monthly amount that a single person in a paid grid can draw for one compound, or for several under one band, under any
 * reading: by who, then ascending. Under the reading `each` of `policy.subsidy.several-compounds` sums of workers' amounts
 * come on top, which have no end.
 * @source plan A4
 */
export function subsidyAmounts(policy: Policy): readonly SubsidyAmount[] {
  const workers = tables.flatMap((table) =>
    policy.value(table).map((band): Amount => ({ fen: band.fen, band: bandText(table, band) })),
  );
  const under = <Id extends "policy.subsidy.leader" | "policy.subsidy.worker-police">(
    id: Id,
    amounts: (policy: Policy) => readonly Amount[],
    who: SubsidyAmount["who"],
  ): SubsidyAmount[] => [
    ...amounts(policy).map(({ fen, band }) => ({ fen, who, band })),
    ...policy.otherReadings(id).flatMap(({ value }) =>
      amounts(readAs(policy, id, value)).map(({ fen, band }) => ({
        fen,
        who,
        band,
        reading: { parameter: id, value },
      })),
    ),
  ];
  const leader = (policeAssistant: boolean) => (asked: Policy) =>
    !policeAssistant && asked.value("policy.subsidy.leader") === "as-worker"
      ? workers
      : monthlyAmounts({ gridKind: "urban", duty: "leader", policeAssistant, compounds: [] }, asked);
  const all: SubsidyAmount[] = [
    ...workers.map((amount): SubsidyAmount => ({ ...amount, who: "worker" })),
    ...under(
      "policy.subsidy.worker-police",
      (asked) => workers.map((amount) => withPolice(amount, asked)),
      "worker-police",
    ),
    ...under("policy.subsidy.leader", leader(false), "leader"),
    ...leader(true)(policy).map((amount): SubsidyAmount => ({ ...amount, who: "leader-police" })),
  ];
  // What the reading in force gives comes first and stands for the same amount under another.
  const seen = new Set<string>();
  return all
    .filter(({ who, fen, band: { zh } }) => {
      const key = `${who} ${fen} ${zh}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => order.indexOf(a.who) - order.indexOf(b.who) || a.fen - b.fen);
}
const order: readonly SubsidyAmount["who"][] = ["worker", "worker-police", "leader", "leader-police"];

// ----------------------------------------------------------------------------------------------------- parts of a month

/**
 * What a monthly amount comes to for the days from `from` to `to`, both included, as far as they lie in the month. A whole month
 * gives the whole amount; under the reading `running` so do its parts together, however it is divided.
 * @param fen whole, 0 or more
 * @throws RangeError if the month is no month `YYYY-MM`
 * @source `policy.subsidy.part-month`, `policy.subsidy.rounding`
 */
export function partOfMonth(
  fen: number,
  { month, from, to }: { readonly month: string; readonly from: string; readonly to: string },
  policy: Policy,
): { readonly fen: number; readonly days: number; readonly of: number; readonly step: Text } {
  const end = lastDayOfMonth(month);
  const last = dayOf(end);
  const thirty = policy.value("policy.subsidy.part-month") === "thirty-days";
  const of = thirty ? THIRTY : last;
  const until = (day: number): number => (!thirty ? day : day === last ? THIRTY : Math.min(day, THIRTY));
  const begun = from > `${month}-01` ? until(dayOf(from) - 1) : 0;
  const done = to >= end ? of : until(dayOf(to));
  const rounding = policy.value("policy.subsidy.rounding");
  const apart = from > to || from > end || to < `${month}-01`;
  const days = apart ? 0 : done - begun;
  const part = apart
    ? 0
    : rounding === "running"
      ? share(fen, done, of) - share(fen, begun, of)
      : share(fen, days, of, rounding === "half-up");
  return {
    fen: part,
    days,
    of,
    step: {
      zh: `${month} 共计 ${of} 天，在岗 ${days} 天：${yuan(fen)} × ${days} ÷ ${of} → ${yuan(part)} 元`,
      en: `${month} counts ${of} days, ${days} served: ${yuan(fen)} × ${days} ÷ ${of} → ${yuan(part)} yuan`,
    },
  };
}

const THIRTY = 30;
const dayOf = (date: string): number => Number(date.slice(8));
const share = (fen: number, days: number, of: number, halfUp = false): number =>
  Number((BigInt(fen) * BigInt(2 * days) + BigInt(halfUp ? of : 0)) / BigInt(2 * of));

// --------------------------------------------------------------------------------------------------------- many a year

/** What people draw together, in fen. `unknown`: how many of them are left out because a figure is missing. */
export interface SubsidyCost {
  readonly people: number;
  readonly unknown: number;
  readonly monthlyFen: Span;
  readonly yearlyFen: Span;
}

/** The people by what each may draw, the cheapest first. */
function byAmounts(posts: readonly SubsidyPost[], policy: Policy) {
  const groups = new Map<string, { readonly fens: readonly number[]; people: number }>();
  for (const post of posts) {
    const fens = monthlyAmounts(post, policy).map(({ fen }) => fen);
    const key = fens.join(" ");
    const group = groups.get(key) ?? { fens, people: 0 };
    groups.set(key, group);
    group.people += 1;
  }
  return [...groups.values()].sort((a, b) => compare(a.fens, b.fens));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((fen, i) => fen !== b[i]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

function added(groups: ReturnType<typeof byAmounts>): SubsidyCost {
  let [people, unknown, low, high] = [0, 0, 0, 0];
  for (const { fens, people: some } of groups) {
    people += some;
    if (fens.length === 0) unknown += some;
    const span = spanOf(fens, some);
    low += span.low;
    high += span.high;
  }
  return {
    people,
    unknown,
    monthlyFen: { low, high },
    yearlyFen: { low: low * MONTHS, high: high * MONTHS },
  };
}

/**
 * What these people draw a month and a year of twelve months: a grid's, a community's, a street's.
 * @source plan A4
 */
export const subsidyCost = (posts: readonly SubsidyPost[], policy: Policy): SubsidyCost =>
  added(byAmounts(posts, policy));

export interface SubsidyCostFacts extends Evidence {
  /** The grid, community or street. */
  readonly subject: Subject;
  readonly posts: readonly SubsidyPost[];
  /** What is printed or budgeted a year, in fen, if it is to be compared; null: it should be there and is not. */
  readonly printedFen?: number | null;
}

/**
 * The yearly subsidies of an area's people, against what is printed where that is given.
 * @source plan A4
 */
export function subsidyCostFinding(facts: SubsidyCostFacts, policy: Policy): Finding {
  const { subject, posts, printedFen } = facts;
  const { policy: asking, asked } = traced(policy);
  const groups = byAmounts(posts, asking);
  const { people, unknown, monthlyFen, yearlyFen } = added(groups);
  const judge = (under: Policy) => {
    const cost = subsidyCost(posts, under);
    return { verdict: verdictOnCost(cost, printedFen), explanation: yearText(cost) };
  };
  const single = unknown === 0 && yearlyFen.low === yearlyFen.high ? yearlyFen.low : null;
  const due = unknown > 0 ? null : (single ?? { min: yearlyFen.low, max: yearlyFen.high });
  const difference =
    typeof printedFen !== "number" || unknown > 0
      ? null
      : outside(printedFen, { min: yearlyFen.low, max: yearlyFen.high });
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  const total = yearText({ people, unknown, monthlyFen, yearlyFen });
  return {
    rule: "subsidy.yearly",
    clause: "A4",
    verdict: verdictOnCost({ people, unknown, monthlyFen, yearlyFen }, printedFen),
    subject,
    title: {
      zh: `${subject.name} ${people} 人${total.zh}${printedFen === undefined ? "" : `，所列 ${printedFen === null ? "空缺" : `${yuan(printedFen)} 元`}`}`,
      en: `${subject.name}, people: ${people}; ${total.en}${printedFen === undefined ? "" : `, ${printedFen === null ? "nothing" : `${yuan(printedFen)} yuan`} given`}`,
    },
    observed: printedFen === undefined ? single : printedFen,
    expected: due,
    unit: "fen/year",
    difference: printedFen === undefined && single !== null ? 0 : difference,
    ...moneyOf(printedFen === undefined ? single : difference, "year"),
    inputs: [
      inputOf({ zh: "领补贴的人数", en: "people who draw a subsidy" }, people, facts),
      ...(printedFen === undefined
        ? []
        : [inputOf({ zh: "所列年度补贴（分）", en: "yearly subsidies given, in fen" }, printedFen, facts)]),
    ],
    steps: [
      ...steps,
      ...groups.map(({ fens, people: some }) => {
        if (fens.length === 0)
          return {
            zh: `${some} 人缺少所服务小区的户数，或者不在任何一档内，未计入`,
            en: `${some} left out, as the households they serve are missing or in no band`,
          };
        const [each, sum] = [listed(fens), spanText(spanOf(fens, some))];
        return fens.length === 1
          ? { zh: `${some} 人 × ${each.zh} 元 = ${sum} 元`, en: `${some} × ${each.en} yuan = ${sum} yuan` }
          : {
              zh: `${some} 人，每人 ${each.zh} 元，合计 ${sum} 元`,
              en: `${some} at ${each.en} yuan each, together ${sum} yuan`,
            };
      }),
      {
        zh: `每月 ${spanText(monthlyFen)} 元 × ${MONTHS} 个月 = ${spanText(yearlyFen)} 元`,
        en: `${spanText(monthlyFen)} yuan a month × ${MONTHS} months = ${spanText(yearlyFen)} yuan`,
      },
      ...(typeof printedFen === "number" && difference !== null
        ? [
            {
              zh: `所列 ${yuan(printedFen)} 元，与此相差 ${yuan(difference)} 元`,
              en: `${yuan(printedFen)} yuan given, ${yuan(difference)} away from it`,
            },
          ]
        : []),
    ],
    ...rest,
  };
}

const spanOf = (fens: readonly number[], people: number): Span => ({
  low: people * (fens[0] ?? 0),
  high: people * (fens.at(-1) ?? 0),
});

const spanText = ({ low, high }: Span): string => (low === high ? yuan(low) : `${yuan(low)}–${yuan(high)}`);

const yearText = ({ unknown, yearlyFen }: SubsidyCost): Text =>
  unknown > 0
    ? {
        zh: `每年补贴不少于 ${yuan(yearlyFen.low)} 元（${unknown} 人算不出）`,
        en: `at least ${yuan(yearlyFen.low)} yuan a year (of ${unknown} it cannot be worked out)`,
      }
    : { zh: `每年补贴 ${spanText(yearlyFen)} 元`, en: `${spanText(yearlyFen)} yuan a year` };

function verdictOnCost(
  { unknown, yearlyFen: { low, high } }: SubsidyCost,
  printedFen: number | null | undefined,
): Verdict {
  if (unknown > 0 || printedFen === null) return "cannot-tell";
  if (printedFen !== undefined && outside(printedFen, { min: low, max: high }) !== 0) return "breaches";
  return low === high ? "meets" : "ambiguous";
}

// ------------------------------------------------------------------------------------------------------------ equipment

export interface EquipmentFacts extends Evidence {
  readonly subject: Subject;
  readonly urbanGrids: number;
  readonly ruralGrids: number;
  /** What is printed or budgeted, in fen, if it is to be compared; null: it should be there and is not. */
  readonly printedFen?: number | null;
}

/**
 * Office equipment of an area's grids, by grid.
 * @source plan A4; `policy.equipment.period`, `policy.villages.rural-grids`
 */
export function equipmentFinding(facts: EquipmentFacts, policy: Policy): Finding {
  const { subject, urbanGrids, ruralGrids, printedFen } = facts;
  const costOf = (under: Policy) => {
    const rural = ruralGrids > 0 && under.value("policy.villages.rural-grids") === "all" ? ruralGrids : 0;
    const grids = urbanGrids + rural;
    const each = under.value("grid.equipment");
    const fen = grids * each;
    const per = under.value("policy.equipment.period") === "once" ? ("once" as const) : ("year" as const);
    const often = per === "once" ? { zh: "一次性", en: "once" } : { zh: "每年", en: "every year" };
    return {
      fen,
      per,
      verdict: (printedFen === null
        ? "cannot-tell"
        : printedFen === undefined || printedFen === fen
          ? "meets"
          : "breaches") as Verdict,
      explanation: {
        zh: `${grids} 个网格 × ${yuan(each)} 元 = ${yuan(fen)} 元，${often.zh}`,
        en: `${grids} grids × ${yuan(each)} yuan = ${yuan(fen)} yuan, ${often.en}`,
      },
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { fen, per, verdict, explanation } = costOf(asking);
  const difference = printedFen === undefined ? 0 : printedFen === null ? null : printedFen - fen;
  const { steps, ...rest } = reliedOn(asked(), policy, costOf);
  return {
    rule: "subsidy.equipment",
    clause: "A4",
    verdict,
    subject,
    title: {
      zh: `${subject.name}网格设备费 ${yuan(fen)} 元${printedFen === undefined ? "" : `，所列 ${printedFen === null ? "空缺" : `${yuan(printedFen)} 元`}`}`,
      en: `${subject.name}: ${yuan(fen)} yuan for equipment of grids${printedFen === undefined ? "" : `, ${printedFen === null ? "nothing" : `${yuan(printedFen)} yuan`} given`}`,
    },
    observed: printedFen === undefined ? fen : printedFen,
    expected: fen,
    unit: "fen",
    difference,
    ...moneyOf(printedFen === undefined ? fen : difference, per),
    inputs: [
      inputOf({ zh: "城市网格数", en: "urban grids" }, urbanGrids, facts),
      inputOf({ zh: "农村网格数", en: "rural grids" }, ruralGrids, facts),
      ...(printedFen === undefined
        ? []
        : [inputOf({ zh: "所列设备费（分）", en: "equipment money given, in fen" }, printedFen, facts)]),
    ],
    steps: [...steps, explanation],
    ...rest,
  };
}

// ------------------------------------------------------------------------------------- police assistants there already

export interface ExistingAssistantsFacts extends Evidence {
  /** The street. */
  readonly subject: Subject;
  /** Printed number of grid staff; null: empty. */
  readonly staff: number | null;
  /** Printed yearly subsidies of the grid staff, in fen; null: empty. */
  readonly subsidiesFen: number | null;
}

/**
 * Baodu's existing police assistants: what they are paid a year, what is left as new spending, and for how many new people.
 * @source plan A4, note 3; `policy.police-assistants.among-staff`
 */
export function existingAssistantsFinding(facts: ExistingAssistantsFacts, policy: Policy): Finding {
  const { subject, staff, subsidiesFen } = facts;
  const judge = (under: Policy) => {
    const people = under.value("annex4.baodu.police-assistants");
    const pay = under.value("annex4.baodu.police-assistant-pay");
    const printedPay = under.value("annex4.baodu.police-assistants-total");
    const printedNew = under.value("annex4.baodu.net-new");
    const included = under.value("policy.police-assistants.among-staff") === "included";
    const paid = people * pay * MONTHS;
    const left = subsidiesFen === null ? null : subsidiesFen - paid;
    const newStaff = staff === null ? null : included ? staff - people : staff;
    const amounts = tables.flatMap((table) => under.value(table).map(({ fen }) => fen));
    const [least, most] = [Math.min(...amounts), Math.max(...amounts, under.value("subsidy.leader-police"))];
    // What is left must be payable to the new people at the least and at the most that one person draws.
    const payable =
      left !== null &&
      newStaff !== null &&
      outside(left, { min: newStaff * least * MONTHS, max: newStaff * most * MONTHS }) === 0;
    const agrees = paid === printedPay && left === printedNew && newStaff !== null && newStaff >= 0 && payable;
    const verdict: Verdict = left === null || newStaff === null ? "cannot-tell" : agrees ? "meets" : "breaches";
    const steps: Text[] = [
      {
        zh: `原有 ${people} 人 × ${yuan(pay)} 元 × ${MONTHS} 个月 = ${yuan(paid)} 元，所印 ${yuan(printedPay)} 元`,
        en: `${people} there already × ${yuan(pay)} yuan × ${MONTHS} months = ${yuan(paid)} yuan, printed ${yuan(printedPay)}`,
      },
      left === null
        ? { zh: "补贴总额空缺，新增支出算不出", en: "The total is missing, so the new spending cannot be worked out" }
        : {
            zh: `新增支出 ${yuan(left + paid)} − ${yuan(paid)} = ${yuan(left)} 元，所印 ${yuan(printedNew)} 元`,
            en: `New spending: ${yuan(left + paid)} − ${yuan(paid)} = ${yuan(left)} yuan, printed ${yuan(printedNew)}`,
          },
    ];
    const whose: Text =
      staff === null || newStaff === null
        ? { zh: "网格工作人员数空缺", en: "The number of grid staff is missing" }
        : included
          ? {
              zh: `在 ${staff} 人之内，新增 ${staff} − ${people} = ${newStaff} 人`,
              en: `Among the ${staff}: ${staff} − ${people} = ${newStaff} new people`,
            }
          : {
              zh: `在 ${staff} 人之外，新增 ${newStaff} 人，共 ${staff} + ${people} = ${staff + people} 人`,
              en: `On top of the ${staff}, all of them new: ${staff} + ${people} = ${staff + people} in all`,
            };
    const each: Text[] =
      left === null || newStaff === null
        ? []
        : [
            {
              zh: `${newStaff} 人每年可领 ${yuan(newStaff * least * MONTHS)}–${yuan(newStaff * most * MONTHS)} 元，新增支出${payable ? "在" : "不在"}其内`,
              en: `${newStaff} people draw ${yuan(newStaff * least * MONTHS)}–${yuan(newStaff * most * MONTHS)} yuan a year: the new spending is ${payable ? "" : "not "}within`,
            },
          ];
    return { verdict, explanation: whose, left, printedNew, steps: [...steps, whose, ...each] };
  };
  const { policy: asking, asked } = traced(policy);
  const { verdict, left, printedNew, steps } = judge(asking);
  const difference = left === null ? null : left - printedNew;
  const { steps: readings, ...rest } = reliedOn(asked(), policy, judge);
  return {
    rule: "subsidy.existing-assistants",
    clause: "A4",
    verdict,
    subject,
    title: {
      zh: `${subject.name}原有警务助理之外新增支出 ${left === null ? "不明" : `${yuan(left)} 元`}，所印 ${yuan(printedNew)} 元`,
      en: `${subject.name}: new spending beside the existing police assistants ${left === null ? "unknown" : `${yuan(left)} yuan`}, printed ${yuan(printedNew)}`,
    },
    observed: left,
    expected: printedNew,
    unit: "fen/year",
    difference,
    ...moneyOf(difference, "year"),
    inputs: [
      inputOf({ zh: "网格工作人员数", en: "grid staff" }, staff, facts),
      inputOf({ zh: "年度补贴总额（分）", en: "yearly subsidies, in fen" }, subsidiesFen, facts),
    ],
    steps: [...readings, ...steps],
    ...rest,
  };
}
