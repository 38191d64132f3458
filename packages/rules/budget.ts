import type { ClauseId } from "@county/plan/clauses.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { keyOf } from "./annex-tables.ts";
import { by, compare } from "./figures.ts";
import { type Finding, inputOf, parametersUsed, wanYuan, yuan } from "./finding.ts";
import {
  type Area,
  amountVerdict,
  type BudgetFacts,
  type BudgetLine,
  budget,
  type Figure,
  type FundId,
  funds,
  fundTitle,
  nameOf,
  subjectIn,
} from "./funds.ts";
import {
  type Account,
  type AccountId,
  accountOf,
  COUNTY,
  type Entry,
  type EntryKind,
  type Holder,
  isPaid,
  type Tier,
} from "./ledger.ts";

// A county's budget of a year (plan 3.2.2): what the rules give from the register and the annexes, what the county decided itself,
// what that lets each account receive, how two budgets differ, and how much of one was carried out.

// --------------------------------------------------------------------------------------------------------------- facts

export interface RegisteredStreet {
  readonly area: Area;
  /** Its codes of today and of earlier. */
  readonly codes: readonly string[];
  readonly communities: readonly { readonly area: Area; readonly households: Figure }[];
}

/**
 * What a budget goes by: the register's streets and communities, each with what the annexes print of it, found by the street's code
 * and the community's name. Of a street that no annex describes nothing but the register's households is known.
 * @param on the day that figures are missing on, where nothing is printed
 * @returns also the names of printed communities that are not registered: no line says anything of them
 */
export function registeredFacts(
  county: Area,
  streets: readonly RegisteredStreet[],
  printed: BudgetFacts | null,
  on: string,
): { readonly facts: Omit<BudgetFacts, "years">; readonly unplaced: readonly string[] } {
  const missing: Figure = { value: null, asOf: on, source: "" };
  const placed = new Set<object>();
  const parts = streets.map(({ area, codes, communities }) => {
    const own = printed?.streets.find((street) => codes.includes(street.area.code));
    const rows = (printed?.communities ?? []).filter(({ area: { code } }) => codes.includes(code));
    return {
      street: {
        area,
        recruits: own?.recruits ?? [],
        subsidies: own?.subsidies ?? missing,
        grids: own?.grids ?? { urban: missing },
      },
      communities: communities.map((one) => {
        const row = rows.find((other) => keyOf(other.area.name) === keyOf(one.area.name));
        if (row) placed.add(row);
        return {
          area: one.area,
          households: { ...(row?.households.annex2 && { annex2: row.households.annex2 }), register: one.households },
          rebuilding: row?.rebuilding ?? [],
        };
      }),
    };
  });
  return {
    facts: {
      county,
      streets: parts.map(({ street }) => street),
      communities: parts.flatMap(({ communities }) => communities),
    },
    unplaced: (printed?.communities ?? []).filter((row) => !placed.has(row)).map(({ area: { name } }) => name),
  };
}

// --------------------------------------------------------------------------------------------------------------- lines

/** What the county decided of one fund in one area. `fen` null: left out, said aloud. */
export interface Decision {
  readonly fund: string;
  /** The area's id. */
  readonly area: string;
  readonly fen: number | null;
  readonly reason: string;
  readonly by: string;
  /** The day it was decided. */
  readonly on: string;
}

/** A line of a budget as it stands, decisions included. */
export interface PlannedLine extends Omit<BudgetLine, "fund"> {
  readonly fund: string;
  /** What the rules give; null: they cannot tell, or know nothing of such a line. */
  readonly reckonedFen: number | null;
  readonly decided: Decision | null;
}

/** A fund as a budget has to know it. */
export interface BudgetedFund {
  readonly code: string;
  readonly clause: ClauseId;
}

/** What a line is known by in its budget: no two have the same fund and area. */
export const lineKey = ({ fund, area }: { fund: string; area: { id: string } }): string => `${fund}~${area.id}`;

const SHARED: FundId = "annual";

