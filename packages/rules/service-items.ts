import type { Item } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { deadlineStep } from "./deadlines.ts";
import { type Evidence, type Finding, inputOf, parametersUsed, type Subject, whenMissed } from "./finding.ts";
import { presenceVerdict, type Wanted } from "./presence.ts";

// What communities offer their residents (plan 2.5). The plan counts the items handed down and does not name them: the names come
// from the county, and where the county has given none no rule invents them.

/** The county's own list of the government service items it hands down. */
export interface HandedDownList extends Evidence {
  readonly items: readonly { readonly id: string; readonly name: string }[];
}

/** An item as a community offers it; null: not known. */
export interface OfferedItem {
  readonly id: string;
  /** Whether the way it is handled is written down. */
  readonly process: boolean | null;
  /** Whether it is written down who may have it. */
  readonly conditions: boolean | null;
}

/** What a community, or a street for itself, offers. null: not known. Kinds and ways are told by their ids in the parameters. */
export interface ServiceFacts extends Evidence {
  readonly subject: Subject;
  readonly listPublished: boolean | null;
  readonly items: readonly OfferedItem[] | null;
  readonly cloudConnected: boolean | null;
  readonly exchangeConnected: boolean | null;
  /** The social organisations, each with its kind. */
  readonly organisations: readonly { readonly name: string; readonly kind: string }[] | null;
  /** The ways in which they are supported. */
  readonly cultivation: readonly string[] | null;
  /** The everyday services that residents can have, free or for money. */
  readonly convenience: readonly { readonly kind: string; readonly paid: boolean }[] | null;
}

const CLAUSE = "2.5";
const DUE = "clause.2.5.deadline";

/**
 * Whether the county's list has as many items as the plan hands down, each counted once; more are no fault, and fewer none before
 * the day by which they are due.
 * @source plan 2.5
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function handedDownVerdict(county: Subject, list: HandedDownList | null, policy: Policy): Finding {
  const expected = policy.value("services.handed-down");
  const observed = list === null ? null : new Set(list.items.map(({ id }) => id)).size;
  const short = observed !== null && observed < expected;
  const early = policy.on <= policy.value(DUE);
  const evidence = list ?? { asOf: policy.on, source: "services list" };
  const given = {
    zh: observed === null ? "没有清单" : `${observed} 项`,
    en: observed === null ? "no list" : `${observed}`,
  };
  return {
    rule: "services.county-list",
    clause: CLAUSE,
    verdict:
      early || (observed !== null && !short) ? "meets" : short ? whenMissed("services.handed-down") : "cannot-tell",
    subject: county,
    title: {
      zh: `${county.name}：下放事项应有 ${expected} 项，县里清单：${given.zh}`,
      en: `${county.name}: items handed down: ${expected} planned, in the county's list: ${given.en}`,
    },
    observed,
    expected: { min: expected, max: null },
    unit: "item",
    difference: observed === null ? null : Math.min(0, observed - expected),
    inputs: [inputOf({ zh: "县里清单的事项数", en: "items in the county's list" }, observed, evidence)],
    steps: [
      observed === null
        ? {
            zh: "计划未列事项名称，县里尚未提供清单，无法判断",
            en: "The plan names no items and the county has given no list, so it cannot be told",
          }
        : {
            zh: `${observed} − ${expected} = ${observed - expected}${observed > expected ? "；多下放不算不符" : ""}`,
            en: `${observed} − ${expected} = ${observed - expected}${observed > expected ? "; handing down more is no breach" : ""}`,
          },
      deadlineStep(CLAUSE, policy),
    ],
    parameters: parametersUsed(["services.handed-down", DUE], policy),
  };
}

/**
 * What the plan asks of the services of one community: list, items, their description, connections, social organisations and their
 * support, everyday services, in this order.
 * @param list the county's list; null: it has given none
 * @source plan 2.5
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export const serviceVerdicts = (facts: ServiceFacts, list: HandedDownList | null, policy: Policy): Finding[] =>
  verdictsDue(facts, list, policy.value(DUE), policy);

/** @param due the last day on which anything may be missing; undefined: what is missing is missing */
function verdictsDue(
  facts: ServiceFacts,
  list: HandedDownList | null,
  due: string | undefined,
  policy: Policy,
): Finding[] {
  const { subject } = facts;
  const deadline = [deadlineStep(CLAUSE, policy)];
  const one = (title: Text, there: boolean | null): Wanted[] => [wanted(facts, title, there)];
  const hard = { clause: CLAUSE, subject, missed: "breaches", due, steps: deadline, parameters: [DUE] } as const;
  const published = { zh: "公开的服务事项清单", en: "published list of services" };
  const cloud = { zh: "接入政务服务云平台", en: "connected to the government-service cloud" };
  const exchange = { zh: "接入信息资源共享交换平台", en: "connected to the data-exchange platform" };
  return [
    presenceVerdict(
      { ...hard, rule: "services.list-published", what: published, wanted: one(published, facts.listPublished) },
      policy,
    ),
    itemsFinding(facts, list, due, policy),
    describedFinding(facts, list, due, policy),
    presenceVerdict({ ...hard, rule: "services.cloud", what: cloud, wanted: one(cloud, facts.cloudConnected) }, policy),
    presenceVerdict(
      { ...hard, rule: "services.data-exchange", what: exchange, wanted: one(exchange, facts.exchangeConnected) },
      policy,
    ),
    presenceVerdict(
      {
        rule: "services.organisations",
        clause: CLAUSE,
        subject,
        what: { zh: "社会组织类别", en: "kinds of social organisation" },
        wanted: listed(
          facts,
          policy.value("services.organisation-kinds"),
          facts.organisations?.map(({ kind }) => kind),
        ),
        missed: whenMissed("services.organisation-kinds"),
        due,
        steps: [
          ...strangers(
            policy.value("services.organisation-kinds"),
            facts.organisations?.map(({ kind }) => kind),
          ),
          ...deadline,
        ],
        parameters: ["services.organisation-kinds", DUE],
      },
      policy,
    ),
    presenceVerdict(
      {
        rule: "services.cultivation",
        clause: CLAUSE,
        subject,
        what: { zh: "扶持社会组织的方式", en: "ways to support social organisations" },
        wanted: listed(facts, policy.value("services.cultivation"), facts.cultivation),
        least: 1,
        missed: whenMissed("services.cultivation"),
        due,
        steps: [...strangers(policy.value("services.cultivation"), facts.cultivation), ...deadline],
        parameters: ["services.cultivation", DUE],
      },
      policy,
    ),
    convenienceFinding(facts, due, policy),
  ];
}

