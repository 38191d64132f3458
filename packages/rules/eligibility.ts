import type { ClauseId } from "@county/plan/clauses.ts";
import type { ParameterValue } from "@county/plan/parameters.ts";
import { type Policy, traced } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { compare } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  gravest,
  inputOf,
  reliedOn,
  type Subject,
  type Verdict,
  whenMissed,
} from "./finding.ts";

// Who may hold a post: by origin, by list, by the other posts held (plan 2.2.2, 2.4, 3.2.1).

export type PostKind =
  | "instructor"
  | "leader"
  | "worker"
  | "police-assistant"
  | "social-worker"
  | "drug-control"
  | "sent-down"
  | "owners-affairs";

/** What a post is called. */
export const postText = {
  instructor: { zh: "网格指导员", en: "grid instructor" },
  leader: { zh: "网格长", en: "grid leader" },
  worker: { zh: "网格员", en: "grid worker" },
  "police-assistant": { zh: "网格警务助理", en: "police assistant of a grid" },
  "social-worker": { zh: "全科社工", en: "general social worker" },
  "drug-control": { zh: "禁毒社工", en: "drug-control social worker" },
  "sent-down": { zh: "下沉干部", en: "cadre sent down" },
  "owners-affairs": { zh: "业委会和物业专员", en: "person for owners' committees and property" },
} as const satisfies Record<PostKind, Text>;

/** Where a person comes from. */
export const origins = {
  "street-cadre": { zh: "街道干部", en: "cadre of the street" },
  "department-cadre": { zh: "部门干部", en: "cadre of a department" },
  "retired-cadre": { zh: "退休干部", en: "retired cadre" },
  "retired-teacher": { zh: "退休教师", en: "retired teacher" },
  "existing-police-assistant": { zh: "原有警务助理", en: "existing police assistant" },
  "existing-drug-control": { zh: "现有禁毒社工", en: "existing drug-control social worker" },
  "street-recruit": { zh: "街道组织招聘", en: "recruited by the street" },
  "open-recruit": { zh: "人社、民政部门公开招聘", en: "recruited openly by human resources and civil affairs" },
  seconded: { zh: "其他单位借调", en: "seconded by another unit" },
  other: { zh: "其他", en: "other" },
} as const satisfies Record<string, Text>;
export type Origin = keyof typeof origins;

/** Who gave the list that a candidate stands on. */
export type CandidateList = ParameterValue<"staff.candidate-lists">[number]["id"];

export interface AppointmentFacts extends Evidence {
  /** The post. */
  readonly subject: Subject;
  readonly kind: PostKind;
  /** The grid the post belongs to; null for a post of the community. */
  readonly grid: string | null;
  readonly origin: Origin | null;
  /** `none`: looked for and on no list; null: not known. */
  readonly list: CandidateList | "none" | null;
  /** The person's other posts on the day; `outside`: work that is none of the community's. */
  readonly others: readonly { readonly kind: PostKind | "outside"; readonly grid: string | null }[];
}

interface Route {
  readonly clause: ClauseId;
  /** From where the plan takes them; null: it does not say. */
  readonly from: readonly Origin[] | null;
  /** What anybody else amounts to. */
  readonly else: Verdict;
}
const gridStaff: Route = {
  clause: "2.2.2",
  from: ["retired-cadre", "retired-teacher", "existing-police-assistant", "street-recruit"],
  // The plan says who may serve, not that nobody else may.
  else: "deviates",
};
const routes = {
  instructor: { clause: "2.2.2", from: ["street-cadre"], else: "breaches" },
  leader: gridStaff,
  worker: gridStaff,
  "police-assistant": { clause: "2.2.2", from: null, else: "meets" },
  "social-worker": { clause: "3.2.1", from: ["open-recruit"], else: "breaches" },
  // It brings those there already under the community, and does not say how new ones come.
  "drug-control": { clause: "3.2.1", from: ["existing-drug-control"], else: "ambiguous" },
  "sent-down": { clause: "3.2.1", from: ["street-cadre", "department-cadre"], else: "breaches" },
  "owners-affairs": { clause: "2.4", from: null, else: "meets" },
} as const satisfies Record<PostKind, Route>;