/** A community's share of the county's yearly amount that the county decided, as the rules take it. */
function withShares(facts: Omit<BudgetFacts, "years">, year: number, decisions: readonly Decision[]): BudgetFacts {
  return {
    ...facts,
    years: [year],
    communities: facts.communities.map((community) => {
      const share = decisions.find(({ fund, area }) => fund === SHARED && area === community.area.id);
      return share === undefined
        ? community
        : { ...community, shares: [{ year, value: share.fen ?? 0, asOf: share.on, source: "decision" }] };
    }),
  };
}

const decidedStep = ({ fen, reason, on }: Decision): Text =>
  fen === null
    ? { zh: `县里 ${on} 决定不安排：${reason}`, en: `left out by the county's decision of ${on}: ${reason}` }
    : {
        zh: `县里 ${on} 决定 ${wanYuan(fen)}：${reason}`,
        en: `${yuan(fen)} yuan by the county's decision of ${on}: ${reason}`,
      };

/**
 * The lines of a budget: what the rules give, and on top of that what the county decided. A decided share of the yearly community
 * work money comes out of the county's amount, so the whole stays what the plan gives.
 * @param known the county's funds, in whose order the lines stand
 * @param areas every area a decision may name
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function budgetLines(
  facts: Omit<BudgetFacts, "years">,
  year: number,
  decisions: readonly Decision[],
  known: readonly BudgetedFund[],
  areas: readonly Area[],
  policy: Policy,
): PlannedLine[] {
  const given = budget(withShares(facts, year, decisions), policy);
  const decisionOf = new Map(decisions.map((one) => [`${one.fund}~${one.area}`, one]));
  // What the rules give without the decisions, for a share is of the decision's own making.
  const reckoned = new Map(
    (decisions.length === 0 ? given : budget({ ...facts, years: [year] }, policy)).map((one) => [
      lineKey(one),
      one.fen,
    ]),
  );
  const lines = given.map((line): PlannedLine => {
    const decided = decisionOf.get(lineKey(line)) ?? null;
    decisionOf.delete(lineKey(line));
    return {
      ...line,
      fen: decided === null ? line.fen : (decided.fen ?? 0),
      reckonedFen: reckoned.get(lineKey(line)) ?? null,
      decided,
      steps: decided === null ? line.steps : [...line.steps, decidedStep(decided)],
    };
  });
  const added = [...decisionOf.values()].flatMap((decided): PlannedLine[] => {
    const area = areas.find(({ id }) => id === decided.area);
    const fund = known.find(({ code }) => code === decided.fund);
    if (area === undefined || fund === undefined) return [];
    return [
      {
        fund: fund.code,
        clause: fund.clause,
        area,
        year,
        fen: decided.fen ?? 0,
        reckonedFen: null,
        decided,
        inputs: [],
        steps: [decidedStep(decided)],
        parameters: [],
        otherReading: [],
      },
    ];
  });
  const order = (fund: string) => known.findIndex(({ code }) => code === fund);
  return [...lines, ...added].toSorted(
    (a, b) => order(a.fund) - order(b.fund) || compare(a.area.code, b.area.code) || compare(a.area.id, b.area.id),
  );
}

/** The name of a fund, the plan's own or one the county defined, by its code. */
export const titleOf = (fund: string, known: readonly { readonly code: string; readonly title: Text }[]): Text =>
  known.find(({ code }) => code === fund)?.title ?? fundTitle(fund as FundId);

/**
 * What keeps a budget from being proposed: an amount nobody knows and nobody decided, one below nothing, or more of the yearly
 * community work money than the county has.
 */
