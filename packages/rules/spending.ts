import { addDays } from "@county/plan/calendar.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import type { Item, ParameterId } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { by } from "./figures.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  inputOf,
  parametersUsed,
  type Subject,
  wanYuan,
  whenMissed,
  yuan,
} from "./finding.ts";

// How earmarked money is spent (plan 3.2.2): what for, by whose hands, with which papers; and what of it shows later. What is
// forbidden is refused at once; what only a convention asks for is told afterwards, as a finding.

/** Why something is not done, with the clause that stands against it. */
export interface Barred {
  readonly clause: ClauseId;
  readonly text: Text;
}
const barred = (zh: string, en: string): Barred => ({ clause: "3.2.2", text: { zh, en } });

// -------------------------------------------------------------------------------------------------------------- purpose

/** What a fund is for and what it may not pay for: the plan's lists, or the county's own. */
export interface Purposes {
  readonly code: string;
  readonly clause: ClauseId;
  readonly title: Text;
  readonly purposes: readonly Item[];
  readonly notFor: readonly Item[];
}

/**
 * Why money of a fund may not be spent on this. Whoever keeps the lists has to have named the purpose: what is on neither of them
 * is refused as well, for else a word nobody has thought of would pass. The code of the fund itself is always one of its purposes.
 * @param others the county's other funds: what they are for is theirs alone
 */
export function purposeBarred(fund: Purposes, purpose: string, others: readonly Purposes[]): Barred | null {
  const bar = fund.notFor.find(({ id }) => id === purpose);
  if (bar) {
    return barred(
      `${fund.title.zh}不得用于“${bar.title.zh}”：在负面清单上`,
      `${fund.title.en} may not pay for "${bar.title.en}": it is on the list of what it is not for`,
    );
  }
  if (purpose === fund.code || fund.purposes.some(({ id }) => id === purpose)) return null;
  const other = others.find(({ code, purposes }) => code === purpose || purposes.some(({ id }) => id === purpose));
  return other
    ? barred(
        `“${purpose}”属于${other.title.zh}，专款不得挪作他用`,
        `"${purpose}" belongs to another fund (${other.title.en}): earmarked money may not be used for it`,
      )
    : barred(
        `“${purpose}”不在${fund.title.zh}的用途清单上`,
        `"${purpose}" is not among what this fund is for: ${fund.title.en}`,
      );
}

// --------------------------------------------------------------------------------------------------------------- limits

export type HolderTier = "county" | "street" | "community";
const TIERS: readonly HolderTier[] = ["community", "street", "county"];

/** Who approves so much: the holder itself within its limit, above it the next tier; nobody below the holder. */
export function approvalTier(holder: HolderTier, fen: number, policy: Policy): HolderTier {
  const asked =
    fen <= policy.value("fund.spending.community-limit")
      ? "community"
      : fen <= policy.value("fund.spending.street-limit")
        ? "street"
        : "county";
  return TIERS[Math.max(TIERS.indexOf(asked), TIERS.indexOf(holder))] as HolderTier;
}

/** How many quotes have to be compared before so much is spent. */
export const quotesDue = (fen: number, policy: Policy): number =>
  fen >= policy.value("fund.spending.quotes-from") ? policy.value("fund.spending.quotes") : 0;

/** A county's or a street's money of one fund and year, in fen. */
export interface OwnMoney {
  /** What the approved budget gives it itself; what it gives those below it is theirs. */
  readonly budget: number;
  /** What it has paid, less what came back, and what is set aside, the spending in question left out. */
  readonly spent: number;
}

/**
 * Why a county or a street may not spend so much itself: it is for those below it. A community has nobody below it, and cannot
 * receive more than its budget.
 */
export function ownMoneyBarred({ budget, spent }: OwnMoney, fen: number): Barred | null {
  if (BigInt(spent) + BigInt(fen) <= BigInt(budget)) return null;
  return barred(
    `预算中本级自用 ${yuan(budget)} 元，已支付和预留 ${yuan(spent)} 元，再用 ${yuan(fen)} 元就动用了下级的钱`,
    `The budget gives ${yuan(budget)} yuan for its own use, ${yuan(spent)} yuan of it are paid or set aside: ${yuan(fen)} yuan more would be the money of those below it`,
  );
}

// ---------------------------------------------------------------------------------------------------------------- hands

/** What is done to a request by somebody. Whoever edits it has requested it too. */
const hands = ["requested", "supervised", "approved", "paid", "accepted"] as const;
export type Hand = (typeof hands)[number];
/** Accounts, issuer and subject. */
export type Hands = Readonly<Record<Hand, readonly string[]>>;

