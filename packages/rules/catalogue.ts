import type { ClauseId } from "@county/plan/clauses.ts";
import type { ParameterId } from "@county/plan/parameters.ts";
import type { Text } from "@county/plan/text.ts";

/** A rule as people look it up: the id its findings carry, its clause, what it asks, and the parameters it may rest on. */
export interface CataloguedRule {
  readonly rule: string;
  /** Of a rule that speaks for several clauses or annexes the first of them; each finding names its own. */
  readonly clause: ClauseId;
  readonly title: Text;
  readonly parameters: readonly ParameterId[];
}

const clock = ["case.due", "case.extended", "case.yellow-card", "case.red-card", "policy.case.extension"] as const;
const gridSize = ["policy.grid.size", "grid.households", "layout.grid-households"] as const;
const subsidy = [
  "subsidy.with-company",
  "subsidy.without-company",
  "subsidy.leader-police",
  "subsidy.worker-police",
  "subsidy.police-addition",
  "policy.subsidy.edge",
  "policy.subsidy.leader",
  "policy.subsidy.mixed-compounds",
  "policy.subsidy.several-compounds",
  "policy.subsidy.worker-police",
  "policy.villages.rural-grids",
] as const;

/** What a year's money of a fund is worked out by. */
const FUND_AMOUNT = [
  "fund.first-year",
  "fund.household.rate",
  "policy.fund.household.period",
  "policy.fund.household.count",
  "fund.party-service.rate",
  "policy.fund.party-service.period",
  "fund.annual.amount",
  "fund.annual.years",
  "policy.fund.annual.sharing",
  "recruit.pay",
  "policy.recruits.years",
  "grid.equipment",
  "policy.equipment.period",
  "policy.villages.rural-grids",
] as const;