export function obstaclesOf(
  lines: readonly PlannedLine[],
  known: readonly { readonly code: string; readonly title: Text }[],
): Text[] {
  const yearly = lines.filter(({ fund }) => fund === SHARED);
  const [has, gives] = (["reckonedFen", "fen"] as const).map((of) =>
    yearly.reduce((sum, line) => sum + (line[of] ?? 0), 0),
  ) as [number, number];
  const over: Text[] =
    has > 0 && gives > has
      ? [
          {
            zh: `（3.2.2）${fundTitle(SHARED).zh}全县 ${wanYuan(has)}，各行共 ${wanYuan(gives)}`,
            en: `(3.2.2) ${fundTitle(SHARED).en}: the county has ${yuan(has)} yuan, the lines come to ${yuan(gives)}`,
          },
        ]
      : [];
  const wrong = lines.flatMap(({ fund, area, fen }) => {
    const [where, title] = [nameOf(area), titleOf(fund, known)];
    const what = { zh: `${where.zh}，${title.zh}`, en: `${where.en}, ${title.en}` };
    if (fen === null) {
      return [
        {
          zh: `（3.2.2）${what.zh}：没有数字，须决定金额，或写明不安排`,
          en: `(3.2.2) ${what.en}: no figure; decide an amount, or say that it is left out`,
        },
      ];
    }
    return fen < 0
      ? [
          {
            zh: `（3.2.2）${what.zh}：分出的比全县一年的还多 ${wanYuan(-fen)}`,
            en: `(3.2.2) ${what.en}: ${yuan(-fen)} yuan more is shared out than the county has a year`,
          },
        ]
      : [];
  });
  return [...wrong, ...over];
}

/** What an account has received of a fund in the year, in all. */
export interface Received {
  readonly fund: string;
  readonly account: AccountId;
  readonly received: number;
}

/**
 * What a budget would give less of than was received already: of two approved ones the later would say that money came that it never
 * gave. It is taken back first, or the budget gives as much.
 * @param lines those that nobody can tell count for nothing: they are obstacles of their own
 * @param areas the county and what lies in it, which name the accounts
 */
export function shortObstacles(
  lines: readonly PlannedLine[],
  all: readonly Received[],
  areas: readonly Area[],
  known: readonly { readonly code: string; readonly title: Text }[],
): Text[] {
  const limits = limitsOf(lines);
  const areaOf = new Map(areas.map((area) => [area.tier === "county" ? COUNTY : area.id, area]));
  return all.flatMap(({ fund, account, received }): Text[] => {
    const most = accountOf(account)?.kind === "holder" ? limitOf(limits, fund, account) : null;
    if (most === null || received <= most) return [];
    const area = areaOf.get(account);
    const [where, title] = [area ? nameOf(area) : { zh: account, en: account }, titleOf(fund, known)];
    return [
      {
        zh: `（3.2.2）${where.zh}，${title.zh}：已收到 ${yuan(received)} 元，预算只给 ${yuan(most)} 元，须先收回，或不少于已收到的`,
        en: `(3.2.2) ${where.en}, ${title.en}: ${yuan(received)} yuan were received, the budget gives ${yuan(most)}: take it back first, or give no less`,
      },
    ];
  });
}

/** What the lines come to, fund by fund in their order; `unknown`: how many of them could not be told. */
export function totalsOf(lines: readonly PlannedLine[]): { fund: string; fen: number; unknown: number }[] {
  return [...Map.groupBy(lines, ({ fund }) => fund)].map(([fund, of]) => ({
    fund,
    fen: of.reduce((sum, { fen }) => sum + (fen ?? 0), 0),
    unknown: of.filter(({ fen }) => fen === null).length,
  }));
}

// -------------------------------------------------------------------------------------------------------------- limits

/** What each account may receive of each fund in the year, in fen: `county`, streets and communities by id. */
export type Limits = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The limits that a budget's lines come to: an account's are its own line and those of the areas under it. */
export function limitsOf(
  lines: readonly { readonly fund: string; readonly area: Pick<Area, "id" | "tier">; readonly fen: number | null }[],
): Limits {
  const limits: Record<string, Record<string, number>> = {};
  for (const { fund, area, fen } of lines) {
    limits[fund] ??= {};
    const of = limits[fund];
    const above = area.tier === "community" ? [area.id, streetOf(area.id)] : area.tier === "street" ? [area.id] : [];
    for (const account of [...above, "county"]) of[account] = (of[account] ?? 0) + (fen ?? 0);
  }
  return limits;
}
const streetOf = (id: string): string => id.split(".").slice(0, 2).join(".");

/**
 * The most an account may have received of a fund. Null: the budget gives the fund to areas above it only, so it has no limit of its
 * own. A fund that the budget does not have gives nothing to anybody.
 */
