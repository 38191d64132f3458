import { county, streets } from "./county.ts";
import type { Text } from "./text.ts";

/** What sort of body a unit is. */
type UnitKind = "county" | "department" | "institution" | "company" | "street";

/**
 * A body the plan gives work to. `aliases` are the shorter ways in which the plan and the county's tables write its name.
 * `area` is the division code of a unit that is itself an area.
 */
export interface Unit {
  readonly name: Text;
  readonly kind: UnitKind;
  readonly aliases: readonly string[];
  readonly area?: string;
}

const [baodu, baocheng] = streets;

/** Every unit of the plan. Where a unit also has a role in the system, its id is the role's name. */
export const units = {
  county: {
    name: { zh: "县委、县政府", en: "County Party committee and county government" },
    kind: "county",
    aliases: [],
    area: county.code,
  },
  "county.organisation": {
    name: { zh: "县委组织部", en: "County organisation department" },
    kind: "department",
    aliases: ["组织部"],
  },
  "county.political-legal": {
    name: { zh: "县委政法委", en: "County political and legal affairs commission" },
    kind: "department",
    aliases: ["政法委"],
  },
  "county.inspection": {
    name: { zh: "县委县政府督查局", en: "County inspection office" },
    kind: "department",
    aliases: ["督查局"],
  },
  "county.civil-affairs": {
    name: { zh: "县民政局", en: "County civil affairs bureau" },
    kind: "department",
    aliases: ["民政局", "县民政", "民政部门", "民政"],
  },
  "county.public-security": {
    name: { zh: "县公安局", en: "County public security bureau" },
    kind: "department",
    aliases: ["公安局", "公安"],
  },
  "county.justice": {
    name: { zh: "县司法局", en: "County justice bureau" },
    kind: "department",
    aliases: ["司法局"],
  },
  "county.finance": {
    name: { zh: "县财政局", en: "County finance bureau" },
    kind: "department",
    aliases: ["财政局", "县财政部门", "财政"],
  },
  "county.hr": {
    name: { zh: "县人力资源和社会保障局", en: "County human resources and social security bureau" },
    kind: "department",
    aliases: ["县人社局", "人社局", "县人社", "人社"],
  },
  "county.natural-resources": {
    name: { zh: "县自然资源和规划局", en: "County natural resources and planning bureau" },
    kind: "department",
    aliases: ["自然资源和规划局", "县自然资源和规划", "自然资源和规划"],
  },
  "county.construction": {
    name: { zh: "县住房和城乡建设局", en: "County housing and urban-rural construction bureau" },
    kind: "department",
    aliases: ["县住建局", "住建局", "县住建", "住建"],
  },
  "county.shantytown-office": {
    name: { zh: "县棚户区改造办公室", en: "County shantytown rebuilding office" },
    kind: "department",
    aliases: ["县棚改办", "棚改办"],
  },
  "county.education-sports": {
    name: { zh: "县教育和体育局", en: "County education and sports bureau" },
    kind: "department",
    aliases: ["教育和体育局", "县教体局", "教体局"],
  },
  "county.health": {
    name: { zh: "县卫生健康局", en: "County health bureau" },
    kind: "department",
    aliases: ["县卫健局", "卫健局"],
  },
  "county.culture-tourism": {
    name: { zh: "县文化和旅游局", en: "County culture and tourism bureau" },
    kind: "department",
    aliases: ["文化和旅游局"],
  },
  "county.agriculture": {
    name: { zh: "县农业农村局", en: "County agriculture and rural affairs bureau" },
    kind: "department",
    aliases: ["农业农村局"],
  },
  "county.petitions": {
    name: { zh: "县信访局", en: "County petitions bureau" },
    kind: "department",
    aliases: ["信访局"],
  },
  "county.approval": {
    name: { zh: "县审批服务局", en: "County approval service bureau" },
    kind: "department",
    aliases: ["审批服务局"],
  },
  "county.big-data": {
    name: { zh: "县大数据中心", en: "County big data centre" },
    kind: "institution",
    aliases: ["大数据中心"],
  },
  "county.property-centre": {
    name: { zh: "县房产发展促进中心", en: "County property development centre" },
    kind: "institution",
    aliases: ["房产发展促进中心", "房产中心", "房产部门", "房产"],
  },
  "county.modern-agriculture": {
    name: { zh: "县现代农业发展中心", en: "County modern agriculture development centre" },
    kind: "institution",
    aliases: ["现代农业发展中心"],
  },
  "county.urban-investment": {
    name: { zh: "县城投公司", en: "County urban investment company" },
    kind: "company",
    aliases: ["城投公司"],
  },
  "street.baodu": {
    name: baodu.name,
    kind: "street",
    aliases: ["宝都街办", "宝都"],
    area: baodu.code,
  },
  "street.baocheng": {
    name: baocheng.name,
    kind: "street",
    aliases: ["宝城街办", "宝城"],
    area: baocheng.code,
  },
} as const satisfies Record<string, Unit>;
export type UnitId = keyof typeof units;