const wanted = ({ asOf, source, place }: Evidence, title: Text, there: boolean | null): Wanted => ({
  title,
  there,
  asOf,
  source,
  place,
});

const listed = (facts: Evidence, items: readonly Item[], has: readonly string[] | null | undefined): Wanted[] =>
  items.map(({ id, title }) => wanted(facts, title, has == null ? null : has.includes(id)));

/** What is recorded under an id that the list does not have counts for nothing, and is told. */
function strangers(items: readonly Item[], has: readonly string[] | null | undefined): Text[] {
  const known = new Set(items.map(({ id }) => id));
  const strange = [...new Set(has ?? [])].filter((id) => !known.has(id)).toSorted();
  if (strange.length === 0) return [];
  return [{ zh: `不在清单内，不计：${strange.join("、")}`, en: `Not on the list, not counted: ${strange.join(", ")}` }];
}

/** A list without a name on it is no list yet. */
const namesOf = (list: HandedDownList | null): Map<string, string> | null =>
  list === null || list.items.length === 0 ? null : new Map(list.items.map(({ id, name }) => [id, name]));

function itemsFinding(
  facts: ServiceFacts,
  list: HandedDownList | null,
  due: string | undefined,
  policy: Policy,
): Finding {
  const { subject, items } = facts;
  const planned = policy.value("services.handed-down");
  const offered = items === null ? null : new Set(items.map(({ id }) => id));
  const names = namesOf(list);
  const common = { clause: CLAUSE, subject, missed: whenMissed("services.handed-down"), due } as const;
  const what = { zh: "下放事项", en: "items handed down" };
  if (names !== null)
    return presenceVerdict(
      {
        ...common,
        rule: "services.items",
        what,
        wanted: [...names].map(([id, name]) => wanted(facts, { zh: name, en: name }, offered?.has(id) ?? null)),
        steps: [
          {
            zh: `按县里清单 ${names.size} 项核对，计划为 ${planned} 项`,
            en: `Checked against the county's list of ${names.size}; the plan hands down ${planned}`,
          },
          deadlineStep(CLAUSE, policy),
        ],
        parameters: ["services.handed-down", DUE],
      },
      policy,
    );
  const observed = offered?.size ?? null;
  // Fewer than planned miss some whichever they are; as many may still be others.
  const short = observed !== null && observed < planned;
  const early = due !== undefined && policy.on <= due;
  return {
    rule: "services.items",
    clause: CLAUSE,
    verdict: early ? "meets" : short ? common.missed : "cannot-tell",
    subject,
    title: {
      zh: `${subject.name}：计划下放 ${planned} 项，已办 ${observed ?? "不明"}，县里没有清单`,
      en: `${subject.name}: ${planned} items planned, ${observed ?? "an unknown number"} offered, no list of the county's`,
    },
    observed,
    expected: planned,
    unit: "item",
    difference: observed === null ? null : observed - planned,
    inputs: [inputOf({ zh: "已办事项数", en: "items offered" }, observed, facts)],
    steps: [
      short
        ? {
            zh: `${observed} 项少于 ${planned} 项，无论是哪些都不够`,
            en: `${observed} are fewer than ${planned}: whichever they are, some are missing`,
          }
        : {
            zh: "县里没有提供清单，无法核对是哪些事项",
            en: "The county has given no list, so it cannot be told which items these are",
          },
      deadlineStep(CLAUSE, policy),
    ],
    parameters: parametersUsed(["services.handed-down", DUE], policy),
  };
}

