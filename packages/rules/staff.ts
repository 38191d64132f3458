import { type Policy, traced } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { compare, sum } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  type FindingRange,
  inputOf,
  outside,
  parametersUsed,
  reliedOn,
  type Subject,
  type Verdict,
  whenMissed,
  within,
} from "./finding.ts";
import type { GridKind } from "./grid-map.ts";
import { byId, type Span, type SubsidyCompound, workersMonthly, workersNeeded } from "./subsidies.ts";

// Who serves: the staff of a grid, and the people a community has beside them (plan 2.2.2, 3.2.1).

const same = (words: string): Text => ({ zh: words, en: words });

// ------------------------------------------------------------------------------------------------------ staff of a grid

export interface GridPost {
  readonly person: string;
  readonly kind: "instructor" | "leader" | "worker" | "police-assistant";
  /** Ids of the compounds the person serves; null: not known. */
  readonly serves: readonly string[] | null;
}

/** A grid, its compounds, and the posts held in it on the day. */
export interface GridStaffFacts extends Evidence {
  readonly subject: Subject;
  readonly compounds: readonly (SubsidyCompound & Evidence)[];
  readonly posts: readonly GridPost[];
}

/** What a grid needs, under the readings in force. Money in fen. */
export interface GridNeeds {
  readonly instructors: number;
  /** One for each compound, two where A4 gives two. */
  readonly workers: Span;
  /** Whether there may be a leader. */
  readonly leader: boolean;
  /** Subsidies of the workers a month; police assistants come on top. */
  readonly monthlyFen: Span;
  readonly equipmentFen: number;
}

/**
 * What a grid of these compounds needs when every post that is asked for is filled. Where households are not known: `leader`
 * says what is certain, the spans what is possible.
 * @source plan 2.2.2, A4
 */
export function gridNeeds(
  compounds: readonly { readonly households: number | null; readonly propertyCompany: string | null }[],
  kind: GridKind,
  policy: Policy,
): GridNeeds {
  const paid = kind === "urban" || policy.value("policy.villages.rural-grids") === "all";
  const workers = together(compounds.map((compound) => workersNeeded(compound, policy)));
  return {
    instructors: policy.value("staff.instructors-per-grid"),
    workers,
    leader: leaderConditions(compounds, workers.high, policy).some(({ met }) => met === true),
    monthlyFen: paid ? together(compounds.map((compound) => workersMonthly(compound, policy))) : { low: 0, high: 0 },
    equipmentFen: paid ? policy.value("grid.equipment") : 0,
  };
}

const together = (spans: readonly Span[]): Span => ({
  low: sum(spans.map(({ low }) => low)),
  high: sum(spans.map(({ high }) => high)),
});

/** Each of the three conditions, one of which is enough for a leader. */
function leaderConditions(
  compounds: readonly { readonly households: number | null }[],
  workers: number,
  policy: Policy,
): { readonly met: boolean | null; readonly step: Text }[] {
  const limits = {
    households: policy.value("staff.leader.households"),
    workers: policy.value("staff.leader.workers"),
    compounds: policy.value("staff.leader.compounds"),
  };
  const unknown = compounds.filter(({ households }) => households === null).length;
  const households = sum(compounds.map((one) => one.households ?? 0));
  const reached = households >= limits.households || (unknown > 0 ? null : false);
  const word = (met: boolean | null): Text =>
    met === null
      ? { zh: "不能确定", en: "not certain" }
      : met
        ? { zh: "符合", en: "met" }
        : { zh: "不符合", en: "not met" };
  const step = (met: boolean | null, zh: string, en: string) => ({
    met,
    step: { zh: `${zh}：${word(met).zh}`, en: `${en}: ${word(met).en}` },
  });
  const left = unknown === 0 ? same("") : { zh: `（另有 ${unknown} 处不明）`, en: ` (${unknown} not known)` };
  return [
    step(
      reached,
      `条件一，户数 ${households}${left.zh}，须达到 ${limits.households}`,
      `First, households: ${households}${left.en}, ${limits.households} needed`,
    ),
    step(
      workers > limits.workers,
      `条件二，网格员 ${workers} 人，须超过 ${limits.workers}`,
      `Second, workers: ${workers}, more than ${limits.workers} needed`,
    ),
    step(
      compounds.length >= limits.compounds,
      `条件三，小区 ${compounds.length} 个，须达到 ${limits.compounds}`,
      `Third, compounds: ${compounds.length}, ${limits.compounds} needed`,
    ),
  ];
}

