import {
  addDays,
  addWorkingDays,
  daysBetween,
  endedQuarters,
  isDate,
  MONTHS_A_QUARTER,
  type Quarter,
  workingDaysBetween,
} from "@county/plan/calendar.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  inputOf,
  parametersUsed,
  type Subject,
  whenMissed,
  within,
  yuan,
} from "./finding.ts";
import { type AccountId, above, accountOf, heldOf } from "./ledger.ts";

// The public bulletins (plan 3.2.2: the use of the money is published regularly): of a street or a community, each quarter, fund by
// fund. No sum is made over funds: each is money for one purpose. What came is told apart from what went back, and what was paid
// from what was refunded, so that no difference hides two movements.

// -------------------------------------------------------------------------------------------------------------- figures

/** The ways in which money comes to an area or leaves it. What is only reserved has done neither. */
export const flows = ["received", "returned", "passedOn", "takenBack", "paid", "refunded"] as const;
export type Flow = (typeof flows)[number];
/** Fen, none below 0. */
export type Flows = Readonly<Record<Flow, number>>;

/** What came (1) and what left (−1). */
export const directionOf: Readonly<Record<Flow, 1 | -1>> = {
  received: 1,
  returned: -1,
  passedOn: -1,
  takenBack: 1,
  paid: -1,
  refunded: 1,
};
export const flowText: Readonly<Record<Flow, Text>> = {
  received: { zh: "上级拨入", en: "Received from above" },
  returned: { zh: "退回上级", en: "Sent back up" },
  passedOn: { zh: "转拨社区", en: "Passed on to communities" },
  takenBack: { zh: "社区退回", en: "Sent back by communities" },
  paid: { zh: "支付", en: "Paid" },
  refunded: { zh: "支付退款", en: "Refunded" },
};

/** What money was paid for; `id` null: nobody recorded it. */
export interface Purpose {
  readonly id: string | null;
  readonly title: Text;
}

/**
 * Ids that no fund's own purpose has: in the bulletins and their data they stand for what is not told apart, for what nobody recorded,
 * and for the subsidies of grid staff, which no request asks for.
 */
export type ReservedPurpose = "all" | "unknown" | "grid-staff";

/** A part of one flow and of the one that takes it back. */
export interface Share {
  readonly quarter: { readonly outFen: number; readonly backFen: number };
  readonly toDate: { readonly outFen: number; readonly backFen: number };
}

/** One ledger of an area in a quarter, as the bulletin tells it. Money in fen. */
export interface Figures {
  /** What was left and reserved together when the quarter began. */
  readonly openingFen: number;
  /** By the month in which it is booked. */
  readonly quarter: Flows;
  /** From the ledger's first entry on to the quarter's end. */
  readonly toDate: Flows;
  /** What was paid, and refunded, for each purpose, in the order of their ids. */
  readonly purposes: readonly (Share & { readonly purpose: Purpose })[];
  /** What a street passed on to each community, and had back, in the order of their ids. */
  readonly communities: readonly (Share & { readonly community: string })[];
  /**
   * At the quarter's end, by the months in which entries are booked. An account never has less than nothing, but of months that are
   * not closed `leftFen` may be below 0: what was paid then is told, and what it was paid from came later.
   */
  readonly reservedFen: number;
  readonly leftFen: number;
}

/** A leg of an area's own account, or of what is reserved there, as a statement shows it. */
export interface OwnLeg {
  readonly account: AccountId;
  readonly fen: number;
  readonly entry: string;
  readonly period: string;
  readonly cause: string;
  readonly hold: string | null;
  /** The other accounts of the entry. */
  readonly against: readonly AccountId[];
  /** The entry's instant. */
  readonly at: string;
}

/** An entry as an area sees it: what it did to what is left there and to what is reserved. */
export interface OwnEntry extends Pick<OwnLeg, "entry" | "period" | "cause" | "hold" | "at"> {
  readonly leftFen: number;
  readonly reservedFen: number;
  /** Who else it moved money from or to; null: only between the two. */
  readonly with: AccountId | null;
}

/**
 * The entries of an area's legs, in the order of their ids.
 * @returns null where an entry was met in one of the two accounts only: it was posted while they were read
 */