/** An item that is named more than once is described when one of the entries is. */
function describedFinding(
  facts: ServiceFacts,
  list: HandedDownList | null,
  due: string | undefined,
  policy: Policy,
): Finding {
  const names = namesOf(list);
  const what = { zh: "写明流程和条件的事项", en: "items with process and conditions" };
  const judged = (facts.items ?? []).filter(({ id }) => names === null || names.has(id));
  const there = new Map<string, boolean | null>();
  for (const { id, process, conditions } of judged) {
    const described = process === false || conditions === false ? false : process && conditions;
    const held = there.get(id);
    there.set(id, held === true || described === true ? true : held === null || described === null ? null : false);
  }
  return presenceVerdict(
    {
      rule: "services.items-described",
      clause: CLAUSE,
      subject: facts.subject,
      what,
      wanted:
        facts.items === null
          ? [wanted(facts, what, null)]
          : [...there].map(([id, described]) => {
              const name = names?.get(id) ?? id;
              return wanted(facts, { zh: name, en: name }, described);
            }),
      missed: "breaches",
      due,
      steps: [deadlineStep(CLAUSE, policy)],
      parameters: [DUE],
    },
    policy,
  );
}

function convenienceFinding(facts: ServiceFacts, due: string | undefined, policy: Policy): Finding {
  const { convenience } = facts;
  const kinds = policy.value("services.convenience");
  const has = convenience?.map(({ kind }) => kind) ?? null;
  const paid = (convenience ?? []).filter((service) => service.paid).length;
  return presenceVerdict(
    {
      rule: "services.convenience",
      clause: CLAUSE,
      subject: facts.subject,
      what: { zh: "便民服务种类", en: "kinds of everyday service" },
      wanted: listed(facts, kinds, has),
      missed: whenMissed("services.convenience"),
      due,
      steps: [
        ...(convenience === null
          ? []
          : [
              {
                zh: `便民服务 ${convenience.length} 项：收费 ${paid}，免费 ${convenience.length - paid}`,
                en: `Everyday services: ${convenience.length}, paid ${paid}, free ${convenience.length - paid}`,
              },
            ]),
        ...strangers(kinds, has),
        deadlineStep(CLAUSE, policy),
      ],
      parameters: ["services.convenience", DUE],
    },
    policy,
  );
}

/**
 * In how many communities of a street or the county nothing that 2.5 demands is missing. What it asks softly is not counted.
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function servicesAreaVerdict(
  { area, communities }: { readonly area: Subject; readonly communities: readonly ServiceFacts[] },
  list: HandedDownList | null,
  policy: Policy,
): Finding {
  return presenceVerdict(
    {
      rule: "services.communities",
      clause: CLAUSE,
      subject: area,
      what: { zh: "服务事项齐备的社区", en: "communities whose services are complete" },
      wanted: communities.map((facts) => {
        const verdicts = verdictsDue(facts, list, undefined, policy).map(({ verdict }) => verdict);
        const there = verdicts.includes("breaches") ? false : verdicts.includes("cannot-tell") ? null : true;
        return wanted(facts, { zh: facts.subject.name, en: facts.subject.name }, there);
      }),
      missed: "breaches",
      due: policy.value(DUE),
      steps: [deadlineStep(CLAUSE, policy)],
      parameters: ["services.handed-down", DUE],
    },
    policy,
  );
}
