import { daysBetween, isDate, lastDayOfMonth } from "@county/plan/calendar.ts";
import { type Unit, type UnitId, units } from "@county/plan/clauses.ts";
import { parameters } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { deadlineStep } from "./deadlines.ts";
import { by } from "./figures.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  inputOf,
  parametersUsed,
  type Subject,
  whenMissed,
  within,
} from "./finding.ts";
import { presenceVerdict, type Wanted } from "./presence.ts";

// Who governs: Party organisations, self-government and rebuilt villages (plan 2.6), the leading group (3.1), the streets' assessment
// methods (3.3), and the publication of how money is used (3.2.2). Everywhere null is: not known.

/** Whether a body was formed by election, and whether the election kept its procedure. */
export interface Election {
  readonly elected: boolean | null;
  readonly byProcedure: boolean | null;
}

/** The bodies of one community. */
export interface CommunityOrganisation extends Evidence {
  readonly subject: Subject;
  /** Posts of the Party committee, and how many of them are filled. */
  readonly partyCommittee: { readonly posts: number; readonly filled: number } | null;
  readonly grids: readonly { readonly name: string; readonly branch: boolean | null }[] | null;
  /** Buildings and courtyards; a group is asked for only where conditions allow one. */
  readonly buildings:
    | readonly { readonly name: string; readonly eligible: boolean; readonly group: boolean | null }[]
    | null;
  readonly residentsCommittee: Election | null;
  readonly supervisionCommittee: Election | null;
}

/** The companies and social organisations of a street or the county. */
export interface AreaOrganisation extends Evidence {
  readonly subject: Subject;
  /** Property companies; a branch may be the company's own or one joint with others. */
  readonly companies:
    | readonly { readonly name: string; readonly eligible: boolean; readonly branch: boolean | null }[]
    | null;
  readonly socialOrganisations: readonly { readonly name: string; readonly branch: boolean | null }[] | null;
}

/** A village whose rebuilding is finished or not. */
export interface RebuiltVillage extends Evidence {
  readonly subject: Subject;
  readonly rebuilt: boolean | null;
  readonly reformDone: boolean | null;
  readonly residentialManagement: boolean | null;
}

export interface LeadingGroup extends Evidence {
  readonly subject: Subject;
  readonly formed: boolean | null;
  /** Where its office sits. */
  readonly office: UnitId | "none" | null;
  /** Units that have seconded people to it. */
  readonly seconded: readonly UnitId[] | null;
}

/** A street's own method of assessing the work. `tiedTo`: ids of parameter `assessment.tied-to`. */
export interface AssessmentMethod extends Evidence {
  readonly subject: Subject;
  readonly exists: boolean | null;
  readonly tiedTo: readonly string[] | null;
}

/** What a community has published of the use of its money. */
export interface Publications extends Evidence {
  readonly subject: Subject;
  /** The day the first money came; null: none has. */
  readonly moneySince: string | null;
  readonly published: readonly Publication[];
}

export interface Publication {
  readonly on: string;
  /** The role that signed it off, and when; null: nobody. */
  readonly signedOff: { readonly by: string; readonly on: string } | null;
  /** The last day on which objections were taken; null: none was set. */
  readonly objectionsUntil: string | null;
}

const wantedOf = ({ asOf, source, place }: Evidence, title: Text, there: boolean | null): Wanted => ({
  title,
  there,
  asOf,
  source,
  place,
});
const named = (name: string): Text => ({ zh: name, en: name });
/** Where the list itself is not known, that is the one thing not known. */
const each = <T extends { readonly name: string }>(
  facts: Evidence,
  what: Text,
  all: readonly T[] | null,
  there: (one: T) => boolean | null,
): Wanted[] =>
  all === null ? [wantedOf(facts, what, null)] : all.map((one) => wantedOf(facts, named(one.name), there(one)));

// ------------------------------------------------------------------------------------------------------------------- 2.6

const DUE = "clause.2.6.deadline";

const complete = ({ partyCommittee }: CommunityOrganisation): boolean | null =>
  partyCommittee === null ? null : partyCommittee.posts > 0 && partyCommittee.filled >= partyCommittee.posts;