/** The plan counts and pays these groups apart; the other posts go with any of them. */
const group: Partial<Record<PostKind | "outside", string>> = {
  instructor: "cadre",
  "sent-down": "cadre",
  leader: "grid-staff",
  worker: "grid-staff",
  "social-worker": "social-worker",
  "drug-control": "drug-control",
};

const ownLists: Partial<Record<Origin, readonly CandidateList[]>> = {
  "retired-cadre": ["organisation", "human-resources"],
  "retired-teacher": ["education", "human-resources"],
};

interface Part {
  readonly verdict: Verdict;
  readonly step: Text;
}

/**
 * Whether this person may hold this post: by origin, by the list a retired candidate stands on, and by the other posts held.
 * The gravest of the three counts.
 * @source plan 2.2.2, 2.4, 3.2.1; `policy.staff.candidate-list`
 */
export function eligibilityFinding(facts: AppointmentFacts, policy: Policy): Finding {
  const { subject, kind, origin, list, others } = facts;
  const judge = (under: Policy) => {
    const parts = [
      originPart(facts, under),
      ...listPart(facts, under),
      ...policePart(facts),
      ...fullTimePart(facts),
      ...groupPart(facts),
    ];
    return { verdict: gravest(parts.map((part) => part.verdict)), parts, explanation: joined(parts) };
  };
  const { policy: asking, asked } = traced(policy);
  const { verdict, parts } = judge(asking);
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  const from = origin === null ? { zh: "来源不明", en: "origin not known" } : origins[origin];
  const held = others.map((other) => `${other.kind}${other.grid === null ? "" : `@${other.grid}`}`).sort(compare);
  return {
    rule: "staff.eligible",
    clause: routes[kind].clause,
    verdict,
    subject,
    title: {
      zh: `${subject.name}：${postText[kind].zh}，${from.zh}`,
      en: `${subject.name}: ${postText[kind].en}, ${from.en}`,
    },
    observed: from,
    expected: expectedOrigin(kind),
    difference: null,
    inputs: [
      inputOf({ zh: "岗位", en: "post" }, kind, facts),
      inputOf({ zh: "人员来源", en: "origin" }, origin, facts),
      inputOf({ zh: "所在名单", en: "list" }, list, facts),
      inputOf({ zh: "其他在任岗位", en: "other posts" }, held.join(", "), facts),
    ],
    steps: [...steps, ...parts.map(({ step }) => step)],
    ...rest,
  };
}

const joined = (parts: readonly Part[]): Text => ({
  zh: parts.map(({ step }) => step.zh).join("；"),
  en: parts.map(({ step }) => step.en).join("; "),
});

function expectedOrigin(kind: PostKind): Text {
  const { from }: Route = routes[kind];
  return from === null
    ? { zh: "不限来源", en: "any origin" }
    : { zh: from.map((one) => origins[one].zh).join("、"), en: from.map((one) => origins[one].en).join(", ") };
}

function originPart({ kind, origin }: AppointmentFacts, policy: Policy): Part {
  const { clause, from, else: otherwise }: Route = routes[kind];
  const named = expectedOrigin(kind);
  if (from === null)
    return {
      verdict: "meets",
      step: {
        zh: `${clause} 没有限定${postText[kind].zh}的来源`,
        en: `${clause} does not say where a ${postText[kind].en} comes from`,
      },
    };
  if (origin === null) return { verdict: "cannot-tell", step: { zh: "没有登记来源", en: "No origin is recorded" } };
  // Of the retired those count whom the plan names on the day.
  const retired = origin in ownLists && !policy.value("staff.may-serve").some(({ id }) => id === origin);
  const fits = from.includes(origin) && !retired;
  return {
    verdict: fits ? "meets" : otherwise,
    step: {
      zh: `${clause} 的来源：${named.zh}；此人为${origins[origin].zh}，${fits ? "在内" : "不在内"}`,
      en: `${clause} takes: ${named.en}; this person: ${origins[origin].en}, ${fits ? "among them" : "not among them"}`,
    },
  };
}

