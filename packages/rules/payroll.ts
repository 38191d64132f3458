import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import { streets } from "@county/plan/county.ts";
import { type Policy, traced } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type AnnexTable, isWhole } from "./annex-tables.ts";
import { by, compare, hundredths, portion, sum } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  inputOf,
  isReading,
  type ParameterUsed,
  parametersUsed,
  readingStep,
  reliedOn,
  type Subject,
  type Verdict,
  yuan,
} from "./finding.ts";
import type { FundId } from "./funds.ts";
import type { Member } from "./grid-map.ts";
import {
  type Appointment,
  type CommunityHistory,
  communityOf,
  counts,
  heldOn,
  type MapGrid,
  overlap,
  type PlaceHistory,
  placeOn,
  type ServingPost,
  servingOn,
  turningDays,
} from "./roster.ts";
import {
  byId,
  dutyText,
  existingAssistantsFinding,
  monthlyAmounts,
  monthlySteps,
  partOfMonth,
  type Span,
  type SubsidyCompound,
  type SubsidyPost,
  subsidyCost,
  subsidyCostFinding,
} from "./subsidies.ts";

// What a month owes to each of a community's grid staff, what is still owed or to be recovered for months already paid, and
// what a run of many communities comes to (plan A4). All money is whole fen.

/** The fund that pays grid staff. */
const FUND: FundId = "grid-subsidies";

// ----------------------------------------------------------------------------------------------------------- what is due

/** What the assessment of people makes of somebody's pay, by a published rule: on the days from `from` to `to`, both included. */
export interface Adjustment {
  readonly person: string;
  readonly from: string;
  /** null: until further notice. */
  readonly to: string | null;
  /** Whole, 0 or more; 10000 leaves the pay as it is. */
  readonly basisPoints: number;
  /** The rule, and what it rests on. */
  readonly source: Text;
}

export interface PayFacts {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly history: Pick<CommunityHistory, "maps" | "places">;
  /** One community's. */
  readonly roster: readonly Appointment[];
  readonly policyOn: (day: string) => Policy;
  /** The days on which the policy may have changed; any others do no harm. */
  readonly policyDays: readonly string[];
  readonly adjustments: readonly Adjustment[];
}

/** Days of a month on which somebody's pay rests on the same. */
export interface PayPart {
  readonly from: string;
  readonly to: string;
  /** Days that count, of so many that a month counts. */
  readonly days: number;
  readonly of: number;
  readonly duty: SubsidyPost["duty"];
  readonly policeAssistant: boolean;
  /** The grid served in; null: none, as the one appointed to lives no longer. */
  readonly grid: Pick<MapGrid, "id" | "name" | "kind"> | null;
  /** What is served; of a divided place its parts there. */
  readonly compounds: readonly SubsidyCompound[];
  /** The monthly amounts that could be meant, ascending: one where it is clear, none where it cannot be worked out. */
  readonly amounts: readonly number[];
  /** The one that is paid; 0 where none can be. */
  readonly monthlyFen: number;
  readonly fen: number;
  readonly band: Text;
  readonly steps: readonly Text[];
  readonly parameters: readonly ParameterUsed[];
}

/** What one appointment gives for a month. Its keys always come in this order, so that its JSON can be compared. */
export interface PayLine {
  readonly appointment: string;
  readonly person: string;
  /** The month it is for, which for a correction is not that of the run. */
  readonly month: string;
  /** 0: the month's own run; then 1, 2, … */
  readonly correction: number;
  /** Of a correction what is left to pay, or below 0 to recover. */
  readonly fen: number;
  /** What the month is due; of a correction as it is known now. */
  readonly parts: readonly PayPart[];
  readonly steps: readonly Text[];
  /** What the month is due at the least and at the most, where no reading decides. */
  readonly undecided: { readonly lowFen: number; readonly highFen: number; readonly steps: readonly Text[] } | null;
  /** Whether a figure is missing on some days, which then give nothing. */
  readonly unknown: boolean;
}

type Basis = Omit<PayPart, "from" | "to" | "days" | "of" | "fen">;
interface Stretch {
  readonly from: string;
  readonly to: string;
  readonly basis: Basis;
  readonly adjustments: readonly Adjustment[];
}

/**
 * What a month owes to each leader and worker of a community, by appointment. The month is divided where the roster, the grids,
 * the places, the policy or an adjustment change, each stretch is judged once, and neighbours that rest on the same are joined.
 *
 * In one grid a person is paid once a day for everything served there: as leader if that is one of the posts, else by the worker's
 * post that began first; the other posts have parts of 0 that say so. A police assistant's post has no line: it raises the other's.
 * @source plan A4; `policy.subsidy.undecided`; parts of a month by the month's first day, as only one convention makes them add up
 * @throws RangeError if the month is no month, or a parameter is not in force on a day of it
 */