const holders = (posts: readonly GridPost[], kinds: readonly GridPost["kind"][]): Set<string> =>
  new Set(posts.filter(({ kind }) => kinds.includes(kind)).map(({ person }) => person));

/**
 * The most leaders a grid may have, by its compounds and its workers in post, with the conditions it goes by; `may` null: not
 * certain, so as many as where it may.
 */
export function leadersAllowed(
  compounds: readonly { readonly households: number | null }[],
  posts: readonly GridPost[],
  policy: Policy,
) {
  const conditions = leaderConditions(compounds, workersIn(posts, policy), policy);
  const may = conditions.some(({ met }) => met) ? true : conditions.some(({ met }) => met === null) ? null : false;
  return { conditions, may, most: may === false ? 0 : policy.value("staff.leaders-per-grid") };
}

/** The workers in post; a leader is one of them or not, as the reading has it, and nobody counts twice. */
export const workersIn = (posts: readonly GridPost[], policy: Policy): number =>
  holders(posts, policy.value("policy.staff.leader-counted") === "among" ? ["leader", "worker"] : ["worker"]).size;

const compoundInputs = (compounds: GridStaffFacts["compounds"]) =>
  compounds
    .toSorted(byId)
    .flatMap((compound) => [
      inputOf({ zh: `${compound.name}户数`, en: `${compound.name}, households` }, compound.households, compound),
      inputOf(
        { zh: `${compound.name}物业企业`, en: `${compound.name}, property company` },
        compound.propertyCompany,
        compound,
      ),
    ]);

/**
 * What the plan says of a grid's staff: its workers, leader, instructor and police assistants, in this order.
 * @source plan 2.2.2, and A4 for a second worker
 */
export const gridStaffVerdicts = (facts: GridStaffFacts, policy: Policy): Finding[] => [
  workersFinding(facts, policy),
  leaderFinding(facts, policy),
  instructorFinding(facts, policy),
  policeAssistantFinding(facts),
];