/** Paying handles a spending as asking for it does; accepting looks at what others handled and approved, as supervising does. */
const standsFor = (hand: Hand): string => (hand === "paid" ? "requested" : hand === "accepted" ? "supervised" : hand);

/**
 * Why an account may not do this: it did another part of the same spending, or is paid by it.
 * @param payee the accounts the payee is bound to, or was
 */
export function handBarred(
  hand: Hand,
  account: string,
  of: Hands,
  payee: readonly string[],
  policy: Policy,
): Barred | null {
  // Who lays out money asks for it back; what it was for, others look at.
  if (hand !== "requested" && payee.includes(account))
    return barred("收款方就是您本人，须由别人办理", "You are the one who is paid: somebody else has to do this");
  const apart = policy.value("fund.spending.hands");
  const own = apart.find(({ id }) => id === standsFor(hand));
  const before = own && apart.find((one) => one.id !== own.id && accountsOf(of, one.id).includes(account));
  return before
    ? barred(
        `${apart.map(({ title }) => title.zh).join("、")}须由不同的人办理，您已经${before.title.zh}过`,
        `What is ${apart.map(({ title }) => title.en).join(", ")} is so by different people; you have ${before.title.en} it`,
      )
    : null;
}
/** Why an account may not change a payee: it is bound to it, or was. */
export const payeeBarred = (account: string, bound: readonly string[]): Barred | null =>
  bound.includes(account)
    ? barred(
        "该收款方绑定过您本人的账号，须由别人变更",
        "Your own account is bound to this payee, or was: somebody else has to change it",
      )
    : null;
const accountsOf = (of: Hands, part: string): string[] =>
  hands.flatMap((hand) => (standsFor(hand) === part ? of[hand] : []));

/** A request as the rules look at it. Days are the calendar's; null: it has not come to that. */
export interface SpendingFacts extends Evidence {
  readonly subject: Subject;
  readonly holder: string;
  readonly tier: HolderTier;
  readonly fund: string;
  readonly purpose: string;
  /** The code the bank knows the payee by: one payee may be registered twice. */
  readonly payee: string;
  readonly fen: number;
  readonly submittedOn: string | null;
  readonly approvedOn: string | null;
  readonly paidOn: string | null;
  /** Rejected, objected to or withdrawn: it counts for nothing. */
  readonly ended: boolean;
  readonly hands: Hands;
  /** The accounts its payee is bound to, or was: a binding taken off does not make it somebody else. */
  readonly payeeAccounts: readonly string[];
  /** From how many different offerers there were quotes when it was approved. */
  readonly quotes: number;
  readonly vouchers: number;
}

const amount = (fen: number): Text => ({ zh: wanYuan(fen), en: `${yuan(fen)} yuan` });
const subjectOfAccount = (account: string): string => account.slice(account.indexOf("#") + 1).toLowerCase();

/**
 * Two people who are one: the same account in parts that are for different people, the payee among them, or accounts of two
 * issuers with the same name. The former is refused where it is known at the time; a payee may be bound to an account later.
 * @source Accounting Law, article 27, beside plan 3.2.2
 */