export function dueOf({ month, history, roster, policyOn, policyDays, adjustments }: PayFacts): readonly PayLine[] {
  const whole = { from: `${month}-01`, to: lastDayOfMonth(month) };
  const here = roster.filter((one) => counts(one) && overlap(one, whole));
  const places = new Map(history.places.map((place) => [place.id, place]));
  const convention = policyOn(whole.from);
  const changes = new Set(policyDays);
  const cuts = [
    ...new Set([
      ...turningDays(here, history, whole),
      ...policyDays,
      ...adjustments.flatMap(({ from, to }) => [from, ...(to === null ? [] : [addDays(to, 1)])]),
    ]),
  ]
    .filter((day) => whole.from <= day && day <= whole.to)
    .sort();
  const stretches = new Map<string, Stretch[]>(here.filter(isPaid).map(({ id }) => [id, []]));
  let policy = convention;
  let judged = new Map<string, Basis>();
  for (const [index, from] of cuts.entries()) {
    const next = cuts[index + 1];
    const to = next === undefined ? whole.to : addDays(next, -1);
    if (index > 0 && changes.has(from)) {
      policy = policyOn(from);
      judged = new Map();
    }
    const serving = servingOn(here, history, from);
    for (const appointment of here) {
      if (!isPaid(appointment) || !heldOn(appointment, from)) continue;
      const basis = basisOf(appointment, serving, (members) => compoundsOf(members, places, from), policy, judged);
      const found = adjustments.filter((one) => one.person === appointment.person && heldOn(one, from));
      append(stretches.get(appointment.id) as Stretch[], { from, to, basis, adjustments: found });
    }
  }
  return here
    .filter(isPaid)
    .toSorted(by(({ id }) => id))
    .map((appointment) => lineOf(appointment, stretches.get(appointment.id) as Stretch[], month, convention));
}

const isPaid = ({ kind }: Appointment): boolean => kind === "leader" || kind === "worker";

/** Which of a person's posts in a grid is paid comes first. */
const byRank = by(({ appointment: { kind, from, id } }: ServingPost) =>
  JSON.stringify([kind === "leader" ? 0 : 1, from, id]),
);

/** What an appointment's pay rests on, given who serves where on a day. */
function basisOf(
  { id, kind, person }: Appointment,
  serving: readonly ServingPost[],
  compoundsOf: (members: readonly Member[]) => readonly SubsidyCompound[],
  policy: Policy,
  judged: Map<string, Basis>,
): Basis {
  const duty = kind === "leader" ? "leader" : "worker";
  const grid = serving.find(({ appointment }) => appointment.id === id)?.grid;
  if (grid === undefined)
    return unpaid(
      duty,
      null,
      "所任网格已不存在，没有服务的网格",
      "The grid appointed to is no more: no grid is served",
    );
  const named = { id: grid.id, name: grid.name, kind: grid.kind };
  const own = serving.filter((one) => one.grid.id === grid.id && one.appointment.person === person);
  const posts = own.filter(({ appointment }) => isPaid(appointment)).sort(byRank);
  const paid = (posts[0] as ServingPost).appointment.id;
  if (paid !== id)
    return unpaid(
      duty,
      named,
      `在同一网格已按任职 ${paid} 计发，不重复发`,
      `Paid in the same grid by appointment ${paid}, and not twice`,
    );
  const post: SubsidyPost = {
    gridKind: grid.kind,
    duty,
    policeAssistant: own.some(({ appointment }) => appointment.kind === "police-assistant"),
    compounds: compoundsOf(posts.flatMap(({ members }) => members)),
  };
  const key = JSON.stringify([post, named]);
  const held = judged.get(key);
  if (held !== undefined) return held;
  const basis = basisOn(post, named, policy);
  judged.set(key, basis);
  return basis;
}

const unpaid = (duty: SubsidyPost["duty"], grid: PayPart["grid"], zh: string, en: string): Basis => ({
  duty,
  policeAssistant: false,
  grid,
  compounds: [],
  amounts: [0],
  monthlyFen: 0,
  band: { zh, en },
  steps: [{ zh, en }],
  parameters: [],
});

