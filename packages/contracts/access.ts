import type { Text } from "@county/plan/text.ts";
import * as z from "zod/mini";
import { AreaCode, covers } from "./area.ts";

/** Everything that can be permitted. Closed: a route that names another does not compile. */
export const permissions = {
  "register.read": { zh: "查看社区与小区台账", en: "Read the register of communities and places" },
  "register.write": { zh: "新增、修改台账", en: "Add to and correct the register" },
  "register.import": { zh: "导入台账表格", en: "Import tables into the register" },
  "grids.read": { zh: "查看网格", en: "Read the grid maps" },
  "grids.write": { zh: "划定、调整网格", en: "Draw and change the grid maps" },
  "grids.accept": { zh: "认可网格偏离", en: "Accept deviations of the grids" },
  "codes.confirm": { zh: "确认社区正式编码", en: "Confirm a community's official code" },
  "areas.write": { zh: "设立县、街道", en: "Set up counties and streets" },
  "policy.read": { zh: "查看方案参数与规则", en: "Read the plan's parameters and rules" },
  "policy.draft": { zh: "起草、撤回参数调整", en: "Draft and withdraw changes of parameters" },
  "policy.approve": { zh: "批准参数调整", en: "Approve changes of parameters" },
  "reconciliations.read": { zh: "查看表格核对结果", en: "Read reconciliations of tables" },
  "reconciliations.write": { zh: "上传表格核对", en: "Post tables to be reconciled" },
  "dispositions.write": { zh: "对核对发现作出处理", en: "Dispose of what a reconciliation found" },
  "staff.read": { zh: "查看人员与岗位", en: "Read who holds which post" },
  "staff.write": { zh: "登记人员、任免岗位、交接", en: "Register people, appoint, end and hand over" },
  "staff.accept": { zh: "批准任职例外", en: "Approve exceptions to the rules of a post" },
  "staff.reveal": { zh: "查看完整电话", en: "See a whole phone number, with a reason" },
  "candidates.write": { zh: "报送、清除候选人名单", en: "Hand in and remove lists of candidates" },
  "duties.propose": { zh: "申请纳入任务清单", en: "Apply for an item of the task list" },
  "duties.decide": { zh: "决定任务清单", en: "Decide on the task list" },
  "tasks.assign": { zh: "交办任务", en: "Assign tasks to grid workers" },
  "tasks.do": { zh: "办理任务、记工作日志", en: "Do tasks and keep the work log" },
  "pay.read": { zh: "查看补贴发放", en: "Read the subsidy runs" },
  "pay.draft": { zh: "编制补贴发放", en: "Draft a subsidy run" },
  "pay.check": { zh: "审核补贴发放", en: "Check a subsidy run" },
  "pay.approve": { zh: "批准、锁定补贴发放", en: "Approve and lock a subsidy run" },
  "pay.pay": { zh: "出具发放文件、登记已发", en: "Issue the pay file and record the payment" },
  "scores.write": { zh: "公布考核办法、评分", en: "Publish a method of assessment and score by it" },
  "scores.decide": { zh: "处理考核申诉", en: "Decide an appeal against a score" },
  "funds.read": { zh: "查看专项资金、预算、账户", en: "Read funds, budgets and ledgers" },
  "funds.define": { zh: "设立专项资金", en: "Define funds" },
  "budgets.draft": { zh: "编制、调整预算", en: "Draft and adjust budgets" },
  "budgets.approve": { zh: "批准预算", en: "Approve budgets" },
  "orders.draft": {
    zh: "起草拨款、转拨、退回、冲销",
    en: "Draft orders: appropriate, release, pass on, hand up, reverse",
  },
  "orders.approve": { zh: "批准拨款、转拨、退回、冲销", en: "Approve such orders" },
  "ledgers.close": { zh: "结账", en: "Close a ledger's periods" },
  "payees.write": { zh: "登记收款方", en: "Register payees" },
  "spending.request": { zh: "申请支出、登记支付与票据", en: "Request spending, record its payment and its papers" },
  "spending.supervise": {
    zh: "监督社区支出",
    en: "Agree to a community's spending as its residents' supervision committee",
  },
  "spending.accept": { zh: "验收支出", en: "Accept what was spent" },
  "spending.approve": { zh: "批准支出", en: "Approve spending within limits" },
  "bank.write": { zh: "导入银行对账单、核销", en: "Import bank statements and match them" },
  "bulletins.write": { zh: "编制、发布公开公告", en: "Draft and publish bulletins, answer objections" },
  "bulletins.sign": { zh: "审签公开公告", en: "Sign off bulletins" },
  "property.read": { zh: "查看物业企业、项目、业委会、会议", en: "Read companies, projects, committees and meetings" },
  "property.write": {
    zh: "登记物业企业、项目、兜底、业委会",
    en: "Register companies, projects, fallbacks and committees",
  },
  "owners.write": { zh: "登记业主大会、业委会筹备与选举", en: "Record owners' assemblies, preparation and elections" },
  "meetings.write": { zh: "召集会议、记录纪要与决议", en: "Convene meetings, keep minutes and resolutions" },
  "credit.read": { zh: "查看物业企业信用", en: "Read companies' credit; a company's agent its own" },
  "credit.write": { zh: "登记信用事项", en: "Enter items into a company's credit" },
  "credit.decide": { zh: "处理信用申诉", en: "Decide appeals against credit items" },
  "company.own": { zh: "查看、申诉本企业事项", en: "See and appeal what concerns one's own company" },
  "schemes.write": { zh: "制定、公布考核办法", en: "Write and publish schemes of assessment" },
  "rounds.open": { zh: "组织考核", en: "Open, close and tell rounds" },
  "sheets.score": { zh: "考核评分", en: "Score sheets" },
  "results.decide": { zh: "处理考核申诉、确定结果", en: "Decide appeals and settle results" },
  "assessments.read": { zh: "查看考核", en: "Read rounds, sheets and results" },
  "sheets.read": { zh: "查看考核表", en: "Read sheets; a company's agent those of its own that were told" },
  "results.own": { zh: "申诉本企业、本单位的考核结果", en: "Appeal against a result of one's own company or area" },
  "own.read": { zh: "查看本人的岗位、补贴、考核", en: "Read what concerns oneself: posts, pay, scores" },
} as const satisfies Record<string, Text>;
export type Permission = keyof typeof permissions;