export function limitOf(limits: Limits, fund: string, account: string): number | null {
  const of = limits[fund];
  if (of === undefined) return 0;
  const own = of[account];
  if (own !== undefined) return own;
  const parts = account.split(".").length;
  const alike = Object.keys(of).some(
    (other) =>
      other !== "county" &&
      other.split(".").length === parts &&
      (parts === 2 || (parts === 3 && streetOf(other) === streetOf(account))),
  );
  return alike || account === "county" ? 0 : null;
}

// ---------------------------------------------------------------------------------------------------------- comparison

/** One line in two budgets. */
export interface ComparedLine {
  readonly fund: string;
  readonly area: Area;
  /** null: not there, or not known. */
  readonly fen: number | null;
  readonly otherFen: number | null;
  /** The other's less this one's; null where one of them is not known. */
  readonly difference: number | null;
  /** Which inputs, parameters, decisions differ. Empty: nothing does. */
  readonly why: readonly Text[];
}

const shown = (value: unknown): string =>
  value === null ? "—" : typeof value === "string" ? value : JSON.stringify(value);
const changed = (name: Text, before: unknown, after: unknown): Text => ({
  zh: `${name.zh}：${shown(before)} → ${shown(after)}`,
  en: `${name.en}: ${shown(before)} → ${shown(after)}`,
});
const decisionText = (decided: Decision | null): string =>
  decided === null ? "—" : decided.fen === null ? "0" : yuan(decided.fen);

function whyOf(a: PlannedLine, b: PlannedLine): Text[] {
  const inputs = (line: PlannedLine) => new Map(line.inputs.map((one) => [one.name.zh, one]));
  const parameters = (line: PlannedLine) => new Map(line.parameters.map((one) => [one.id, one]));
  const [inA, inB, ofA, ofB] = [inputs(a), inputs(b), parameters(a), parameters(b)];
  return [
    ...[...new Set([...inA.keys(), ...inB.keys()])].flatMap((key) => {
      const [before, after] = [inA.get(key), inB.get(key)];
      if (before?.value === after?.value) return [];
      return [changed((before ?? after)?.name as Text, before?.value ?? null, after?.value ?? null)];
    }),
    ...[...new Set([...ofA.keys(), ...ofB.keys()])].flatMap((id) => {
      const [before, after] = [ofA.get(id), ofB.get(id)];
      if (JSON.stringify(before?.value) === JSON.stringify(after?.value)) return [];
      return [changed({ zh: `参数 ${id}`, en: `parameter ${id}` }, before?.value ?? null, after?.value ?? null)];
    }),
    ...(a.decided?.fen === b.decided?.fen && (a.decided === null) === (b.decided === null)
      ? []
      : [
          changed(
            { zh: "县里的决定（元）", en: "the county's decision, in yuan" },
            decisionText(a.decided),
            decisionText(b.decided),
          ),
        ]),
  ];
}

const onlyIn: Readonly<Record<"first" | "second", Text>> = {
  first: { zh: "后一份没有这一项", en: "the second has no such line" },
  second: { zh: "前一份没有这一项", en: "the first has no such line" },
};

/**
 * Two budgets line by line, in the order of the first; what only the second has comes last. An amount that differs while neither
 * input, parameter nor decision does comes of the other communities of the same fund, among whom it is shared.
 */
export function comparedLines(first: readonly PlannedLine[], second: readonly PlannedLine[]): ComparedLine[] {
  const others = new Map(second.map((line) => [lineKey(line), line]));
  const own = new Set(first.map(lineKey));
  return [
    ...first.map((a): ComparedLine => {
      const b = others.get(lineKey(a));
      const difference = b === undefined || a.fen === null || b.fen === null ? null : b.fen - a.fen;
      const why = b === undefined ? [onlyIn.first] : whyOf(a, b);
      return {
        fund: a.fund,
        area: a.area,
        fen: a.fen,
        otherFen: b?.fen ?? null,
        difference,
        why:
          why.length === 0 && difference !== 0 && difference !== null
            ? [{ zh: "其他社区的份额变了", en: "the shares of other communities changed" }]
            : why,
      };
    }),
    ...second
      .filter((line) => !own.has(lineKey(line)))
      .map(({ fund, area, fen }) => ({ fund, area, fen: null, otherFen: fen, difference: null, why: [onlyIn.second] })),
  ];
}