function workersFinding(facts: GridStaffFacts, policy: Policy): Finding {
  const { subject, compounds, posts } = facts;
  const missed = whenMissed("staff.workers-per-compound");
  const staff = posts.filter(({ kind }) => kind === "leader" || kind === "worker");
  const served = new Set(staff.flatMap(({ serves }) => serves ?? []));
  const unserved = staff.some(({ serves }) => serves === null)
    ? []
    : compounds
        .filter(({ id }) => !served.has(id))
        .map(({ name }) => name)
        .sort(compare);
  const judge = (under: Policy) => {
    const observed = workersIn(posts, under);
    const each = compounds.map((compound) => ({ ...compound, workers: workersNeeded(compound, under) }));
    const needed = together(each.map(({ workers }) => workers));
    const unknown = each.filter(({ households, workers }) => households === null && workers.low < workers.high).length;
    const off = outside(observed, { min: needed.low, max: needed.high });
    const verdict: Verdict =
      off !== 0 || unserved.length > 0
        ? missed
        : unknown > 0
          ? "cannot-tell"
          : needed.low < needed.high
            ? "ambiguous"
            : "meets";
    const difference = verdict === "cannot-tell" ? null : off;
    const asks = spanText(needed);
    return {
      verdict,
      observed,
      each,
      needed,
      difference,
      explanation: {
        zh: `应有 ${asks} 人，在岗 ${observed} 人${off === 0 ? "" : off < 0 ? `，缺 ${-off} 人` : `，多 ${off} 人`}`,
        en: `${asks} needed, ${observed} in post${off === 0 ? "" : off < 0 ? `, ${-off} vacant` : `, ${off} too many`}`,
      },
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { verdict, observed, each, needed, difference, explanation } = judge(asking);
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  return {
    rule: "staff.workers",
    clause: "2.2.2",
    verdict,
    subject,
    title: {
      zh: `${subject.name}网格员${explanation.zh}`,
      en: `${subject.name}, workers: ${explanation.en}`,
    },
    observed,
    expected: needed.low === needed.high ? needed.low : { min: needed.low, max: needed.high },
    unit: "person",
    difference,
    inputs: [inputOf({ zh: "在岗网格员", en: "workers in post" }, observed, facts), ...compoundInputs(compounds)],
    steps: [
      ...steps,
      ...each
        .map(({ name, households, workers }) => ({
          zh: `${name}：${households === null ? "户数不明，" : `${households} 户，`}${spanText(workers)} 人`,
          en: `${name}: ${households === null ? "households not known" : `${households} households`}, ${spanText(workers)}`,
        }))
        .toSorted((a, b) => compare(a.zh, b.zh)),
      explanation,
      ...(unserved.length > 0
        ? [
            {
              zh: `没有人服务的：${unserved.join("、")}`,
              en: `Served by nobody: ${unserved.join(", ")}`,
            },
          ]
        : []),
    ],
    ...rest,
  };
}

const spanText = ({ low, high }: Span): string => (low === high ? `${low}` : `${low}–${high}`);

function leaderFinding(facts: GridStaffFacts, policy: Policy): Finding {
  const { subject, compounds, posts } = facts;
  const observed = holders(posts, ["leader"]).size;
  const judge = (under: Policy) => {
    const { conditions, may, most } = leadersAllowed(compounds, posts, under);
    const verdict: Verdict =
      observed > most
        ? whenMissed(may === false ? "staff.leader.households" : "staff.leaders-per-grid")
        : observed > 0 && may === null
          ? "cannot-tell"
          : "meets";
    return {
      verdict,
      most,
      conditions,
      explanation:
        may === null
          ? {
              zh: "已知条件都不符合，能否设网格长还不能确定",
              en: "No known condition is met: whether there may be a leader is not certain",
            }
          : may
            ? {
                zh: `可设网格长 ${most} 名，现有 ${observed} 名`,
                en: `Leaders there may be: ${most}, there are ${observed}`,
              }
            : {
                zh: `三个条件都不符合，不必设网格长，现有 ${observed} 名`,
                en: `None of the three conditions is met, so there is no ground for a leader; there are ${observed}`,
              },
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { verdict, most, conditions, explanation } = judge(asking);
  const expected = { min: 0, max: most };
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  return {
    rule: "staff.leader",
    clause: "2.2.2",
    verdict,
    subject,
    title: { zh: `${subject.name}：${explanation.zh}`, en: `${subject.name}: ${explanation.en}` },
    observed,
    expected,
    unit: "person",
    difference: verdict === "cannot-tell" ? null : outside(observed, expected),
    inputs: [inputOf({ zh: "在岗网格长", en: "leaders in post" }, observed, facts), ...compoundInputs(compounds)],
    steps: [...steps, ...conditions.map(({ step }) => step), explanation],
    ...rest,
  };
}

function instructorFinding(facts: GridStaffFacts, policy: Policy): Finding {
  const { subject, posts } = facts;
  const asked = policy.value("staff.instructors-per-grid");
  const observed = holders(posts, ["instructor"]).size;
  const text: Text = {
    zh: `应有指导员 ${asked} 名，现有 ${observed} 名`,
    en: `instructors: ${asked} needed, ${observed} in post`,
  };
  return {
    rule: "staff.instructor",
    clause: "2.2.2",
    subject,
    title: { zh: `${subject.name}${text.zh}`, en: `${subject.name}, ${text.en}` },
    ...within(observed, { min: asked, max: asked }, whenMissed("staff.instructors-per-grid")),
    expected: asked,
    unit: "person",
    inputs: [inputOf({ zh: "在岗指导员", en: "instructors in post" }, observed, facts)],
    steps: [text],
    parameters: parametersUsed(["staff.instructors-per-grid"], policy),
  };
}

/** The plan gives no number of police assistants, only who they are: so none is no fault, one apart is. */
function policeAssistantFinding(facts: GridStaffFacts): Finding {
  const { subject, posts } = facts;
  const assistants = holders(posts, ["police-assistant"]);
  const apart = [...assistants].filter((person) => !holders(posts, ["leader", "worker"]).has(person)).length;
  return {
    rule: "staff.police-assistant",
    clause: "2.2.2",
    subject,
    title: {
      zh: `${subject.name}警务助理 ${assistants.size} 名，单设 ${apart} 名`,
      en: `${subject.name}, police assistants: ${assistants.size}, apart from leader and workers: ${apart}`,
    },
    ...within(apart, { min: 0, max: 0 }, "breaches"),
    expected: 0,
    unit: "person",
    inputs: [
      inputOf({ zh: "警务助理", en: "police assistants" }, assistants.size, facts),
      inputOf({ zh: "其中不是网格长或网格员的", en: "of them neither leader nor worker" }, apart, facts),
    ],
    steps: [
      {
        zh: `警务助理只能兼任，不单设：${assistants.size} 名中本网格的网格长或网格员 ${assistants.size - apart} 名，单设 ${apart} 名`,
        en: `A police assistant is the leader or a worker and nobody else: of ${assistants.size}, ${assistants.size - apart} are of this grid, ${apart} stand apart`,
      },
      ...(assistants.size === 0
        ? [{ zh: "方案没有规定人数，没有也不算不符", en: "The plan gives no number, so none is no fault" }]
        : []),
    ],
    parameters: [],
  };
}

export interface InstructorFacts extends Evidence {
  /** Who instructs. */
  readonly subject: Subject;
  /** The grids held on the day. */
  readonly grids: readonly string[];
}

/**
 * How many grids one instructor holds.
 * @source plan 2.2.2; silent on the number, so `policy.instructor.grids`
 */
export function instructorGridsFinding(facts: InstructorFacts, policy: Policy): Finding {
  const { subject } = facts;
  const observed = new Set(facts.grids).size;
  const judge = (under: Policy) => {
    const expected: FindingRange = { min: 1, max: under.value("policy.instructor.grids") === "one" ? 1 : null };
    return {
      ...within(observed, expected, "deviates"),
      expected,
      explanation:
        expected.max === null
          ? { zh: `包靠 ${observed} 个网格，不限`, en: `Grids held: ${observed}, without limit` }
          : { zh: `包靠 ${observed} 个网格，上限 1 个`, en: `Grids held: ${observed}, at most 1` },
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { explanation, ...judged } = judge(asking);
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  return {
    rule: "staff.instructor.grids",
    clause: "2.2.2",
    subject,
    title: { zh: `${subject.name}${explanation.zh}`, en: `${subject.name}. ${explanation.en}` },
    ...judged,
    unit: "grid",
    inputs: [inputOf({ zh: "包靠的网格数", en: "grids held" }, observed, facts)],
    steps: [...steps, explanation],
    ...rest,
  };
}

// ---------------------------------------------------------------------------------------------- people of a community

export interface CommunityPeopleFacts extends Evidence {
  readonly subject: Subject;
  /** Cadres sent down as annex 3 plans them; null: it does not say. */
  readonly sentDownPlanned: number | null;
  /** Those in post, and whether they do nothing else; null: not known. */
  readonly sentDown: readonly { readonly person: string; readonly fullTime: boolean | null }[];
  /** Drug-control social workers at work here, and whether the community manages and assesses them; null: not known. */
  readonly drugControl: readonly { readonly person: string; readonly underCommunity: boolean | null }[];
}

/**
 * The people a community has beside its grid staff and social workers: cadres sent down, drug-control social workers.
 * @source plan 3.2.1, A3
 */
export const communityPeopleVerdicts = (facts: CommunityPeopleFacts): Finding[] => [
  sentDownFinding(facts),
  drugControlFinding(facts),
];

/** How many hold true, how many not, and of how many it is not known; each person once, the least favourable counts. */
function tally(people: readonly { readonly person: string; readonly holds: boolean | null }[]) {
  const byPerson = new Map<string, boolean | null>();
  for (const { person, holds } of people) {
    const held = byPerson.get(person);
    byPerson.set(person, held === false || holds === false ? false : held === null || holds === null ? null : true);
  }
  const all = [...byPerson.values()];
  const count = (one: boolean | null) => all.filter((holds) => holds === one).length;
  return { yes: count(true), no: count(false), unknown: count(null) };
}

/** Full time is said without reserve; how many, is for the streets to see to, so fewer than planned deviates. */
function sentDownFinding(facts: CommunityPeopleFacts): Finding {
  const { subject, sentDown, sentDownPlanned } = facts;
  const { yes, no, unknown } = tally(sentDown.map(({ person, fullTime }) => ({ person, holds: fullTime })));
  const planned = sentDownPlanned ?? 0;
  const short = yes + unknown < planned;
  const verdict: Verdict =
    no > 0 ? "breaches" : short ? "deviates" : unknown > 0 || sentDownPlanned === null ? "cannot-tell" : "meets";
  const plan: Text =
    sentDownPlanned === null
      ? { zh: "附件3没有给出应下沉人数", en: "annex 3 does not say how many are planned" }
      : { zh: `附件3安排 ${planned} 人`, en: `annex 3 plans ${planned}` };
  const text: Text = {
    zh: `专职 ${yes} 人，不专职 ${no} 人，不明 ${unknown} 人；${plan.zh}`,
    en: `full time ${yes}, not full time ${no}, not known ${unknown}; ${plan.en}`,
  };
  return {
    rule: "staff.sent-down",
    clause: "3.2.1",
    verdict,
    subject,
    title: { zh: `${subject.name}下沉干部：${text.zh}`, en: `${subject.name}, cadres sent down: ${text.en}` },
    observed: yes,
    expected: sentDownPlanned === null ? null : { min: sentDownPlanned, max: null },
    unit: "person",
    difference: sentDownPlanned === null || unknown > 0 ? null : outside(yes, { min: sentDownPlanned, max: null }),
    inputs: [
      inputOf({ zh: "附件3安排的下沉干部", en: "cadres sent down as annex 3 plans" }, sentDownPlanned, facts),
      inputOf({ zh: "专职的下沉干部", en: "cadres sent down full time" }, yes, facts),
      inputOf({ zh: "不专职的下沉干部", en: "cadres sent down, not full time" }, no, facts),
      inputOf({ zh: "是否专职不明的", en: "not known whether full time" }, unknown, facts),
    ],
    steps: [
      text,
      ...(no > 0
        ? [
            {
              zh: "下沉干部须专职从事社区工作，没有例外",
              en: "Cadres sent down work for the community full time, without exception",
            },
          ]
        : []),
      ...(short
        ? [
            {
              zh: `比安排少 ${planned - yes - unknown} 人；人数由街道视情况定，属偏离`,
              en: `${planned - yes - unknown} fewer than planned; the street decides by circumstances, so a deviation`,
            },
          ]
        : []),
    ],
    parameters: [],
  };
}

function drugControlFinding(facts: CommunityPeopleFacts): Finding {
  const { subject, drugControl } = facts;
  const { yes, no, unknown } = tally(
    drugControl.map(({ person, underCommunity }) => ({ person, holds: underCommunity })),
  );
  const text: Text = {
    zh: `由社区管理 ${yes} 人，不由社区管理 ${no} 人，不明 ${unknown} 人`,
    en: `managed by the community ${yes}, not so ${no}, not known ${unknown}`,
  };
  return {
    rule: "staff.drug-control",
    clause: "3.2.1",
    verdict: no > 0 ? "breaches" : unknown > 0 ? "cannot-tell" : "meets",
    subject,
    title: {
      zh: `${subject.name}禁毒社工：${text.zh}`,
      en: `${subject.name}, drug-control social workers: ${text.en}`,
    },
    observed: no,
    expected: 0,
    unit: "person",
    difference: no === 0 && unknown > 0 ? null : no,
    inputs: [
      inputOf({ zh: "由社区管理的禁毒社工", en: "drug-control social workers under the community" }, yes, facts),
      inputOf({ zh: "不由社区管理的", en: "not under the community" }, no, facts),
      inputOf({ zh: "不明的", en: "not known" }, unknown, facts),
    ],
    steps: [
      {
        zh: `现有禁毒社工都归社区统一管理、考核：${text.zh}`,
        en: `The community manages and assesses all those there are: ${text.en}`,
      },
    ],
    parameters: [],
  };
}