const reader: readonly Permission[] = ["register.read", "grids.read", "policy.read"];
/** Who works in a grid, and what concerns oneself. */
const worker: readonly Permission[] = [...reader, "own.read", "tasks.do"];
/** Tables of money are for offices, not for everybody who reads the register. */
const office: readonly Permission[] = [
  ...reader,
  "reconciliations.read",
  "staff.read",
  "funds.read",
  "property.read",
  "credit.read",
  "assessments.read",
  "sheets.read",
];
const keeping: readonly Permission[] = ["register.write", "register.import"];
const reconciling: readonly Permission[] = ["reconciliations.write", "dispositions.write"];
/** A department that owns clauses: which ones, `ownerOf` of the plan says, and the service holds each to its own. */
const owner: readonly Permission[] = [
  ...office,
  ...reconciling,
  "policy.draft",
  "policy.approve",
  "duties.propose",
  "tasks.assign",
];
/** What a street does to pay its grid staff; who did one step does not do the next. */
const paying: readonly Permission[] = ["pay.read", "pay.draft", "pay.check", "pay.approve", "pay.pay"];
/** What a housing authority or a street does about property management (2.4). */
const housing: readonly Permission[] = [
  "property.write",
  "owners.write",
  "meetings.write",
  "credit.write",
  "credit.decide",
];
/** What whoever assesses does; who scored does not decide. */
const assessing: readonly Permission[] = ["schemes.write", "rounds.open", "sheets.score", "results.decide"];
/** What whoever holds money does to spend it and to tell of it; who did one step does not do the next. */
const spending: readonly Permission[] = [
  "payees.write",
  "spending.request",
  "spending.approve",
  "bank.write",
  "bulletins.write",
];
/** Of what the county or a street spends itself: what a community does, its supervision committee accepts. */
const accepting: readonly Permission[] = ["spending.accept"];
const moving: readonly Permission[] = ["orders.draft", "orders.approve"];

/**
 * What each role may do inside the areas it is granted for. Data that people can read: it stands in the OpenAPI document.
 * The civil affairs bureau leads the community layout (2.1), so it alone sets up streets and confirms codes; the
 * political and legal affairs commission leads the grids (2.2.1) and draws them with the streets; streets and
 * communities keep the register of their own area; everybody else reads. Departments that own clauses change the
 * parameters of these; they and the streets have tables reconciled; auditors read all of it.
 */
