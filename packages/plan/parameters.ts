import { type ClauseId, midJune, printedDays, units } from "./clauses.ts";
import type { Measure } from "./measures.ts";
import type { Text } from "./text.ts";

export type { Measure };

/** From `min` to `max`, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A share as two whole numbers; `over` when it must be exceeded, not only reached. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
  readonly over: boolean;
}

/**
 * How owners decide. Every share is needed twice: by floor area and by heads.
 * `base` says of whom: all owners, or those who took part in the vote, of whom there must be a quorum.
 */
export interface VotingRule {
  readonly quorum: Fraction | null;
  readonly base: "all-owners" | "participants";
  readonly ordinary: Fraction;
  readonly weighty: Fraction;
}

/**
 * One line of a subsidy table: `fen` a month for each of `workers`, for households from `from` to `to` (null: without end).
 * The edges are written as printed, so neighbours share a number: `policy.subsidy.edge` says whose it is.
 */
export interface SubsidyBand {
  readonly from: number;
  readonly to: number | null;
  readonly fen: number;
  readonly workers: number;
}

/** One credit grade: points from `from`, included, to below `to` (null: without end); `badRecord` null: with or without. */
export interface CreditBand {
  readonly grade: string;
  readonly from: number;
  readonly to: number | null;
  readonly badRecord: boolean | null;
}

/** One entry of a list, known by its id. */
export interface Item<Id extends string = string> {
  readonly id: Id;
  readonly title: Text;
}

export type Value =
  | number
  | string
  | Range
  | VotingRule
  | readonly SubsidyBand[]
  | readonly CreditBand[]
  | readonly Item[];

/** Where a value comes from. For `plan` the parameter's own clause is the place; a `convention` is common practice or our own choice. */
export type Source =
  | { readonly document: "plan" }
  | { readonly document: "law" | "province" | "convention"; readonly name: Text };

/** One way to read the plan, the one in force included. */
export interface Reading {
  readonly value: string;
  readonly meaning: Text;
}

/** A value from its day on. */
export interface DatedValue {
  readonly from: string;
  readonly value: Value;
}

/**
 * A number of the plan, a default beside it, or a choice among readings. Each value holds from its day until the next one's.
 * `clause` is where the plan gives it, or the clause it serves. `verified` is true only for what the plan itself prints.
 * `soft` marks what the plan softens with "in principle", "about" or "may": missing it is a deviation, not a breach.
 */
export interface Parameter {
  readonly clause: ClauseId;
  readonly title: Text;
  readonly unit: Measure;
  readonly values: readonly [DatedValue, ...DatedValue[]];
  readonly source: Source;
  readonly verified: boolean;
  readonly soft?: true;
  readonly note?: Text;
  readonly readings?: readonly [Reading, Reading, ...Reading[]];
}

/** The draft bears no date of effect: its figures are for whole years, so they hold from the first day of its year. */
const PLAN = "2020-01-01";

const plan = { document: "plan" } as const satisfies Source;
const choice = {
  document: "convention",
  name: { zh: "本系统的取法", en: "A choice of this system" },
} as const satisfies Source;
const hotline = {
  document: "province",
  name: { zh: "山东省政务服务热线办理惯例（2020年）", en: "Shandong government hotline practice (2020)" },
} as const satisfies Source;
const credit = {
  document: "province",
  name: {
    zh: "山东省物业服务企业信用信息管理办法（2019年）",
    en: "Shandong measures on credit information of property companies (2019)",
  },
} as const satisfies Source;
const ownersGuide = (article: readonly [zh: string, en: string]) =>
  ({
    document: "convention",
    name: {
      zh: `业主大会和业主委员会指导规则（建房〔2009〕274号）第${article[0]}条`,
      en: `Guidance rules on owners' assemblies and committees (2009), article ${article[1]}`,
    },
  }) as const satisfies Source;
const ownersLaw = {
  document: "law",
  name: {
    zh: "物权法第七十六条；2021年起民法典第二百七十八条",
    en: "Property Law, article 76; from 2021 Civil Code, article 278",
  },
} as const satisfies Source;
const partyServicePractice = {
  document: "convention",
  name: {
    zh: "党组织服务群众专项经费使用惯例",
    en: "Usual practice for Party-service money",
  },
} as const satisfies Source;
const publicationPractice = {
  document: "convention",
  name: { zh: "居务公开惯例", en: "Usual practice for publishing community affairs" },
} as const satisfies Source;

/** The day by which a clause is to be done, as the plan prints it; the county may put another in force. */
const printedDeadline = <Id extends ClauseId, Day extends string>(clause: Id, day: Day) =>
  ({
    clause,
    title: { zh: `${clause} 的完成期限`, en: `Day by which clause ${clause} is to be done` },
    unit: "date",
    values: [{ from: PLAN, value: day }],
    source: plan,
    verified: true,
  }) as const;