/** Every rule, by the file whose findings carry its id, in the order in which that file gives them. */
export const rulesByFile = {
  "grid-verdicts.ts": [
    {
      rule: "grid.members",
      clause: "2.2.1",
      title: { zh: "网格至少有一处成员", en: "A grid serves at least one place" },
      parameters: [],
    },
    {
      rule: "grid.size",
      clause: "2.2.1",
      title: { zh: "网格户数", en: "Households of a grid" },
      parameters: [...gridSize, "policy.villages.undivided"],
    },
    {
      rule: "grid.sharing",
      clause: "2.2.1",
      title: { zh: "合用网格的小区", en: "Compounds that share a grid" },
      parameters: ["policy.grid.small-compound", ...gridSize],
    },
    {
      rule: "grid.kind",
      clause: "A2",
      title: { zh: "城市网格还是农村网格", en: "Urban or rural grid" },
      parameters: ["policy.villages.rural-grids"],
    },
    {
      rule: "place.one-grid",
      clause: "2.2.1",
      title: { zh: "一个小区一个网格", en: "One compound, one grid" },
      parameters: ["grid.per-compound", "policy.villages.undivided"],
    },
    {
      rule: "place.parts",
      clause: "2.2.1",
      title: { zh: "拆分的小区各部分之和", en: "Parts of a divided compound add up" },
      parameters: [],
    },
    {
      rule: "community.places-served",
      clause: "2.2.1",
      title: { zh: "每处小区、村庄都在网格内", en: "Every place lies in a grid" },
      parameters: ["clause.2.2.1.deadline"],
    },
    {
      rule: "community.households",
      clause: "2.2.1",
      title: { zh: "网格户数之和与社区户数", en: "Households of the grids against those of the community" },
      parameters: ["clause.2.2.1.deadline"],
    },
    {
      rule: "community.grids",
      clause: "A2",
      title: { zh: "社区网格数与附件2", en: "Grids of a community against annex 2" },
      parameters: ["clause.2.2.1.deadline"],
    },
    {
      rule: "community.codes",
      clause: "2.2.1",
      title: { zh: "网格编码不重复", en: "Grid codes are never used twice" },
      parameters: [],
    },
    {
      rule: "area.maps",
      clause: "2.2.1",
      title: { zh: "每个社区都有网格图", en: "Every community has a map" },
      parameters: ["clause.2.2.1.deadline"],
    },
    {
      rule: "area.grids",
      clause: "A2",
      title: { zh: "街道、县的网格数与附件2", en: "Grids of a street or the county against annex 2" },
      parameters: [],
    },
    {
      rule: "area.grids-urban",
      clause: "A2",
      title: { zh: "城市网格数与附件2附注", en: "Urban grids against the note of annex 2" },
      parameters: ["annex2.baodu.urban-grids", "grid.equipment", "policy.villages.rural-grids"],
    },
    {
      rule: "area.grids-rural",
      clause: "A2",
      title: { zh: "农村网格数与附件2附注", en: "Rural grids against the note of annex 2" },
      parameters: ["annex2.baodu.rural-grids", "grid.equipment", "policy.villages.rural-grids"],
    },
    {
      rule: "area.grid-sizes",
      clause: "2.2.1",
      title: { zh: "户数符合的网格数", en: "Grids of the size asked for" },
      parameters: gridSize,
    },
    {
      rule: "area.demonstration-grids",
      clause: "2.3.2",
      title: { zh: "示范网格数", en: "Number of demonstration grids" },
      parameters: ["grid.demonstration"],
    },
    {
      rule: "departmental.withdrawn",
      clause: "2.2.1",
      title: { zh: "部门自设网格撤销并归入新网格", en: "Departments' own grids are withdrawn and mapped" },
      parameters: ["clause.2.2.1.deadline"],
    },
  ],
  "register.ts": [
    {
      rule: "register.total.communities",
      clause: "A2",
      title: { zh: "原表社区数合计", en: "Printed total of communities" },
      parameters: [],
    },
    {
      rule: "register.total.plannedGrids",
      clause: "A2",
      title: { zh: "原表网格数合计", en: "Printed total of grids" },
      parameters: [],
    },
    {
      rule: "register.total.placeCount",
      clause: "A2",
      title: { zh: "原表小区及村庄数合计", en: "Printed total of compounds and villages" },
      parameters: [],
    },
    {
      rule: "register.total.households",
      clause: "A2",
      title: { zh: "原表户数合计", en: "Printed total of households" },
      parameters: [],
    },
    {
      rule: "register.total.population",
      clause: "A2",
      title: { zh: "原表人口合计", en: "Printed total of people" },
      parameters: [],
    },
  ],
  "staff.ts": [
    {
      rule: "staff.workers",
      clause: "2.2.2",
      title: { zh: "网格员人数", en: "Workers of a grid" },
      parameters: [
        "staff.workers-per-compound",
        "policy.staff.leader-counted",
        "subsidy.with-company",
        "subsidy.without-company",
        "policy.subsidy.edge",
        "policy.subsidy.second-worker",
      ],
    },
    {
      rule: "staff.leader",
      clause: "2.2.2",
      title: { zh: "可设网格长的网格", en: "Grids that may have a leader" },
      parameters: [
        "staff.leaders-per-grid",
        "staff.leader.households",
        "staff.leader.workers",
        "staff.leader.compounds",
        "policy.staff.leader-counted",
      ],
    },
    {
      rule: "staff.instructor",
      clause: "2.2.2",
      title: { zh: "每个网格一名指导员", en: "One instructor for each grid" },
      parameters: ["staff.instructors-per-grid"],
    },
    {
      rule: "staff.police-assistant",
      clause: "2.2.2",
      title: { zh: "警务助理不另设人员", en: "The police assistant is the leader or a worker" },
      parameters: [],
    },
    {
      rule: "staff.instructor.grids",
      clause: "2.2.2",
      title: { zh: "一名指导员包靠的网格", en: "Grids of one instructor" },
      parameters: ["policy.instructor.grids"],
    },
    {
      rule: "staff.sent-down",
      clause: "3.2.1",
      title: { zh: "下沉人员专职并由社区管理", en: "Cadres sent down work full time under the community" },
      parameters: [],
    },
    {
      rule: "staff.drug-control",
      clause: "3.2.1",
      title: { zh: "禁毒社工由社区管理", en: "Drug-control social workers come under the community" },
      parameters: [],
    },
  ],
  "eligibility.ts": [
    {
      rule: "staff.eligible",
      clause: "2.2.2",
      title: { zh: "谁可以担任", en: "Who may hold a post" },
      parameters: ["staff.may-serve", "staff.candidate-lists", "policy.staff.candidate-list"],
    },
  ],
  "social-workers.ts": [
    {
      rule: "staff.social-workers",
      clause: "2.3.1",
      title: { zh: "全科社工与户数", en: "General social workers against households" },
      parameters: [
        "centre.households-per-social-worker",
        "policy.social-workers.most",
        "policy.social-workers.sent-down",
        "policy.recruits.years",
        "recruit.pay",
      ],
    },
  ],
  "need.ts": [
    {
      rule: "staff.vacancy",
      clause: "2.2.2",
      title: { zh: "岗位空缺", en: "Vacant posts, from the first day" },
      parameters: ["staff.instructors-per-grid", "staff.workers-per-compound", "property.community-staff"],
    },
    {
      rule: "staff.exception",
      clause: "2.2.2",
      title: { zh: "任职例外的批准和期限", en: "Exceptions that appointments rest on" },
      parameters: [],
    },
    {
      rule: "staff.serving",
      clause: "2.2.2",
      title: { zh: "任职的网格和所服务小区仍在", en: "The grids and places of those appointed still live" },
      parameters: [],
    },
    {
      rule: "staff.copies",
      clause: "2.2.1",
      title: { zh: "所依据的网格图和小区资料是否最新", en: "Whether what is known of grids and places is up to date" },
      parameters: [],
    },
  ],
  "subsidies.ts": [
    {
      rule: "subsidy.monthly",
      clause: "A4",
      title: { zh: "网格工作人员每月补贴", en: "Monthly subsidy of a grid worker" },
      parameters: subsidy,
    },
    {
      rule: "subsidy.yearly",
      clause: "A4",
      title: { zh: "网格工作人员全年补贴", en: "Yearly subsidies of grid staff" },
      parameters: subsidy,
    },
    {
      rule: "subsidy.equipment",
      clause: "A4",
      title: { zh: "网格办公设备费", en: "Office equipment of grids" },
      parameters: ["grid.equipment", "policy.equipment.period", "policy.villages.rural-grids"],
    },
    {
      rule: "subsidy.existing-assistants",
      clause: "A4",
      title: { zh: "原有警务助理薪酬与新增支出", en: "Pay of existing police assistants and net new spending" },
      parameters: [
        "annex4.baodu.police-assistants",
        "annex4.baodu.police-assistant-pay",
        "annex4.baodu.police-assistants-total",
        "annex4.baodu.net-new",
        "policy.police-assistants.among-staff",
        "subsidy.with-company",
        "subsidy.without-company",
        "subsidy.leader-police",
      ],
    },
  ],
  "payroll.ts": [
    {
      rule: "payroll.undecided",
      clause: "A4",
      title: { zh: "当月补贴待定的", en: "Pay of a month that no reading decides" },
      parameters: ["policy.subsidy.undecided"],
    },
    {
      rule: "payroll.unknown",
      clause: "A4",
      title: { zh: "当月补贴算不出的", en: "Pay of a month that cannot be worked out" },
      parameters: [],
    },
    {
      rule: "payroll.several-grids",
      clause: "A4",
      title: { zh: "同一天在几个网格领补贴的", en: "People paid in several grids on a day" },
      parameters: [],
    },
    {
      rule: "payroll.recover",
      clause: "A4",
      title: { zh: "须追回的补贴", en: "Pay to be recovered" },
      parameters: [],
    },
    {
      rule: "payroll.annex4-staff",
      clause: "A4",
      title: { zh: "在岗网格工作人员与附件4", en: "Grid staff in post against annex 4" },
      parameters: [
        "annex4.baodu.police-assistants",
        "policy.police-assistants.among-staff",
        "policy.villages.rural-grids",
      ],
    },
  ],
  "facilities.ts": [
    {
      rule: "centre.area",
      clause: "2.3.1",
      title: { zh: "服务中心总面积", en: "Floor area of a service centre" },
      parameters: ["centre.area", "policy.centre.scope"],
    },
    {
      rule: "centre.hall-area",
      clause: "2.3.1",
      title: { zh: "便民服务大厅面积", en: "Area of the service hall" },
      parameters: ["centre.hall-area", "policy.centre.scope"],
    },
    {
      rule: "centre.signs",
      clause: "2.3.1",
      title: { zh: "服务中心的牌子和标识", en: "Signs on a service centre" },
      parameters: ["centre.signs"],
    },
    {
      rule: "centre.rooms",
      clause: "2.3.1",
      title: { zh: "服务中心的功能用房", en: "Rooms of a service centre" },
      parameters: ["centre.rooms"],
    },
    {
      rule: "centre.window",
      clause: "2.3.1",
      title: { zh: "一个窗口受理所有事项", en: "One window takes every matter" },
      parameters: [],
    },
    {
      rule: "rooms.area",
      clause: "2.3.2",
      title: { zh: "社区服务用房面积", en: "Area of service rooms" },
      parameters: ["rooms.share", "rooms.area"],
    },
    {
      rule: "rooms.handover",
      clause: "2.3.2",
      title: { zh: "服务用房验收时移交并明晰产权", en: "Service rooms are handed over with clear title" },
      parameters: [],
    },
    {
      rule: "rooms.split",
      clause: "2.3.2",
      title: { zh: "服务用房两家各半", en: "Half of the rooms each to owners and community" },
      parameters: ["rooms.owners-share", "rooms.community-share", "policy.rooms.accepted-split"],
    },
    {
      rule: "rooms.remedy",
      clause: "2.3.2",
      title: { zh: "老旧小区服务用房的解决办法", en: "How old compounds get their rooms" },
      parameters: ["rooms.share", "rooms.area", "policy.rooms.old-remedy"],
    },
    {
      rule: "station.per-grid",
      clause: "2.3.2",
      title: { zh: "每个网格一个服务站", en: "Each grid has a station" },
      parameters: ["station.per-grid"],
    },
    {
      rule: "station.area",
      clause: "2.3.2",
      title: { zh: "网格服务站面积", en: "Area of a grid station" },
      parameters: ["station.area"],
    },
  ],
  "owners.ts": [
    {
      rule: "owners.vote",
      clause: "2.4",
      title: { zh: "业主表决是否通过", en: "Whether a vote of owners carries" },
      parameters: ["owners.voting", "owners.weighty-matters"],
    },
    {
      rule: "owners.committee",
      clause: "2.4",
      title: { zh: "具备条件的小区成立业委会", en: "Compounds with the conditions have an owners' committee" },
      parameters: ["clause.2.4.deadline"],
    },
    {
      rule: "owners.filing",
      clause: "2.4",
      title: { zh: "业委会备案", en: "The committee is filed in time" },
      parameters: ["owners.filing"],
    },
    {
      rule: "owners.under-community",
      clause: "2.4",
      title: { zh: "业委会纳入社区管理", en: "The committee comes under the community" },
      parameters: [],
    },
    {
      rule: "owners.re-election",
      clause: "2.4",
      title: { zh: "业委会按期换届", en: "Re-election on time" },
      parameters: ["owners.re-election.preparation"],
    },
  ],
  "owners-elections.ts": [
    {
      rule: "owners.preparation",
      clause: "2.4",
      title: { zh: "业主大会筹备按期完成", en: "An owners' assembly is prepared in time" },
      parameters: ["owners.assembly.delivered", "owners.preparation.days"],
    },
    {
      rule: "owners.constitution",
      clause: "2.4",
      title: { zh: "业委会的人数和任期", en: "Members and term of an owners' committee" },
      parameters: ["owners.committee.members", "owners.committee.term"],
    },
    {
      rule: "owners.hand-over",
      clause: "2.4",
      title: { zh: "业委会换届移交", en: "A former committee hands over" },
      parameters: ["owners.hand-over"],
    },
  ],
  "meetings.ts": [
    {
      rule: "property.meeting-tasks",
      clause: "2.4",
      title: { zh: "会议议定事项按期办结", en: "What meetings resolved is done in time" },
      parameters: [],
    },
  ],
  "property.ts": [
    {
      rule: "property.service",
      clause: "2.4",
      title: { zh: "小区有物业服务或托底", en: "A compound has property service or a fallback" },
      parameters: ["property.fallback-providers", "clause.2.4.deadline"],
    },
    {
      rule: "property.coverage",
      clause: "2.4",
      title: { zh: "物业服务全覆盖", en: "Property service covers every compound" },
      parameters: ["property.fallback-providers", "clause.2.4.deadline"],
    },
    {
      rule: "property.community-staff",
      clause: "2.4",
      title: { zh: "社区负责物业工作的人员", en: "People of a community for property work" },
      parameters: ["property.community-staff"],
    },
    {
      rule: "property.joint-meeting",
      clause: "2.4",
      title: { zh: "物业管理联席会议", en: "Joint meeting on property" },
      parameters: ["clause.2.4.deadline"],
    },
    {
      rule: "property.assessments",
      clause: "2.4",
      title: { zh: "物业企业及项目每年考核次数", en: "Yearly assessments of property companies and projects" },
      parameters: [
        "property.assessments",
        "policy.property.assessors",
        "policy.property.part-year",
        "policy.assessment.made",
        "policy.assessment.days",
        "assessment.appeal-days",
      ],
    },
    {
      rule: "property.credit",
      clause: "2.4",
      title: { zh: "物业企业信用等级", en: "Credit grade of a property company" },
      parameters: [
        "property.credit.grades",
        "property.credit.item-life",
        "property.credit.not-enrolled",
        "policy.property.appeal",
      ],
    },
  ],
  "credit.ts": [
    {
      rule: "property.credit-appeal",
      clause: "2.4",
      title: { zh: "信用申诉按期决定", en: "Appeals against credit items are decided in time" },
      parameters: ["property.credit.decide-days"],
    },
  ],
  "assessment.ts": [
    {
      rule: "assessment.scoring",
      clause: "2.4",
      title: { zh: "评分人按期评分", en: "Scorers score in time" },
      parameters: ["assessment.scoring-days", "policy.assessment.days"],
    },
    {
      rule: "assessment.decision",
      clause: "2.4",
      title: { zh: "考核申诉按期决定", en: "Appeals against a result are decided in time" },
      parameters: ["assessment.decision-days", "policy.assessment.days"],
    },
    {
      rule: "assessment.notice",
      clause: "2.4",
      title: { zh: "考核结果按期通知", en: "Results of an assessment are told in time" },
      parameters: ["assessment.notice-days", "policy.assessment.days"],
    },
    {
      rule: "assessment.closing",
      clause: "2.4",
      title: { zh: "考核轮次按期办结", en: "Rounds of assessment are closed in time" },
      parameters: ["assessment.closing-days", "policy.assessment.days"],
    },
    {
      rule: "assessment.evidence",
      clause: "2.4",
      title: { zh: "考核表附齐所要的材料", en: "A sheet has the evidence its scheme asks for" },
      parameters: [],
    },
  ],
  "service-items.ts": [
    {
      rule: "services.county-list",
      clause: "2.5",
      title: { zh: "县里提供的下放事项清单", en: "The county's list of items handed down" },
      parameters: ["services.handed-down", "clause.2.5.deadline"],
    },
    {
      rule: "services.list-published",
      clause: "2.5",
      title: { zh: "公开服务事项清单", en: "The list of services is published" },
      parameters: ["clause.2.5.deadline"],
    },
    {
      rule: "services.items",
      clause: "2.5",
      title: { zh: "社区承接的下放事项", en: "Items handed down that a community offers" },
      parameters: ["services.handed-down", "clause.2.5.deadline"],
    },
    {
      rule: "services.items-described",
      clause: "2.5",
      title: { zh: "事项写明流程和条件", en: "Each item has process and conditions" },
      parameters: ["clause.2.5.deadline"],
    },
    {
      rule: "services.cloud",
      clause: "2.5",
      title: { zh: "接入政务服务云平台", en: "Connected to the government-service cloud" },
      parameters: ["clause.2.5.deadline"],
    },
    {
      rule: "services.data-exchange",
      clause: "2.5",
      title: { zh: "接入信息资源共享交换平台", en: "Connected to the data-exchange platform" },
      parameters: ["clause.2.5.deadline"],
    },
    {
      rule: "services.organisations",
      clause: "2.5",
      title: { zh: "四类社会组织", en: "Four kinds of social organisation" },
      parameters: ["services.organisation-kinds", "clause.2.5.deadline"],
    },
    {
      rule: "services.cultivation",
      clause: "2.5",
      title: { zh: "扶持社会组织", en: "Social organisations are supported" },
      parameters: ["services.cultivation", "clause.2.5.deadline"],
    },
    {
      rule: "services.convenience",
      clause: "2.5",
      title: { zh: "便民服务", en: "Everyday services for residents" },
      parameters: ["services.convenience", "clause.2.5.deadline"],
    },
    {
      rule: "services.communities",
      clause: "2.5",
      title: { zh: "服务事项齐备的社区", en: "Communities whose services are complete" },
      parameters: ["services.handed-down", "clause.2.5.deadline"],
    },
  ],
  "organisation.ts": [
    {
      rule: "organisation.party-committee",
      clause: "2.6",
      title: { zh: "社区党委班子齐备", en: "A community's Party committee is complete" },
      parameters: ["clause.2.6.deadline"],
    },
    {
      rule: "organisation.grid-branches",
      clause: "2.6",
      title: { zh: "每个网格有党支部", en: "Each grid has a Party branch" },
      parameters: ["clause.2.6.deadline"],
    },
    {
      rule: "organisation.building-groups",
      clause: "2.6",
      title: { zh: "有条件的楼、院有党小组", en: "Party groups of buildings where conditions allow" },
      parameters: ["clause.2.6.deadline"],
    },
    {
      rule: "organisation.residents-committee",
      clause: "2.6",
      title: { zh: "居民委员会按程序选举", en: "The residents' committee is elected by procedure" },
      parameters: ["clause.2.6.deadline"],
    },
    {
      rule: "organisation.supervision-committee",
      clause: "2.6",
      title: { zh: "居务监督委员会按程序选举", en: "The supervision committee is elected by procedure" },
      parameters: ["clause.2.6.deadline"],
    },
    {
      rule: "organisation.party-committees",
      clause: "2.6",
      title: { zh: "全县党委班子齐备的社区", en: "Communities of the county with a complete Party committee" },
      parameters: ["governance.communities", "clause.2.6.deadline"],
    },
    {
      rule: "organisation.company-branches",
      clause: "2.6",
      title: { zh: "物业企业党支部试点", en: "Pilot Party branches in property companies" },
      parameters: ["governance.company-branches", "clause.2.6.deadline"],
    },
    {
      rule: "organisation.social-organisation-branches",
      clause: "2.6",
      title: { zh: "社会组织党组织", en: "Party organisations in social organisations" },
      parameters: ["governance.social-organisation-branches", "clause.2.6.deadline"],
    },
    {
      rule: "organisation.village-reform",
      clause: "2.6",
      title: { zh: "改造村权能制度改革", en: "Rebuilt villages finish their property-rights reform" },
      parameters: ["clause.2.6.deadline"],
    },
    {
      rule: "organisation.village-management",
      clause: "2.6",
      title: { zh: "改造村纳入居民小区治理", en: "Rebuilt villages pass into residential management" },
      parameters: ["clause.2.6.deadline"],
    },
    {
      rule: "organisation.leading-group",
      clause: "3.1",
      title: { zh: "成立领导小组", en: "The leading group exists" },
      parameters: [],
    },
    {
      rule: "organisation.leading-group.office",
      clause: "3.1",
      title: { zh: "领导小组办公室", en: "Office of the leading group" },
      parameters: ["leading-group.office"],
    },
    {
      rule: "organisation.leading-group.seconding",
      clause: "3.1",
      title: { zh: "抽调人员的单位", en: "Units that second people to the office" },
      parameters: ["leading-group.seconding"],
    },
    {
      rule: "organisation.assessment-method",
      clause: "3.3",
      title: { zh: "街道考核办法及挂钩事项", en: "A street's assessment method and what it is tied to" },
      parameters: ["assessment.tied-to"],
    },
    {
      rule: "publication.cycle",
      clause: "3.2.2",
      title: { zh: "按期公开经费使用", en: "The use of money is published regularly" },
      parameters: ["publication.cycle"],
    },
    {
      rule: "publication.sign-off",
      clause: "3.2.2",
      title: { zh: "公开前审签", en: "Publications are signed off" },
      parameters: ["publication.sign-off"],
    },
    {
      rule: "publication.objection",
      clause: "3.2.2",
      title: { zh: "公开后的异议期", en: "Time for objections" },
      parameters: ["publication.objection"],
    },
  ],
  "bulletin.ts": [
    {
      rule: "bulletin.due",
      clause: "3.2.2",
      title: { zh: "季度公告按期公开", en: "The bulletin of a quarter is published in time" },
      parameters: ["publication.cycle", "publication.due"],
    },
    {
      rule: "bulletin.reply",
      clause: "3.2.2",
      title: { zh: "对公告的异议按期答复", en: "Objections to a bulletin are answered in time" },
      parameters: ["publication.reply"],
    },
    {
      rule: "bulletin.agrees",
      clause: "3.2.2",
      title: { zh: "已公开的数字与账目一致", en: "What was published is what the ledger has" },
      parameters: [],
    },
  ],
  "cases.ts": [
    {
      rule: "case.clock",
      clause: "2.6",
      title: { zh: "案件办理期限和红黄牌", en: "Time of a case, with its cards" },
      parameters: clock,
    },
    {
      rule: "case.extension",
      clause: "2.6",
      title: { zh: "延期的上限", en: "Limit of an extension" },
      parameters: ["case.due", "case.extended", "policy.case.extension"],
    },
    {
      rule: "case.wrong-dispatch",
      clause: "2.6",
      title: { zh: "错派及时退回", en: "A wrong dispatch goes back in time" },
      parameters: ["case.wrong-dispatch"],
    },
    {
      rule: "case.on-time-rate",
      clause: "2.6",
      title: { zh: "按时办结率", en: "On-time rate" },
      parameters: [...clock, "case.on-time.open-overdue"],
    },
  ],
  "steps.ts": [
    {
      rule: "case.whistle-steps",
      clause: "2.6",
      title: { zh: "吹哨报到的步骤和次序", en: "Steps of the whistle and their order" },
      parameters: ["case.steps"],
    },
    {
      rule: "fund.project-steps",
      clause: "3.2.2",
      title: { zh: "党组织服务群众专项经费的项目步骤", en: "Steps of a project on Party-service money" },
      parameters: ["fund.party-service.steps"],
    },
  ],
  "budget.ts": [
    {
      rule: "fund.in-budget",
      clause: "3.2.2",
      title: { zh: "各项经费列入县预算", en: "The funds are in the county's budget" },
      parameters: ["fund.register"],
    },
    {
      rule: "fund.due",
      clause: "3.2.2",
      title: { zh: "一年应有的经费", en: "What a fund gives an area in a year" },
      parameters: FUND_AMOUNT,
    },
  ],
  "funds.ts": [
    {
      rule: "fund.amount",
      clause: "3.2.2",
      title: { zh: "经费应拨金额", en: "Amount due from a fund" },
      parameters: FUND_AMOUNT,
    },
    {
      rule: "fund.purpose",
      clause: "3.2.2",
      title: { zh: "专款专用", en: "Money is spent on its own purpose" },
      parameters: ["fund.party-service.not-for"],
    },
    {
      rule: "fund.transfer",
      clause: "3.2.2",
      title: { zh: "经费不得互相挪用", en: "No money moves from one fund to another" },
      parameters: [],
    },
    {
      rule: "fund.passing-on",
      clause: "3.2.2",
      title: { zh: "街道及时拨付到社区", en: "The street passes money on in time" },
      parameters: ["fund.passing-on"],
    },
  ],
  "ledger-proof.ts": [
    {
      rule: "ledger.unsealed",
      clause: "3.2.2",
      title: { zh: "入账后及时封账", en: "Entries are sealed soon" },
      parameters: ["fund.ledger.sealing"],
    },
    {
      rule: "ledger.ahead",
      clause: "3.2.2",
      title: { zh: "入账时间不超前于现在", en: "No entry is ahead of the time" },
      parameters: ["fund.ledger.sealing"],
    },
  ],
  "spending.ts": [
    {
      rule: "spending.hands",
      clause: "3.2.2",
      title: { zh: "一笔支出各环节由不同的人经手", en: "A spending passes through different hands" },
      parameters: ["fund.spending.hands"],
    },
    {
      rule: "spending.quotes",
      clause: "3.2.2",
      title: { zh: "大额支出先比价", en: "Quotes are compared before a large spending" },
      parameters: ["fund.spending.quotes-from", "fund.spending.quotes"],
    },
    {
      rule: "spending.voucher",
      clause: "3.2.2",
      title: { zh: "支付有票据", en: "A payment has its voucher" },
      parameters: ["fund.spending.voucher"],
    },
    {
      rule: "spending.split",
      clause: "3.2.2",
      title: { zh: "支出没有拆分", en: "Spending is not split to pass under a limit" },
      parameters: [
        "fund.spending.community-limit",
        "fund.spending.street-limit",
        "fund.spending.quotes-from",
        "fund.spending.split-days",
      ],
    },
    {
      rule: "spending.subsidy-run",
      clause: "A4",
      title: { zh: "补贴发放有资金、无追回", en: "A subsidy run has its money and asks none back" },
      parameters: [],
    },
  ],
  "bank.ts": [
    {
      rule: "fund.bank.line",
      clause: "3.2.2",
      title: { zh: "银行流水账上都有", en: "Every line of the bank is on the ledger" },
      parameters: ["fund.bank.window"],
    },
    {
      rule: "fund.bank.entry",
      clause: "3.2.2",
      title: { zh: "账上分录银行都有", en: "Every entry of the ledger is at the bank" },
      parameters: ["fund.bank.window"],
    },
    {
      rule: "fund.bank.balance",
      clause: "3.2.2",
      title: { zh: "银行余额与账面一致", en: "Bank and ledger have the same balance" },
      parameters: ["fund.bank.window"],
    },
    {
      rule: "fund.bank.gap",
      clause: "3.2.2",
      title: { zh: "对账单前后相接", en: "The bank's statements follow from one another" },
      parameters: [],
    },
  ],
  "watching.ts": [
    {
      rule: "fund.unspent",
      clause: "3.2.2",
      title: { zh: "年底前结余不过多", en: "Little is left unspent as the year ends" },
      parameters: ["fund.unspent.days", "fund.unspent.share"],
    },
    {
      rule: "fund.pace",
      clause: "3.2.2",
      title: { zh: "支出不超全年进度", en: "Spending does not run ahead of the year" },
      parameters: ["fund.pace.ahead"],
    },
  ],
  "deadlines.ts": [
    {
      rule: "clause.deadline",
      clause: "1",
      title: { zh: "各条按期完成", en: "Each clause is done in time" },
      parameters: [
        "clause.1.deadline",
        "clause.2.1.deadline",
        "clause.2.2.1.deadline",
        "clause.2.2.2.deadline",
        "clause.2.3.1.deadline",
        "clause.2.4.deadline",
        "clause.2.5.deadline",
        "clause.2.6.deadline",
        "centre.rebuilding-years",
        "policy.centre.annex3-year",
      ],
    },
  ],
  "table-checks.ts": [
    {
      rule: "tables.total",
      clause: "A2",
      title: { zh: "合计与各行之和", en: "A total against its parts" },
      parameters: ["recruit.pay", "fund.household.rate", "policy.fund.household.period", "policy.equipment.period"],
    },
    {
      rule: "tables.count",
      clause: "A2",
      title: { zh: "所印个数与所列行数", en: "A printed number against the rows listed" },
      parameters: ["grid.equipment", "policy.equipment.period"],
    },
    {
      rule: "tables.tier-count",
      clause: "A3",
      title: { zh: "各档所印个数与所列行数", en: "A tier's printed number against its rows" },
      parameters: ["grid.equipment", "policy.equipment.period"],
    },
    {
      rule: "tables.order",
      clause: "A2",
      title: { zh: "序号连续", en: "Rows are numbered in order" },
      parameters: [],
    },
    {
      rule: "tables.name-twice",
      clause: "A2",
      title: { zh: "同一名称只列一次", en: "Each name stands once" },
      parameters: [],
    },
    {
      rule: "tables.years",
      clause: "A3",
      title: { zh: "投资总额等于各年之和", en: "An investment is that of its years together" },
      parameters: [],
    },
    {
      rule: "tables.recruit-pay",
      clause: "A3",
      title: { zh: "招聘人数乘以每人费用", en: "Recruits × pay a year" },
      parameters: ["recruit.pay"],
    },
    {
      rule: "tables.equipment",
      clause: "A4",
      title: { zh: "网格数乘以设备费", en: "Grids × equipment money" },
      parameters: ["grid.equipment", "policy.equipment.period"],
    },
    {
      rule: "tables.leader-implied",
      clause: "2.2.2",
      title: { zh: "补贴中须有网格长兼警务助理", en: "Subsidies that imply a leader who is police assistant" },
      parameters: [
        "staff.leader.workers",
        "staff.leader.households",
        "staff.leader.compounds",
        "subsidy.without-company",
        "subsidy.with-company",
        "subsidy.leader-police",
        "subsidy.worker-police",
        "subsidy.police-addition",
        "policy.subsidy.leader",
        "policy.subsidy.worker-police",
        "policy.police-assistants.per-grid",
      ],
    },
    {
      rule: "tables.subsidy-bands",
      clause: "A4",
      title: { zh: "所印补贴能否由各档得出", en: "Whether printed subsidies can arise from the bands" },
      parameters: [
        "subsidy.without-company",
        "subsidy.with-company",
        "subsidy.leader-police",
        "subsidy.worker-police",
        "subsidy.police-addition",
        "policy.subsidy.several-compounds",
        "policy.subsidy.leader",
        "policy.subsidy.worker-police",
        "policy.police-assistants.per-grid",
        "policy.police-assistants.among-staff",
        "annex4.baodu.police-assistants",
        "annex4.baodu.police-assistant-pay",
      ],
    },
    {
      rule: "tables.multiple",
      clause: "A2",
      title: { zh: "一列总是另一列的同一倍数", en: "A column that is always the same multiple of another" },
      parameters: [],
    },
    {
      rule: "tables.persons-per-household",
      clause: "A2",
      title: { zh: "户均人口", en: "Persons per household" },
      parameters: ["annex2.persons-per-household"],
    },
    {
      rule: "tables.grids-over-places",
      clause: "2.2.1",
      title: { zh: "网格数不多于小区及村庄数", en: "No more grids than compounds and villages" },
      parameters: ["grid.per-compound"],
    },
    {
      rule: "tables.gap",
      clause: "A3",
      title: { zh: "表中空缺的列和档", en: "Columns and tiers left empty" },
      parameters: [],
    },
    {
      rule: "tables.lump",
      clause: "A3",
      title: { zh: "同一金额反复出现", en: "One amount for many communities" },
      parameters: [],
    },
  ],
  "cross-checks.ts": [
    {
      rule: "tables.same-communities",
      clause: "A3",
      title: { zh: "附件3与附件2社区相同", en: "The communities of annex 3 are those of annex 2" },
      parameters: [],
    },
    {
      rule: "tables.reference",
      clause: "A3",
      title: { zh: "附件3括注的序号与附件2", en: "Numbers in brackets in annex 3 against annex 2" },
      parameters: [],
    },
    {
      rule: "tables.centre-none",
      clause: "A3",
      title: { zh: "没有服务中心而印有面积", en: "A floor area for a centre that is not there" },
      parameters: [],
    },
    {
      rule: "tables.centre-elsewhere",
      clause: "A2",
      title: { zh: "服务中心在别的社区或几家合用", en: "A centre in another community, or shared" },
      parameters: [],
    },
    {
      rule: "tables.known-communities",
      clause: "A4",
      title: { zh: "附件4的网格都属附件2的社区", en: "Every grid of annex 4 lies in a community of annex 2" },
      parameters: [],
    },
    {
      rule: "tables.grids-of-community",
      clause: "A4",
      title: { zh: "附件4在社区内列名的网格", en: "Grids that annex 4 names in a community" },
      parameters: [],
    },
    {
      rule: "tables.grids-across",
      clause: "A4",
      title: { zh: "附件4与附件2的网格数", en: "Grids of annex 4 against annex 2" },
      parameters: ["grid.equipment", "policy.equipment.period", "annex2.baodu.rural-grids"],
    },
    {
      rule: "tables.staff-for-places",
      clause: "2.2.2",
      title: { zh: "附件4人数与附件2小区数", en: "Staff of annex 4 against compounds of annex 2" },
      parameters: ["staff.workers-per-compound"],
    },
    {
      rule: "tables.staff-ceiling",
      clause: "2.2.2",
      title: { zh: "一个小区的网格人员至多几人", en: "The most staff one compound can have" },
      parameters: [
        "staff.workers-per-compound",
        "staff.leaders-per-grid",
        "subsidy.with-company",
        "subsidy.without-company",
      ],
    },
    {
      rule: "tables.by-tier",
      clause: "3.2.1",
      title: { zh: "下沉人员按建设标准统一定数", en: "Cadres sent down by tier alone" },
      parameters: [],
    },
    {
      rule: "tables.cadres-between-streets",
      clause: "3.2.1",
      title: { zh: "两街道每名下沉人员的户数", en: "Households for each cadre in two streets" },
      parameters: [],
    },
    {
      rule: "tables.persons-between-streets",
      clause: "A2",
      title: { zh: "两街道户均人口相差过大", en: "Persons per household in two streets" },
      parameters: [],
    },
    {
      rule: "tables.villages-counted",
      clause: "A2",
      title: { zh: "两街道是否都把村庄算在内", en: "Whether both streets count their villages" },
      parameters: ["policy.villages.place-count"],
    },
    {
      rule: "tables.same-amount",
      clause: "A3",
      title: { zh: "不同社区的相同零头金额", en: "The same odd amount for different communities" },
      parameters: [],
    },
    {
      rule: "text.police-assistants",
      clause: "A4",
      title: { zh: "原有警务助理薪酬的乘积", en: "Existing police assistants × their pay" },
      parameters: [
        "annex4.baodu.police-assistants",
        "annex4.baodu.police-assistant-pay",
        "annex4.baodu.police-assistants-total",
      ],
    },
    {
      rule: "tables.unit-price",
      clause: "A3",
      title: { zh: "附件3所印每人费用与计划", en: "The pay that annex 3 prints against the plan's" },
      parameters: ["recruit.pay"],
    },
    {
      rule: "tables.note",
      clause: "A2",
      title: { zh: "附件2附注的城乡网格之和", en: "Urban and rural grids in the note of annex 2" },
      parameters: [],
    },
    {
      rule: "text.note-grids",
      clause: "A2",
      title: { zh: "附件2附注的城乡网格与计划", en: "The note's urban and rural grids against the plan's" },
      parameters: ["annex2.baodu.urban-grids", "annex2.baodu.rural-grids"],
    },
    {
      rule: "text.urban-grids",
      clause: "A4",
      title: { zh: "附件4所列城市网格与计划", en: "Urban grids of annex 4 against the plan's" },
      parameters: ["annex2.baodu.urban-grids"],
    },
    {
      rule: "text.net-new",
      clause: "A4",
      title: { zh: "补贴总额等于新增加原有", en: "Subsidies are net new spending and existing pay together" },
      parameters: ["annex4.baodu.net-new", "annex4.baodu.police-assistants-total"],
    },
    {
      rule: "text.first-centre",
      clause: "2.3.1",
      title: { zh: "先行中心的费用年份", en: "The money of the centre that comes first" },
      parameters: ["clause.2.3.1.deadline"],
    },
    {
      rule: "text.communities",
      clause: "2.6",
      title: { zh: "正文社区数与附件2", en: "Communities in the text against annex 2" },
      parameters: ["governance.communities"],
    },
    {
      rule: "text.demonstration-grids",
      clause: "2.3.2",
      title: { zh: "正文示范网格数与附件4", en: "Demonstration grids in the text against annex 4" },
      parameters: ["grid.demonstration"],
    },
  ],
  "asks-and-gives.ts": [
    {
      rule: "asks.social-workers",
      clause: "2.3.1",
      title: { zh: "所需与所列全科社工", en: "Social workers needed and planned" },
      parameters: [
        "centre.households-per-social-worker",
        "policy.social-workers.most",
        "policy.social-workers.sent-down",
        "policy.recruits.years",
        "recruit.pay",
      ],
    },
    {
      rule: "asks.centre-area",
      clause: "2.3.1",
      title: { zh: "附件3所列中心面积与所列费用", en: "Centres of annex 3: area and money set aside" },
      parameters: ["centre.area", "policy.centre.scope", "policy.centre.upgrade"],
    },
    {
      rule: "asks.centre-year",
      clause: "1",
      title: { zh: "附件3改造年份与总目标", en: "Years of rebuilding in annex 3 against the goal" },
      parameters: ["clause.1.deadline", "policy.centre.annex3-year"],
    },
    {
      rule: "asks.grid-size",
      clause: "2.2.1",
      title: { zh: "附件2网格平均户数", en: "Households per grid in annex 2" },
      parameters: gridSize,
    },
    {
      rule: "asks.budget",
      clause: "3.2.2",
      title: { zh: "三年预算与附件所印金额", en: "Budget of three years against the printed amounts" },
      parameters: [
        "fund.first-year",
        "recruit.pay",
        "policy.recruits.years",
        "grid.equipment",
        "policy.equipment.period",
        "policy.villages.rural-grids",
      ],
    },
  ],
  "unreadable.ts": [
    {
      rule: "table.unreadable",
      clause: "A2",
      title: { zh: "表中读不出来的", en: "What cannot be read in a table" },
      parameters: [],
    },
  ],
} as const satisfies Readonly<Record<string, readonly CataloguedRule[]>>;