function basisOn(post: SubsidyPost, grid: NonNullable<PayPart["grid"]>, policy: Policy): Basis {
  const { duty, policeAssistant, compounds } = post;
  const { policy: asking, asked } = traced(policy);
  const amounts = monthlyAmounts(post, asking);
  const open = amounts.length > 1;
  const monthlyFen = open && asking.value("policy.subsidy.undecided") === "hold" ? 0 : (amounts[0]?.fen ?? 0);
  const who = dutyText(duty, policeAssistant);
  const kind = grid.kind === "rural" ? { zh: "农村网格", en: "rural" } : { zh: "城市网格", en: "urban" };
  const steps = monthlySteps(
    {
      compounds,
      amounts,
      asked: asked(),
      readings: asked()
        .filter(isReading)
        .map((id) => readingStep(id, policy)),
    },
    policy,
  );
  return {
    duty,
    policeAssistant,
    grid,
    compounds,
    amounts: amounts.map(({ fen }) => fen),
    monthlyFen,
    band: amounts.find(({ fen }) => fen === monthlyFen)?.band ?? (steps.at(-1) as Text),
    steps: [
      { zh: `${grid.name}（${kind.zh}）${who.zh}`, en: `${grid.name} (${kind.en}): ${who.en}` },
      ...steps,
      ...(open
        ? [
            {
              zh: `定下来以前每月按 ${yuan(monthlyFen)} 元`,
              en: `Until that is decided, ${yuan(monthlyFen)} yuan a month`,
            },
          ]
        : []),
    ],
    parameters: parametersUsed(asked(), policy),
  };
}

/** The places of these members as far as pay goes by them, each once, in an order of their own. */
function compoundsOf(
  members: readonly Member[],
  places: ReadonlyMap<string, PlaceHistory>,
  on: string,
): readonly SubsidyCompound[] {
  const parts = new Map<string, Map<string | undefined, number | null>>();
  for (const { place, part, households } of members) {
    const held = parts.get(place) ?? new Map<string | undefined, number | null>();
    parts.set(place, held.set(part, households ?? null));
  }
  return [...parts]
    .map(([id, served]): SubsidyCompound => {
      const history = places.get(id);
      const entry = history && placeOn(history, on);
      const name = entry?.name ?? id;
      const propertyCompany = entry?.propertyCompany ?? null;
      if (served.has(undefined)) return { id, name, households: entry?.households ?? null, propertyCompany };
      const known = [...served.values()].filter((households) => households !== null);
      const named = [...served.keys()].map(String).sort(compare).join("、");
      const households = known.length === served.size ? sum(known) : null;
      return { id, name: `${name}（${named}）`, households, propertyCompany };
    })
    .sort(byId);
}

/** Adds the next stretch of an appointment, as part of the one before it where it rests on the same. */
function append(stretches: Stretch[], stretch: Stretch): void {
  const before = stretches.at(-1);
  const same = (key: "basis" | "adjustments") =>
    before?.[key] === stretch[key] || JSON.stringify(before?.[key]) === JSON.stringify(stretch[key]);
  if (before !== undefined && same("basis") && same("adjustments"))
    stretches[stretches.length - 1] = { ...before, to: stretch.to };
  else stretches.push(stretch);
}

/** Ten thousandths. */
const UNCHANGED = 10_000;

/** Adjusted one after another without rounding in between, so that their order is nothing. */
function adjusted(fen: number, adjustments: readonly Adjustment[]): number {
  const points = adjustments.reduce((product, { basisPoints }) => product * BigInt(basisPoints), 1n);
  return Number((BigInt(fen) * points) / BigInt(UNCHANGED) ** BigInt(adjustments.length));
}

function lineOf(
  { id, person }: Appointment,
  stretches: readonly Stretch[],
  month: string,
  convention: Policy,
): PayLine {
  const all = stretches.map((stretch) => partOf(stretch, month, convention));
  const parts = all.map(({ part }) => part);
  const fens = parts.map((part) => part.fen);
  const fen = sum(fens);
  const lowFen = sum(all.map(({ low }) => low));
  const highFen = sum(all.map(({ high }) => high));
  const unknown = parts.some(({ amounts, days }) => amounts.length === 0 && days > 0);
  return {
    appointment: id,
    person,
    month,
    correction: 0,
    fen,
    parts,
    steps: [
      ...(fens.length > 1 ? [totalStep(fens, fen)] : []),
      ...(unknown
        ? [
            {
              zh: "有的日子缺少户数，算不出，暂不发，查明后补发",
              en: "For some days figures are missing: nothing is paid for them until they are known",
            },
          ]
        : []),
    ],
    undecided:
      lowFen < highFen
        ? {
            lowFen,
            highFen,
            steps: [
              {
                zh: `当月应发 ${yuan(lowFen)}–${yuan(highFen)} 元，由县里定；先发 ${yuan(fen)} 元`,
                en: `Between ${yuan(lowFen)} and ${yuan(highFen)} yuan is due, as the county decides; ${yuan(fen)} is paid`,
              },
            ],
          }
        : null,
    unknown,
  };
}