// ----------------------------------------------------------------------------------------------------------- execution

/** What became of a fund in an area and everything under it, in fen. */
export interface ExecutionRow {
  readonly fund: string;
  readonly area: Area;
  /** null: no approved budget, or no line of it here. */
  readonly planFen: number | null;
  /** From the treasury; null below the county. */
  readonly appropriatedFen: number | null;
  /** To streets; null below a street. */
  readonly releasedFen: number | null;
  /** To communities. */
  readonly passedOnFen: number;
  readonly reservedFen: number;
  readonly paidFen: number;
  /** What of the plan is not paid; null without a plan. */
  readonly leftFen: number | null;
}

const MOVED: ReadonlySet<EntryKind> = new Set(["appropriate", "release", "pass-on", "hand-up"]);
const isHolder = (of: Account | undefined, tier: Tier): boolean => of?.kind === "holder" && of.tier === tier;
/** Of what a holder has, reserved or not. */
const holderOf = (account: AccountId): Holder | undefined => {
  const of = accountOf(account);
  return of?.kind === "holder" || of?.kind === "held" ? of.holder : undefined;
};

interface Flows {
  appropriated: number;
  released: number;
  passedOn: number;
  reserved: number;
  paid: number;
}

/**
 * What the entries of one fund's ledger up to a day did, area by area. Money handed up and entries reversed count against what
 * they undo, on their own day.
 * @param areas the county, its streets, its communities
 * @param entries of one ledger, in any order
 */
export function executionOf(
  fund: string,
  limits: Limits | null,
  entries: readonly Entry[],
  areas: readonly Area[],
  on: string,
): ExecutionRow[] {
  const kinds = new Map(entries.map((entry) => [entry.id, entry.kind]));
  const flows = new Map<string, Flows>();
  const at = (account: string): Flows => {
    const found = flows.get(account) ?? { appropriated: 0, released: 0, passedOn: 0, reserved: 0, paid: 0 };
    flows.set(account, found);
    return found;
  };
  for (const entry of entries.filter((one) => one.on <= on)) {
    const kind = entry.kind === "reverse" ? kinds.get(entry.reverses ?? "") : entry.kind;
    const isOfCommunity = entry.legs.some(({ account }) => isHolder(accountOf(account), "community"));
    const holder = entry.legs.map(({ account }) => holderOf(account)).find((one) => one !== undefined);
    for (const { account, fen } of entry.legs) {
      const of = accountOf(account);
      if (of?.kind === "treasury") at("county").appropriated -= fen;
      else if (of?.kind === "held") at(of.holder).reserved += fen;
      else if (isPaid(account) && holder !== undefined) at(holder).paid += fen;
      else if (kind !== undefined && MOVED.has(kind)) {
        // A street's side of what goes on to a community is no release to the street.
        if (isHolder(of, "community")) at(account).passedOn += fen;
        else if (isHolder(of, "street") && !isOfCommunity) at(account).released += fen;
      }
    }
  }
  return areas.map((area): ExecutionRow => {
    const account = area.tier === "county" ? "county" : area.id;
    const under = [...flows].filter(([of]) => area.tier === "county" || of === account || of.startsWith(`${account}.`));
    const sum = (what: keyof Flows) => under.reduce((total, [, flow]) => total + flow[what], 0);
    const planFen = limits === null ? null : (limits[fund]?.[account] ?? null);
    const paidFen = sum("paid");
    return {
      fund,
      area,
      planFen,
      appropriatedFen: area.tier === "county" ? sum("appropriated") : null,
      releasedFen: area.tier === "community" ? null : sum("released"),
      passedOnFen: sum("passedOn"),
      reservedFen: sum("reserved"),
      paidFen,
      leftFen: planFen === null ? null : planFen - paidFen,
    };
  });
}

// ------------------------------------------------------------------------------------------------------------ findings