export function ownEntries(area: string, legs: readonly OwnLeg[]): OwnEntry[] | null {
  const own = [area, heldOf(area)];
  const entries = new Map<string, OwnEntry>();
  const met = new Set(legs.map(({ account, entry }) => `${entry} ${account}`));
  for (const { account, fen, entry, period, cause, hold, against, at } of legs) {
    if (against.some((other) => own.includes(other) && !met.has(`${entry} ${other}`))) return null;
    const before = entries.get(entry) ?? { leftFen: 0, reservedFen: 0 };
    const which = account === area ? "leftFen" : "reservedFen";
    const others = against.filter((other) => !own.includes(other));
    entries.set(entry, {
      ...{ entry, period, cause, hold, at, with: others[0] ?? null },
      ...{ leftFen: before.leftFen, reservedFen: before.reservedFen, [which]: before[which] + fen },
    });
  }
  return [...entries.values()].sort(inOrder(({ entry }) => entry));
}

const isCommunity = (account: AccountId): boolean => {
  const of = accountOf(account);
  return of?.kind === "holder" && of.tier === "community";
};

/** What an entry did to what an area has, left and reserved together; null: nothing. */
export function movementOf(
  area: string,
  { leftFen, reservedFen, with: other }: Pick<OwnEntry, "leftFen" | "reservedFen" | "with">,
): { readonly flow: Flow; readonly fen: number; readonly with: AccountId } | null {
  const fen = leftFen + reservedFen;
  if (fen === 0 || other === null) return null;
  const [came, left]: [Flow, Flow] =
    other === above(area)
      ? ["received", "returned"]
      : isCommunity(other)
        ? ["takenBack", "passedOn"]
        : ["refunded", "paid"];
  return { flow: fen > 0 ? came : left, fen: Math.abs(fen), with: other };
}

const noFlows = (): Record<Flow, number> => ({
  received: 0,
  returned: 0,
  passedOn: 0,
  takenBack: 0,
  paid: 0,
  refunded: 0,
});
const noShare = () => ({ quarter: { outFen: 0, backFen: 0 }, toDate: { outFen: 0, backFen: 0 } });

/**
 * One ledger as the bulletin of an area's quarter tells it.
 * @param entries all that the area has in the ledger
 * @param purposeOf what a payment, or the payment that a refund reverses, was for
 * @source plan 3.2.2
 * @throws RangeError if the sums are too large to be held exactly
 */
export function figuresOf(
  area: string,
  entries: readonly OwnEntry[],
  { firstMonth, lastMonth }: Quarter,
  purposeOf: (entry: OwnEntry) => Purpose,
): Figures {
  const [quarter, toDate] = [noFlows(), noFlows()];
  const purposes = new Map<string | null, ReturnType<typeof noShare> & { purpose: Purpose }>();
  const communities = new Map<string, ReturnType<typeof noShare> & { community: string }>();
  const sums = { opening: 0, reserved: 0, left: 0 };
  for (const entry of entries) {
    if (entry.period > lastMonth) continue;
    sums.left += entry.leftFen;
    sums.reserved += entry.reservedFen;
    if (entry.period < firstMonth) sums.opening += entry.leftFen + entry.reservedFen;
    const move = movementOf(area, entry);
    if (move === null) continue;
    const spans = entry.period < firstMonth ? (["toDate"] as const) : (["toDate", "quarter"] as const);
    toDate[move.flow] += move.fen;
    if (spans.length > 1) quarter[move.flow] += move.fen;
    const share = shareOf(move, entry);
    const which = move.flow === "refunded" || move.flow === "takenBack" ? "backFen" : "outFen";
    if (share) for (const span of spans) share[span][which] += move.fen;
  }
  const all = [...Object.values(sums), ...flows.flatMap((flow) => [toDate[flow], quarter[flow]])];
  if (!all.every(Number.isSafeInteger)) throw new RangeError(`bulletin: sums of ${area} are too large`);
  return {
    openingFen: sums.opening,
    quarter,
    toDate,
    purposes: [...purposes.values()].sort(inOrder(({ purpose }) => purpose.id ?? "")),
    communities: [...communities.values()].sort(inOrder(({ community }) => community)),
    reservedFen: sums.reserved,
    leftFen: sums.left,
  };

  function shareOf(move: NonNullable<ReturnType<typeof movementOf>>, entry: OwnEntry) {
    if (move.flow === "paid" || move.flow === "refunded") {
      const purpose = purposeOf(entry);
      const known = purposes.get(purpose.id) ?? { purpose, ...noShare() };
      purposes.set(purpose.id, known);
      return known;
    }
    if (move.flow !== "passedOn" && move.flow !== "takenBack") return undefined;
    const known = communities.get(move.with) ?? { community: move.with, ...noShare() };
    communities.set(move.with, known);
    return known;
  }
}