/** The unit a name or one of the plan's abbreviations means; undefined when no unit is written so. */
export function unitNamed(name: string): UnitId | undefined {
  const found = Object.entries<Unit>(units).find(([, unit]) => unit.name.zh === name || unit.aliases.includes(name));
  return found?.[0] as UnitId | undefined;
}

/** Where a clause stands in the plan. A2, A3 and A4 are the annexes with the tables. */
type Chapter = "goal" | "task" | "safeguard" | "annex";

/**
 * The last day by which a clause is to be done.
 * `reading` names the parameter that holds the other ways of reading the plan's words.
 * `only` names the community this day is for; the year of each other one is where `others` says.
 */
export interface Deadline {
  readonly on: string;
  readonly reading?: `clause.${string}.deadline`;
  readonly only?: Text;
  readonly others?: { readonly annex: 3 };
}

/**
 * One clause of the plan under the plan's own numbering: chapter 二, section（二）, item 2 is `2.2.2`.
 * The title is ours. Lead and cooperating units are those in the brackets that close the clause, in their order; clauses 1 and
 * 3.1 carry no bracket and are the county's own; 3.4 and the annexes name nobody.
 */
export interface Clause {
  readonly id: string;
  readonly chapter: Chapter;
  readonly title: Text;
  readonly lead: readonly UnitId[];
  readonly cooperating: readonly UnitId[];
  readonly deadline?: Deadline;
  readonly deadlineNote?: Text;
}

/** The last days that the plan prints; parameters `clause.*.deadline` begin with them. */
export const printedDays = { endOfMay: "2020-05-31", endOfJune: "2020-06-30", endOfYear: "2020-12-31" } as const;

/** The two days that "the middle of June" can mean; parameter `clause.2.6.deadline` chooses. */
export const midJune = { lastDay: "2020-06-20", middleDay: "2020-06-15" } as const;

const bothStreets = ["street.baodu", "street.baocheng"] as const satisfies readonly UnitId[];