const totalStep = (fens: readonly number[], total: number): Text => {
  const added = `${fens.map(yuan).join(" + ")} = ${yuan(total)}`;
  return { zh: `合计：${added} 元`, en: `Together: ${added} yuan` };
};

/** A stretch as it is paid, and what it could come to at the least and at the most. */
function partOf({ from, to, basis, adjustments }: Stretch, month: string, convention: Policy) {
  const { policy, asked } = traced(convention);
  const factors = adjustments.toSorted(by((one) => JSON.stringify(one)));
  const divided = (fen: number) => partOfMonth(fen, { month, from, to }, policy);
  const given = (fen: number) => adjusted(divided(fen).fen, factors);
  const { fen: plain, days, of, step } = divided(basis.monthlyFen);
  const fen = adjusted(plain, factors);
  const conventions = parametersUsed(asked(), convention);
  const part: PayPart = {
    from,
    to,
    days,
    of,
    duty: basis.duty,
    policeAssistant: basis.policeAssistant,
    grid: basis.grid,
    compounds: basis.compounds,
    amounts: basis.amounts,
    monthlyFen: basis.monthlyFen,
    fen,
    band: basis.band,
    steps: [...basis.steps, ...(basis.monthlyFen === 0 ? [] : [step, ...adjustmentSteps(plain, factors, fen)])],
    parameters:
      basis.monthlyFen === 0 ? basis.parameters : [...basis.parameters, ...conventions].sort(by(({ id }) => id)),
  };
  const [least, most] = [basis.amounts[0], basis.amounts.at(-1)];
  if (least === undefined || most === undefined || least === most) return { part, low: fen, high: fen };
  return { part, low: given(least), high: given(most) };
}

function adjustmentSteps(plain: number, adjustments: readonly Adjustment[], fen: number): Text[] {
  if (adjustments.length === 0) return [];
  const product = `${yuan(plain)}${adjustments.map(({ basisPoints }) => ` × ${hundredths(basisPoints)}%`).join("")}`;
  return [
    ...adjustments.map(({ source, basisPoints }) => ({
      zh: `考核：${source.zh}，按 ${hundredths(basisPoints)}% 发`,
      en: `Assessment: ${source.en}, so ${hundredths(basisPoints)}% is paid`,
    })),
    { zh: `${product} → ${yuan(fen)} 元`, en: `${product} → ${yuan(fen)} yuan` },
  ];
}

// ----------------------------------------------------------------------------------------------------------- corrections

/** What was locked for a month: a line of its own run, or of a correction in a later one. */
export type LockedLine = Pick<PayLine, "appointment" | "person" | "month" | "correction" | "fen">;

const lineKey = ({ month, appointment, person }: LockedLine): string => JSON.stringify([month, appointment, person]);

/**
 * What is left to pay, or to recover, for months already locked: what is due as known now less everything locked for it. Of one
 * appointment, person and month one line, numbered after the highest locked; none where nothing is left. An appointment that
 * was paid and is due no more is recovered whole. Once these lines are locked there is nothing left.
 * @source plan A4
 */
export function differences(due: readonly PayLine[], locked: readonly LockedLine[]): readonly PayLine[] {
  const owed = new Map(due.map((line) => [lineKey(line), line]));
  const paid = Map.groupBy(locked, lineKey);
  return [...new Set([...owed.keys(), ...paid.keys()])].sort(compare).flatMap((key): PayLine[] => {
    const now = owed.get(key);
    const before = (paid.get(key) ?? []).toSorted(by(({ correction }) => correction));
    const dueFen = now?.fen ?? 0;
    const paidFen = sum(before.map(({ fen }) => fen));
    const fen = dueFen - paidFen;
    const of = now ?? before[0];
    if (fen === 0 || of === undefined) return [];
    const { appointment, person, month } = of;
    return [
      {
        appointment,
        person,
        month,
        correction: 1 + Math.max(0, ...before.map(({ correction }) => correction)),
        fen,
        parts: now?.parts ?? [],
        steps: [
          ...before.map((line) =>
            line.correction === 0
              ? {
                  zh: `${month} 当月发 ${yuan(line.fen)} 元`,
                  en: `Paid in the run of ${month}: ${yuan(line.fen)} yuan`,
                }
              : {
                  zh: `第 ${line.correction} 次更正 ${yuan(line.fen)} 元`,
                  en: `Correction ${line.correction}: ${yuan(line.fen)} yuan`,
                },
          ),
          now === undefined
            ? { zh: `${month} 现不应发`, en: `Nothing is due for ${month} as it is known now` }
            : {
                zh: `${month} 现应发 ${yuan(dueFen)} 元`,
                en: `Due for ${month} as it is known now: ${yuan(dueFen)} yuan`,
              },
          ...(now?.steps ?? []),
          {
            zh: `${fen > 0 ? "补发" : "追回"}：${yuan(dueFen)} − ${bracketed(paidFen)} = ${yuan(fen)} 元`,
            en: `${fen > 0 ? "To pay" : "To recover"}: ${yuan(dueFen)} − ${bracketed(paidFen)} = ${yuan(fen)} yuan`,
          },
        ],
        undecided: now?.undecided ?? null,
        unknown: now?.unknown ?? false,
      },
    ];
  });
}