function listPart({ kind, origin, list }: AppointmentFacts, policy: Policy): Part[] {
  const own = origin === null ? undefined : ownLists[origin];
  if (own === undefined || (kind !== "leader" && kind !== "worker")) return [];
  const lists = policy.value("staff.candidate-lists");
  const asked =
    policy.value("policy.staff.candidate-list") === "any" ? lists : lists.filter(({ id }) => own.includes(id));
  const found = lists.find(({ id }) => id === list);
  const fits = asked.some(({ id }) => id === list);
  const names = {
    zh: asked.map(({ title }) => title.zh).join("、"),
    en: asked.map(({ title }) => title.en).join(", "),
  };
  return [
    {
      verdict: list === null ? "cannot-tell" : fits ? "meets" : whenMissed("staff.may-serve"),
      step:
        list === null
          ? {
              zh: `应在名单上（${names.zh}），是否在不明`,
              en: `Should stand on a list (${names.en}); whether so is not known`,
            }
          : found === undefined
            ? {
                zh: `应在名单上（${names.zh}），不在任何名单上`,
                en: `Should stand on a list (${names.en}); stands on none`,
              }
            : {
                zh: `应在名单上（${names.zh}），所在为${found.title.zh}的名单，${fits ? "符合" : "不符合"}`,
                en: `Should stand on a list (${names.en}); ${found.title.en}: ${fits ? "fits" : "does not fit"}`,
              },
    },
  ];
}

function policePart({ kind, grid, others }: AppointmentFacts): Part[] {
  if (kind !== "police-assistant") return [];
  const staff = others.filter((other) => other.kind === "leader" || other.kind === "worker");
  if (staff.some((other) => other.grid === grid))
    return [
      {
        verdict: "meets",
        step: { zh: "是本网格的网格长或网格员", en: "Is the leader or a worker of this grid" },
      },
    ];
  return staff.length > 0
    ? [
        {
          verdict: "ambiguous",
          step: {
            zh: "是别的网格的网格长或网格员；方案没有写明须在同一网格",
            en: "Is leader or worker of another grid; the plan does not say that it must be the same one",
          },
        },
      ]
    : [
        {
          verdict: "breaches",
          step: {
            zh: "不是网格长，也不是网格员；警务助理不能单设",
            en: "Is neither leader nor worker; a police assistant never stands apart",
          },
        },
      ];
}

function fullTimePart({ kind, others }: AppointmentFacts): Part[] {
  const pair = [{ kind }, ...others].map((post) => post.kind);
  if (!pair.includes("sent-down") || !pair.includes("outside")) return [];
  return [
    {
      verdict: "breaches",
      step: {
        zh: "下沉干部须专职做社区工作，却还有社区以外的工作",
        en: "A cadre sent down works for the community full time, yet holds work outside it",
      },
    },
  ];
}

function groupPart({ kind, others }: AppointmentFacts): Part[] {
  const clash = [...new Set(others.map((other) => other.kind))]
    .filter((other): other is PostKind => other !== "outside")
    .filter((other) => group[kind] !== undefined && group[other] !== undefined && group[other] !== group[kind])
    .sort(compare);
  return clash.map((other) => ({
    verdict: "deviates",
    step: {
      zh: `同时是${postText[other].zh}；3.2.1 把两者分开计人、分开列支，没有说可以互兼`,
      en: `Is also a ${postText[other].en}; 3.2.1 counts and pays the two apart and does not say that one may be both`,
    },
  }));
}