/** Every rule there is, each once. */
export const ruleCatalogue: readonly CataloguedRule[] = Object.values(rulesByFile).flat();

/** The id of a rule. */
export type RuleId = (typeof rulesByFile)[keyof typeof rulesByFile][number]["rule"];

/** Parameters that no verdict rests on, and why. */
export const notJudged: readonly (readonly [ParameterId, Text])[] = [
  [
    "staff.duties",
    {
      zh: "职责清单供登记和说明，有没有做到没有可计算的依据",
      en: "A list for registers and for people to read; nothing about it can be computed",
    },
  ],
  [
    "centre.tiers",
    {
      zh: "附件3所用的档次名称，供登记",
      en: "Names of the tiers of annex 3, for the register",
    },
  ],
  [
    "register.provisional-code.from",
    {
      zh: "登记时编临时代码用，没有可判断的事项",
      en: "The register numbers provisional codes from it; there is nothing to judge",
    },
  ],
  [
    "fund.release.share",
    {
      zh: "街道公布挂钩办法时按它拒绝，公布了的都在其内",
      en: "A street's rule beyond it is refused when it is drafted; what is published stays within it",
    },
  ],
  [
    "fund.elsewhere",
    {
      zh: "3.2.2以外的经费的代号和名称",
      en: "Codes and names of money outside 3.2.2",
    },
  ],
  [
    "owners.election.figures",
    {
      zh: "登记选举时按它拒绝缺数的表决，登记了的都合它",
      en: "A vote without its figures is refused when it is to elect somebody; what is recorded is within it",
    },
  ],
  [
    "property.credit.appeal-days",
    {
      zh: "信用事项何时不能再申诉，由登记时算定，不作判断",
      en: "It says until when a credit item may be appealed against; no verdict rests on it",
    },
  ],
  [
    "staff.assessment.appeal-days",
    {
      zh: "考核结果何时算定，由登记的申诉决定，不作判断",
      en: "It says when an assessment is final; no verdict rests on it",
    },
  ],
  [
    "staff.assessment.result-days",
    {
      zh: "人员考核用哪个社区考核结果计分，评分时算定，不作判断",
      en: "It says which of a community's results people are scored by; no verdict rests on it",
    },
  ],
  [
    "policy.subsidy.part-month",
    {
      zh: "发放时算不满一月的补贴，不作判断",
      en: "Used when pay for part of a month is worked out; no verdict rests on it",
    },
  ],
  [
    "policy.subsidy.rounding",
    {
      zh: "发放时取整用，不作判断",
      en: "Used when pay is rounded; no verdict rests on it",
    },
  ],
  [
    "fund.order.days-back",
    {
      zh: "办理拨付单时即拒绝，不留待事后判定",
      en: "An order of an earlier day is refused when it is drafted: there is nothing to judge afterwards",
    },
  ],
  [
    "assessment.full-marks",
    {
      zh: "公布办法时核对分值用，不作判断",
      en: "Used when a scheme is published; no verdict rests on it",
    },
  ],
  [
    "assessment.scorers",
    {
      zh: "定评分人数用，不作判断",
      en: "It says how many score a sheet; no verdict rests on it",
    },
  ],
  [
    "assessment.spread",
    {
      zh: "定是否加请评分人用，不作判断",
      en: "It says when one more scorer is asked; no verdict rests on it",
    },
  ],
  [
    "assessment.least-weight",
    {
      zh: "定能否计得分用，不作判断",
      en: "It says when a sheet has a score; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.spread",
    {
      zh: "定怎样比较评分用，不作判断",
      en: "It says how scores are compared; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.third",
    {
      zh: "计分用，得分写明两种取法",
      en: "Scores are worked out by it and show its other readings; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.unmeasured",
    {
      zh: "计分用，得分写明各种取法",
      en: "Scores are worked out by it and show each reading; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.rounding",
    {
      zh: "计分取整用，不作判断",
      en: "Used when points are rounded; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.veto",
    {
      zh: "定否决是否成立用，不作判断",
      en: "It says when a veto holds; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.combining",
    {
      zh: "合并得分用，不作判断",
      en: "Used when results are combined; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.appeal",
    {
      zh: "决定申诉时用，不作判断",
      en: "Used when an appeal is decided; no verdict rests on it",
    },
  ],
  [
    "assessment.ahead-days",
    {
      zh: "发起考核时用，不作判断",
      en: "Used when a round opens; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.holder",
    {
      zh: "合计企业得分用，不作判断",
      en: "Used for a company's score by its projects; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.ties",
    {
      zh: "排名用，不作判断",
      en: "Used for rankings; no verdict rests on it",
    },
  ],
  [
    "policy.assessment.release",
    {
      zh: "算拨付金额用，不作判断",
      en: "Used when money is released; no verdict rests on it",
    },
  ],
];

/** Clauses that have no rule under their own number, and why. */
export const clausesNotJudged: readonly (readonly [ClauseId, Text])[] = [
  [
    "2.1",
    {
      zh: "户数是 grid.size 的另一种读法，新建小区是否划入见 community.places-served，期限见 clause.deadline",
      en: "Its households are the other reading of grid.size; whether a new estate is taken in is told by community.places-served, its day by clause.deadline",
    },
  ],
  [
    "3.4",
    {
      zh: "其他镇街可以参照，不作要求；各条规则对任何镇街都适用",
      en: "Others may follow the plan and need not; every rule takes any town or street",
    },
  ],
];