const bracketed = (fen: number): string => (fen < 0 ? `(${yuan(fen)})` : yuan(fen));

// ---------------------------------------------------------------------------------------------------------------- totals

/** What a run takes from a fund for one community. `people`: to whom some line gives or takes money. */
export interface FundTotal {
  readonly community: string;
  readonly fund: FundId;
  readonly people: number;
  readonly fen: number;
}
export interface RunTotals {
  readonly communities: readonly FundTotal[];
  readonly people: number;
  readonly fen: number;
}

const peopleOf = (lines: readonly PayLine[]): number =>
  new Set(lines.filter(({ fen }) => fen !== 0).map(({ person }) => person)).size;
const fenOf = (lines: readonly PayLine[]): number => sum(lines.map(({ fen }) => fen));

/** The totals of a run, corrections included, by community in the order of their ids. */
export const runTotals = (lines: readonly PayLine[]): RunTotals => ({
  communities: [...Map.groupBy(lines, ({ appointment }) => communityOf(appointment))]
    .map(([community, some]) => ({ community, fund: FUND, people: peopleOf(some), fen: fenOf(some) }))
    .sort(by(({ community }) => community)),
  people: peopleOf(lines),
  fen: fenOf(lines),
});

export interface Payee {
  readonly person: string;
  readonly fen: number;
}

/**
 * Each person once with everything a run gives or takes, by id: whom it pays, and from whom more is taken than given. The latter
 * are told and not paid; nobody pays less than nothing. Who comes to 0 is in neither; together they make up the run.
 */
export function payees(lines: readonly PayLine[]): {
  readonly pay: readonly Payee[];
  readonly recover: readonly Payee[];
} {
  const all = [...Map.groupBy(lines, ({ person }) => person)]
    .map(([person, some]) => ({ person, fen: fenOf(some) }))
    .sort(by(({ person }) => person));
  return { pay: all.filter(({ fen }) => fen > 0), recover: all.filter(({ fen }) => fen < 0) };
}

// -------------------------------------------------------------------------------------------------------------- findings

export interface RunFacts extends Evidence {
  /** The street. */
  readonly subject: Subject;
  /** `YYYY-MM`. */
  readonly month: string;
  /** Of all its communities, corrections of earlier months included. */
  readonly lines: readonly PayLine[];
}

/**
 * What whoever checks a run has to know, always these four: amounts that no reading decides, amounts that cannot be worked out,
 * people paid in several grids on a day, and people who owe more than the run gives them. The first three are of the month
 * itself; what an earlier month left open its own run told.
 * @source plan A4
 */
export const payrollFindings = (facts: RunFacts, policy: Policy): readonly Finding[] => [
  undecidedFinding(facts, policy),
  unknownFinding(facts),
  severalGridsFinding(facts),
  recoverFinding(facts),
];

const ownLines = ({ lines }: RunFacts): readonly PayLine[] =>
  lines.filter(({ correction }) => correction === 0).toSorted(by(({ appointment }) => appointment));

/** Where a line's pay comes from, in words that name nobody. */
const lineName = ({ appointment, parts }: PayLine): string =>
  [...new Set(parts.flatMap(({ grid }) => grid?.name ?? [])), appointment].join(" ");