const inOrder =
  <T>(key: (one: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;

const net = (sums: Flows): number => flows.reduce((sum, flow) => sum + directionOf[flow] * sums[flow], 0);

/** What in the figures of a ledger does not come to what it should; nothing, unless somebody altered them. */
export function figureFaults(figures: Figures): Text[] {
  const { openingFen, quarter, toDate, purposes, communities, reservedFen, leftFen } = figures;
  const end = leftFen + reservedFen;
  const parts = (shares: readonly Share[], span: "quarter" | "toDate", which: "outFen" | "backFen") =>
    shares.reduce((sum, share) => sum + share[span][which], 0);
  const checks: (readonly [boolean, string, string])[] = [
    [openingFen + net(quarter) === end, "期初加减本季各项不等于期末", "the quarter's movements do not lead to its end"],
    [net(toDate) === end, "累计各项不等于期末", "the movements to date do not lead to the quarter's end"],
    ...(["quarter", "toDate"] as const).flatMap((span) => {
      const sums = figures[span];
      return [
        [
          flows.every((flow) => sums[flow] >= 0 && sums[flow] <= toDate[flow]),
          "某项为负或大于累计",
          "a movement is below zero or above its sum to date",
        ],
        [
          parts(purposes, span, "outFen") === sums.paid && parts(purposes, span, "backFen") === sums.refunded,
          "按用途的支付合计不符",
          "the purposes do not add up to what was paid",
        ],
        [
          parts(communities, span, "outFen") === sums.passedOn &&
            parts(communities, span, "backFen") === sums.takenBack,
          "按社区的转拨合计不符",
          "the communities do not add up to what was passed on",
        ],
      ] as const;
    }),
  ];
  return checks.filter(([right]) => !right).map(([, zh, en]) => ({ zh, en }));
}

// ------------------------------------------------------------------------------------------------------------ open data

/** A ledger's figures with what names them. */
export interface ToldFund extends Omit<Figures, "communities"> {
  readonly fund: string;
  readonly title: Text;
  readonly year: number;
  /** What the approved budget gives the area; null: the fund has none for it alone. */
  readonly budgetFen: number | null;
}

/** One amount of the open data: fully spelled out, so that whoever reads it needs no other table. */
export interface DataRow {
  readonly fiscalYear: number;
  readonly from: string;
  readonly to: string;
  readonly fund: string;
  readonly fundTitle: Text;
  /** What it was paid for; `all` where that is not told apart. */
  readonly purpose: string;
  readonly purposeTitle: Text;
  readonly kind: string;
  readonly kindTitle: Text;
  /** null: it is there at the end of a day, and goes neither way. */
  readonly direction: "revenue" | "expenditure" | null;
  readonly phase: "approved" | "executed";
  readonly fen: number;
}

const undivided: { readonly id: ReservedPurpose; readonly title: Text } = {
  id: "all",
  title: { zh: "合计", en: "All" },
};

interface SpanOf {
  readonly of: "quarter" | "toDate";
  readonly days: readonly [string, string];
}

/** A bulletin's amounts one by one: of each span, what was paid stands by purpose only, so that no amount stands twice. */
export function dataRows(funds: readonly ToldFund[], quarter: Quarter): DataRow[] {
  return funds.flatMap((fund) => {
    const first = `${fund.year}-01-01`;
    const ofQuarter: SpanOf = { of: "quarter", days: [quarter.first, quarter.last] };
    const toDate: SpanOf = { of: "toDate", days: [first, quarter.last] };
    // Of the year's first quarter the two are one span, and its amounts stand once.
    const spans = quarter.first === first ? [ofQuarter] : [ofQuarter, toDate];
    const end = [quarter.last, quarter.last] as const;
    const year = [first, `${fund.year}-12-31`] as const;
    const row = (
      [from, to]: readonly [string, string],
      kind: string,
      kindTitle: Text,
      fen: number,
      direction: DataRow["direction"],
      of: { id: string; title: Text } = undivided,
      phase: DataRow["phase"] = "executed",
    ): DataRow => ({
      fiscalYear: fund.year,
      from,
      to,
      fund: fund.fund,
      fundTitle: fund.title,
      purpose: of.id,
      purposeTitle: of.title,
      kind,
      kindTitle,
      direction,
      phase,
      fen,
    });
    const sideOf = (flow: Flow) => (directionOf[flow] > 0 ? "revenue" : "expenditure");
    return [
      ...(fund.budgetFen === null
        ? []
        : [row(year, "budget", balanceText.budget, fund.budgetFen, "revenue", undivided, "approved")]),
      ...spans.flatMap(({ of, days }) => [
        ...flows
          .filter((flow) => flow !== "paid" && flow !== "refunded")
          .map((flow) => row(days, kindOf(flow), flowText[flow], fund[of][flow], sideOf(flow))),
        ...fund.purposes.flatMap(({ purpose: { id, title }, [of]: { outFen, backFen } }) => {
          const named = { id: id ?? ("unknown" satisfies ReservedPurpose), title };
          return [
            row(days, kindOf("paid"), flowText.paid, outFen, "expenditure", named),
            row(days, kindOf("refunded"), flowText.refunded, backFen, "revenue", named),
          ];
        }),
      ]),
      // Of the day itself: it lies in no span.
      row(end, "reserved", balanceText.reserved, fund.reservedFen, null),
      row(end, "left", balanceText.left, fund.leftFen, null),
    ];
  });
}

const kindOf = (flow: Flow): string => ({ passedOn: "passed-on", takenBack: "taken-back" })[flow as string] ?? flow;
export const balanceText = {
  budget: { zh: "全年预算", en: "Budget of the year" },
  opening: { zh: "期初", en: "At the quarter's beginning" },
  reserved: { zh: "期末预留", en: "Reserved at the quarter's end" },
  left: { zh: "期末结余", en: "Left at the quarter's end" },
} as const satisfies Record<string, Text>;

// ------------------------------------------------------------------------------------------------------------- findings

/** What an area has drafted and published. */
export interface BulletinFacts extends Evidence {
  readonly subject: Subject;
  /** The day the first money came; null: none has. */
  readonly moneySince: string | null;
  readonly bulletins: readonly BulletinTold[];
}
export interface BulletinTold {
  readonly quarter: string;
  readonly edition: number;
  readonly state: "drafted" | "signed" | "published";
  /** The day it was published; null: it is not. */
  readonly on: string | null;
}

const clause: ClauseId = "3.2.2";

/**
 * Whether the bulletin of every quarter in which there was money came in time: one finding for each quarter that ends a cycle.
 * @source plan 3.2.2 says regularly; the cycle and the days are not the plan's
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function bulletinVerdicts(
  { subject, moneySince, bulletins, ...facts }: BulletinFacts,
  policy: Policy,
): Finding[] {
  const months = policy.value("publication.cycle");
  const most = policy.value("publication.due");
  if (moneySince === null || !isDate(moneySince)) return [];
  // A shorter cycle than a quarter asks for no more than the quarters; a longer one for those that it ends with.
  const each = Math.max(1, Math.floor(months / MONTHS_A_QUARTER));
  const quarters = endedQuarters(moneySince, policy.on).filter(
    ({ year, lastMonth }) => (year * 4 + Number(lastMonth.slice(5)) / MONTHS_A_QUARTER) % each === 0,
  );
  return quarters.map((quarter): Finding => {
    const own = bulletins.filter((one) => one.quarter === quarter.id);
    const on =
      own
        .flatMap((one) => one.on ?? [])
        .filter((day) => day <= policy.on)
        .sort()[0] ?? null;
    const under = own.some(({ state }) => state === "signed") ? "signed" : own.length > 0 ? "drafted" : null;
    const state: Text =
      under === "signed"
        ? { zh: "已审签，未公开", en: "signed, not published" }
        : under === "drafted"
          ? { zh: "已编制，未审签", en: "drafted, not signed" }
          : { zh: "未编制", en: "not drafted" };
    const days = daysBetween(quarter.last, on ?? policy.on);
    const told = within(days, { min: 0, max: most }, whenMissed("publication.due"));
    const due = addDays(quarter.last, most);
    return {
      rule: "bulletin.due",
      clause,
      ...told,
      subject: { ...subject, id: `${subject.id}.n${quarter.id}` },
      title:
        on === null
          ? {
              zh: `${subject.name}：${quarter.id} 公告${state.zh}，应于 ${due} 前公开`,
              en: `${subject.name}: the bulletin of ${quarter.id} is ${state.en}; it is due by ${due}`,
            }
          : {
              zh: `${subject.name}：${quarter.id} 公告于 ${on} 公开，应于 ${due} 前`,
              en: `${subject.name}: the bulletin of ${quarter.id} was published on ${on}, due by ${due}`,
            },
      unit: "day",
      certainty: "certain",
      inputs: [
        inputOf({ zh: "首笔经费到账日", en: "day of the first money" }, moneySince, facts),
        inputOf({ zh: "公开日", en: "day of publication" }, on, facts),
      ],
      steps: [
        {
          zh: `${quarter.id} 止于 ${quarter.last}，其后 ${most} 天内公开：${due}`,
          en: `${quarter.id} ended on ${quarter.last}; to be published within ${most} days: by ${due}`,
        },
        on === null
          ? {
              zh: `至 ${policy.on} ${state.zh}，已过 ${days} 天`,
              en: `On ${policy.on}: ${state.en}, ${days} days after`,
            }
          : { zh: `${on} 公开：第 ${days} 天`, en: `Published on ${on}: day ${days}` },
        ...(told.verdict === "meets" ? [] : conventionStep("publication.due", policy)),
      ],
      parameters: parametersUsed(["publication.cycle", "publication.due"], policy),
    };
  });
}

/** An objection to a bulletin, as the clock sees it: what it says is nobody's here. */
export interface ObjectionFacts extends Evidence {
  readonly subject: Subject;
  readonly receivedOn: string;
  readonly answeredOn: string | null;
}

/** The last working day for a reply; null where the calendar of working days is not known that far. */
export function replyDue(receivedOn: string, policy: Policy): string | null {
  try {
    return addWorkingDays(receivedOn, policy.value("publication.reply"));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Whether an objection was answered in time.
 * @source plan 3.2.2 asks for publicity; the reply and its days are ours, so a late one is a deviation
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function replyVerdict({ subject, receivedOn, answeredOn, ...facts }: ObjectionFacts, policy: Policy): Finding {
  const most = policy.value("publication.reply");
  const due = replyDue(receivedOn, policy);
  const until = answeredOn ?? policy.on;
  const days = due === null ? null : workingDays(receivedOn, until);
  const told = within(days, { min: 0, max: most }, whenMissed("publication.reply"));
  const by = due ?? "?";
  return {
    rule: "bulletin.reply",
    clause,
    ...told,
    subject,
    title:
      answeredOn === null
        ? {
            zh: `${subject.name}：${receivedOn} 的异议尚未答复，应于 ${by} 前`,
            en: `${subject.name}: the objection of ${receivedOn} is not answered; due by ${by}`,
          }
        : {
            zh: `${subject.name}：${receivedOn} 的异议于 ${answeredOn} 答复，应于 ${by} 前`,
            en: `${subject.name}: the objection of ${receivedOn} was answered on ${answeredOn}; due by ${by}`,
          },
    unit: "working-day",
    certainty: "certain",
    inputs: [
      inputOf({ zh: "收到异议", en: "objection received" }, receivedOn, facts),
      inputOf({ zh: "答复", en: "answered" }, answeredOn, facts),
    ],
    steps: [
      {
        zh: `${receivedOn} 收到，${most} 个工作日内答复：${by}`,
        en: `Received on ${receivedOn}, to be answered within ${most} working days: by ${by}`,
      },
      days === null
        ? { zh: "工作日历没有这一年", en: "The calendar of working days does not know that year" }
        : { zh: `至 ${until} 为 ${days} 个工作日`, en: `${days} working days by ${until}` },
      ...(told.verdict === "deviates" ? conventionStep("publication.reply", policy) : []),
    ],
    parameters: parametersUsed(["publication.reply"], policy),
  };
}

function workingDays(after: string, until: string): number | null {
  try {
    return workingDaysBetween(after, until);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Entries that were booked into a published quarter after its bulletin was drafted, while its months were not closed. */
export interface LateEntries extends Evidence {
  readonly subject: Subject;
  readonly entries: number;
  /** What they moved, without regard to the way. */
  readonly fen: number;
}

/** @source plan 3.2.2: what is published is the use of the money; a bulletin that the ledger has outgrown needs a correction */
export function agreesVerdict({ subject, entries, fen, ...facts }: LateEntries): Finding {
  const late = entries > 0;
  return {
    rule: "bulletin.agrees",
    clause,
    verdict: late ? "deviates" : "meets",
    subject,
    title: late
      ? {
          zh: `${subject.name}：公开后又有 ${entries} 笔记入该季，须以新公告更正`,
          en: `${subject.name}: ${entries} entries were booked into the quarter afterwards; it needs a correction`,
        }
      : { zh: `${subject.name}：与账目一致`, en: `${subject.name}: as the ledger has it` },
    observed: entries,
    expected: 0,
    difference: entries,
    certainty: "certain",
    inputs: [inputOf({ zh: "其后记入的笔数", en: "entries booked afterwards" }, entries, facts)],
    steps: [
      {
        zh: `编制所依据的账目之后，又有 ${entries} 笔记入该季各月，共 ${yuan(fen)} 元`,
        en: `Beyond what it was drafted from, ${entries} entries are booked into its months, of ${yuan(fen)} yuan in all`,
      },
    ],
    parameters: [],
  };
}