/** What a fund gives an area in a year by the rules: told so that another value of a parameter can be held against it. */
export function dueFinding(line: BudgetLine): Finding {
  const { fund, clause, area, year, fen } = line;
  const [what, where] = [fundTitle(fund), nameOf(area)];
  const amount: Text =
    fen === null ? { zh: "无法得出", en: "cannot be told" } : { zh: wanYuan(fen), en: `${yuan(fen)} yuan` };
  return {
    rule: "fund.due",
    clause,
    verdict: fen === null ? "cannot-tell" : "meets",
    subject: subjectIn(area, fund, year),
    title: {
      zh: `${where.zh} ${year} 年${what.zh}：${amount.zh}`,
      en: `${where.en}, ${year}, ${what.en}: ${amount.en}`,
    },
    observed: fen,
    expected: fen,
    unit: "fen",
    difference: null,
    ...(fen !== null && { moneyFen: fen, moneyPer: "year" as const }),
    certainty: "certain",
    inputs: line.inputs,
    steps: line.steps,
    parameters: line.parameters,
  };
}

/**
 * Whether the funds that the plan puts into the county's budget are in the one approved for a year, as far as the rules give anything of
 * them in it. One that is left out aloud is in it.
 * @param lines null: no budget was approved
 * @param due the lines that the rules give
 * @source plan 3.2.2
 */
export function inBudgetFinding(
  county: Area,
  year: number,
  lines: readonly Pick<PlannedLine, "fund">[] | null,
  due: readonly Pick<BudgetLine, "fund">[],
  policy: Policy,
): Finding {
  const given = new Set(due.map(({ fund }) => fund));
  const wanted = policy.value("fund.register").filter(({ id }) => given.has(id));
  const there = new Set(lines?.map(({ fund }) => fund));
  const missing = wanted.filter(({ id }) => !there.has(id));
  const names = (of: "zh" | "en", between: string) => missing.map(({ title }) => title[of]).join(between);
  return {
    rule: "fund.in-budget",
    clause: "3.2.2",
    verdict: missing.length === 0 ? "meets" : "breaches",
    subject: subjectIn(county, year),
    title:
      lines === null
        ? { zh: `${year} 年没有批准的预算`, en: `No budget is approved for ${year}` }
        : missing.length === 0
          ? { zh: `${year} 年各项经费都列入预算`, en: `Every fund is in the budget of ${year}` }
          : {
              zh: `${year} 年有 ${missing.length} 项经费未列入预算`,
              en: `${missing.length} funds are not in the budget of ${year}`,
            },
    observed: wanted.length - missing.length,
    expected: wanted.length,
    difference: 0 - missing.length,
    certainty: "certain",
    inputs: [],
    steps: [
      {
        zh: `应列入 ${wanted.length} 项，未列入 ${missing.length} 项${missing.length === 0 ? "" : `：${names("zh", "、")}`}`,
        en: `${wanted.length} funds belong in it, ${missing.length} are missing${missing.length === 0 ? "" : `: ${names("en", "; ")}`}`,
      },
    ],
    parameters: parametersUsed(["fund.register"], policy),
  };
}

/**
 * An approved budget against what the rules give on a later day: the register, a parameter or a decision may have made an amount
 * another. A line that the county decided is its own to answer for and is shown with its reason; what only the county can set is
 * not judged.
 */
export function budgetFindings(
  approved: readonly PlannedLine[],
  facts: Omit<BudgetFacts, "years">,
  year: number,
  { on, id }: { readonly on: string; readonly id: string },
  policy: Policy,
): Finding[] {
  const decisions = approved.flatMap(({ decided }) => decided ?? []);
  const now = new Map(budget(withShares(facts, year, decisions), policy).map((line) => [lineKey(line), line]));
  const planned = funds.map(({ id: fund }) => fund as string);
  return approved
    .filter(({ fund }) => planned.includes(fund))
    .flatMap((line): Finding[] => {
      const given = now.get(lineKey(line));
      if (given === undefined || given.fen === null || given.fen === line.fen) return [];
      const finding = amountVerdict(given, { value: line.fen, asOf: on, source: `budget/${id}` });
      if (line.decided === null) return [finding];
      return [
        {
          ...finding,
          inputs: [
            ...finding.inputs,
            inputOf({ zh: "县里决定的理由", en: "the county's reason" }, line.decided.reason, {
              asOf: line.decided.on,
              source: `budget/${id}`,
            }),
          ],
        },
      ];
    })
    .toSorted(by(({ subject }) => subject.id));
}