function undecidedFinding(facts: RunFacts, policy: Policy): Finding {
  const { subject, month } = facts;
  const open = ownLines(facts).flatMap((line) => (line.undecided === null ? [] : [{ line, ...line.undecided }]));
  const observed = new Set(open.map(({ line }) => line.person)).size;
  const [low, high] = [sum(open.map(({ lowFen }) => lowFen)), sum(open.map(({ highFen }) => highFen))];
  const clear = sum(open.flatMap(({ line }) => line.parts.map(({ amounts, fen }) => (amounts.length > 1 ? 0 : fen))));
  const verdict: Verdict = observed > 0 ? "ambiguous" : "meets";
  const judge = (under: Policy) => {
    const paid = under.value("policy.subsidy.undecided") === "hold" ? clear : low;
    return {
      verdict,
      explanation: {
        zh: `${observed} 人应发 ${yuan(low)}–${yuan(high)} 元，先发 ${yuan(paid)} 元`,
        en: `people: ${observed}; between ${yuan(low)} and ${yuan(high)} yuan is due, ${yuan(paid)} is paid`,
      },
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { explanation } = judge(asking);
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  return {
    rule: "payroll.undecided",
    clause: "A4",
    verdict,
    subject,
    title:
      observed === 0
        ? { zh: `${subject.name} ${month} 没有待定的补贴`, en: `${subject.name}, ${month}: every amount is decided` }
        : {
            zh: `${subject.name} ${month} 补贴待县里定：${explanation.zh}`,
            en: `${subject.name}, ${month}, for the county to decide: ${explanation.en}`,
          },
    observed,
    expected: 0,
    unit: "person",
    difference: observed,
    ...(high > low && { moneyFen: high - low }),
    inputs: [inputOf({ zh: "金额待定的人数", en: "people whose amount is not decided" }, observed, facts)],
    steps: [
      ...steps,
      ...open.map(({ line, lowFen, highFen }) => ({
        zh: `${lineName(line)}：${yuan(lowFen)}–${yuan(highFen)} 元`,
        en: `${lineName(line)}: ${yuan(lowFen)}–${yuan(highFen)} yuan`,
      })),
    ],
    ...rest,
  };
}

function unknownFinding(facts: RunFacts): Finding {
  const { subject, month } = facts;
  const missing = ownLines(facts).filter(({ unknown }) => unknown);
  const observed = new Set(missing.map(({ person }) => person)).size;
  return {
    rule: "payroll.unknown",
    clause: "A4",
    verdict: observed > 0 ? "cannot-tell" : "meets",
    subject,
    title:
      observed === 0
        ? {
            zh: `${subject.name} ${month} 补贴都算得出`,
            en: `${subject.name}, ${month}: every amount can be worked out`,
          }
        : {
            zh: `${subject.name} ${month} 有 ${observed} 人的补贴算不出，暂不发`,
            en: `${subject.name}, ${month}: of so many people it cannot be worked out and is not paid: ${observed}`,
          },
    observed,
    expected: 0,
    unit: "person",
    difference: observed,
    inputs: [inputOf({ zh: "补贴算不出的人数", en: "people whose amount cannot be worked out" }, observed, facts)],
    steps: missing.map((line) => {
      const unclear = line.parts.filter(({ amounts }) => amounts.length === 0);
      const names = [
        ...new Set(
          unclear.flatMap(({ compounds }) =>
            compounds.filter(({ households }) => households === null).map(({ name }) => name),
          ),
        ),
      ];
      return {
        zh: `${lineName(line)}：${names.length > 0 ? `缺户数的 ${names.join("、")}` : "没有服务的小区，或者不在任何一档内"}`,
        en: `${lineName(line)}: ${names.length > 0 ? `no households known of ${names.join(", ")}` : "nothing is served, or no band has it"}`,
      };
    }),
    parameters: [],
  };
}

function severalGridsFinding(facts: RunFacts): Finding {
  const { subject, month } = facts;
  const paid = Map.groupBy(
    ownLines(facts).flatMap(({ person, parts }) =>
      parts.flatMap(({ from, to, grid, monthlyFen }) => (grid && monthlyFen > 0 ? [{ person, from, to, grid }] : [])),
    ),
    ({ person }) => person,
  );
  const several = [...paid]
    .map(([person, parts]) => ({
      person,
      grids: [
        ...new Map(
          parts
            .filter((one) => parts.some((other) => one.grid.id !== other.grid.id && overlap(one, other)))
            .map(({ grid }) => [grid.id, grid.name]),
        ).values(),
      ].sort(compare),
    }))
    .filter(({ grids }) => grids.length > 0)
    .sort(by(({ person }) => person));
  const observed = several.length;
  return {
    rule: "payroll.several-grids",
    clause: "A4",
    verdict: "meets",
    subject,
    title: {
      zh: `${subject.name} ${month} 同一天在几个网格领补贴的 ${observed} 人`,
      en: `${subject.name}, ${month}: people paid in several grids on a day: ${observed}`,
    },
    observed,
    expected: null,
    unit: "person",
    difference: null,
    inputs: [inputOf({ zh: "在几个网格领补贴的人数", en: "people paid in several grids" }, observed, facts)],
    steps: [
      {
        zh: "补贴按每个网格的岗位计；方案没有规定一人只能领一处，可以发，请核对",
        en: "The subsidy goes by the post in each grid; the plan does not limit a person to one, so it is paid: to be looked at",
      },
      ...several.map(({ person, grids }) => ({
        zh: `${person}：${grids.join("、")}`,
        en: `${person}: ${grids.join(", ")}`,
      })),
    ],
    parameters: [],
  };
}

/** That earlier months gave more than is due is told without being anybody's breach: it may only have become known later. */
function recoverFinding(facts: RunFacts): Finding {
  const { subject, month, lines } = facts;
  const { recover } = payees(lines);
  const observed = recover.length;
  const fen = 0 - sum(recover.map((one) => one.fen));
  return {
    rule: "payroll.recover",
    clause: "A4",
    verdict: observed > 0 ? "deviates" : "meets",
    subject,
    title:
      observed === 0
        ? {
            zh: `${subject.name} ${month} 没有要追回的补贴`,
            en: `${subject.name}, ${month}: nothing is to be recovered`,
          }
        : {
            zh: `${subject.name} ${month} 应向 ${observed} 人追回 ${yuan(fen)} 元`,
            en: `${subject.name}, ${month}: ${yuan(fen)} yuan to be recovered from so many people: ${observed}`,
          },
    observed,
    expected: 0,
    unit: "person",
    difference: observed,
    ...(fen > 0 && { moneyFen: fen }),
    inputs: [inputOf({ zh: "须追回补贴的人数", en: "people from whom pay is to be recovered" }, observed, facts)],
    steps: recover.map((one) => ({
      zh: `${one.person}：本次合计 ${yuan(one.fen)} 元，不发，另行追回`,
      en: `${one.person}: ${yuan(one.fen)} yuan in all; nothing is paid, it is recovered apart`,
    })),
    parameters: [],
  };
}

// --------------------------------------------------------------------------------------------------------------- annex 4

/** What annex 4 prints of a street in its line of totals; null: empty. */
export interface PrintedStaff extends Evidence {
  readonly staff: number | null;
  /** A year's subsidies, in fen. */
  readonly subsidyFen: number | null;
}

/** Annex 4's totals of a street, among tables that were read; null where none describes it. */
export function printedStaff(tables: readonly AnnexTable[], street: string): PrintedStaff | null {
  const table = tables.find((one) => one.annex === 4 && one.street.code === street);
  const total = table?.totals.find(isWhole);
  if (table === undefined || total === undefined) return null;
  return {
    staff: total.figures.staff?.value ?? null,
    subsidyFen: total.figures.subsidy?.value ?? null,
    asOf: table.asOf,
    source: table.file,
    place: total.place,
  };
}

export interface Annex4Facts extends Evidence {
  readonly street: Subject;
  /** The street's grid staff in post on a day, one for each person and grid. */
  readonly posts: readonly SubsidyPost[];
  /** null: no annex describes the street. */
  readonly printed: PrintedStaff | null;
}

/**
 * A street's grid staff in post against annex 4: how many there are, what they draw a year and why that is not what is printed,
 * and for the street with police assistants of its own what is left beside them. What is printed there is a plan for a year, which
 * nobody breaches by having other people in post.
 * @source plan A4 with its notes
 */
export function annex4Comparison(facts: Annex4Facts, policy: Policy): readonly Finding[] {
  const { street, posts, printed, asOf, source } = facts;
  const cost = { subject: street, posts, asOf, source };
  if (printed === null) return [subsidyCostFinding(cost, policy)];
  const { staff, subsidyFen } = printed;
  const yearly = subsidyCostFinding({ ...cost, printedFen: subsidyFen }, policy);
  return [
    annex4StaffFinding(facts, printed, policy),
    {
      ...yearly,
      verdict: yearly.verdict === "breaches" ? "deviates" : yearly.verdict,
      otherReading: yearly.otherReading?.map((other) =>
        other.verdict === "breaches" ? { ...other, verdict: "deviates" } : other,
      ),
      steps: [...yearly.steps, ...whyApart(facts, printed, policy)],
    },
    ...(hasAssistants(street)
      ? [existingAssistantsFinding({ ...printed, subject: street, staff, subsidiesFen: subsidyFen }, policy)]
      : []),
  ];
}

/** The one street of which annex 4 says that police assistants are there already. */
const hasAssistants = ({ code }: Subject): boolean => code === streets[0].code;

/** Annex 4 pays urban grids; others only where a reading includes them. */
const inPaidGrids = (posts: readonly SubsidyPost[], policy: Policy): readonly SubsidyPost[] =>
  posts.some(({ gridKind }) => gridKind === "rural") && policy.value("policy.villages.rural-grids") === "urban-only"
    ? posts.filter(({ gridKind }) => gridKind === "urban")
    : posts;

function annex4StaffFinding({ street, posts, ...facts }: Annex4Facts, printed: PrintedStaff, policy: Policy): Finding {
  const judge = (under: Policy) => {
    const paid = inPaidGrids(posts, under);
    const observed = paid.length;
    const apart =
      hasAssistants(street) && under.value("policy.police-assistants.among-staff") === "additional"
        ? under.value("annex4.baodu.police-assistants")
        : 0;
    const expected = printed.staff === null ? null : printed.staff + apart;
    const difference = expected === null ? null : observed - expected;
    return {
      verdict: (difference === null ? "cannot-tell" : difference === 0 ? "meets" : "deviates") as Verdict,
      observed,
      expected,
      difference,
      explanation: {
        zh: `在岗 ${observed} 人，附件4${expected === null ? "空缺" : ` ${expected} 人`}`,
        en: `${observed} in post, ${expected === null ? "none given" : expected} in annex 4`,
      },
      steps: [
        ...(apart > 0
          ? [
              {
                zh: `所列 ${printed.staff} 人之外另有原有警务助理 ${apart} 人`,
                en: `${apart} existing police assistants come on top of the ${printed.staff} printed`,
              },
            ]
          : []),
        ...(paid.length < posts.length
          ? [
              {
                zh: `农村网格在岗 ${posts.length - paid.length} 人不计，附件4只列城市网格`,
                en: `${posts.length - paid.length} in post in rural grids do not count: annex 4 is of urban ones`,
              },
            ]
          : []),
      ],
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { explanation, steps, ...judged } = judge(asking);
  const { steps: readings, ...rest } = reliedOn(asked(), policy, judge);
  return {
    rule: "payroll.annex4-staff",
    clause: "A4",
    subject: street,
    title: {
      zh: `${street.name}网格工作人员：${explanation.zh}`,
      en: `${street.name}, grid staff: ${explanation.en}`,
    },
    ...judged,
    unit: "person",
    inputs: [
      inputOf({ zh: "在岗人数", en: "people in post" }, posts.length, facts),
      inputOf({ zh: "附件4所列人数", en: "people in annex 4" }, printed.staff, printed),
    ],
    steps: [...readings, ...steps, explanation],
    ...rest,
  };
}

/** Why what is printed a year and what the rules give are apart: the number of people, and what each of them draws. */
function whyApart({ street, posts }: Annex4Facts, { staff, subsidyFen }: PrintedStaff, policy: Policy): Text[] {
  const paid = inPaidGrids(posts, policy);
  const { unknown, yearlyFen } = subsidyCost(paid, policy);
  if (staff === null || staff === 0 || subsidyFen === null || unknown > 0) return [];
  const ofPeople = portion(subsidyFen, { numerator: staff - paid.length, denominator: staff });
  const rest: Span = { low: subsidyFen - yearlyFen.high - ofPeople, high: subsidyFen - yearlyFen.low - ofPeople };
  const assistants = paid.filter(({ policeAssistant }) => policeAssistant).length;
  return [
    {
      zh: `人数：所列 ${staff} 人，在岗 ${paid.length} 人，按所列人均差额 ${yuan(ofPeople)} 元`,
      en: `People: ${staff} printed, ${paid.length} in post; at the printed amount for each that makes ${yuan(ofPeople)} yuan`,
    },
    {
      zh: `标准：所列人均与按标准所得不同，差额 ${rangeOf(rest)} 元`,
      en: `Amounts: what is printed for each is not what the notes give, which makes ${rangeOf(rest)} yuan`,
    },
    ...(hasAssistants(street)
      ? [
          {
            zh: `所列总额内有原有警务助理的薪酬，见 subsidy.existing-assistants；在岗的 ${assistants} 名警务助理按标准计`,
            en: `What is printed includes the police assistants there already, see subsidy.existing-assistants; the ${assistants} in post draw what the notes give`,
          },
        ]
      : []),
  ];
}

const rangeOf = ({ low, high }: Span): string => (low === high ? yuan(low) : `${yuan(low)} – ${yuan(high)}`);