export function handsVerdict(facts: SpendingFacts, policy: Policy): Finding {
  const { subject, hands: of, payeeAccounts, ended } = facts;
  const apart = policy.value("fund.spending.hands");
  const parts = [
    ...apart.map(({ id, title }) => ({ id, title, accounts: [...new Set(accountsOf(of, id))].sort() })),
    ...(payeeAccounts.length === 0
      ? []
      : [{ id: "payee", title: { zh: "收款", en: "paid to" }, accounts: payeeAccounts }]),
  ];
  // Who lays out money asks for it back.
  const apartToo = (one: string, other: string) => !(one === "requested" && other === "payee");
  const pairs = parts.flatMap((one, at) =>
    parts
      .slice(at + 1)
      .filter(({ id }) => apartToo(one.id, id))
      .flatMap((other) =>
        one.accounts.flatMap((account) =>
          other.accounts
            .filter((second) => subjectOfAccount(account) === subjectOfAccount(second))
            .map((second) => ({ one: one.title, other: other.title, sure: account === second })),
        ),
      ),
  );
  const sure = pairs.some((pair) => pair.sure);
  const wrong = !ended && pairs.length > 0;
  return {
    rule: "spending.hands",
    clause: "3.2.2",
    verdict: wrong ? (sure ? whenMissed("fund.spending.hands") : "cannot-tell") : "meets",
    subject,
    title: wrong
      ? sure
        ? { zh: `${subject.name}：一个人经手了几个环节`, en: `One person had several hands in it: ${subject.name}` }
        : { zh: `${subject.name}：两个账号可能是同一个人`, en: `Two accounts may be one person: ${subject.name}` }
      : { zh: `${subject.name}：由不同的人经手`, en: `Different people had a hand in it: ${subject.name}` },
    observed: pairs.length,
    expected: 0,
    unit: "item",
    difference: pairs.length,
    ...(wrong && sure && { moneyFen: facts.fen, moneyPer: "once" as const }),
    certainty: wrong && !sure ? "possible" : "certain",
    // Whose accounts they are stands in the request: a finding names nobody.
    inputs: parts.map(({ title, accounts }) => inputOf(title, accounts.length, facts)),
    steps:
      pairs.length === 0
        ? [{ zh: "各环节的账号都不相同", en: "The accounts of the parts all differ" }]
        : pairs.map(({ one, other, sure: same }) =>
            same
              ? {
                  zh: `“${one.zh}”与“${other.zh}”是同一个账号`,
                  en: `"${one.en}" and "${other.en}" are one account`,
                }
              : {
                  zh: `“${one.zh}”与“${other.zh}”的账号由不同的签发方签发，名称却相同：须由县里核实是否同一个人`,
                  en: `"${one.en}" and "${other.en}" are accounts of two issuers under one name: whether they are one person has to be looked into`,
                },
          ),
    parameters: parametersUsed(["fund.spending.hands"], policy),
  };
}

// --------------------------------------------------------------------------------------------------------------- papers

/** Whether quotes were compared before a large spending was approved. Not approved yet: nothing is due. */
export function quotesVerdict(facts: SpendingFacts, policy: Policy): Finding {
  const { subject, fen, quotes, approvedOn, ended } = facts;
  const due = approvedOn === null || ended ? 0 : quotesDue(fen, policy);
  const missing = Math.max(0, due - quotes);
  return {
    rule: "spending.quotes",
    clause: "3.2.2",
    verdict: missing > 0 ? whenMissed("fund.spending.quotes") : "meets",
    subject,
    title:
      missing > 0
        ? { zh: `${subject.name}：比价不足，少 ${missing} 份报价`, en: `Too few quotes by ${missing}: ${subject.name}` }
        : { zh: `${subject.name}：比价`, en: `Quotes compared: ${subject.name}` },
    observed: quotes,
    expected: due,
    unit: "item",
    difference: missing > 0 ? -missing : 0,
    certainty: "certain",
    inputs: [
      inputOf({ zh: "支出金额（分）", en: "amount, in fen" }, fen, facts),
      inputOf({ zh: "批准日", en: "day it was approved" }, approvedOn, facts),
    ],
    steps: [
      {
        zh: `${amount(fen).zh}，从 ${amount(policy.value("fund.spending.quotes-from")).zh}起要 ${policy.value("fund.spending.quotes")} 份不同单位的报价`,
        en: `${amount(fen).en}; from ${amount(policy.value("fund.spending.quotes-from")).en} on, ${policy.value("fund.spending.quotes")} quotes of different offerers are due`,
      },
      { zh: `批准时有 ${quotes} 份`, en: `There were ${quotes} when it was approved` },
      ...(missing > 0 ? conventionStep("fund.spending.quotes", policy) : []),
    ],
    parameters: parametersUsed(["fund.spending.quotes-from", "fund.spending.quotes"], policy),
  };
}

/** Whether a payment has its voucher by the day it is due. */
export function voucherVerdict(facts: SpendingFacts, policy: Policy): Finding {
  const { subject, fen, paidOn, vouchers } = facts;
  const days = policy.value("fund.spending.voucher");
  const due = paidOn === null ? null : addDays(paidOn, days);
  const late = due !== null && vouchers === 0 && policy.on > due;
  return {
    rule: "spending.voucher",
    clause: "3.2.2",
    verdict: late ? whenMissed("fund.spending.voucher") : "meets",
    subject,
    title: late
      ? { zh: `${subject.name}：已支付，没有票据`, en: `Paid without a voucher: ${subject.name}` }
      : { zh: `${subject.name}：票据`, en: `The voucher: ${subject.name}` },
    observed: vouchers,
    expected: paidOn === null ? 0 : 1,
    unit: "item",
    difference: paidOn !== null && vouchers === 0 ? -1 : 0,
    ...(late && { moneyFen: fen, moneyPer: "once" as const }),
    certainty: "certain",
    inputs: [
      inputOf({ zh: "支付日", en: "day it was paid" }, paidOn, facts),
      inputOf({ zh: "票据份数", en: "vouchers" }, vouchers, facts),
    ],
    steps: [
      due === null
        ? { zh: "尚未支付", en: "Not paid yet" }
        : {
            zh: `${paidOn} 支付，加 ${days} 天，票据应于 ${due} 前补齐；到 ${policy.on} 有 ${vouchers} 份`,
            en: `Paid on ${paidOn}; with ${days} days the voucher is due by ${due}; ${vouchers} by ${policy.on}`,
          },
      ...(late ? conventionStep("fund.spending.voucher", policy) : []),
    ],
    parameters: parametersUsed(["fund.spending.voucher"], policy),
  };
}