/**
 * The Party committee, grid branches, building groups, residents' committee and supervision committee of one community.
 * @source plan 2.6
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function communityOrganisationVerdicts(facts: CommunityOrganisation, policy: Policy): Finding[] {
  const { subject, partyCommittee, grids, buildings } = facts;
  const steps = [deadlineStep("2.6", policy)];
  const common = { clause: "2.6", subject, due: policy.value(DUE), steps, parameters: [DUE] } as const;
  const committee = { zh: "齐备的党委班子", en: "complete Party committee" };
  const branches = { zh: "网格党支部", en: "Party branches of grids" };
  const groups = { zh: "有条件的楼、院的党小组", en: "Party groups of buildings where conditions allow" };
  const eligible = buildings?.filter((building) => building.eligible) ?? null;
  const elected = (election: Election | null): Wanted[] => [
    wantedOf(facts, { zh: "选举产生", en: "formed by election" }, election?.elected ?? null),
    wantedOf(facts, { zh: "按程序选举", en: "election by procedure" }, election?.byProcedure ?? null),
  ];
  return [
    presenceVerdict(
      {
        ...common,
        rule: "organisation.party-committee",
        what: committee,
        wanted: [wantedOf(facts, committee, complete(facts))],
        missed: "breaches",
        steps: [
          partyCommittee === null
            ? { zh: "党委班子职数不明", en: "The posts of the committee are not known" }
            : {
                zh: `班子职数 ${partyCommittee.posts}，在任 ${partyCommittee.filled}`,
                en: `Posts: ${partyCommittee.posts}, filled: ${partyCommittee.filled}`,
              },
          ...steps,
        ],
      },
      policy,
    ),
    presenceVerdict(
      {
        ...common,
        rule: "organisation.grid-branches",
        what: branches,
        wanted: each(facts, branches, grids, ({ branch }) => branch),
        missed: "breaches",
      },
      policy,
    ),
    presenceVerdict(
      {
        ...common,
        rule: "organisation.building-groups",
        what: groups,
        wanted: each(facts, groups, eligible, ({ group }) => group),
        missed: "deviates",
        steps: [
          {
            zh: "只在具备条件处指导成立，缺少的属偏离",
            en: "Asked for only where conditions allow, so one that is missing is a deviation",
          },
          ...steps,
        ],
      },
      policy,
    ),
    presenceVerdict(
      {
        ...common,
        rule: "organisation.residents-committee",
        what: { zh: "居民委员会的选举", en: "election of the residents' committee" },
        wanted: elected(facts.residentsCommittee),
        missed: "breaches",
      },
      policy,
    ),
    presenceVerdict(
      {
        ...common,
        rule: "organisation.supervision-committee",
        what: { zh: "居务监督委员会的选举", en: "election of the residents' supervision committee" },
        wanted: elected(facts.supervisionCommittee),
        missed: "breaches",
      },
      policy,
    ),
  ];
}

/**
 * Whether as many communities as the plan names have a complete Party committee.
 * @source plan 2.6
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function partyCommitteesVerdict(
  { county, communities }: { readonly county: Subject; readonly communities: readonly CommunityOrganisation[] },
  policy: Policy,
): Finding {
  const planned = policy.value("governance.communities");
  return presenceVerdict(
    {
      rule: "organisation.party-committees",
      clause: "2.6",
      subject: county,
      what: { zh: "党委班子齐备的社区", en: "communities with a complete Party committee" },
      wanted: communities.map((facts) => wantedOf(facts, named(facts.subject.name), complete(facts))),
      least: planned,
      missed: whenMissed("governance.communities"),
      due: policy.value(DUE),
      steps: [
        {
          zh: `计划为 ${planned} 个社区，已报 ${communities.length} 个`,
          en: `The plan names ${planned} communities; ${communities.length} are reported`,
        },
        deadlineStep("2.6", policy),
      ],
      parameters: ["governance.communities", DUE],
    },
    policy,
  );
}

/**
 * Pilot branches in property companies, and Party organisations in social organisations, of a street or the county. Where no company
 * is eligible, or there is no social organisation, none is asked for.
 * @source plan 2.6
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function areaOrganisationVerdicts(facts: AreaOrganisation, policy: Policy): Finding[] {
  const { subject, socialOrganisations } = facts;
  const companies = facts.companies?.filter(({ eligible }) => eligible) ?? null;
  const pilots = { zh: "符合条件的物业企业的党支部", en: "Party branches in eligible property companies" };
  const bodies = { zh: "社会组织的党组织", en: "Party organisations in social organisations" };
  const atMost = (least: number, all: readonly unknown[] | null) => Math.min(least, all?.length ?? least);
  const steps = [deadlineStep("2.6", policy)];
  return [
    presenceVerdict(
      {
        rule: "organisation.company-branches",
        clause: "2.6",
        subject,
        what: pilots,
        wanted: each(facts, pilots, companies, ({ branch }) => branch),
        least: atMost(policy.value("governance.company-branches"), companies),
        missed: whenMissed("governance.company-branches"),
        due: policy.value(DUE),
        steps,
        parameters: ["governance.company-branches", DUE],
      },
      policy,
    ),
    presenceVerdict(
      {
        rule: "organisation.social-organisation-branches",
        clause: "2.6",
        subject,
        what: bodies,
        wanted: each(facts, bodies, socialOrganisations, ({ branch }) => branch),
        least: atMost(policy.value("governance.social-organisation-branches"), socialOrganisations),
        missed: whenMissed("governance.social-organisation-branches"),
        due: policy.value(DUE),
        steps,
        parameters: ["governance.social-organisation-branches", DUE],
      },
      policy,
    ),
  ];
}

/**
 * A rebuilt village finishes its property-rights reform, and passes step by step into residential management. Nothing is asked of one
 * that is not yet rebuilt.
 * @source plan 2.6: the second is to come step by step, so missing it is a deviation
 */