export const clauses = [
  {
    id: "1",
    chapter: "goal",
    title: {
      zh: "总目标：资源、服务、管理落到社区",
      en: "Goal: resources, services and management sit in the community",
    },
    lead: ["county"],
    cooperating: [],
    deadline: { on: printedDays.endOfYear },
    deadlineNote: { zh: "2020年底", en: "End of 2020" },
  },
  {
    id: "2.1",
    chapter: "task",
    title: { zh: "社区布局", en: "Layout of communities" },
    lead: ["county.civil-affairs"],
    cooperating: ["county.natural-resources", "county.shantytown-office", ...bothStreets],
    deadline: { on: printedDays.endOfMay },
    deadlineNote: { zh: "5月底", en: "End of May" },
  },
  {
    id: "2.2.1",
    chapter: "task",
    title: { zh: "网格划分与统一编码", en: "Drawing grids under one code" },
    lead: ["county.political-legal"],
    cooperating: ["county.organisation", "county.public-security", "county.natural-resources", ...bothStreets],
    deadline: { on: printedDays.endOfMay },
    deadlineNote: { zh: "5月底", en: "End of May" },
  },
  {
    id: "2.2.2",
    chapter: "task",
    title: { zh: "网格人员与网格中心", en: "Grid staff and grid centres" },
    lead: ["county.political-legal"],
    cooperating: [
      "county.organisation",
      "county.public-security",
      "county.justice",
      "county.natural-resources",
      ...bothStreets,
    ],
    deadline: { on: printedDays.endOfMay },
    deadlineNote: { zh: "5月底", en: "End of May" },
  },
  {
    id: "2.3.1",
    chapter: "task",
    title: { zh: "社区服务中心", en: "Community service centres" },
    lead: [...bothStreets],
    cooperating: [
      "county.organisation",
      "county.political-legal",
      "county.education-sports",
      "county.public-security",
      "county.civil-affairs",
      "county.hr",
      "county.health",
      "county.approval",
      "county.big-data",
    ],
    deadline: { on: printedDays.endOfMay, only: { zh: "恒盛社区", en: "Hengsheng Community" }, others: { annex: 3 } },
    deadlineNote: {
      zh: "恒盛社区服务中心5月底；其他中心看附件3列有改造费用的年份，未列费用的没有期限",
      en: "The Hengsheng centre by the end of May; every other one by the year for which annex 3 lists its rebuilding cost, and none where it lists none",
    },
  },
  {
    id: "2.3.2",
    chapter: "task",
    title: { zh: "社区服务用房与网格服务站", en: "Community service rooms and grid stations" },
    lead: ["county.construction"],
    cooperating: [
      "county.civil-affairs",
      "county.finance",
      "county.natural-resources",
      "county.approval",
      "county.property-centre",
      ...bothStreets,
    ],
  },
  {
    id: "2.4",
    chapter: "task",
    title: { zh: "物业服务与业主自治", en: "Property services and owners' self-government" },
    lead: [...bothStreets],
    cooperating: [
      "county.organisation",
      "county.civil-affairs",
      "county.finance",
      "county.construction",
      "county.property-centre",
    ],
    deadline: { on: printedDays.endOfJune },
    deadlineNote: { zh: "6月底", en: "End of June" },
  },
  {
    id: "2.5",
    chapter: "task",
    title: { zh: "社区服务事项与社会组织", en: "Community services and social organisations" },
    lead: [...bothStreets],
    cooperating: [
      "county.political-legal",
      "county.education-sports",
      "county.public-security",
      "county.civil-affairs",
      "county.justice",
      "county.finance",
      "county.culture-tourism",
      "county.petitions",
      "county.approval",
      "county.big-data",
    ],
    deadline: { on: printedDays.endOfYear },
    deadlineNote: { zh: "12月底", en: "End of December" },
  },
  {
    id: "2.6",
    chapter: "task",
    title: { zh: "社区治理与吹哨报到", en: "Community governance and the whistle" },
    lead: ["county.organisation"],
    cooperating: [
      "county.civil-affairs",
      "county.finance",
      "county.agriculture",
      "county.property-centre",
      "county.modern-agriculture",
      ...bothStreets,
    ],
    deadline: { on: midJune.lastDay, reading: "clause.2.6.deadline" },
    deadlineNote: {
      zh: "6月中旬：按中旬最后一日计，也可按月中15日计",
      en: "Mid June: counted to the last day of the month's middle ten days; the 15th is the other reading",
    },
  },
  {
    id: "3.1",
    chapter: "safeguard",
    title: { zh: "领导小组及其办公室", en: "The leading group and its office" },
    lead: ["county"],
    cooperating: [],
  },
  {
    id: "3.2.1",
    chapter: "safeguard",
    title: { zh: "社区人员配备", en: "People for the communities" },
    lead: ["county.hr"],
    cooperating: ["county.political-legal", "county.public-security", "county.civil-affairs", ...bothStreets],
  },
  {
    id: "3.2.2",
    chapter: "safeguard",
    title: { zh: "经费保障与专款专用", en: "Money, each fund for its own purpose" },
    lead: ["county.finance"],
    cooperating: [
      "county.organisation",
      "county.political-legal",
      "county.public-security",
      "county.civil-affairs",
      "county.construction",
      "county.urban-investment",
      ...bothStreets,
    ],
  },
  {
    id: "3.3",
    chapter: "safeguard",
    title: { zh: "工作考核", en: "Assessment of the work" },
    lead: ["county.inspection"],
    cooperating: [
      "county.organisation",
      "county.political-legal",
      "county.public-security",
      "county.civil-affairs",
      "county.justice",
      "county.finance",
      ...bothStreets,
    ],
  },
  {
    id: "3.4",
    chapter: "safeguard",
    title: { zh: "其他镇街的适用", en: "Use by other towns and streets" },
    lead: [],
    cooperating: [],
  },
  {
    id: "A2",
    chapter: "annex",
    title: { zh: "附件2：社区基本情况", en: "Annex 2: the communities in figures" },
    lead: [],
    cooperating: [],
  },
  {
    id: "A3",
    chapter: "annex",
    title: { zh: "附件3：社区建设与运行费用", en: "Annex 3: cost of building and running the communities" },
    lead: [],
    cooperating: [],
  },
  {
    id: "A4",
    chapter: "annex",
    title: { zh: "附件4：网格建设与运行费用", en: "Annex 4: cost of building and running the grids" },
    lead: [],
    cooperating: [],
  },
] as const satisfies readonly Clause[];
export type ClauseId = (typeof clauses)[number]["id"];

/**
 * The clause under the plan's number.
 * @throws RangeError if the plan has no such clause
 */
export function clause(id: ClauseId): Clause {
  const found = clauses.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`The plan has no clause ${id}`);
  return found;
}