/** Every figure of the plan, once, and every default and reading that stands beside them. */
export const parameters = {
  // ── 2.1 layout ────────────────────────────────────────────────────────────────────────────────────────────────────
  "layout.grid-households": {
    clause: "2.1",
    title: { zh: "社区布局中划分网格的户数", en: "Households per grid in the community layout" },
    unit: "household",
    values: [{ from: PLAN, value: { min: 500, max: 1000 } }],
    source: plan,
    verified: true,
    soft: true,
    note: {
      zh: "该数写在社区布局一条，说的却是网格；计划没有规定社区规模。与2.2.1不同，见 policy.grid.size。",
      en: "It stands under community layout but speaks of grids; the plan sets no community size. It differs from 2.2.1: see policy.grid.size.",
    },
  },

  // ── 2.2.1 grids ───────────────────────────────────────────────────────────────────────────────────────────────────
  "grid.households": {
    clause: "2.2.1",
    title: { zh: "每个网格的户数", en: "Households per grid" },
    unit: "household",
    values: [{ from: PLAN, value: { min: 500, max: 600 } }],
    source: plan,
    verified: true,
  },
  "grid.per-compound": {
    clause: "2.2.1",
    title: { zh: "每个小区所属的网格数", en: "Grids to which one compound belongs" },
    unit: "grid",
    values: [{ from: PLAN, value: 1 }],
    source: plan,
    verified: true,
    soft: true,
    note: { zh: "小区较小的，可以几个小区合用一个网格。", en: "Small compounds may share one grid." },
  },

  // ── 2.2.2 grid staff ──────────────────────────────────────────────────────────────────────────────────────────────
  "staff.instructors-per-grid": {
    clause: "2.2.2",
    title: { zh: "每个网格的指导员（街道干部）", en: "Instructors per grid (a street cadre)" },
    unit: "person",
    values: [{ from: PLAN, value: 1 }],
    source: plan,
    verified: true,
  },
  "staff.workers-per-compound": {
    clause: "2.2.2",
    title: { zh: "每个小区的网格员", en: "Grid workers per compound" },
    unit: "person",
    values: [{ from: PLAN, value: 1 }],
    source: plan,
    verified: true,
    soft: true,
  },
  "staff.leaders-per-grid": {
    clause: "2.2.2",
    title: { zh: "符合条件的网格可设的网格长", en: "Leaders that a grid may have where it qualifies" },
    unit: "person",
    values: [{ from: PLAN, value: 1 }],
    source: plan,
    verified: true,
    soft: true,
  },
  "staff.leader.households": {
    clause: "2.2.2",
    title: { zh: "可设网格长的户数（达到）", en: "Households at which a grid may have a leader (reached)" },
    unit: "household",
    values: [{ from: PLAN, value: 1000 }],
    source: plan,
    verified: true,
    soft: true,
    note: { zh: "“以上”包括本数。", en: "In Chinese law “and above” includes the number itself." },
  },
  "staff.leader.workers": {
    clause: "2.2.2",
    title: { zh: "可设网格长的网格员人数（超过）", en: "Workers above which a grid may have a leader (exceeded)" },
    unit: "person",
    values: [{ from: PLAN, value: 2 }],
    source: plan,
    verified: true,
    soft: true,
  },
  "staff.leader.compounds": {
    clause: "2.2.2",
    title: { zh: "可设网格长的小区数（达到）", en: "Compounds at which a grid may have a leader (reached)" },
    unit: "compound",
    values: [{ from: PLAN, value: 2 }],
    source: plan,
    verified: false,
    soft: true,
    note: {
      zh: "计划只说多个小区，按两个及以上计。",
      en: "The plan only says several compounds: taken as two or more.",
    },
  },
  "staff.may-serve": {
    clause: "2.2.2",
    title: { zh: "可以兼任网格工作人员的退休人员", en: "Retired people who may serve as grid staff" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "retired-cadre", title: { zh: "退休干部", en: "Retired cadre" } },
          { id: "retired-teacher", title: { zh: "退休教师", en: "Retired teacher" } },
        ],
      },
    ],
    source: plan,
    verified: true,
    soft: true,
  },
  "staff.candidate-lists": {
    clause: "2.2.2",
    title: { zh: "提供退休人员信息的单位", en: "Who supplies the lists of retired candidates" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "organisation", title: { zh: "县委组织部", en: "County organisation department" } },
          { id: "education", title: { zh: "县教育和体育局", en: "County education and sports bureau" } },
          { id: "human-resources", title: { zh: "县人社局", en: "County human resources bureau" } },
        ],
      },
    ],
    source: plan,
    verified: true,
    note: {
      zh: "哪个单位提供哪类人员，见 policy.staff.candidate-list。",
      en: "Which of them supplies whom: see policy.staff.candidate-list.",
    },
  },
  "staff.duties": {
    clause: "2.2.2",
    title: { zh: "网格工作人员的职责", en: "Duties of grid staff" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "basic-information", title: { zh: "采集基础信息", en: "Collect basic information" } },
          { id: "opinion", title: { zh: "了解社情民意", en: "Gather residents' opinion" } },
          { id: "hazards", title: { zh: "查找安全隐患", en: "Look for safety hazards" } },
          { id: "disputes", title: { zh: "发现和化解纠纷", en: "Find and settle disputes" } },
          { id: "key-persons", title: { zh: "协助关注重点人员", en: "Assist with key persons" } },
          { id: "publicity", title: { zh: "宣传政策法规", en: "Explain policies and laws" } },
          { id: "errands", title: { zh: "为居民代办事务", en: "Run errands for residents" } },
          { id: "street-tasks", title: { zh: "完成街道交办的任务", en: "Carry out other tasks from the street" } },
        ],
      },
    ],
    source: plan,
    verified: true,
  },

  // ── 2.3.1 service centres ─────────────────────────────────────────────────────────────────────────────────────────
  "centre.area": {
    clause: "2.3.1",
    title: { zh: "社区服务中心总面积下限", en: "Least floor area of a service centre" },
    unit: "square-metre",
    values: [{ from: PLAN, value: 700 }],
    source: plan,
    verified: true,
    note: {
      zh: "新建或改扩建的适用，见 policy.centre.scope。",
      en: "For new or rebuilt centres: see policy.centre.scope.",
    },
  },
  "centre.hall-area": {
    clause: "2.3.1",
    title: { zh: "便民服务大厅面积下限", en: "Least floor area of the service hall" },
    unit: "square-metre",
    values: [{ from: PLAN, value: 200 }],
    source: plan,
    verified: true,
    note: {
      zh: "新建或改扩建的适用，见 policy.centre.scope。",
      en: "For new or rebuilt centres: see policy.centre.scope.",
    },
  },
  "centre.households-per-social-worker": {
    clause: "2.3.1",
    title: { zh: "每名全科社工服务的户数", en: "Households per general social worker" },
    unit: "household/person",
    values: [{ from: PLAN, value: { min: 300, max: 400 } }],
    source: plan,
    verified: true,
  },
  "centre.signs": {
    clause: "2.3.1",
    title: { zh: "社区服务中心的牌子和标识", en: "Signs on a service centre" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "party-organisation", title: { zh: "社区党组织", en: "Community Party organisation" } },
          { id: "self-government", title: { zh: "居民自治组织", en: "Residents' self-government body" } },
          { id: "party-and-mass-service", title: { zh: "党群服务中心（站）", en: "Party-and-mass service centre" } },
          { id: "china-community", title: { zh: "“中国社区”标识", en: "“China Community” mark" } },
        ],
      },
    ],
    source: plan,
    verified: true,
  },
  "centre.rooms": {
    clause: "2.3.1",
    title: { zh: "社区服务中心的功能用房", en: "Rooms of a service centre" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "hall", title: { zh: "一站式服务大厅", en: "One-stop service hall" } },
          { id: "mediation", title: { zh: "纠纷调解室", en: "Mediation room" } },
          { id: "culture-sport", title: { zh: "文体活动室", en: "Culture and sport room" } },
          { id: "volunteering", title: { zh: "志愿服务与社会工作站", en: "Volunteering and social work station" } },
        ],
      },
    ],
    source: plan,
    verified: true,
    note: { zh: "一间用房可以兼有几种用途。", en: "One room may have several uses." },
  },

  // ── 2.3.2 service rooms and stations ──────────────────────────────────────────────────────────────────────────────
  "rooms.share": {
    clause: "2.3.2",
    title: { zh: "社区服务用房占住宅总建筑面积的下限", en: "Least share of service rooms in residential floor area" },
    unit: "per-mille",
    values: [{ from: PLAN, value: 7 }],
    source: plan,
    verified: true,
  },
  "rooms.area": {
    clause: "2.3.2",
    title: { zh: "社区服务用房面积下限", en: "Least floor area of service rooms" },
    unit: "square-metre",
    values: [{ from: PLAN, value: 600 }],
    source: plan,
    verified: true,
  },
  "rooms.owners-share": {
    clause: "2.3.2",
    title: { zh: "建成后交业主委员会的部分", en: "Part handed to the owners' committee on completion" },
    unit: "per-cent",
    values: [{ from: PLAN, value: 50 }],
    source: plan,
    verified: true,
  },
  "rooms.community-share": {
    clause: "2.3.2",
    title: { zh: "建成后交社区的部分", en: "Part handed to the community on completion" },
    unit: "per-cent",
    values: [{ from: PLAN, value: 50 }],
    source: plan,
    verified: true,
  },
  "station.area": {
    clause: "2.3.2",
    title: { zh: "网格服务站面积下限", en: "Least floor area of a grid station" },
    unit: "square-metre",
    values: [{ from: PLAN, value: 15 }],
    source: plan,
    verified: true,
  },
  "station.per-grid": {
    clause: "2.3.2",
    title: { zh: "每个网格的服务站", en: "Stations per grid" },
    unit: "place",
    values: [{ from: PLAN, value: 1 }],
    source: plan,
    verified: false,
    soft: true,
    note: {
      zh: "计划只说每个服务站的面积，没有写明每个网格都要有，按每个网格一处计。",
      en: "The plan gives the area of each station and does not say that every grid has one: taken as one per grid.",
    },
  },
  "grid.demonstration": {
    clause: "2.3.2",
    title: { zh: "全县重点打造的示范网格", en: "Demonstration grids to be built up" },
    unit: "grid",
    values: [{ from: PLAN, value: { min: 10, max: 20 } }],
    source: plan,
    verified: true,
    note: { zh: "附件4所列示范性网格多于此数。", en: "Annex 4 lists more demonstration grids than this." },
  },

  // ── 2.4 property ──────────────────────────────────────────────────────────────────────────────────────────────────
  "property.community-staff": {
    clause: "2.4",
    title: { zh: "每个社区负责业委会和物业工作的人员", en: "People per community for owners' committees and property" },
    unit: "person",
    values: [{ from: PLAN, value: { min: 1, max: 2 } }],
    source: plan,
    verified: true,
  },
  "property.assessments": {
    clause: "2.4",
    title: { zh: "物业企业及项目考核次数下限", en: "Least number of assessments of property companies and projects" },
    unit: "times/year",
    values: [{ from: PLAN, value: 2 }],
    source: plan,
    verified: true,
    note: { zh: "由谁考核，见 policy.property.assessors。", en: "By whom: see policy.property.assessors." },
  },
  "property.fallback-providers": {
    clause: "2.4",
    title: { zh: "无物业小区的托底单位", en: "Who may serve a compound without a property company" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "state-owned", title: { zh: "本县国有物业企业", en: "A state-owned property company of the county" } },
          {
            id: "community-founded",
            title: { zh: "社区办的物业企业", en: "A property company founded by the community" },
          },
        ],
      },
    ],
    source: plan,
    verified: true,
  },
  "property.credit.grades": {
    clause: "2.4",
    title: { zh: "物业企业信用等级", en: "Credit grades of property companies" },
    unit: "point",
    values: [
      {
        from: "2019-01-01",
        value: [
          { grade: "AAA", from: 85, to: null, badRecord: null },
          { grade: "AA", from: 80, to: 85, badRecord: null },
          { grade: "A", from: 70, to: 80, badRecord: null },
          { grade: "B", from: 60, to: 70, badRecord: null },
          { grade: "B", from: 0, to: 60, badRecord: false },
          { grade: "C", from: 0, to: 60, badRecord: true },
        ],
      },
    ],
    source: credit,
    verified: false,
  },
  "property.credit.not-enrolled": {
    clause: "2.4",
    title: { zh: "未参加信用管理的企业的等级", en: "Grade of a company that is not enrolled" },
    unit: "choice",
    values: [{ from: "2019-01-01", value: "C-missing" }],
    source: credit,
    verified: false,
  },
  "property.credit.item-life": {
    clause: "2.4",
    title: { zh: "信用信息的计分期限", en: "How long a credit item counts" },
    unit: "month",
    values: [{ from: "2019-01-01", value: 12 }],
    source: credit,
    verified: false,
    note: { zh: "信息本身另有期限的，从其期限。", en: "An item with a term of its own counts for that term." },
  },
  "property.credit.appeal-days": {
    clause: "2.4",
    title: { zh: "信用事项的申诉期限", en: "Time for an appeal against a credit item" },
    unit: "day",
    values: [{ from: PLAN, value: 15 }],
    source: choice,
    verified: false,
    note: {
      zh: "从登记次日起按自然日算，登记时定下的不再变。",
      en: "All days, counted from the day after it is entered; what is told then stands.",
    },
  },
  "property.credit.decide-days": {
    clause: "2.4",
    title: { zh: "决定信用申诉的期限", en: "Time to decide an appeal against a credit item" },
    unit: "day",
    values: [{ from: PLAN, value: 15 }],
    source: choice,
    verified: false,
    note: {
      zh: "从申诉次日起按自然日算；办法没有写，与考核申诉一样长。",
      en: "All days, counted from the day after the appeal; nothing says how many, so as many as for one against an assessment.",
    },
  },
  "owners.voting": {
    clause: "2.4",
    title: { zh: "业主表决规则", en: "How owners vote" },
    unit: "fraction",
    values: [
      {
        from: "2007-10-01",
        value: {
          quorum: null,
          base: "all-owners",
          ordinary: { numerator: 1, denominator: 2, over: true },
          weighty: { numerator: 2, denominator: 3, over: false },
        },
      },
      {
        from: "2021-01-01",
        value: {
          quorum: { numerator: 2, denominator: 3, over: false },
          base: "participants",
          ordinary: { numerator: 1, denominator: 2, over: true },
          weighty: { numerator: 3, denominator: 4, over: false },
        },
      },
    ],
    source: ownersLaw,
    verified: false,
    note: { zh: "面积和人数须同时达到。", en: "Each share must be met both by floor area and by heads." },
  },
  "owners.weighty-matters": {
    clause: "2.4",
    title: { zh: "须多数业主特别同意的事项", en: "Matters that need the larger majority" },
    unit: "list",
    values: [
      {
        from: "2007-10-01",
        value: [
          { id: "raise-repair-fund", title: { zh: "筹集维修资金", en: "Raise the repair fund" } },
          { id: "use-repair-fund", title: { zh: "使用维修资金", en: "Use the repair fund" } },
          { id: "rebuild", title: { zh: "改建、重建建筑物", en: "Alter or rebuild the building" } },
        ],
      },
      {
        from: "2021-01-01",
        value: [
          { id: "raise-repair-fund", title: { zh: "筹集维修资金", en: "Raise the repair fund" } },
          { id: "rebuild", title: { zh: "改建、重建建筑物", en: "Alter or rebuild the building" } },
          {
            id: "change-common-use",
            title: { zh: "改变共有部分用途或用于经营", en: "Change the use of common parts or trade from them" },
          },
        ],
      },
    ],
    source: ownersLaw,
    verified: false,
  },
  "owners.election.figures": {
    clause: "2.4",
    title: {
      zh: "登记业委会选举时表决数字能否缺失",
      en: "Whether a committee's election can be recorded without the figures of its vote",
    },
    unit: "choice",
    values: [
      { from: "2007-10-01", value: "may-be-lost" },
      { from: "2021-01-01", value: "both-measures" },
    ],
    source: choice,
    verified: false,
    note: { zh: "自民法典施行之日起不能缺失。", en: "Not since the Civil Code is in force." },
    readings: [
      {
        value: "may-be-lost",
        meaning: { zh: "可以缺失，以公告的结果为准", en: "They may be lost: what was announced stands" },
      },
      { value: "both-measures", meaning: { zh: "面积和人数都须登记", en: "Both floor area and heads are needed" } },
    ],
  },
  "owners.filing": {
    clause: "2.4",
    title: { zh: "业委会选出后备案的期限", en: "How long after its election an owners' committee is filed" },
    unit: "day",
    values: [{ from: "2003-09-01", value: 30 }],
    source: {
      document: "law",
      name: { zh: "物业管理条例第十六条", en: "Regulations on property management, article 16" },
    },
    verified: false,
  },
  "owners.re-election.preparation": {
    clause: "2.4",
    title: { zh: "业委会任期届满前开始筹备换届", en: "How long before its term ends a re-election is prepared" },
    unit: "day",
    values: [{ from: PLAN, value: 60 }],
    source: { document: "convention", name: { zh: "业主委员会换届惯例", en: "Usual practice for re-elections" } },
    verified: false,
  },
  "owners.assembly.delivered": {
    clause: "2.4",
    title: {
      zh: "成立业主大会的条件：已交付面积占建筑物总面积须超过的比例",
      en: "Condition for an owners' assembly: share of the floor area delivered, to be exceeded",
    },
    unit: "per-cent",
    values: [{ from: "2010-01-01", value: 50 }],
    source: ownersGuide(["七", "7"]),
    verified: false,
    note: { zh: "计划只写“具备条件”，未写条件。", en: "The plan says where conditions allow, and not which." },
  },
  "owners.preparation.days": {
    clause: "2.4",
    title: { zh: "业主大会筹备组完成筹备的期限", en: "How long a group that prepares an owners' assembly has" },
    unit: "day",
    values: [{ from: "2010-01-01", value: 90 }],
    source: ownersGuide(["十五", "15"]),
    verified: false,
  },
  "owners.committee.members": {
    clause: "2.4",
    title: { zh: "业委会委员人数（单数）", en: "Members of an owners' committee, an odd number" },
    unit: "person",
    values: [{ from: "2010-01-01", value: { min: 5, max: 11 } }],
    source: ownersGuide(["三十二", "32"]),
    verified: false,
  },
  "owners.committee.term": {
    clause: "2.4",
    title: { zh: "业委会每届任期上限", en: "Longest term of an owners' committee" },
    unit: "month",
    values: [{ from: "2010-01-01", value: 60 }],
    source: ownersGuide(["三十二", "32"]),
    verified: false,
  },
  "owners.hand-over": {
    clause: "2.4",
    title: {
      zh: "业委会任期届满后移交资料、印章、财物的期限",
      en: "How long after its term a committee has to hand over papers, seal and property",
    },
    unit: "day",
    values: [{ from: "2010-01-01", value: 10 }],
    source: ownersGuide(["四十八", "48"]),
    verified: false,
  },

  // ── 2.5 services ──────────────────────────────────────────────────────────────────────────────────────────────────
  "services.handed-down": {
    clause: "2.5",
    title: { zh: "下放到社区的政务服务事项", en: "Government service items handed down to communities" },
    unit: "item",
    values: [{ from: PLAN, value: 23 }],
    source: plan,
    verified: true,
    note: { zh: "计划未列事项名称，由县里提供。", en: "The plan does not name them: the county supplies the list." },
  },
  "services.organisation-kinds": {
    clause: "2.5",
    title: { zh: "重点培育的社会组织类别", en: "Kinds of social organisation to be fostered" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "daily-life", title: { zh: "生活服务", en: "Daily life" } },
          { id: "charity", title: { zh: "公益慈善", en: "Charity" } },
          { id: "culture-sport", title: { zh: "文体活动", en: "Culture and sport" } },
          { id: "mutual-aid", title: { zh: "居民互助", en: "Mutual aid" } },
        ],
      },
    ],
    source: plan,
    verified: true,
    soft: true,
    note: {
      zh: "计划只说重点加强，没有规定个数。",
      en: "The plan only asks that they be strengthened above others and gives no number.",
    },
  },
  "services.cultivation": {
    clause: "2.5",
    title: { zh: "扶持社会组织的方式", en: "Ways to support social organisations" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "purchase", title: { zh: "政府购买服务", en: "Services bought by the government" } },
          { id: "premises", title: { zh: "培育场所", en: "Premises" } },
          { id: "funds", title: { zh: "培育资金", en: "Cultivation funds" } },
          { id: "incubation", title: { zh: "孵化基地", en: "An incubation base" } },
        ],
      },
    ],
    source: plan,
    verified: true,
    soft: true,
    note: { zh: "计划举例列出，有一种即可。", en: "The plan names them as examples: one of them will do." },
  },
  "services.convenience": {
    clause: "2.5",
    title: { zh: "社会组织提供的便民服务", en: "Everyday services that social organisations offer" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "housekeeping", title: { zh: "家政", en: "Housekeeping" } },
          { id: "repairs", title: { zh: "维修", en: "Repairs" } },
          { id: "delivery", title: { zh: "商品配送", en: "Delivery of goods" } },
          { id: "entertainment", title: { zh: "文化娱乐", en: "Culture and entertainment" } },
          { id: "legal-advice", title: { zh: "法律咨询", en: "Legal advice" } },
          { id: "mediation", title: { zh: "矛盾调解", en: "Mediation" } },
          { id: "after-school", title: { zh: "四点半学校", en: "After-school care" } },
          { id: "day-care", title: { zh: "日间照料", en: "Day care of the elderly" } },
        ],
      },
    ],
    source: plan,
    verified: true,
    soft: true,
    note: {
      zh: "计划举例列出；收费或免费都可以。",
      en: "The plan names them as examples; they may be paid or free.",
    },
  },

  // ── 2.6 governance, and the case clock that the whistle runs on ───────────────────────────────────────────────────
  "governance.communities": {
    clause: "2.6",
    title: { zh: "配齐党委班子的城市社区", en: "Urban communities with a complete Party committee" },
    unit: "community",
    values: [{ from: PLAN, value: 22 }],
    source: plan,
    verified: true,
  },
  "governance.company-branches": {
    clause: "2.6",
    title: { zh: "试点建立党支部的物业企业下限", en: "Least number of pilot Party branches in property companies" },
    unit: "branch",
    values: [{ from: PLAN, value: 1 }],
    source: plan,
    verified: false,
    soft: true,
    note: {
      zh: "计划只说在部分符合条件的企业试点，按至少一个计；单建、联建都可以。",
      en: "The plan only says some eligible companies: taken as at least one, of its own or joint.",
    },
  },
  "governance.social-organisation-branches": {
    clause: "2.6",
    title: { zh: "社会组织党组织下限", en: "Least number of Party organisations in social organisations" },
    unit: "branch",
    values: [{ from: PLAN, value: 1 }],
    source: plan,
    verified: false,
    soft: true,
    note: {
      zh: "计划只说积极培育，按至少一个计。",
      en: "The plan only asks to foster them: taken as at least one.",
    },
  },
  "clause.2.6.deadline": {
    clause: "2.6",
    title: { zh: "“6月中旬”的截止日", en: "The last day of “mid June”" },
    unit: "date",
    values: [{ from: PLAN, value: midJune.lastDay }],
    source: choice,
    verified: false,
    readings: [
      {
        value: midJune.lastDay,
        meaning: {
          zh: "中旬为11日至20日，到最后一日止",
          en: "The middle ten days run from the 11th to the 20th: to their last day",
        },
      },
      { value: midJune.middleDay, meaning: { zh: "指月中，即15日", en: "The middle of the month: the 15th" } },
    ],
  },
  "case.steps": {
    clause: "2.6",
    title: { zh: "吹哨报到的步骤", en: "Steps of the whistle" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "collect", title: { zh: "收集问题", en: "Collect the problem" } },
          { id: "propose", title: { zh: "提出办法", en: "Propose a solution" } },
          { id: "whistle", title: { zh: "吹哨", en: "Blow the whistle" } },
          { id: "meet", title: { zh: "开会商议", en: "Meet" } },
          { id: "carry-out", title: { zh: "落实", en: "Carry out" } },
          { id: "closing-report", title: { zh: "结案报告", en: "Closing report" } },
        ],
      },
    ],
    source: plan,
    verified: true,
  },
  "case.due": {
    clause: "2.6",
    title: { zh: "办理期限", en: "Time to settle a case" },
    unit: "working-day",
    values: [{ from: PLAN, value: 5 }],
    source: hotline,
    verified: false,
  },
  "case.extended": {
    clause: "2.6",
    title: { zh: "延期的上限", en: "Limit of an extension" },
    unit: "working-day",
    values: [{ from: PLAN, value: 10 }],
    source: hotline,
    verified: false,
    note: { zh: "怎样计算，见 policy.case.extension。", en: "How it is counted: see policy.case.extension." },
  },
  "case.wrong-dispatch": {
    clause: "2.6",
    title: { zh: "派错的退回期限", en: "Time to send back a wrong dispatch" },
    unit: "working-day",
    values: [{ from: PLAN, value: 2 }],
    source: hotline,
    verified: false,
  },
  "case.yellow-card": {
    clause: "2.6",
    title: { zh: "到期前亮黄牌", en: "Yellow card before the due day" },
    unit: "working-day",
    values: [{ from: PLAN, value: 1 }],
    source: hotline,
    verified: false,
  },
  "case.red-card": {
    clause: "2.6",
    title: { zh: "超期第几日亮红牌", en: "Day overdue on which the red card falls" },
    unit: "day",
    values: [{ from: PLAN, value: 1 }],
    source: hotline,
    verified: false,
  },
  "case.on-time.open-overdue": {
    clause: "2.6",
    title: { zh: "按时办结率中超期未结的件", en: "Open overdue cases in the on-time rate" },
    unit: "choice",
    values: [{ from: PLAN, value: "due" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "due",
        meaning: { zh: "计入应结件，即拉低比率", en: "Counted among the due cases, so they lower the rate" },
      },
      { value: "left-out", meaning: { zh: "办结之前不计", en: "Left out until they are closed" } },
    ],
  },
  "policy.case.extension": {
    clause: "2.6",
    title: { zh: "延期上限的算法", en: "How the limit of an extension is counted" },
    unit: "choice",
    values: [{ from: PLAN, value: "in-all" }],
    source: choice,
    verified: false,
    readings: [
      { value: "in-all", meaning: { zh: "从受理起总共", en: "In all, from the day the case was taken" } },
      { value: "added", meaning: { zh: "在原期限上另加", en: "On top of the first period" } },
    ],
  },

  // ── 3.1 leadership, 3.3 assessment ────────────────────────────────────────────────────────────────────────────────
  "leading-group.office": {
    clause: "3.1",
    title: { zh: "领导小组办公室所在单位", en: "Where the office of the leading group sits" },
    unit: "choice",
    values: [{ from: PLAN, value: "county.civil-affairs" }],
    source: plan,
    verified: true,
  },
  "leading-group.seconding": {
    clause: "3.1",
    title: { zh: "为领导小组办公室抽调人员的单位", en: "Units that second people to the office of the leading group" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "county.organisation", title: units["county.organisation"].name },
          { id: "county.political-legal", title: units["county.political-legal"].name },
          { id: "county.civil-affairs", title: units["county.civil-affairs"].name },
          { id: "county.public-security", title: units["county.public-security"].name },
          { id: "county.finance", title: units["county.finance"].name },
          { id: "county.hr", title: units["county.hr"].name },
          { id: "county.property-centre", title: units["county.property-centre"].name },
          { id: "street.baodu", title: units["street.baodu"].name },
          { id: "street.baocheng", title: units["street.baocheng"].name },
        ],
      },
    ],
    source: plan,
    verified: true,
  },
  "assessment.tied-to": {
    clause: "3.3",
    title: { zh: "街道考核办法挂钩的事项", en: "What a street's assessment method is tied to" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "funds", title: { zh: "资金调拨", en: "Release of funds" } },
          { id: "staff", title: { zh: "人员考核和使用", en: "Assessment and posts of staff" } },
        ],
      },
    ],
    source: plan,
    verified: true,
  },

  "assessment.full-marks": {
    clause: "3.3",
    title: { zh: "考核办法的满分", en: "Full marks of an assessment scheme" },
    unit: "point",
    values: [{ from: PLAN, value: 100 }],
    source: choice,
    verified: false,
    note: {
      zh: "物业企业信用等级按百分计。",
      en: "Credit grades of property companies count out of a hundred.",
    },
  },
  "assessment.scorers": {
    clause: "3.3",
    title: { zh: "每张考核表的评分人数", en: "People who score a sheet, each for himself" },
    unit: "person",
    values: [{ from: PLAN, value: 2 }],
    source: choice,
    verified: false,
    note: {
      zh: "办法本身另有人数的，从其人数。",
      en: "A scheme may have a number of its own.",
    },
  },
  "assessment.spread": {
    clause: "3.3",
    title: {
      zh: "评分相差多少须加请一人（超过）",
      en: "How far scores lie apart for one more scorer to be asked (exceeded)",
    },
    unit: "per-cent",
    values: [{ from: PLAN, value: 10 }],
    source: choice,
    verified: false,
    note: {
      zh: "占所评分值的比例，怎样比见 policy.assessment.spread；办法本身另有比例的，从其比例。",
      en: "Of the points that are scored; how they are compared: see policy.assessment.spread. A scheme may have a share of its own.",
    },
  },
  "assessment.least-weight": {
    clause: "3.3",
    title: { zh: "计得分所须测到的最少分值", en: "Least part of full marks that must be measured for a score" },
    unit: "per-cent",
    values: [{ from: PLAN, value: 50 }],
    source: choice,
    verified: false,
    note: {
      zh: "不足的没有得分，不是零分。",
      en: "With less there is no score, which is not a score of nothing.",
    },
  },
  "assessment.scoring-days": {
    clause: "3.3",
    title: { zh: "评分的期限", en: "Time for a scorer to score" },
    unit: "day",
    values: [{ from: PLAN, value: 15 }],
    source: choice,
    verified: false,
    note: {
      zh: "从请其评分的次日起算，怎样算见 policy.assessment.days。",
      en: "Counted from the day after he is asked: see policy.assessment.days.",
    },
  },
  "assessment.appeal-days": {
    clause: "3.3",
    title: { zh: "考核轮次结果的申诉期限", en: "Time for an appeal against the result of a round" },
    unit: "day",
    values: [{ from: PLAN, value: 7 }],
    source: choice,
    verified: false,
    note: {
      zh: "从通知次日起算，通知时定下的不再变；怎样算见 policy.assessment.days。",
      en: "Counted from the day after the notice, and what is told then stands: see policy.assessment.days.",
    },
  },
  "assessment.decision-days": {
    clause: "3.3",
    title: { zh: "决定考核申诉的期限", en: "Time to decide an appeal against the result of a round" },
    unit: "day",
    values: [{ from: PLAN, value: 15 }],
    source: choice,
    verified: false,
    note: {
      zh: "从申诉次日起算，怎样算见 policy.assessment.days。",
      en: "Counted from the day after the appeal: see policy.assessment.days.",
    },
  },
  "assessment.notice-days": {
    clause: "3.3",
    title: { zh: "评分截止后通知结果的期限", en: "Time to tell results once scoring is over" },
    unit: "day",
    values: [{ from: PLAN, value: 10 }],
    source: choice,
    verified: false,
    note: {
      zh: "从评分截止日的次日起算，怎样算见 policy.assessment.days。",
      en: "Counted from the day after the last one for scores: see policy.assessment.days.",
    },
  },
  "assessment.closing-days": {
    clause: "3.3",
    title: { zh: "评分截止后办结一轮考核的期限", en: "Time to close a round once scoring is over" },
    unit: "day",
    values: [{ from: PLAN, value: 45 }],
    source: choice,
    verified: false,
    note: {
      zh: "够通知、申诉、决定各用足期限；从评分截止日的次日起算，怎样算见 policy.assessment.days。几方共同考核的，从考核期末日的次日起算，过了同样的期限不再发起，已有的结果不再等候。",
      en: "Enough for notice, appeal and decision to take all their time. Counted from the day after the last one for scores: see policy.assessment.days. Where several assess together, as many days after the period's last no round about it opens any more, and the results that are there wait for none.",
    },
  },

  "assessment.ahead-days": {
    clause: "3.3",
    title: {
      zh: "考核期末日最多晚于发起日多少天",
      en: "How far the last day that a round is about may lie ahead of the day it opens",
    },
    unit: "day",
    values: [{ from: PLAN, value: 31 }],
    source: choice,
    verified: false,
    note: {
      zh: "考核的是已经过去的日子；考核期将满的可以先发起。",
      en: "What is assessed are days that are over; where few are left a round may open.",
    },
  },

  // ── 3.2.1 people ──────────────────────────────────────────────────────────────────────────────────────────────────
  "staff.assessment.appeal-days": {
    clause: "3.2.1",
    title: { zh: "考核结果的申诉期限", en: "Days for an appeal against an assessment" },
    unit: "day",
    values: [{ from: PLAN, value: 7 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划由社区考核人员，没有写申诉；从告知次日起算，告知时定下的不再变。",
      en: "The plan has communities assess their people and names no appeal. Counted from the day after somebody is told; what he is told then stands.",
    },
  },
  "staff.assessment.result-days": {
    clause: "3.3",
    title: {
      zh: "社区考核结果最多早于人员考核期末日多少天确定的可以计分",
      en: "How long before the last day of a period a community's result may be final for its people to go by it",
    },
    unit: "day",
    values: [{ from: PLAN, value: 366 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划未写，取一年；按考核期末日的规定。没有合适的，用其后第一个最终结果。",
      en: "The plan does not say: a year, by what holds on the period's last day. Where there is none, the first result that is final after it counts.",
    },
  },

  // ── 3.2.2 funds ───────────────────────────────────────────────────────────────────────────────────────────────────
  "fund.register": {
    clause: "3.2.2",
    title: { zh: "纳入县预算的各项经费", en: "The funds in the county budget" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          {
            id: "household",
            title: { zh: "城市社区工作经费（按户）", en: "Urban community work money, by household" },
          },
          { id: "party-service", title: { zh: "党组织服务群众专项经费", en: "Party-service money" } },
          { id: "annual", title: { zh: "社区工作经费（每年）", en: "Community work money, by year" } },
          { id: "social-workers", title: { zh: "全科社工薪酬", en: "Pay of general social workers" } },
          { id: "grid-subsidies", title: { zh: "网格工作人员补贴", en: "Subsidies of grid staff" } },
          { id: "centres", title: { zh: "服务中心改扩建费用", en: "Rebuilding of service centres" } },
          { id: "informatisation", title: { zh: "社区信息化经费", en: "Informatisation of communities" } },
        ],
      },
    ],
    source: plan,
    verified: true,
    note: {
      zh: "按户的和每年的两项俗称相同，这里各用各的代号。",
      en: "The one by household and the one by year go by the same everyday name; here each has its own code.",
    },
  },
  "fund.elsewhere": {
    clause: "3.2.2",
    title: { zh: "3.2.2 未列而别处提到的经费", en: "Money named elsewhere than in 3.2.2" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "equipment", title: { zh: "网格办公设施设备费", en: "Office equipment of grids" } },
          { id: "cultivation", title: { zh: "社会组织培育资金", en: "Cultivation of social organisations" } },
        ],
      },
    ],
    source: choice,
    verified: false,
    note: {
      zh: "设备费见附件4，培育资金见2.5；同样各用各的代号，分开核算。",
      en: "Equipment stands in annex 4, cultivation in 2.5; each has a code and an account of its own as well.",
    },
  },
  "fund.first-year": {
    clause: "3.2.2",
    title: { zh: "各项经费的起始年", en: "The first year of the funds" },
    unit: "year",
    values: [{ from: PLAN, value: 2020 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划未写从哪年起拨，取附件3第一年。",
      en: "The plan does not say from which year: annex 3's first is taken.",
    },
  },
  "fund.household.rate": {
    clause: "3.2.2",
    title: { zh: "城市社区工作经费标准", en: "Urban community work money" },
    unit: "fen/household",
    values: [{ from: PLAN, value: 20_00 }],
    source: plan,
    verified: true,
  },
  "fund.party-service.rate": {
    clause: "3.2.2",
    title: { zh: "党组织服务群众专项经费标准", en: "Party-service money" },
    unit: "fen/community",
    values: [{ from: PLAN, value: 200_000_00 }],
    source: plan,
    verified: true,
  },
  "fund.annual.amount": {
    clause: "3.2.2",
    title: { zh: "社区工作经费年度总额", en: "Community work money a year, for the whole county" },
    unit: "fen/year",
    values: [{ from: PLAN, value: 5_000_000_00 }],
    source: plan,
    verified: true,
  },
  "fund.annual.years": {
    clause: "3.2.2",
    title: { zh: "社区工作经费连续拨付的年数", en: "Years for which community work money is paid" },
    unit: "year",
    values: [{ from: PLAN, value: 3 }],
    source: plan,
    verified: true,
  },
  "fund.party-service.steps": {
    clause: "3.2.2",
    title: { zh: "党组织服务群众专项经费的项目步骤", en: "Steps of a project on Party-service money" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "agreed", title: { zh: "议定", en: "Agreed" } },
          { id: "filed", title: { zh: "备案", en: "Filed" } },
          { id: "paid-out", title: { zh: "拨付", en: "Paid out" } },
          { id: "carried-out", title: { zh: "实施", en: "Carried out" } },
          { id: "reimbursed", title: { zh: "报销", en: "Reimbursed" } },
          { id: "accepted", title: { zh: "验收", en: "Accepted" } },
          { id: "published", title: { zh: "公开", en: "Published" } },
        ],
      },
    ],
    source: partyServicePractice,
    verified: false,
  },
  "fund.party-service.not-for": {
    clause: "3.2.2",
    title: { zh: "党组织服务群众专项经费不得用于", en: "What Party-service money may not pay for" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "office-costs", title: { zh: "办公开支", en: "Office costs" } },
          { id: "salaries", title: { zh: "工资薪酬", en: "Salaries" } },
          { id: "debt", title: { zh: "偿还债务", en: "Debt" } },
          { id: "building", title: { zh: "基本建设", en: "Building" } },
        ],
      },
    ],
    source: partyServicePractice,
    verified: false,
  },
  "fund.spending.community-limit": {
    clause: "3.2.2",
    title: { zh: "社区自行批准单笔支出的限额", en: "Up to how much a community approves by itself" },
    unit: "fen",
    values: [{ from: PLAN, value: 5_000_00 }],
    source: choice,
    verified: false,
    note: { zh: "超过的由街道批准。", en: "What is above it the street approves." },
  },
  "fund.spending.street-limit": {
    clause: "3.2.2",
    title: { zh: "街道自行批准单笔支出的限额", en: "Up to how much a street approves by itself" },
    unit: "fen",
    values: [{ from: PLAN, value: 100_000_00 }],
    source: choice,
    verified: false,
    note: { zh: "超过的由县批准。", en: "What is above it the county approves." },
  },
  "fund.spending.quotes-from": {
    clause: "3.2.2",
    title: { zh: "单笔支出从多少起要比价", en: "From how much on quotes are compared" },
    unit: "fen",
    values: [{ from: PLAN, value: 10_000_00 }],
    source: choice,
    verified: false,
  },
  "fund.spending.quotes": {
    clause: "3.2.2",
    title: { zh: "比价所需的报价份数", en: "Quotes to be compared" },
    unit: "item",
    values: [{ from: PLAN, value: 3 }],
    source: choice,
    verified: false,
  },
  "fund.spending.split-days": {
    clause: "3.2.2",
    title: { zh: "多少天内的同类支出合并看是否拆分", en: "Days within which like spending is looked at together" },
    unit: "day",
    values: [{ from: PLAN, value: 30 }],
    source: choice,
    verified: false,
  },
  "fund.spending.voucher": {
    clause: "3.2.2",
    title: { zh: "支付后补齐票据的期限", en: "Time to bring in the voucher of a payment" },
    unit: "day",
    values: [{ from: PLAN, value: 15 }],
    source: choice,
    verified: false,
  },
  "fund.spending.hands": {
    clause: "3.2.2",
    title: { zh: "支出须由不同的人经手的环节", en: "What of a spending is for different people" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "requested", title: { zh: "申请", en: "requested" } },
          { id: "supervised", title: { zh: "监督", en: "supervised" } },
          { id: "approved", title: { zh: "批准", en: "approved" } },
        ],
      },
    ],
    source: {
      document: "law",
      name: {
        zh: "会计法（2017年修正）第二十七条：审批、经办等职责相互分离",
        en: "Accounting Law (2017), article 27: who approves and who handles are kept apart",
      },
    },
    verified: false,
  },
  "fund.release.share": {
    clause: "3.3",
    title: {
      zh: "街道可与考核挂钩的经费比例上限",
      en: "The most of what it passes on that a street may tie to assessment",
    },
    unit: "per-cent",
    values: [{ from: PLAN, value: 30 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划要求经费不截留、与考核挂钩，没有定比例；多数要无条件到社区。",
      en: "The plan lets nothing be withheld, ties money to assessment and names no share: most of it must come without conditions.",
    },
  },
  "fund.order.days-back": {
    clause: "3.2.2",
    title: { zh: "拨付单记账日可早于办理日的天数", en: "Days that an order's day may lie before it is recorded" },
    unit: "day",
    values: [{ from: PLAN, value: 31 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划未提补记；留出月末单据到达的时间，更早的按办理日记。是否及时，以较晚的一日为准。",
      en: "The plan speaks of no late recording: time for a month's papers to come, older ones are of the day they are recorded. What is in time goes by the later day.",
    },
  },
  "fund.passing-on": {
    clause: "3.2.2",
    title: { zh: "街道把经费转拨到社区的期限", en: "Time for a street to pass money on to a community" },
    unit: "day",
    values: [{ from: PLAN, value: 30 }],
    source: {
      document: "law",
      name: {
        zh: "计划未定期限，比照预算法第五十二条下达专项转移支付的三十日",
        en: "None in the plan: by analogy with Budget Law, article 52, thirty days for earmarked transfers",
      },
    },
    verified: false,
  },
  "fund.bank.window": {
    clause: "3.2.2",
    title: { zh: "银行流水与账目对应的日期相差", en: "Days between a bank's line and its entry" },
    unit: "day",
    values: [{ from: PLAN, value: 10 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划未提对账；一笔款在途和补记账的时间，前后各算。",
      en: "The plan speaks of no reconciling: the time a payment travels or an entry is late, either way.",
    },
  },
  "fund.unspent.days": {
    clause: "3.2.2",
    title: { zh: "年底前多少天起看结余", en: "Days before the year's end from which unspent money is told" },
    unit: "day",
    values: [{ from: PLAN, value: 60 }],
    source: choice,
    verified: false,
  },
  "fund.unspent.share": {
    clause: "3.2.2",
    title: { zh: "年底前应已支出或预留的比例", en: "Share spent or set aside near the year's end" },
    unit: "per-cent",
    values: [{ from: PLAN, value: 80 }],
    source: choice,
    verified: false,
  },
  "fund.pace.ahead": {
    clause: "3.2.2",
    title: { zh: "支出可超前于全年进度的比例", en: "Share by which spending may run ahead of the year" },
    unit: "per-cent",
    values: [{ from: PLAN, value: 25 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划按年给钱，没有写月度进度，按日平均计。",
      en: "The plan gives money by the year and no pace within it: taken as even by the day.",
    },
  },
  "fund.ledger.sealing": {
    clause: "3.2.2",
    title: { zh: "入账后封账的时限", en: "Time until an entry is sealed" },
    unit: "minute",
    values: [{ from: PLAN, value: 5 }],
    source: choice,
    verified: false,
  },
  "publication.cycle": {
    clause: "3.2.2",
    title: { zh: "经费使用公开的间隔", en: "How often the use of money is published" },
    unit: "month",
    values: [{ from: PLAN, value: 3 }],
    source: publicationPractice,
    verified: false,
    note: { zh: "计划只说定期。", en: "The plan only says regularly." },
  },
  "publication.sign-off": {
    clause: "3.2.2",
    title: { zh: "公开前的审签", en: "Who signs off a publication" },
    unit: "choice",
    values: [{ from: PLAN, value: "residents.supervision" }],
    source: publicationPractice,
    verified: false,
    note: { zh: "居务监督委员会。", en: "The residents' supervision committee." },
  },
  "publication.objection": {
    clause: "3.2.2",
    title: { zh: "公开后的异议期", en: "Time for objections after publication" },
    unit: "day",
    values: [{ from: PLAN, value: 7 }],
    source: publicationPractice,
    verified: false,
  },
  "publication.due": {
    clause: "3.2.2",
    title: { zh: "季度结束后公开的期限", en: "Time after a quarter's end to publish its bulletin" },
    unit: "day",
    values: [{ from: PLAN, value: 20 }],
    source: choice,
    verified: false,
    note: {
      zh: "计划只说定期；留出结账、编制、审签的时间。",
      en: "The plan only says regularly: time to close the books, draft and sign off.",
    },
  },
  "publication.reply": {
    clause: "3.2.2",
    title: { zh: "答复异议的期限", en: "Time to answer an objection" },
    unit: "working-day",
    values: [{ from: PLAN, value: 10 }],
    source: choice,
    verified: false,
  },

  // ── Deadlines of the clauses; that of 2.6 stands with its readings there ─────────────────────────────────────────
  "clause.1.deadline": printedDeadline("1", printedDays.endOfYear),
  "clause.2.1.deadline": printedDeadline("2.1", printedDays.endOfMay),
  "clause.2.2.1.deadline": printedDeadline("2.2.1", printedDays.endOfMay),
  "clause.2.2.2.deadline": printedDeadline("2.2.2", printedDays.endOfMay),
  "clause.2.3.1.deadline": printedDeadline("2.3.1", printedDays.endOfMay),
  "clause.2.4.deadline": printedDeadline("2.4", printedDays.endOfJune),
  "clause.2.5.deadline": printedDeadline("2.5", printedDays.endOfYear),

  // ── Annex 2: communities ──────────────────────────────────────────────────────────────────────────────────────────
  "annex2.baodu.urban-grids": {
    clause: "A2",
    title: { zh: "宝都的城市网格", en: "Urban grids of Baodu" },
    unit: "grid",
    values: [{ from: PLAN, value: 101 }],
    source: plan,
    verified: true,
  },
  "annex2.baodu.rural-grids": {
    clause: "A2",
    title: { zh: "宝都的农村网格", en: "Rural grids of Baodu" },
    unit: "grid",
    values: [{ from: PLAN, value: 31 }],
    source: plan,
    verified: true,
    note: { zh: "未分列到各社区。", en: "Not broken down by community." },
  },
  "register.provisional-code.from": {
    clause: "A2",
    title: { zh: "临时社区代码的起点", en: "Where provisional community codes start" },
    unit: "code",
    values: [{ from: PLAN, value: 900 }],
    source: choice,
    verified: false,
    note: {
      zh: "社区的正式代码未公布。县里确认之前，三位社区码从901起编，不会与确认的代码相撞。",
      en: "The official codes are not public. Until the county confirms them, three-digit community codes run from 901 up, so that they never collide with confirmed ones.",
    },
  },
  "annex2.persons-per-household": {
    clause: "A2",
    title: { zh: "户均人口的合理范围", en: "Plausible persons per household" },
    unit: "person",
    values: [{ from: PLAN, value: { min: 2, max: 4 } }],
    source: {
      document: "convention",
      name: {
        zh: "第六次全国人口普查（2010年）家庭户户均3.10人，上下各约一人",
        en: "The 3.10 persons of a family household in the 2010 census, about one more or less",
      },
    },
    verified: false,
  },

  // ── Annex 3: people and rebuilding ────────────────────────────────────────────────────────────────────────────────
  "recruit.pay": {
    clause: "A3",
    title: { zh: "社会招聘人员费用", en: "Cost of a recruited person" },
    unit: "fen/person/year",
    values: [{ from: PLAN, value: 36_000_00 }],
    source: plan,
    verified: true,
  },
  "centre.rebuilding-years": {
    clause: "A3",
    title: { zh: "服务中心改造年份", en: "Years in which centres are rebuilt" },
    unit: "year",
    values: [{ from: PLAN, value: { min: 2020, max: 2022 } }],
    source: plan,
    verified: true,
  },
  "centre.tiers": {
    clause: "A3",
    title: { zh: "社区建设标准", en: "Standards to which communities are built" },
    unit: "list",
    values: [
      {
        from: PLAN,
        value: [
          { id: "demonstration", title: { zh: "示范", en: "Demonstration" } },
          { id: "standard", title: { zh: "规范", en: "Standard" } },
          { id: "basic", title: { zh: "基本", en: "Basic" } },
        ],
      },
    ],
    source: plan,
    verified: true,
  },

  // ── Annex 4: grid subsidies ───────────────────────────────────────────────────────────────────────────────────────
  "subsidy.without-company": {
    clause: "A4",
    title: { zh: "无物业小区网格员补贴", en: "Subsidy of a worker in a compound without a property company" },
    unit: "fen/person/month",
    values: [
      {
        from: PLAN,
        value: [
          { from: 0, to: 50, fen: 300_00, workers: 1 },
          { from: 50, to: 100, fen: 400_00, workers: 1 },
          { from: 100, to: 200, fen: 500_00, workers: 1 },
          { from: 200, to: null, fen: 600_00, workers: 1 },
        ],
      },
    ],
    source: plan,
    verified: true,
  },
  "subsidy.with-company": {
    clause: "A4",
    title: { zh: "有物业小区网格员补贴", en: "Subsidy of a worker in a compound with a property company" },
    unit: "fen/person/month",
    values: [
      {
        from: PLAN,
        value: [
          { from: 0, to: 100, fen: 200_00, workers: 1 },
          { from: 100, to: 200, fen: 300_00, workers: 1 },
          { from: 200, to: 500, fen: 400_00, workers: 1 },
          { from: 500, to: 1000, fen: 500_00, workers: 1 },
          { from: 1000, to: null, fen: 500_00, workers: 2 },
        ],
      },
    ],
    source: plan,
    verified: true,
  },
  "subsidy.leader-police": {
    clause: "A4",
    title: { zh: "网格长兼任警务助理", en: "Leader who is also police assistant" },
    unit: "fen/person/month",
    values: [{ from: PLAN, value: 1000_00 }],
    source: plan,
    verified: true,
  },
  "subsidy.worker-police": {
    clause: "A4",
    title: { zh: "网格员兼任警务助理", en: "Worker who is also police assistant" },
    unit: "fen/person/month",
    values: [{ from: PLAN, value: { min: 700_00, max: 900_00 } }],
    source: plan,
    verified: true,
    note: {
      zh: "三档补贴加上加发额后不在此范围内，见 policy.subsidy.worker-police。",
      en: "For three bands the subsidy plus the addition falls outside this range: see policy.subsidy.worker-police.",
    },
  },
  "subsidy.police-addition": {
    clause: "A4",
    title: { zh: "网格员兼任警务助理的加发额", en: "Addition for a worker who is also police assistant" },
    unit: "fen/person/month",
    values: [{ from: PLAN, value: 300_00 }],
    source: plan,
    verified: true,
  },
  "grid.equipment": {
    clause: "A4",
    title: { zh: "网格办公设施设备费", en: "Office equipment of a grid" },
    unit: "fen/grid",
    values: [{ from: PLAN, value: 5_000_00 }],
    source: plan,
    verified: true,
    note: { zh: "是否一次性，见 policy.equipment.period。", en: "Whether once only: see policy.equipment.period." },
  },
  "annex4.baodu.police-assistants": {
    clause: "A4",
    title: { zh: "宝都原有警务助理", en: "Existing police assistants of Baodu" },
    unit: "person",
    values: [{ from: PLAN, value: 70 }],
    source: plan,
    verified: true,
  },
  "annex4.baodu.police-assistant-pay": {
    clause: "A4",
    title: { zh: "宝都原有警务助理薪酬", en: "Pay of an existing police assistant of Baodu" },
    unit: "fen/person/month",
    values: [{ from: PLAN, value: 600_00 }],
    source: plan,
    verified: true,
  },
  "annex4.baodu.police-assistants-total": {
    clause: "A4",
    title: {
      zh: "宝都原有警务助理薪酬年度总额（印数）",
      en: "Yearly pay of the existing police assistants of Baodu, as printed",
    },
    unit: "fen/year",
    values: [{ from: PLAN, value: 504_000_00 }],
    source: plan,
    verified: true,
  },
  "annex4.baodu.net-new": {
    clause: "A4",
    title: { zh: "宝都补贴实际新增年度支出（印数）", en: "Net new yearly spending on subsidies in Baodu, as printed" },
    unit: "fen/year",
    values: [{ from: PLAN, value: 1_458_000_00 }],
    source: plan,
    verified: true,
  },

  // ── Readings: where the plan is silent or can be read two ways ────────────────────────────────────────────────────
  "policy.grid.size": {
    clause: "2.2.1",
    title: { zh: "网格户数按哪一条", en: "Which clause gives the size of a grid" },
    unit: "choice",
    values: [{ from: PLAN, value: "2.2.1" }],
    source: choice,
    verified: false,
    readings: [
      { value: "2.2.1", meaning: { zh: "按专讲网格的2.2.1", en: "2.2.1, the clause about grids" } },
      {
        value: "2.1",
        meaning: { zh: "按社区布局的2.1，范围较宽", en: "2.1, the wider range in the clause about layout" },
      },
    ],
  },
  "policy.grid.small-compound": {
    clause: "2.2.1",
    title: { zh: "怎样算户数少、可以合用网格的小区", en: "Which compounds are small enough to share a grid" },
    unit: "choice",
    values: [{ from: PLAN, value: "below-size" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "below-size",
        meaning: { zh: "每个小区的户数都不到网格户数的下限", en: "Each has fewer households than the least of a grid" },
      },
      {
        value: "together-within",
        meaning: {
          zh: "合在一起不超过网格户数的上限",
          en: "Together they have no more households than the most of a grid",
        },
      },
    ],
  },
  "policy.villages.undivided": {
    clause: "2.2.1",
    title: { zh: "一个小区一个网格是否也适用于村庄", en: "Whether one compound, one grid also holds for villages" },
    unit: "choice",
    values: [{ from: PLAN, value: "as-compounds" }],
    source: choice,
    verified: false,
    readings: [
      { value: "as-compounds", meaning: { zh: "村庄与小区一样不拆分", en: "A village is not split either" } },
      { value: "compounds-only", meaning: { zh: "条文只讲小区，村庄可以拆分", en: "A village may be split" } },
    ],
  },
  "policy.villages.place-count": {
    clause: "A2",
    title: { zh: "附件2所印小区及村庄数的含义", en: "What annex 2's printed number of compounds and villages counts" },
    unit: "choice",
    values: [{ from: PLAN, value: "as-headed" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "as-headed",
        meaning: {
          zh: "按各表表头：宝都含村庄，宝城只有小区",
          en: "As each table's heading says: Baodu's includes villages, Baocheng's does not",
        },
      },
      { value: "compounds-only", meaning: { zh: "两街道都只算小区", en: "Compounds only, in both streets" } },
    ],
  },
  "policy.villages.rural-grids": {
    clause: "A4",
    title: { zh: "农村网格是否领网格补贴", en: "Whether rural grids draw grid money" },
    unit: "choice",
    values: [{ from: PLAN, value: "urban-only" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "urban-only",
        meaning: { zh: "附件4只列城市网格，农村网格不领", en: "No: annex 4 pays for the urban grids only" },
      },
      { value: "all", meaning: { zh: "所有网格都领", en: "Yes: every grid draws it" } },
    ],
  },
  "policy.instructor.grids": {
    clause: "2.2.2",
    title: { zh: "一名指导员可包靠的网格数", en: "How many grids one instructor may hold" },
    unit: "choice",
    values: [{ from: PLAN, value: "no-limit" }],
    source: choice,
    verified: false,
    readings: [
      { value: "no-limit", meaning: { zh: "计划没有限定", en: "The plan sets no limit" } },
      { value: "one", meaning: { zh: "一人只包靠一个网格", en: "One instructor, one grid" } },
    ],
  },
  "policy.staff.leader-counted": {
    clause: "2.2.2",
    title: { zh: "网格长是否算作网格员", en: "Whether a leader counts as one of the workers" },
    unit: "choice",
    values: [{ from: PLAN, value: "among" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "among",
        meaning: {
          zh: "算在内：附件4有只配1人的网格按网格长的标准列支",
          en: "Yes: annex 4 has grids of one person at the rate of a leader",
        },
      },
      { value: "besides", meaning: { zh: "另算，网格员人数不含网格长", en: "No: the workers are counted without" } },
    ],
  },
  "policy.staff.candidate-list": {
    clause: "2.2.2",
    title: { zh: "退休人员应在哪个单位的名单上", en: "On whose list a retired candidate should stand" },
    unit: "choice",
    values: [{ from: PLAN, value: "any" }],
    source: choice,
    verified: false,
    readings: [
      { value: "any", meaning: { zh: "三个单位中任何一个", en: "That of any of the three" } },
      {
        value: "own",
        meaning: {
          zh: "干部在组织部或人社局的，教师在教体局或人社局的",
          en: "A cadre: organisation department or human resources; a teacher: education bureau or human resources",
        },
      },
    ],
  },
  "policy.centre.scope": {
    clause: "2.3.1",
    title: { zh: "服务中心面积要求适用于", en: "Which centres the floor areas bind" },
    unit: "choice",
    values: [{ from: PLAN, value: "new-or-rebuilt" }],
    source: choice,
    verified: false,
    readings: [
      { value: "new-or-rebuilt", meaning: { zh: "只适用于新建或改扩建的", en: "New and rebuilt centres only" } },
      { value: "all", meaning: { zh: "适用于所有中心", en: "Every centre" } },
    ],
  },
  "policy.centre.upgrade": {
    clause: "2.3.1",
    title: {
      zh: "附件3的改造升级费用是否说明改扩建",
      en: "Whether annex 3's money for upgrading a centre means rebuilding",
    },
    unit: "choice",
    values: [{ from: PLAN, value: "rebuilding" }],
    source: choice,
    verified: false,
    readings: [
      { value: "rebuilding", meaning: { zh: "改造升级即改扩建", en: "Upgrading is rebuilding" } },
      {
        value: "not-rebuilding",
        meaning: { zh: "改造升级不等于改扩建", en: "Upgrading need not be rebuilding" },
      },
    ],
  },
  "policy.centre.annex3-year": {
    clause: "2.3.1",
    title: { zh: "附件3跨年安排的中心以哪年为期", en: "Which year counts for a centre with cost in several years" },
    unit: "choice",
    values: [{ from: PLAN, value: "last" }],
    source: choice,
    verified: false,
    readings: [
      { value: "last", meaning: { zh: "最后列有费用的一年", en: "The last year with cost" } },
      { value: "first", meaning: { zh: "最先列有费用的一年", en: "The first year with cost" } },
    ],
  },
  "policy.social-workers.sent-down": {
    clause: "2.3.1",
    title: { zh: "下沉干部是否计入全科社工配比", en: "Whether cadres sent down count as general social workers" },
    unit: "choice",
    values: [{ from: PLAN, value: "not-counted" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "not-counted",
        meaning: { zh: "只计招聘的全科社工", en: "Only recruited general social workers count" },
      },
      { value: "counted", meaning: { zh: "下沉干部一并计入", en: "Cadres sent down count as well" } },
    ],
  },
  "policy.social-workers.most": {
    clause: "2.3.1",
    title: { zh: "全科社工人数的上限怎么取整", en: "How the largest number of general social workers is rounded" },
    unit: "choice",
    values: [{ from: PLAN, value: "down" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "down",
        meaning: {
          zh: "舍去余数，人均户数不低于下限；没有整数符合的按最少人数",
          en: "Down, so that nobody has fewer households than the range; where no whole number fits, the least number",
        },
      },
      { value: "up", meaning: { zh: "余下的户数再配一人", en: "Up: one more for the households left over" } },
    ],
  },
  "policy.rooms.old-remedy": {
    clause: "2.3.2",
    title: { zh: "老旧小区用房怎样算已解决", en: "When an old compound's want of service rooms is settled" },
    unit: "choice",
    values: [{ from: PLAN, value: "carried-out" }],
    source: choice,
    verified: false,
    readings: [
      { value: "carried-out", meaning: { zh: "落实了一种办法即可", en: "Once one of the ways is carried out" } },
      {
        value: "up-to-standard",
        meaning: {
          zh: "面积还要达到新建小区的标准，由邻近小区服务的除外",
          en: "Once its area reaches that of a new compound, unless a neighbouring one serves it",
        },
      },
    ],
  },
  "policy.rooms.accepted-split": {
    clause: "2.3.2",
    title: {
      zh: "已验收小区补足用房后是否也要对半分",
      en: "Whether rooms of an accepted compound are divided as well",
    },
    unit: "choice",
    values: [{ from: PLAN, value: "area-only" }],
    source: choice,
    verified: false,
    readings: [
      { value: "area-only", meaning: { zh: "只按面积标准补足", en: "Only the area is topped up" } },
      {
        value: "area-and-split",
        meaning: { zh: "业主委员会与社区对半使用也一并适用", en: "Committee and community also have their parts" },
      },
    ],
  },
  "policy.property.assessors": {
    clause: "2.4",
    title: { zh: "街道和县怎样考核物业企业", en: "How street and county assess property companies" },
    unit: "choice",
    values: [{ from: PLAN, value: "each" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "each",
        meaning: { zh: "各自考核，各自达到次数", en: "Each on its own, each the full number of times" },
      },
      { value: "jointly", meaning: { zh: "共同考核，合计达到次数", en: "Together, the number of times in all" } },
    ],
  },
  "policy.property.part-year": {
    clause: "2.4",
    title: { zh: "当年只服务部分时间的要考核几次", en: "How often one is assessed that served for part of a year" },
    unit: "choice",
    values: [{ from: PLAN, value: "as-full" }],
    source: choice,
    verified: false,
    readings: [
      { value: "as-full", meaning: { zh: "与全年服务的一样", en: "As often as for a whole year" } },
      { value: "not-bound", meaning: { zh: "当年不作次数要求", en: "No number is asked in that year" } },
    ],
  },
  "policy.property.appeal": {
    clause: "2.4",
    title: { zh: "信用信息申诉期间是否计分", en: "Whether a credit item counts while an appeal is open" },
    unit: "choice",
    values: [{ from: PLAN, value: "counts" }],
    source: choice,
    verified: false,
    readings: [
      { value: "counts", meaning: { zh: "决定撤销以前照常计分", en: "It counts until it is struck out" } },
      { value: "suspended", meaning: { zh: "申诉期间暂不计分", en: "It does not count until the appeal is decided" } },
    ],
  },
  "policy.assessment.days": {
    clause: "3.3",
    title: { zh: "考核各期限按什么日子算", en: "Which days the times of an assessment count" },
    unit: "choice",
    values: [{ from: PLAN, value: "calendar-days" }],
    source: choice,
    verified: false,
    readings: [
      { value: "calendar-days", meaning: { zh: "自然日", en: "All days" } },
      {
        value: "working-days",
        meaning: {
          zh: "工作日，遇没有公布放假安排的年份不能算",
          en: "Working days; a year whose holidays are not known cannot be counted",
        },
      },
    ],
  },
  "policy.assessment.made": {
    clause: "2.4",
    title: { zh: "一次考核从哪天起算已完成", en: "From which day an assessment counts as made" },
    unit: "choice",
    values: [{ from: PLAN, value: "noticed" }],
    source: choice,
    verified: false,
    readings: [
      { value: "noticed", meaning: { zh: "通知结果之日", en: "The day its result is told" } },
      { value: "final", meaning: { zh: "结果最终确定之日", en: "The day its result is final" } },
    ],
  },
  "policy.assessment.spread": {
    clause: "3.3",
    title: { zh: "评分相差怎样比", en: "How it is told whether scores lie apart" },
    unit: "choice",
    values: [{ from: PLAN, value: "total" }],
    source: choice,
    verified: false,
    readings: [
      { value: "total", meaning: { zh: "比评分组的合计", en: "By the sums of the panel" } },
      { value: "item", meaning: { zh: "逐项比", en: "Item by item" } },
    ],
  },
  "policy.assessment.third": {
    clause: "3.3",
    title: { zh: "加请一人以后取哪些评分", en: "Which scores count once one more is there" },
    unit: "choice",
    values: [{ from: PLAN, value: "nearest" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "nearest",
        meaning: {
          zh: "合计最接近的两个，同样接近的都取",
          en: "The two whose sums lie nearest; those equally near all",
        },
      },
      { value: "all", meaning: { zh: "全部", en: "All of them" } },
      { value: "third", meaning: { zh: "只取加请的一个", en: "The one more alone" } },
    ],
  },
  "policy.assessment.unmeasured": {
    clause: "3.3",
    title: { zh: "没有测到的项目怎样计", en: "What becomes of the weight of items that were not measured" },
    unit: "choice",
    values: [{ from: PLAN, value: "scaled" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "scaled",
        meaning: { zh: "不计其分值，其余按满分折算", en: "It is left out, and the rest is scaled to full marks" },
      },
      { value: "full", meaning: { zh: "按得满分计", en: "It counts as full marks" } },
    ],
  },
  "policy.assessment.rounding": {
    clause: "3.3",
    title: { zh: "得分不足百分之一分的尾数", en: "How points are rounded to whole hundredths" },
    unit: "choice",
    values: [{ from: PLAN, value: "half-up" }],
    source: choice,
    verified: false,
    readings: [
      { value: "half-up", meaning: { zh: "四舍五入", en: "To the nearest, halves up" } },
      { value: "down", meaning: { zh: "舍去", en: "Down" } },
    ],
  },
  "policy.assessment.veto": {
    clause: "3.3",
    title: { zh: "评分人对否决意见不一时", en: "When a veto holds on which scorers do not agree" },
    unit: "choice",
    values: [{ from: PLAN, value: "majority" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "majority",
        meaning: { zh: "过半数提出才成立，先加请一人", en: "Once more than half raise it; one more is asked first" },
      },
      { value: "any", meaning: { zh: "有一人提出即成立", en: "As soon as one raises it" } },
    ],
  },
  "policy.assessment.combining": {
    clause: "3.3",
    title: { zh: "街道和县缺一方的结果时", en: "What street and county come to while one of them has no result" },
    unit: "choice",
    values: [{ from: PLAN, value: "wait" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "wait",
        meaning: {
          zh: "等齐再合并；不会再有的不等",
          en: "Nothing until all are there that can still come",
        },
      },
      { value: "there", meaning: { zh: "按已有的权重合并", en: "Those that are there, by their weights" } },
    ],
  },
  "policy.assessment.appeal": {
    clause: "3.3",
    title: { zh: "申诉决定能否使结果更为不利", en: "Whether a decision on an appeal may make a result worse" },
    unit: "choice",
    values: [{ from: PLAN, value: "never-worse" }],
    source: choice,
    verified: false,
    note: {
      zh: "方案没有规定。比的是告知的得分；告知或改后没有得分的，比按办法各记多少信用分、拨多少款。",
      en: "The plan does not say. Compared with the points that were told; where there were none, or are none any more, by what the method makes of it for credit and money.",
    },
    readings: [
      {
        value: "never-worse",
        meaning: { zh: "不得低于告知的结果", en: "Never: nobody comes off worse by appealing" },
      },
      { value: "as-found", meaning: { zh: "按查明的情况，可高可低", en: "As it is found, better or worse" } },
    ],
  },
  "policy.assessment.holder": {
    clause: "3.3",
    title: { zh: "企业的得分怎样由各项目得出", en: "How a company's score follows from its projects" },
    unit: "choice",
    values: [{ from: PLAN, value: "mean" }],
    source: choice,
    verified: false,
    readings: [
      { value: "mean", meaning: { zh: "各项目平均", en: "The mean of its projects" } },
      { value: "by-households", meaning: { zh: "按户数加权平均", en: "Their mean by households" } },
      { value: "least", meaning: { zh: "取最低的", en: "The least of them" } },
    ],
  },
  "policy.assessment.ties": {
    clause: "3.3",
    title: { zh: "得分相同以后的名次", en: "Places after those that share one" },
    unit: "choice",
    values: [{ from: PLAN, value: "gap" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "gap",
        meaning: { zh: "空出并列的名次（1、1、3）", en: "As many are passed over as share it: 1, 1, 3" },
      },
      { value: "dense", meaning: { zh: "接着排（1、1、2）", en: "The next one: 1, 1, 2" } },
    ],
  },
  "policy.assessment.release": {
    clause: "3.3",
    title: { zh: "考核结果怎样影响资金调拨", en: "What a result makes of the release of funds" },
    unit: "choice",
    values: [{ from: PLAN, value: "by-result" }],
    source: choice,
    verified: false,
    note: {
      zh: "3.3要求与资金调拨挂钩，3.2.2不许截留。",
      en: "3.3 ties the release of funds to results, 3.2.2 lets nothing be withheld.",
    },
    readings: [
      {
        value: "by-result",
        meaning: {
          zh: "按办法的比例拨付，其余留在原账户",
          en: "The scheme's part is released, the rest stays in its own account",
        },
      },
      {
        value: "none",
        meaning: {
          zh: "专项经费不得截留，照数拨付",
          en: "Nothing: earmarked money is never withheld, so all is released",
        },
      },
    ],
  },
  "policy.fund.household.period": {
    clause: "3.2.2",
    title: { zh: "按户的工作经费多久拨一次", en: "How often the money by household is due" },
    unit: "choice",
    values: [{ from: PLAN, value: "yearly" }],
    source: choice,
    verified: false,
    readings: [
      { value: "yearly", meaning: { zh: "每年一次", en: "Every year" } },
      { value: "once", meaning: { zh: "只拨一次", en: "Once only" } },
    ],
  },
  "policy.fund.household.count": {
    clause: "3.2.2",
    title: { zh: "按户的工作经费用哪个户数", en: "Which number of households the money by household uses" },
    unit: "choice",
    values: [{ from: PLAN, value: "annex2" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "annex2",
        meaning: { zh: "附件2各社区所印的户数", en: "The households printed in annex 2, community by community" },
      },
      {
        value: "register",
        meaning: { zh: "拨款当日台账中的户数", en: "The households in the register on the day of the grant" },
      },
    ],
  },
  "policy.fund.party-service.period": {
    clause: "3.2.2",
    title: { zh: "党组织服务群众专项经费多久拨一次", en: "How often Party-service money is due" },
    unit: "choice",
    values: [{ from: PLAN, value: "yearly" }],
    source: choice,
    verified: false,
    readings: [
      { value: "yearly", meaning: { zh: "每年一次", en: "Every year" } },
      { value: "once", meaning: { zh: "只拨一次", en: "Once only" } },
    ],
  },
  "policy.fund.annual.sharing": {
    clause: "3.2.2",
    title: { zh: "每年的社区工作经费怎样分到社区", en: "How the yearly community work money is shared" },
    unit: "choice",
    values: [{ from: PLAN, value: "county-decision" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "county-decision",
        meaning: { zh: "由县里决定，系统只作记录", en: "The county decides, the system records it" },
      },
      { value: "equal", meaning: { zh: "各社区平分", en: "The same to every community" } },
      { value: "by-households", meaning: { zh: "按户数分", en: "In proportion to households" } },
    ],
  },
  "policy.recruits.years": {
    clause: "A3",
    title: { zh: "各年招聘人数的关系", en: "How the recruits of the three years relate" },
    unit: "choice",
    values: [{ from: PLAN, value: "add-up" }],
    source: choice,
    verified: false,
    readings: [
      { value: "add-up", meaning: { zh: "每年新招，逐年累加", en: "New people each year, adding up" } },
      {
        value: "replace",
        meaning: { zh: "每年在岗总数，后年取代前年", en: "The number in post each year, replacing the year before" },
      },
    ],
  },
  "policy.subsidy.edge": {
    clause: "A4",
    title: { zh: "户数正好在两档交界时归哪档", en: "Which band has a number that is the edge of two" },
    unit: "choice",
    values: [{ from: PLAN, value: "both" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "both",
        meaning: {
          zh: "“以上”“以下”都含本数，两档都对，由县里定",
          en: "“And above” and “and below” both include the number, so both bands claim it: the county decides",
        },
      },
      { value: "lower", meaning: { zh: "归户数少的一档", en: "The band of fewer households" } },
      { value: "upper", meaning: { zh: "归户数多的一档", en: "The band of more households" } },
    ],
  },
  "policy.subsidy.several-compounds": {
    clause: "A4",
    title: { zh: "服务几个小区的网格员按哪档", en: "Which band a worker takes who serves several compounds" },
    unit: "choice",
    values: [{ from: PLAN, value: "sum" }],
    source: choice,
    verified: false,
    readings: [
      { value: "sum", meaning: { zh: "户数相加后定档", en: "The band of all their households together" } },
      { value: "largest", meaning: { zh: "按户数最多的小区定档", en: "The band of the largest compound" } },
      {
        value: "each",
        meaning: { zh: "各小区分别定档，补贴相加", en: "A band for each compound, the subsidies added" },
      },
    ],
  },
  "policy.subsidy.mixed-compounds": {
    clause: "A4",
    title: {
      zh: "所服务的小区有的有物业、有的没有时用哪张标准",
      en: "Which table holds for a worker with compounds of both kinds",
    },
    unit: "choice",
    values: [{ from: PLAN, value: "both" }],
    source: choice,
    verified: false,
    note: {
      zh: "只在合并定档、或户数最多的小区不止一个时用到。",
      en: "Needed only where households are added, or where several compounds are the largest.",
    },
    readings: [
      { value: "both", meaning: { zh: "两张都说得通，由县里定", en: "Either could be meant: the county decides" } },
      { value: "with-company", meaning: { zh: "有物业的标准", en: "The one for compounds with a company" } },
      { value: "without-company", meaning: { zh: "无物业的标准", en: "The one for compounds without a company" } },
    ],
  },
  "policy.subsidy.second-worker": {
    clause: "A4",
    title: {
      zh: "千户以上无物业小区是否配第二名网格员",
      en: "Whether a large compound without a company has a second worker",
    },
    unit: "choice",
    values: [{ from: PLAN, value: "with-company-only" }],
    source: choice,
    verified: false,
    readings: [
      { value: "with-company-only", meaning: { zh: "只在有物业的小区配", en: "No: only where there is a company" } },
      { value: "all-compounds", meaning: { zh: "有无物业都配", en: "Yes: with or without a company" } },
    ],
  },
  "policy.subsidy.worker-police": {
    clause: "A4",
    title: { zh: "加发后不在所印范围内时怎么发", en: "What is paid when the sum falls outside the printed range" },
    unit: "choice",
    values: [{ from: PLAN, value: "sum" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "sum",
        meaning: { zh: "按补贴加加发额发，并提示", en: "The subsidy plus the addition, with a finding" },
      },
      {
        value: "range",
        meaning: { zh: "调到所印范围最近的一端", en: "Brought to the nearer end of the printed range" },
      },
    ],
  },
  "policy.subsidy.leader": {
    clause: "A4",
    title: { zh: "不兼警务助理的网格长怎么发", en: "What a leader draws who is not police assistant" },
    unit: "choice",
    values: [{ from: PLAN, value: "as-worker" }],
    source: choice,
    verified: false,
    readings: [
      { value: "as-worker", meaning: { zh: "按网格员的档次发", en: "The subsidy of a worker" } },
      { value: "none", meaning: { zh: "没有所印标准，不发", en: "Nothing: no figure is printed" } },
    ],
  },
  "policy.subsidy.undecided": {
    clause: "A4",
    title: {
      zh: "有几个金额都说得通、还没有定的补贴怎么发",
      en: "What is paid while several amounts could be meant and none is decided",
    },
    unit: "choice",
    values: [{ from: PLAN, value: "least" }],
    source: choice,
    verified: false,
    note: {
      zh: "以后定下来的，作为更正补发或者追回。",
      en: "What is decided later is paid or recovered as a correction.",
    },
    readings: [
      {
        value: "least",
        meaning: { zh: "先发其中最少的，哪种读法都够", en: "The least of them, which every reading gives" },
      },
      { value: "hold", meaning: { zh: "定下来以前不发", en: "Nothing until it is decided" } },
    ],
  },
  "policy.subsidy.part-month": {
    clause: "A4",
    title: { zh: "不满一个月的补贴按多少天折算", en: "On how many days a part of a month is reckoned" },
    unit: "choice",
    values: [{ from: PLAN, value: "calendar-days" }],
    source: choice,
    verified: false,
    readings: [
      { value: "calendar-days", meaning: { zh: "当月的实际天数", en: "The days the month has" } },
      {
        value: "thirty-days",
        meaning: {
          zh: "每月都按30天，31日不计，二月末日补足30天",
          en: "Thirty for every month: the 31st counts nothing, the end of February makes up thirty",
        },
      },
    ],
  },
  "policy.subsidy.rounding": {
    clause: "A4",
    title: { zh: "折算补贴的尾数", en: "How a part of a month's subsidy is rounded to whole fen" },
    unit: "choice",
    values: [{ from: PLAN, value: "running" }],
    source: choice,
    verified: false,
    readings: [
      {
        value: "running",
        meaning: {
          zh: "按当月累计天数算后相减，各段相加正好是一个月",
          en: "By the days run so far, less what they gave before: the parts of a month add up to the month",
        },
      },
      { value: "half-up", meaning: { zh: "各段分别四舍五入", en: "Each part to the nearest fen, halves up" } },
      { value: "down", meaning: { zh: "各段分别舍去不足一分的", en: "Each part down to whole fen" } },
    ],
  },
  "policy.police-assistants.per-grid": {
    clause: "2.2.2",
    title: { zh: "一个网格可有几名警务助理", en: "How many police assistants one grid may have" },
    unit: "choice",
    values: [{ from: PLAN, value: "one" }],
    source: choice,
    verified: false,
    readings: [
      { value: "one", meaning: { zh: "每个网格一名，由网格长或网格员兼任", en: "One, who is its leader or a worker" } },
      { value: "no-limit", meaning: { zh: "计划没有限定", en: "The plan sets no limit" } },
    ],
  },
  "policy.police-assistants.among-staff": {
    clause: "A4",
    title: {
      zh: "宝都原有警务助理是否在网格人员数内",
      en: "Whether Baodu's existing police assistants are among the grid staff",
    },
    unit: "choice",
    values: [{ from: PLAN, value: "included" }],
    source: choice,
    verified: false,
    readings: [
      { value: "included", meaning: { zh: "在网格工作人员数内", en: "Among the printed number of grid staff" } },
      { value: "additional", meaning: { zh: "在网格工作人员数之外", en: "On top of it" } },
    ],
  },
  "policy.equipment.period": {
    clause: "A4",
    title: { zh: "网格设备费多久一次", en: "How often the equipment money is due" },
    unit: "choice",
    values: [{ from: PLAN, value: "once" }],
    source: choice,
    verified: false,
    readings: [
      { value: "once", meaning: { zh: "只拨一次（推断）", en: "Once (inferred)" } },
      { value: "yearly", meaning: { zh: "每年一次", en: "Every year" } },
    ],
  },
} as const satisfies Record<string, Parameter>;
export type ParameterId = keyof typeof parameters;

/** A number stays a number, however it is written today; a choice keeps its closed set of words. */
type Typed<V> = V extends number
  ? number
  : V extends string
    ? V
    : V extends VotingRule
      ? VotingRule
      : V extends Range
        ? Range
        : V extends readonly SubsidyBand[]
          ? readonly SubsidyBand[]
          : V extends readonly CreditBand[]
            ? readonly CreditBand[]
            : V extends readonly Item<infer Id>[]
              ? readonly Item<Id>[]
              : never;

type Written<P> = P extends { readings: readonly { value: infer V }[] }
  ? V
  : P extends { values: readonly { value: infer V }[] }
    ? V
    : never;

/** What a policy answers for an id. For a choice: every word that some reading gives it. */
export type ParameterValue<Id extends ParameterId> = Typed<Written<(typeof parameters)[Id]>>;

/** Whether the text is the id of a parameter. */
export const isParameterId = (text: string): text is ParameterId => Object.hasOwn(parameters, text);

/** Every parameter with its id, for lists and machines. */
export const listParameters = (): (Parameter & { readonly id: ParameterId })[] =>
  Object.entries<Parameter>(parameters).map(([id, described]) => ({ id: id as ParameterId, ...described }));