export function rebuiltVillageVerdicts(facts: RebuiltVillage, policy: Policy): Finding[] {
  const { subject, rebuilt, reformDone, residentialManagement } = facts;
  const reform = { zh: "完成权能制度改革", en: "property-rights reform finished" };
  const management = { zh: "纳入居民小区治理", en: "under residential management" };
  const asked = (title: Text, there: boolean | null): Wanted[] =>
    // What is done counts, whether or not the rebuilding is known to be finished.
    rebuilt === false ? [] : [wantedOf(facts, title, rebuilt === null && there !== true ? null : there)];
  const steps: Text[] = [
    rebuilt === false
      ? { zh: "尚未完成改造，不适用", en: "Not yet rebuilt: nothing is asked" }
      : rebuilt === null
        ? { zh: "是否完成改造不明", en: "It is not known whether it is rebuilt" }
        : { zh: "已完成改造", en: "Rebuilt" },
    deadlineStep("2.6", policy),
  ];
  const common = { clause: "2.6", subject, due: policy.value(DUE), steps, parameters: [DUE] } as const;
  return [
    presenceVerdict(
      {
        ...common,
        rule: "organisation.village-reform",
        what: reform,
        wanted: asked(reform, reformDone),
        missed: "breaches",
      },
      policy,
    ),
    presenceVerdict(
      {
        ...common,
        rule: "organisation.village-management",
        what: management,
        wanted: asked(management, residentialManagement),
        missed: "deviates",
      },
      policy,
    ),
  ];
}

// -------------------------------------------------------------------------------------------------------------- 3.1, 3.3