// ---------------------------------------------------------------------------------------------------------------- split

/** Limits somebody may want to pass under: an amount up to `most` goes under it. The first is of communities alone. */
const limits = (policy: Policy) =>
  [
    { id: "fund.spending.community-limit", most: policy.value("fund.spending.community-limit"), tiers: ["community"] },
    {
      id: "fund.spending.street-limit",
      most: policy.value("fund.spending.street-limit"),
      tiers: ["community", "street"],
    },
    { id: "fund.spending.quotes-from", most: policy.value("fund.spending.quotes-from") - 1, tiers: TIERS },
  ] as const satisfies readonly { id: ParameterId; most: number; tiers: readonly HolderTier[] }[];

/**
 * Spending that may have been split to pass under a limit: requests of one holder to one payee for one purpose of one fund,
 * within so many days, each under the limit, together above it. Each limit and each stretch of such days is told once.
 * Nothing is said of what is not.
 */
export function splitVerdicts(requests: readonly SpendingFacts[], policy: Policy): Finding[] {
  const days = policy.value("fund.spending.split-days");
  const counted = requests
    .flatMap((one) => (one.ended || one.submittedOn === null ? [] : [{ ...one, on: one.submittedOn }]))
    .filter(({ on }) => on <= policy.on)
    .toSorted(by(({ on, subject }) => `${on} ${subject.id}`));
  const alike = Map.groupBy(counted, ({ holder, fund, payee, purpose }) =>
    JSON.stringify([holder, fund, payee, purpose]),
  );
  const found = [...alike.values()].flatMap((group) =>
    limits(policy).flatMap(({ id, most, tiers }) => {
      const under = group.filter(({ fen, tier }) => fen <= most && (tiers as readonly string[]).includes(tier));
      return stretches(under, days, most).map((some) => splitFinding(some, { id, most, days }, policy));
    }),
  );
  return found.toSorted(by(({ subject }) => subject.id));
}

type Dated = SpendingFacts & { readonly on: string };