export const roles = {
  "county.civil-affairs": {
    title: { zh: "县民政局", en: "County civil affairs bureau" },
    may: [...owner, ...keeping, "areas.write", "codes.confirm", "budgets.draft", "budgets.approve"],
  },
  "county.political-legal": {
    title: { zh: "县委政法委", en: "County political and legal affairs commission" },
    may: [
      ...owner,
      ...keeping,
      "grids.write",
      "grids.accept",
      "staff.accept",
      "duties.decide",
      "pay.read",
      "pay.approve",
    ],
  },
  "county.organisation": {
    title: { zh: "县委组织部", en: "County organisation department" },
    may: [...owner, "candidates.write"],
  },
  "county.finance": {
    title: { zh: "县财政局", en: "County finance bureau" },
    may: [
      ...owner,
      ...moving,
      ...spending,
      ...accepting,
      "pay.read",
      "funds.define",
      "budgets.draft",
      "budgets.approve",
      "ledgers.close",
    ],
  },
  "county.construction": {
    title: { zh: "县住建局", en: "County housing and construction bureau" },
    may: [...owner, ...housing, ...assessing],
  },
  "county.property-centre": {
    title: { zh: "房产发展促进中心", en: "Property development centre" },
    may: [...owner, ...housing, ...assessing],
  },
  "county.hr": {
    title: { zh: "县人社局", en: "County human resources bureau" },
    may: [...owner, "candidates.write", "staff.accept", "pay.read"],
  },
  "county.inspection": { title: { zh: "督查局", en: "Inspection office" }, may: [...owner, ...assessing] },
  "county.approval": { title: { zh: "县审批服务局", en: "County approval service bureau" }, may: office },
  "street.admin": {
    title: { zh: "街道管理员", en: "Street administrator" },
    may: [
      ...office,
      ...keeping,
      ...reconciling,
      ...paying,
      ...moving,
      ...spending,
      ...accepting,
      ...housing,
      // Of a street's own bulletins: a community's are for its supervision committee, which the service sees to.
      "bulletins.sign",
      "grids.write",
      "staff.write",
      "staff.accept",
      "staff.reveal",
      "candidates.write",
      "tasks.assign",
      "tasks.do",
      "scores.decide",
      "results.own",
      ...assessing,
    ],
  },
  "community.admin": {
    title: { zh: "社区管理员", en: "Community administrator" },
    may: [
      ...office,
      ...spending,
      "owners.write",
      "meetings.write",
      "sheets.score",
      "results.own",
      "register.write",
      "staff.write",
      "staff.reveal",
      "tasks.do",
      "scores.write",
    ],
  },
  "grid.worker": { title: { zh: "网格员", en: "Grid worker" }, may: worker },
  "company.agent": {
    title: { zh: "物业企业经办人", en: "Property company agent" },
    may: [...reader, "company.own", "credit.read", "sheets.read", "results.own"],
  },
  "owners.committee": { title: { zh: "业主委员会", en: "Owners' committee" }, may: [...reader, "property.read"] },
  "residents.supervision": {
    title: { zh: "居务监督委员会", en: "Residents' supervision committee" },
    may: [...reader, "funds.read", "spending.supervise", "spending.accept", "bulletins.sign"],
  },
  auditor: { title: { zh: "审计人员", en: "Auditor" }, may: [...office, "pay.read"] },
} as const satisfies Record<string, { title: Text; may: readonly Permission[] }>;
export type Role = keyof typeof roles;

export const Role = z.enum(Object.keys(roles) as [Role, ...Role[]]).register(z.globalRegistry, { id: "Role" });

/** One role inside one area. A person holds a list of pairs, never a list of roles times a list of areas. */
export interface Grant {
  readonly role: Role;
  readonly area: string;
}

/** Who asks: issuer and subject name the account; neither says who the person is. */
export interface Caller {
  readonly issuer: string;
  readonly subject: string;
  readonly grants: readonly Grant[];
}

/** The claim that carries the grants, each written `role@area`. */
export const GRANTS_CLAIM = "grants";
export const writeGrant = (grant: Grant): string => `${grant.role}@${grant.area}`;

/**
 * The grants of a claim. A gateway may hand an array over flattened as `"[a b]"`, so both shapes are read.
 * What is not a known role at a whole-tier code grants nothing.
 */
export function readGrants(claim: unknown): Grant[] {
  const texts = Array.isArray(claim)
    ? claim
    : typeof claim === "string"
      ? claim.replace(/^\[|\]$/g, "").split(/[\s,]+/)
      : [];
  return texts.flatMap((text) => {
    const [role, area, ...rest] = String(text).split("@");
    return rest.length === 0 && role !== undefined && Object.hasOwn(roles, role) && z.safeParse(AreaCode, area).success
      ? [{ role: role as Role, area: area as string }]
      : [];
  });
}

/** Where somebody holds a role, and whether it is to act for a company there. */
export const heldBy = ({ grants }: Caller): { area: string; forCompany: boolean }[] =>
  grants.map(({ role, area }) => ({
    area,
    forCompany: (roles[role].may as readonly Permission[]).includes("company.own"),
  }));

/** The areas in which `caller` holds a permission; of several, all by one grant: what two give apart neither of them gives. */
export const areasFor = (caller: Caller, ...asked: readonly [Permission, ...Permission[]]): string[] =>
  caller.grants.flatMap(({ role, area }) =>
    asked.every((one) => (roles[role].may as readonly Permission[]).includes(one)) ? [area] : [],
  );

/**
 * Whether `caller` holds `permission` for a record that is known under any of `codes`
 * (its present code and its aliases: a grant written before a re-coding still counts).
 */
export const may = (caller: Caller, permission: Permission, codes: readonly string[]): boolean =>
  areasFor(caller, permission).some((granted) => codes.some((code) => covers(granted, code)));