/**
 * The leading group, its office where the plan puts it, and the people seconded to it.
 * @source plan 3.1
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function leadingGroupVerdicts(facts: LeadingGroup, policy: Policy): Finding[] {
  const { subject, formed, office, seconded } = facts;
  const seat: UnitId = policy.value("leading-group.office");
  const group = { zh: "领导小组", en: "leading group" };
  const { zh, en } = (units[seat] as Unit).name;
  const common = { clause: "3.1", subject, missed: "breaches" } as const;
  return [
    presenceVerdict(
      {
        ...common,
        rule: "organisation.leading-group",
        what: group,
        wanted: [wantedOf(facts, group, formed)],
        parameters: [],
      },
      policy,
    ),
    presenceVerdict(
      {
        ...common,
        rule: "organisation.leading-group.office",
        what: { zh: "领导小组办公室", en: "office of the leading group" },
        wanted: [
          wantedOf(
            facts,
            { zh: `办公室设在${zh}`, en: `its office in the ${en}` },
            office === null ? null : office === seat,
          ),
        ],
        parameters: ["leading-group.office"],
      },
      policy,
    ),
    presenceVerdict(
      {
        ...common,
        rule: "organisation.leading-group.seconding",
        what: { zh: "抽调人员的单位", en: "units that second people" },
        wanted: policy
          .value("leading-group.seconding")
          .map(({ id, title }) => wantedOf(facts, title, seconded === null ? null : seconded.includes(id))),
        parameters: ["leading-group.seconding"],
      },
      policy,
    ),
  ];
}

/**
 * A street has a method of its own, tied to what the plan ties it to. A method that does not exist is tied to nothing.
 * @source plan 3.3
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function assessmentMethodVerdict(facts: AssessmentMethod, policy: Policy): Finding {
  const { subject, exists, tiedTo } = facts;
  return presenceVerdict(
    {
      rule: "organisation.assessment-method",
      clause: "3.3",
      subject,
      what: { zh: "街道考核办法及挂钩事项", en: "the street's assessment method and what it is tied to" },
      wanted: [
        wantedOf(facts, { zh: "考核办法", en: "assessment method" }, exists),
        ...policy
          .value("assessment.tied-to")
          .map(({ id, title }) =>
            wantedOf(
              facts,
              { zh: `挂钩：${title.zh}`, en: `tied to: ${title.en}` },
              exists === false ? false : tiedTo === null ? null : tiedTo.includes(id),
            ),
          ),
      ],
      missed: "breaches",
      parameters: ["assessment.tied-to"],
    },
    policy,
  );
}

// ----------------------------------------------------------------------------------------------------------- publication

/** So many months, counted from January of year 0, so that the parts of a year are calendar quarters, halves or years. */
interface Cycle {
  readonly first: string;
  readonly last: string;
}

const monthOf = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
const monthText = (month: number): string =>
  `${String(Math.floor(month / 12)).padStart(4, "0")}-${String((month % 12) + 1).padStart(2, "0")}`;

/** The cycles that have ended before the day, from the one after that in which the money came. */
function endedCycles(since: string, on: string, months: number): Cycle[] {
  const [from, to] = [Math.floor(monthOf(since) / months) + 1, Math.floor(monthOf(on) / months)];
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => ({
    first: `${monthText((from + at) * months)}-01`,
    last: lastDayOfMonth(monthText((from + at + 1) * months - 1)),
  }));
}

/**
 * Whether a community published the use of its money in every cycle, each time signed off beforehand and open to objections long
 * enough. The cycle that runs still has time; the one in which the first money came has nothing to tell yet.
 * @source plan 3.2.2 says regularly; the cycle, the sign-off and the time are usual practice
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function publicationVerdicts(facts: Publications, policy: Policy): Finding[] {
  const published = facts.published.filter(({ on }) => isDate(on) && on <= policy.on).toSorted(by(orderOf));
  return [
    cycleFinding(facts, published, policy),
    signOffFinding(facts, published, policy),
    ...published.map((publication) => objectionFinding(facts, publication, policy)),
  ];
}

const orderOf = ({ on, signedOff, objectionsUntil }: Publication): string =>
  JSON.stringify([on, signedOff?.by, signedOff?.on, objectionsUntil]);

function cycleFinding(facts: Publications, published: readonly Publication[], policy: Policy): Finding {
  const { subject, moneySince } = facts;
  const months = policy.value("publication.cycle");
  const counts = moneySince !== null && isDate(moneySince) && months > 0;
  const cycles = counts ? endedCycles(moneySince, policy.on, months) : [];
  const what = { zh: "公开经费使用的周期", en: "cycles in which the use of money was published" };
  return presenceVerdict(
    {
      rule: "publication.cycle",
      clause: "3.2.2",
      subject,
      what,
      wanted:
        moneySince !== null && !counts
          ? [wantedOf(facts, what, null)]
          : cycles.map(({ first, last }) =>
              wantedOf(
                facts,
                { zh: `${first} 至 ${last}`, en: `${first} to ${last}` },
                published.some(({ on }) => first <= on && on <= last),
              ),
            ),
      missed: whenMissed("publication.cycle"),
      steps: [
        moneySince === null
          ? { zh: "尚无经费到账", en: "No money has come yet" }
          : counts
            ? {
                zh: `${moneySince} 首笔经费到账，其后每 ${months} 个月公开一次，至 ${policy.on} 已满 ${cycles.length} 个周期`,
                en: `The first money came on ${moneySince}; published every ${months} months after it: ${cycles.length} cycles had ended by ${policy.on}`,
              }
            : {
                zh: `首笔经费到账日“${moneySince}”不成立`,
                en: `The day of the first money, "${moneySince}", is no date`,
              },
      ],
      whenMissing: conventionStep("publication.cycle", policy),
      parameters: ["publication.cycle"],
    },
    policy,
  );
}

/** Who signs off, as people call it; a role that the county puts in its place goes by its own code. */
const signatory = (role: string): Text =>
  role === parameters["publication.sign-off"].values[0].value
    ? { zh: "居务监督委员会", en: "the residents' supervision committee" }
    : { zh: role, en: role };