/** The stretches of requests that come to more than a limit within the days; those that overlap are one. */
function stretches(under: readonly Dated[], days: number, most: number): Dated[][] {
  const found: [from: number, to: number][] = [];
  for (const [from, first] of under.entries()) {
    const until = addDays(first.on, days);
    const to = under.findLastIndex(({ on }) => on <= until);
    const sum = under.slice(from, to + 1).reduce((all, { fen }) => all + BigInt(fen), 0n);
    if (sum <= BigInt(most)) continue;
    const last = found.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found.map(([from, to]) => under.slice(from, to + 1));
}

function splitFinding(
  some: readonly Dated[],
  {
    id,
    most,
    days,
  }: {
    id: "fund.spending.community-limit" | "fund.spending.street-limit" | "fund.spending.quotes-from";
    most: number;
    days: number;
  },
  policy: Policy,
): Finding {
  const [first, last] = [some[0] as Dated, some.at(-1) as Dated];
  const sum = some.reduce((all, { fen }) => all + fen, 0);
  const kind = id.slice("fund.spending.".length);
  return {
    rule: "spending.split",
    clause: "3.2.2",
    verdict: whenMissed(id),
    subject: { ...first.subject, id: `${first.subject.id}:${kind}` },
    title: {
      zh: `${first.subject.name} 等 ${some.length} 笔合计 ${amount(sum).zh}，每笔都在限额之内：可能拆分`,
      en: `${some.length} spendings come to ${amount(sum).en}, each within the limit: they may have been split (${first.subject.name} …)`,
    },
    observed: sum,
    expected: { min: 0, max: most },
    unit: "fen",
    difference: sum - most,
    moneyFen: sum,
    moneyPer: "once",
    certainty: "possible",
    inputs: some.map((one) =>
      inputOf({ zh: `${one.on} ${one.subject.name}（分）`, en: `${one.on} ${one.subject.name}, in fen` }, one.fen, one),
    ),
    steps: [
      {
        zh: `同一单位向同一收款方、同一用途，${first.on} 至 ${last.on} 共 ${some.length} 笔，相隔不超过 ${days} 天`,
        en: `One holder, one payee, one purpose: ${some.length} from ${first.on} to ${last.on}, no more than ${days} days apart`,
      },
      {
        zh: `${some.map(({ fen }) => yuan(fen)).join(" + ")} = ${yuan(sum)} 元 > ${amount(most).zh}`,
        en: `${some.map(({ fen }) => yuan(fen)).join(" + ")} = ${amount(sum).en} > ${amount(most).en}`,
      },
      {
        zh: "也可能是确有先后的几件事：由批准人说明",
        en: "They may be several matters, one after the other: for who approved them to say",
      },
      ...conventionStep(id, policy),
    ],
    parameters: parametersUsed([id, "fund.spending.split-days"], policy),
  };
}

// --------------------------------------------------------------------------------------------------------- subsidy runs

/** What a locked subsidy run asks of one community's money. */
export interface RunShare extends Evidence {
  /** The community; or the street that has the money and has not passed it on. */
  readonly subject: Subject;
  /** The community's name. */
  readonly community: string;
  readonly month: string;
  /** Below 0: more was paid in earlier months than is due. */
  readonly fen: number;
  /** What is set aside for it, or was. */
  readonly heldFen: number;
  /** The day the grid staff was paid; null: not yet. */
  readonly paidOn: string | null;
  /** What the ledger paid for it. */
  readonly paidFen: number;
  /** What of this run's money lies with the street, so that it is the street's to pass on; 0: it has none, or not enough. */
  readonly atStreetFen: number;
}

/** A run that waits for its money, or whose community has had too much: told, never netted against another community's. */
export function subsidyRunVerdict(share: RunShare): Finding {
  const { subject, community, month, fen, heldFen, paidOn, paidFen, atStreetFen } = share;
  // Once the staff is paid, money that is only set aside covers nothing: it lies there still.
  const coveredFen = paidOn === null ? heldFen : paidFen;
  const missing = Math.max(0, fen) - coveredFen;
  const recover = fen < 0;
  const withheld = missing > 0 && atStreetFen > 0;
  const name = withheld ? `${subject.name} → ${community}` : subject.name;
  return {
    rule: "spending.subsidy-run",
    clause: "A4",
    verdict: recover || missing > 0 ? "deviates" : "meets",
    subject,
    title: recover
      ? {
          zh: `${name} ${month} 补贴应追回 ${amount(-fen).zh}`,
          en: `${amount(-fen).en} of subsidies to be asked back for ${month}: ${name}`,
        }
      : missing > 0
        ? {
            zh: `${name} ${month} 补贴缺少资金 ${amount(missing).zh}`,
            en: `Subsidies of ${month} wait for ${amount(missing).en}: ${name}`,
          }
        : { zh: `${name} ${month} 补贴`, en: `Subsidies of ${month}: ${name}` },
    observed: coveredFen,
    expected: fen,
    unit: "fen",
    difference: coveredFen - fen,
    // What the street holds back is told with its amount and its days as money not passed on.
    ...((recover || (missing > 0 && !withheld)) && { moneyFen: recover ? fen : missing, moneyPer: "once" as const }),
    certainty: "certain",
    inputs: [
      inputOf({ zh: "当月应付（分）", en: "due for the month, in fen" }, fen, share),
      inputOf({ zh: "补贴发放日", en: "day the staff was paid" }, paidOn, share),
      inputOf({ zh: "账上已预留（分）", en: "set aside on the ledger, in fen" }, heldFen, share),
      inputOf({ zh: "账上已支付（分）", en: "paid on the ledger, in fen" }, paidFen, share),
    ],
    steps: [
      recover
        ? {
            zh: `以前各月多付的更正之后为 ${amount(fen).zh}：不与别的社区相抵，须追回`,
            en: `After what earlier months paid too much it comes to ${amount(fen).en}: it is not set against another community, and has to be asked back`,
          }
        : paidOn === null
          ? {
              zh: `应付 ${amount(fen).zh}，已预留 ${amount(coveredFen).zh}；社区账户有了钱即自动安排`,
              en: `Due ${amount(fen).en}, set aside ${amount(coveredFen).en}; it is set aside as soon as the community's account has the money`,
            }
          : {
              zh: `应付 ${amount(fen).zh}，${paidOn} 已发放，账上已支付 ${amount(coveredFen).zh}`,
              en: `Due ${amount(fen).en}; the staff was paid on ${paidOn}, the ledger has paid ${amount(coveredFen).en}`,
            },
      ...(withheld
        ? [
            {
              zh: `街道账上有 ${amount(atStreetFen).zh}可用于本次，尚未转拨给社区（3.2.2）`,
              en: `The street has ${amount(atStreetFen).en} for it, and has not passed it on to the community (3.2.2)`,
            },
          ]
        : []),
    ],
    parameters: [],
  };
}

// --------------------------------------------------------------------------------------------------------- release rule

/**
 * A street's published rule that ties a part of what it passes on to the community's assessment (plan 3.3).
 * `share`: per cent that is tied. `bands`: of the tied part, the per cent that a score from `from` on gives; ascending, the
 * first from 0.
 */
export interface ReleaseRule {
  readonly share: number;
  readonly bands: readonly { readonly from: number; readonly percent: number }[];
}

/** What of an amount is due to a community, in fen, and how that comes about. */
export interface ReleaseDue {
  readonly fen: number;
  /** Withheld by the rule until there is a result, or for good by the result. */
  readonly tiedFen: number;
  readonly steps: readonly Text[];
}

/**
 * What a street has to pass on of what it received for a community. Without a rule all of it; with one, what is not tied, and
 * of the tied part what the score gives. Fractions of a fen go to the community.
 * @param score null: no result yet, so the tied part waits
 * @source plan 3.3
 */
export function releaseDue(rule: ReleaseRule | null, score: number | null, fen: number): ReleaseDue {
  if (rule === null || rule.share === 0) {
    return {
      fen,
      tiedFen: 0,
      steps: [{ zh: `没有挂钩：全数 ${amount(fen).zh}`, en: `Nothing is tied: all of ${amount(fen).en}` }],
    };
  }
  const tied = Number((BigInt(fen) * BigInt(rule.share)) / 100n);
  const free = fen - tied;
  const percent = score === null ? 0 : (rule.bands.findLast(({ from }) => from <= score)?.percent ?? 0);
  const held = Number((BigInt(tied) * BigInt(100 - percent)) / 100n);
  const first: Text = {
    zh: `${amount(fen).zh}的 ${rule.share}% 与考核挂钩：${amount(tied).zh}；其余 ${amount(free).zh}`,
    en: `${rule.share}% of ${amount(fen).en} are tied to the assessment: ${amount(tied).en}; the rest is ${amount(free).en}`,
  };
  const second: Text =
    score === null
      ? { zh: "尚无考核结果：挂钩部分暂不拨付", en: "No result yet: the tied part waits" }
      : {
          zh: `得 ${score} 分，挂钩部分拨付 ${percent}%：${amount(tied - held).zh}`,
          en: `Scored ${score}: ${percent}% of the tied part, ${amount(tied - held).en}`,
        };
  return {
    fen: fen - held,
    tiedFen: held,
    steps: [first, second, { zh: `应拨 ${amount(fen - held).zh}`, en: `Due: ${amount(fen - held).en}` }],
  };
}

/**
 * Why a rule cannot be published: it ties too much, leaves a score out, gives less for more, or withholds even from full points. Null:
 * it can.
 */
export function ruleFault({ share, bands }: ReleaseRule, policy: Policy): Text | null {
  const most = policy.value("fund.release.share");
  if (share > most) {
    return {
      zh: `挂钩的部分不得超过 ${most}%，不是 ${share}%`,
      en: `At most ${most} % is tied to the assessment, not ${share} %`,
    };
  }
  if (bands[0]?.from !== 0) return { zh: "第一档应从 0 分起", en: "The first band begins at 0" };
  if (bands.at(-1)?.percent !== 100) {
    return {
      zh: "最高一档应全数拨付挂钩的部分（100%）",
      en: "The highest band gives all of the tied part (100 %)",
    };
  }
  const wrong = bands.findIndex((band, at) => {
    const before = bands[at - 1];
    return before !== undefined && (band.from <= before.from || band.percent < before.percent);
  });
  return wrong < 0
    ? null
    : {
        zh: `第 ${wrong + 1} 档：分数须递增，拨付比例不得递减`,
        en: `Band ${wrong + 1}: scores ascend, and more points give no less`,
      };
}