function signOffFinding(facts: Publications, published: readonly Publication[], policy: Policy): Finding {
  const role = policy.value("publication.sign-off");
  return presenceVerdict(
    {
      rule: "publication.sign-off",
      clause: "3.2.2",
      subject: facts.subject,
      what: { zh: "公开前已审签的公开", en: "publications signed off beforehand" },
      wanted: published.map(({ on, signedOff }) =>
        wantedOf(
          facts,
          {
            zh: `${on} 公开（${signedOff === null ? "无审签" : `${signatory(signedOff.by).zh} ${signedOff.on} 审签`}）`,
            en: `published on ${on} (${signedOff === null ? "not signed off" : `signed off by ${signatory(signedOff.by).en} on ${signedOff.on}`})`,
          },
          signedOff !== null && signedOff.by === role && signedOff.on <= on,
        ),
      ),
      missed: whenMissed("publication.sign-off"),
      steps: [
        {
          zh: `由${signatory(role).zh}在公开当日或之前审签`,
          en: `To be signed off by ${signatory(role).en}, on the day or before`,
        },
      ],
      whenMissing: conventionStep("publication.sign-off", policy),
      parameters: ["publication.sign-off"],
    },
    policy,
  );
}

function objectionFinding(facts: Publications, { on, objectionsUntil }: Publication, policy: Policy): Finding {
  const least = policy.value("publication.objection");
  const { subject } = facts;
  const known = objectionsUntil !== null && isDate(objectionsUntil);
  // Nobody could object where no time was set.
  const observed = known ? Math.max(0, daysBetween(on, objectionsUntil)) : objectionsUntil === null ? 0 : null;
  return {
    rule: "publication.objection",
    clause: "3.2.2",
    ...within(observed, { min: least, max: null }, whenMissed("publication.objection")),
    subject: { ...subject, id: `${subject.id} ${on}` },
    title: {
      zh: `${subject.name}：${on} 的公开，异议期 ${observed ?? "不明"} 天，应至少 ${least} 天`,
      en: `${subject.name}: published on ${on}, objections taken for ${observed ?? "an unknown number of"} days, at least ${least} asked for`,
    },
    unit: "day",
    inputs: [
      inputOf({ zh: "公开日", en: "day of publication" }, on, facts),
      inputOf({ zh: "异议截止日", en: "last day for objections" }, objectionsUntil, facts),
    ],
    steps: [
      known
        ? {
            zh: `${on} 至 ${objectionsUntil}：${observed} 天，公开当日不计`,
            en: `${on} to ${objectionsUntil}: ${observed} days, not counting the day of publication`,
          }
        : objectionsUntil === null
          ? { zh: "没有定异议期，按 0 天计", en: "No time for objections was set: counted as 0 days" }
          : {
              zh: `异议截止日“${objectionsUntil}”不成立`,
              en: `The last day for objections, "${objectionsUntil}", is no date`,
            },
      ...(observed !== null && observed < least ? conventionStep("publication.objection", policy) : []),
    ],
    parameters: parametersUsed(["publication.objection"], policy),
  };
}
