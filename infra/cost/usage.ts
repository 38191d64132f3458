import { readAnnex } from "@county/plan/annexes.ts";
import { type Text, text } from "@county/plan/text.ts";

// A county's year as data. Every figure here is an assumption of ours with its reason; the plan's own come from its tables.

/** Communities and households of the county, as annex 2 lists them; its printed sums are left out. */
const communityRows = (["annex2-baodu", "annex2-baocheng"] as const).flatMap((id) => {
  const [head = [], ...rows] = readAnnex(id);
  // 小区数量 in one table, 小区及村庄数 in the other.
  const of = (row: readonly string[], heading: string) => Number(row[head.findIndex((one) => one.startsWith(heading))]);
  return rows
    .filter(([first]) => /^\d+$/.test(first ?? ""))
    .map((row) => ({ households: of(row, "户数"), compounds: of(row, "小区") }));
});
export const county = {
  communities: communityRows.length,
  households: communityRows.reduce((sum, { households }) => sum + households, 0),
  /** Each has a company or a fallback (2.4), so about as many projects are assessed twice a year; the villages are counted in. */
  compounds: communityRows.reduce((sum, { compounds }) => sum + compounds, 0),
  /** A company serves about five compounds. */
  companies: 40,
  /** Annex 4 pays 268 grid staff; rural grids come on top. */
  gridWorkers: 300,
  /** Calls from one office: community workers, counted as five each. */
  communityStaff: communityRows.length * 5,
  /** Two streets and the county's departments that take part. */
  officials: 60,
  streets: 2,
  /** Departments that may have something on the list of what grid workers do. */
  departments: 9,
};
/** Who is assessed: grid workers and the five of each community's own. */
const assessed = Math.ceil((county.gridWorkers + county.communityStaff) / county.communities);

/** Who handles money: three in the county's finance bureau, two in each street; one of each community's five. */
const treasurers = 3 + 2 * county.streets;
/** Who manages property management: three in the county's property development centre, two in each street. */
const housing = 3 + 2 * county.streets;
/** Both the county and the street assess each project, twice a year. */
const sheets = 2 * county.compounds;
/** A round of the county, and one of each street. */
const rounds = 1 + county.streets;
/** Two scorers for each sheet, and now and then a third. */
const scorers = 12;
const scoresEach = Math.ceil((2.1 * sheets) / scorers);

/** Funds with a ledger of their own, as the plan names them. */
const FUNDS = 9;

/** Days on which offices work; evenings and weekends add little. */
export const WORKDAYS = 250;
const WEEKS = 52;
const MONTHS = 12;

/** So many people, on so many days a year, each make these calls; routes by service and name. */
export interface Habit {
  readonly who: Text;
  readonly people: number;
  readonly days: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly why: Text;
}

export const habits: readonly Habit[] = [
  {
    who: text("居民", "residents"),
    people: Math.ceil(county.households / 20),
    days: MONTHS,
    calls: { "grids.findPublicPlaces": 3, "grids.getPublicGrid": 1 },
    why: text(
      "每月二十分之一的家庭查一次所属网格；输入名称时约查三次",
      "one household in twenty looks up its grid in a month, and typing a name asks about three times",
    ),
  },
  {
    who: text("网格员", "grid workers"),
    people: county.gridWorkers,
    days: WORKDAYS,
    calls: {
      "grids.getGrid": 2,
      "grids.getMap": 1,
      "grids.listPlaces": 2,
      "grids.getPlace": 4,
      "grids.getPlaceGrids": 1,
    },
    why: text(
      "每个工作日上下午各打开一次本网格，查看几处小区",
      "opens their grid morning and afternoon, and a few of its places",
    ),
  },
  {
    who: text("社区工作人员", "community staff"),
    people: county.communityStaff,
    days: WORKDAYS,
    calls: {
      "grids.getAreas": 1,
      "grids.getCommunity": 2,
      "grids.listPlaces": 4,
      "grids.getPlace": 6,
      "grids.listGrids": 2,
      "grids.getMap": 2,
      "grids.listFindings": 1,
    },
    why: text("登记、网格图和问题清单是他们的日常工作", "the register, the map and the findings are their daily work"),
  },
  {
    who: text("街道、部门人员", "officials of streets and departments"),
    people: county.officials,
    days: WORKDAYS,
    calls: {
      "grids.getAreas": 2,
      "grids.listCommunities": 2,
      "grids.listGrids": 1,
      "grids.listFindings": 2,
      "grids.getFinding": 2,
      "policy.listParameters": 1,
      "policy.listReconciledFindings": 1,
    },
    why: text("每个工作日看一次辖区和待办问题", "looks at their area and what is open once a working day"),
  },
  {
    who: text("街道、部门人员（每周）", "officials, weekly"),
    people: county.officials,
    days: WEEKS,
    calls: {
      "grids.getMapPicture": 2,
      "grids.getPlaceGeometry": 2,
      "grids.getCommunityHistory": 1,
      "grids.getPlaceHistory": 1,
      "grids.listMapChanges": 1,
      "grids.getMapDifference": 1,
      "grids.listDepartmentalGrids": 1,
      "grids.getDepartmentalGrid": 1,
      "policy.getParameter": 1,
      "policy.listParameterChanges": 1,
      "policy.listRules": 1,
      "policy.listReconciliations": 1,
      "policy.getReconciledFinding": 3,
    },
    why: text("核查一项变化的来龙去脉", "follows up where a figure came from"),
  },
  {
    who: text("居民（任务清单）", "residents, of the task list"),
    people: Math.ceil(county.households / 200),
    days: MONTHS,
    calls: { "staffing.listPublicDuties": 1 },
    why: text(
      "每月二百分之一的家庭查网格员该做什么",
      "one household in two hundred looks up in a month what grid workers may be asked to do",
    ),
  },
  {
    who: text("网格员（任务与日志）", "grid workers, their tasks and log"),
    people: county.gridWorkers,
    days: WORKDAYS,
    calls: { "staffing.listOwnTasks": 2, "staffing.writeLog": 2 },
    why: text("上下午各看一次任务，各记一条日志", "looks at the tasks and logs what was done, morning and afternoon"),
  },
  {
    who: text("网格员（每周）", "grid workers, weekly"),
    people: county.gridWorkers,
    days: WEEKS,
    calls: {
      "staffing.getTask": 3,
      "staffing.reportTask": 2,
      "staffing.listOwnLogs": 1,
      "staffing.getLog": 1,
      "staffing.addEvidence": 2,
      "staffing.checkEvidence": 2,
    },
    why: text("每周办两项任务，上传两张照片", "two tasks and two pictures a week"),
  },
  {
    who: text("网格员（每月）", "grid workers, monthly"),
    people: county.gridWorkers,
    days: MONTHS,
    calls: { "staffing.getOwn": 1, "staffing.listOwnPayslips": 1, "staffing.correctLog": 1, "staffing.listDuties": 1 },
    why: text("看工资条，改一条日志，看一次清单", "the payslip, a log put right, the list"),
  },
  {
    who: text("被考核的人（每半年）", "those who are assessed, twice a year"),
    people: assessed * county.communities,
    days: 2,
    calls: { "staffing.listOwnScores": 3 },
    why: text("结果告知后看几次", "looks at the result some times"),
  },
  {
    who: text("申诉、交接中的本人（每年）", "those who appeal or hand over, yearly"),
    people: Math.ceil(county.gridWorkers / 10),
    days: 1,
    calls: { "staffing.appealScore": 1, "staffing.signHandover": 2 },
    why: text("一年约十分之一的人", "one in ten in a year"),
  },
  {
    who: text("社区工作人员（人员与任务）", "community staff, of people and tasks"),
    people: county.communityStaff,
    days: WORKDAYS,
    calls: { "staffing.listTasks": 1, "staffing.listAppointments": 1, "staffing.listLogs": 1 },
    why: text("每个工作日看一次谁在岗、做了什么", "who is in post and what was done, once a working day"),
  },
  {
    who: text("社区工作人员（人员，每周）", "community staff, of people, weekly"),
    people: county.communityStaff,
    days: WEEKS,
    calls: {
      "staffing.listPeople": 1,
      "staffing.getPerson": 2,
      "staffing.getAppointment": 1,
      "staffing.getLog": 3,
      "staffing.getEvidence": 3,
      "staffing.getLoad": 1,
      "staffing.listNeeds": 1,
      "staffing.listStaffFindings": 1,
      "staffing.getStaffFinding": 1,
    },
    why: text("抽查日志和照片，看空缺", "logs and pictures at random, and what is vacant"),
  },
  {
    who: text("街道、部门人员（人员，每周）", "officials, of people, weekly"),
    people: county.officials,
    days: WEEKS,
    calls: {
      "staffing.listPeople": 1,
      "staffing.listAppointments": 1,
      "staffing.listNeeds": 1,
      "staffing.listStaffFindings": 2,
      "staffing.getStaffFinding": 2,
      "staffing.getLoad": 1,
      "staffing.listDuties": 1,
      "staffing.getDuty": 1,
      "staffing.assignTask": 3,
      "staffing.listTasks": 2,
      "staffing.getTask": 3,
      "staffing.settleTask": 3,
    },
    why: text("交办、办结任务，看缺员", "gives and closes tasks, and sees who is missing"),
  },
  {
    who: text("社区（人员变动，每月）", "communities, of changes of people, monthly"),
    people: county.communities,
    days: MONTHS,
    calls: {
      "staffing.createPerson": 1,
      "staffing.changePerson": 2,
      "staffing.revealPhone": 2,
      "staffing.appoint": 1,
      "staffing.changeAppointment": 1,
      "staffing.endAppointment": 1,
      "staffing.exportRoster": 1,
    },
    why: text("每月约换一人，改两处登记", "one comes and one goes, two records are put right"),
  },
  {
    who: text("街道（交接，每月）", "streets, of handovers, monthly"),
    people: county.streets,
    days: MONTHS,
    calls: {
      "staffing.openHandover": 3,
      "staffing.listHandovers": 8,
      "staffing.getHandover": 12,
      "staffing.nameSuccessor": 6,
      "staffing.recordSignature": 6,
      "staffing.completeHandover": 3,
      "staffing.approveException": 1,
    },
    why: text("各三人离任，每人两项", "three leave each, with two items each"),
  },
  {
    who: text("街道（名册和名单，每年）", "streets, of rosters and lists, yearly"),
    people: county.streets,
    days: 1,
    calls: {
      "staffing.handInCandidates": 3,
      "staffing.listCandidateLists": 6,
      "staffing.listCandidates": 30,
      "staffing.removeCandidates": 3,
      "staffing.importRoster": 6,
      "staffing.withdrawHandover": 2,
    },
    why: text(
      "三个部门各报一份名单；名册试导、改正、导入",
      "three departments hand in a list each; a roster is tried, mended, written",
    ),
  },
  {
    who: text("补贴发放（每月）", "subsidy runs, monthly"),
    people: county.streets,
    days: MONTHS,
    calls: {
      "staffing.draftRun": 3,
      "staffing.listRuns": 8,
      "staffing.getRun": 15,
      "staffing.listPayLines": 20,
      "staffing.getPayFindings": 3,
      "staffing.getPayWorkbook": 3,
      "staffing.checkRun": 1,
      "staffing.approveRun": 1,
      "staffing.lockRun": 1,
      "staffing.filePay": 1,
      "staffing.getPayFile": 2,
      "staffing.recordPaid": 1,
      "staffing.listPayslips": 6,
      "staffing.replayRun": 1,
    },
    why: text("编制、补数后重编，三人经手", "drafted, drafted anew once the figures are in, by three people"),
  },
  {
    who: text("任务清单（每年）", "the task list, yearly"),
    people: county.departments,
    days: 1,
    calls: { "staffing.proposeDuty": 4, "staffing.decideDuty": 4, "staffing.withdrawDuty": 1 },
    why: text("各部门每年申请几项", "each department applies for some"),
  },
  {
    who: text("考核（每半年）", "assessments, twice a year"),
    people: county.communities,
    days: 2,
    calls: {
      "staffing.publishMethod": 1,
      "staffing.listMethods": 2,
      "staffing.getMethod": 4,
      "staffing.scorePerson": assessed,
      "staffing.listScores": 4,
      "staffing.getScore": assessed,
      "staffing.decideAppeal": 1,
    },
    why: text("社区给每个人评一次", "each community scores everybody once"),
  },
  {
    who: text("招聘（每季度）", "recruitment, quarterly"),
    people: county.departments,
    days: 4,
    calls: { "staffing.listRecruitment": 2 },
    why: text("对照附件三看到岗", "who came against annex 3"),
  },
  {
    who: text("居民（经费公告）", "residents, of the bulletins"),
    people: Math.ceil(county.households / 100),
    days: 4,
    calls: {
      "funding.listPublicBulletins": 1,
      "funding.getPublicBulletin": 1,
      "funding.getPublicBulletinPage": 1,
      "funding.listPublicObjections": 1,
    },
    why: text(
      "每季度百分之一的家庭看一次本社区的经费公告",
      "one household in a hundred looks each quarter at what its community received and spent",
    ),
  },
  {
    who: text("核查账目的人", "who looks into the ledgers from outside"),
    people: 10,
    days: MONTHS,
    calls: {
      "funding.listPublicBlocks": FUNDS,
      "funding.exportPublicLedger": 2 * FUNDS,
      "funding.getPublicBulletinWorkbook": 2,
      "funding.getPublicBulletinPackage": 2,
      "funding.getReleaseRules": 2,
    },
    why: text(
      "审计、记者、热心居民每月下载一遍，自行核验",
      "auditors, journalists and keen residents take everything once a month and verify it themselves",
    ),
  },
  {
    who: text("社区居民（异议）", "residents who object"),
    people: county.communities,
    days: 4,
    calls: { "funding.postObjection": 1 },
    why: text("每个社区每季度约一条", "about one in each community and quarter"),
  },
  {
    who: text("管资金的人", "who handles money in county and streets"),
    people: treasurers,
    days: WORKDAYS,
    calls: {
      "funding.listLedgers": 1,
      "funding.listLedgerAccounts": 2,
      "funding.listLedgerLines": 3,
      "funding.listOrders": 1,
      "funding.listRequests": 2,
      "funding.getRequest": 3,
      "funding.listFundFindings": 1,
    },
    why: text(
      "每个工作日看一次账、待批事项和问题",
      "looks once a working day at balances, at what waits and at what is wrong",
    ),
  },
  {
    who: text("管资金的人（每周）", "who handles money, weekly"),
    people: treasurers,
    days: WEEKS,
    calls: {
      "funding.getEntry": 3,
      "funding.getFundFinding": 3,
      "funding.getBudgetExecution": 2,
      "funding.listBudgets": 1,
      "funding.getBudget": 1,
      "funding.listBudgetLines": 2,
      "funding.listFunds": 1,
      "funding.getFund": 1,
    },
    why: text(
      "核查一笔账的来龙去脉，看预算执行",
      "follows up an entry, and sees how much of the budget was carried out",
    ),
  },
  {
    who: text("社区（经费，每周）", "communities, of their money, weekly"),
    people: county.communities,
    days: WEEKS,
    calls: {
      "funding.listLedgerAccounts": 1,
      "funding.listLedgerLines": 3,
      "funding.listRequests": 3,
      "funding.getRequest": 5,
      "funding.listPayees": 1,
      "funding.getPayee": 1,
      "funding.listProjects": 1,
      "funding.getProject": 1,
      "funding.listFundFindings": 1,
      "funding.getFundFinding": 1,
    },
    why: text("看余额、办支出、补材料", "balances, requests on their way, papers that are missing"),
  },
  {
    who: text("社区（支出，每月）", "communities, spending, monthly"),
    people: county.communities,
    days: MONTHS,
    calls: {
      "funding.registerPayee": 1,
      "funding.draftRequest": 4,
      "funding.editRequest": 2,
      "funding.addPaper": 10,
      "funding.checkPaper": 10,
      "funding.getPaper": 12,
      "funding.submitRequest": 4,
      "funding.superviseRequest": 4,
      "funding.approveRequest": 4,
      "funding.payRequest": 4,
      "funding.acceptRequest": 4,
    },
    why: text(
      "每月四笔支出，每笔约两份半材料，监督、批准的人各看一遍",
      "four requests a month with two or three papers each, seen by who supervises and who approves",
    ),
  },
  {
    who: text("社区（经费，每季度）", "communities, of their money, quarterly"),
    people: county.communities,
    days: 4,
    calls: {
      "funding.changePayee": 1,
      "funding.rejectRequest": 1,
      "funding.withdrawRequest": 1,
      "funding.openProject": 1,
      "funding.recordProjectStep": 5,
    },
    why: text(
      "一个党群服务项目走完各步，退回、撤回各一笔",
      "a party-service project with its steps; one request is rejected, one withdrawn",
    ),
  },
  {
    who: text("对账（每月）", "bank statements, monthly"),
    people: county.communities + county.streets + 1,
    days: MONTHS,
    calls: {
      "funding.importStatement": 6,
      "funding.listStatements": 3,
      "funding.getStatement": 3,
      "funding.listStatementLines": 4,
      "funding.listOpenEntries": 3,
      "funding.matchLine": 2,
      "funding.explainLine": 1,
      "funding.exportStatement": 1,
    },
    why: text("三个有收支的账户，各试导一次、导入一次", "three accounts that move, each tried and then imported"),
  },
  {
    who: text("拨款（每月）", "orders, monthly"),
    people: 1 + county.streets,
    days: MONTHS,
    calls: {
      "funding.draftOrder": 5,
      "funding.getOrder": 10,
      "funding.approveOrder": 5,
      "funding.listSubsidyPostings": 4,
    },
    why: text("县和两个街道各下拨几项资金，两人经手", "county and streets pass some funds on, by two people each"),
  },
  {
    who: text("结账（每月）", "closing, monthly"),
    people: 1,
    days: MONTHS,
    calls: {
      "funding.closeLedger": FUNDS,
      "funding.exportLedger": 2 * FUNDS,
      "funding.getStatementWorkbook": 3 * FUNDS,
    },
    why: text("各项资金逐月结账、导出核验", "every ledger is closed, exported and verified"),
  },
  {
    who: text("考核结果与拨付挂钩（每季度）", "results that money is tied to, quarterly"),
    people: county.streets,
    days: 4,
    calls: {
      "funding.recordResult": Math.ceil(county.communities / county.streets),
      "funding.listResults": 3,
      "funding.putReleaseRule": 1,
      "funding.approveReleaseRule": 1,
    },
    why: text(
      "街道登记各社区得分；挂钩办法每年改几次也够",
      "a street records the score of each community; the rule changes less often",
    ),
  },
  {
    who: text("经费公告（每季度）", "bulletins, quarterly"),
    people: county.communities + county.streets,
    days: 4,
    calls: {
      "funding.draftBulletin": 2,
      "funding.listBulletins": 3,
      "funding.getBulletin": 6,
      "funding.signBulletin": 1,
      "funding.publishBulletin": 1,
      "funding.listObjections": 2,
      "funding.replyToObjection": 1,
    },
    why: text("编制两次、审签、公布、答复异议", "drafted twice, signed, published, objections answered"),
  },
  {
    who: text("预算（每年）", "the budget, yearly"),
    people: 1,
    days: 1,
    calls: {
      "funding.defineFund": 1,
      "funding.changeFund": 2,
      "funding.draftBudget": 4,
      "funding.decideBudgetAmounts": 20,
      "funding.getBudgetWorkbook": 6,
      "funding.putBudgetWorkbook": 4,
      "funding.proposeBudget": 3,
      "funding.withdrawBudget": 1,
      "funding.approveBudget": 2,
      "funding.compareBudgets": 6,
      "funding.executeBudget": 1,
      "funding.withdrawOrder": 4,
    },
    why: text("一次年初预算、一次调整，几经修改", "one budget and one adjustment, each worked over several times"),
  },
  {
    who: text("居民（物业信用、考核办法）", "residents, of companies' credit and how they are assessed"),
    people: Math.ceil(county.households / 200),
    days: MONTHS,
    calls: { "property.listCreditGrades": 1, "assessments.listPublicSchemes": 1 },
    why: text(
      "每月二百分之一的家庭查本小区物业企业的等级和考核办法",
      "one household in two hundred looks up in a month how its company stands and is assessed",
    ),
  },
  {
    who: text("物业主管、街道（每日）", "the housing offices of county and streets, daily"),
    people: housing,
    days: WORKDAYS,
    calls: {
      "property.listCoverage": 1,
      "property.listPropertyFindings": 1,
      "property.listOpenTasks": 1,
      "property.getCompany": 2,
      "property.listCompanies": 1,
    },
    why: text("每个工作日看一次谁在服务、哪里有问题", "who serves where and what is open, once a working day"),
  },
  {
    who: text("社区（物业，每周）", "communities, of property management, weekly"),
    people: county.communities,
    days: WEEKS,
    calls: {
      "property.listCoverage": 1,
      "property.getPlaceCoverage": 3,
      "property.listOwners": 1,
      "property.getOwners": 2,
      "property.listVotes": 1,
      "property.changeOwners": 1,
      "property.getPropertyFinding": 1,
      "property.listMeetings": 1,
      "property.getMeeting": 1,
      "property.listOpenTasks": 1,
    },
    why: text("跟进业委会和会议议定事项", "follows its owners' committees and what meetings left to do"),
  },
  {
    who: text("会议（每月）", "meetings, monthly"),
    people: county.communities + county.streets,
    days: MONTHS,
    calls: { "property.conveneMeeting": 1, "property.changeMeeting": 6 },
    why: text(
      "社区四方、街道联席会议每月各一次，逐项登记进展",
      "the four parties of each community and each street's joint meeting, with progress of what was resolved",
    ),
  },
  {
    who: text("物业企业（每月）", "property companies, monthly"),
    people: county.companies,
    days: MONTHS,
    calls: { "property.getOwnCompany": 2, "property.getCredit": 2, "property.listCreditItems": 2 },
    why: text("看本企业的得分和事项", "looks at its own score and what it is made of"),
  },
  {
    who: text("物业主管、街道（每月）", "the housing offices of county and streets, monthly"),
    people: housing,
    days: MONTHS,
    calls: {
      "property.registerCompany": 1,
      "property.changeCompany": 1,
      "property.addTerm": 2,
      "property.changeTerm": 2,
      "property.exportProjects": 1,
      "property.enterCreditItem": 3,
      "property.addCreditEvidence": 3,
      "property.getCreditEvidence": 6,
      "property.getCredit": 10,
      "property.listCreditItems": 10,
      "property.decideCreditItem": 1,
    },
    why: text(
      "几处换企业、几件信用事项及其材料",
      "some compounds change company, and some items go into credit with their papers",
    ),
  },
  {
    who: text("物业项目表（每年）", "tables of projects, yearly"),
    people: county.streets,
    days: 1,
    calls: { "property.importProjects": 4 },
    why: text("试导、改正、再试、导入", "tried, mended, tried again, written"),
  },
  {
    who: text("业委会选举、信用申诉（每年）", "elections of owners, appeals against credit, yearly"),
    people: Math.ceil(county.compounds / 3),
    days: 1,
    calls: { "property.prepareElection": 1, "property.recordVote": 2, "property.appealCreditItem": 1 },
    why: text("任期约三年，一年约三分之一换届", "terms are some three years, so a third is elected in a year"),
  },
  {
    who: text("评分人（每轮）", "scorers, twice a year"),
    people: scorers,
    days: 2,
    calls: {
      "assessments.listRounds": 10,
      "assessments.listSheets": 2 * scoresEach,
      "assessments.getSheet": 2 * scoresEach,
      "assessments.scoreSheet": scoresEach,
      "assessments.addSheetEvidence": scoresEach,
      "assessments.checkSheetEvidence": scoresEach,
      "assessments.getSheetEvidence": scoresEach,
    },
    why: text(
      "每个项目县、街道各一份考核表，各两人评分，附一张照片",
      "a sheet of the county and one of the street for each project, two scorers each, with a picture",
    ),
  },
  {
    who: text("组织考核（每轮）", "who holds rounds, twice a year"),
    people: rounds,
    days: 2,
    calls: {
      "assessments.openRound": 1,
      "assessments.nameScorers": 2,
      "assessments.getRound": 40,
      "assessments.listRounds": 10,
      "assessments.noticeRound": 2,
      "assessments.decideResult": 6,
      "assessments.closeRound": 1,
      "assessments.getRanking": 10,
      "assessments.getRankingWorkbook": 3,
      "assessments.getResultWorkbook": 20,
      "assessments.getResultPage": 20,
      "assessments.listSchemeResults": 10,
      "assessments.listAssessmentFindings": 20,
    },
    why: text(
      "县和两个街道各一轮：指定评分人、看进度、告知两次、处理申诉、锁定、打印",
      "a round of the county and one of each street: scorers, progress, two notices, appeals, the lock, papers",
    ),
  },
  {
    who: text("物业企业（每轮）", "property companies, twice a year"),
    people: county.companies,
    days: 2,
    calls: {
      "assessments.listRounds": 2,
      "assessments.listSheets": 4,
      "assessments.getSheet": Math.ceil((2 * sheets) / county.companies),
      "assessments.getResultPage": 5,
      "assessments.appealResult": 1,
    },
    why: text("看本企业各项目的结果，申诉一件", "sees the results of its own projects and appeals against one"),
  },
  {
    who: text("考核办法（每年）", "methods of assessment, yearly"),
    people: rounds,
    days: 1,
    calls: {
      "assessments.draftScheme": 1,
      "assessments.editScheme": 4,
      "assessments.publishScheme": 1,
      "assessments.listSchemes": 6,
      "assessments.getScheme": 12,
    },
    why: text("每年一版，几经修改", "a version a year, worked over several times"),
  },
  {
    who: text("社区（每周更正）", "communities, correcting weekly"),
    people: county.communities,
    days: WEEKS,
    calls: { "grids.editPlace": 3, "grids.putPlaceGeometry": 1, "grids.acceptDeviation": 1, "grids.changeMaps": 1 },
    why: text("户数、人口、物业公司经常变化", "households, people and property companies keep changing"),
  },
  {
    who: text("社区（每月）", "communities, monthly"),
    people: county.communities,
    days: MONTHS,
    calls: {
      "grids.editCommunity": 1,
      "grids.createPlace": 1,
      "grids.undoMapChange": 1,
      "grids.proposeGrids": 2,
      "grids.movePlace": 1,
      "grids.editDepartmentalGrid": 1,
      "grids.exportPlaces": 1,
      "grids.exportMaps": 1,
      "grids.exportCommunities": 1,
    },
    why: text("月报和偶尔的划分调整", "the monthly report, and now and then a new division"),
  },
  {
    who: text("街道导表（每月）", "streets importing, monthly"),
    people: 2,
    days: MONTHS,
    calls: {
      "grids.createUpload": 6,
      "grids.createImport": 6,
      "grids.checkImport": 6,
      "grids.getImport": 60,
      "grids.listImports": 12,
      "grids.listImportRows": 30,
      "grids.getMarkedTable": 6,
      "grids.commitImport": 3,
      "grids.createDepartmentalGrids": 2,
    },
    why: text(
      "三种表，上传或直传，一半改后重来；界面等待时每几秒问一次进度",
      "three kinds of table, half of them mended and sent again; a page that waits asks every few seconds",
    ),
  },
  {
    who: text("核对（每月）", "reconciliations, monthly"),
    people: 4,
    days: MONTHS,
    calls: {
      "policy.createReconciliation": 3,
      "policy.getReconciliation": 6,
      "policy.getReconciliationReport": 3,
      "policy.getMarkedReconciliation": 3,
      "policy.disposeFinding": 20,
    },
    why: text(
      "财政、民政、组织、督查各核对几张表",
      "finance, civil affairs, organisation and inspection check some tables each",
    ),
  },
  {
    who: text("参数调整（每月）", "changes of parameters, monthly"),
    people: 1,
    days: MONTHS,
    calls: {
      "policy.draftParameterChange": 3,
      "policy.getParameterChange": 30,
      "policy.approveParameterChange": 2,
      "policy.withdrawParameterChange": 1,
    },
    why: text("补贴、标准每年调整数次，留有余量", "subsidies and standards change a few times a year; there is room"),
  },
  {
    who: text("区划调整（每年）", "changes of the area tree, yearly"),
    people: 1,
    days: 1,
    calls: { "grids.createArea": 3, "grids.editArea": 2, "grids.createCommunity": 22, "grids.confirmCode": 22 },
    why: text("第一年建齐二十二个社区；以后更少", "the first year sets up all 22 communities; later ones need less"),
  },
];

/** What each event is sent by, and how many: one for each aggregate that the call may change. */
export const sentBy: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "grids.county-changed": { "grids.createArea": 1, "grids.editArea": 1 },
  "grids.communities-changed": {
    "grids.editArea": 1,
    "grids.createCommunity": 1,
    "grids.editCommunity": 1,
    "grids.confirmCode": 1,
    "grids.commitImport": 2,
  },
  "grids.places-changed": {
    "grids.createPlace": 1,
    "grids.editPlace": 1,
    "grids.movePlace": 2,
    "grids.commitImport": county.communities,
  },
  "grids.map-changed": {
    "grids.changeMaps": 2,
    "grids.undoMapChange": 1,
    "grids.movePlace": 2,
    "grids.commitImport": county.communities,
  },
  // Also by a job, one a day and street: too few to count.
  "grids.heads-told": { "staffing.draftRun": 1 },
  "grids.departmental-changed": { "grids.createDepartmentalGrids": 1, "grids.editDepartmentalGrid": 1 },
  "grids.import-requested": { "grids.checkImport": 1, "grids.commitImport": 1 },
  "grids.effect-told": { "policy.draftParameterChange": 1 },
  "policy.change-drafted": { "policy.draftParameterChange": 1 },
  "policy.parameters-changed": { "policy.approveParameterChange": 1, "policy.withdrawParameterChange": 1 },
  "staffing.roster-changed": {
    "staffing.appoint": 1,
    "staffing.approveException": 1,
    "staffing.endAppointment": 1,
    "staffing.changeAppointment": 1,
    "staffing.completeHandover": 2,
    "staffing.importRoster": county.communities,
  },
  "staffing.post-vacated": { "staffing.endAppointment": 1, "staffing.completeHandover": 1 },
  "staffing.person-left": { "staffing.completeHandover": 1, "staffing.changePerson": 1 },
  "staffing.evidence-posted": { "staffing.checkEvidence": 1 },
  "staffing.run-locked": { "staffing.lockRun": 1 },
  "staffing.run-paid": { "staffing.recordPaid": 1 },
  "staffing.effect-told": { "policy.draftParameterChange": 1 },
  // A draft asks whether all has come; what was missed after all is too little to count.
  "staffing.copies-missed": { "staffing.draftRun": 1 },
  "property.company-changed": { "property.registerCompany": 1, "property.changeCompany": 1 },
  "property.credit-item-changed": {
    "property.enterCreditItem": 1,
    "property.appealCreditItem": 1,
    "property.decideCreditItem": 1,
    // A result that gives an item, which not every one does.
    "assessments.decideResult": 1,
    "assessments.noticeRound": Math.ceil(county.compounds / (2 * rounds)),
  },
  "property.coverage-changed": {
    "property.addTerm": 1,
    "property.changeTerm": 1,
    "property.importProjects": county.communities,
    // Whom a company serves keeps its name.
    "property.changeCompany": Math.ceil(county.compounds / county.companies),
  },
  "property.measured-changed": {
    "property.changeOwners": 1,
    "property.recordVote": 1,
    "property.changeMeeting": 3,
  },
  "property.effect-told": { "policy.draftParameterChange": 1 },
  "property.copies-missed": { "staffing.draftRun": 1 },
  "assessments.copies-missed": { "staffing.draftRun": 1 },
  "assessments.round-opened": {
    // Opened, gone on with part by part; told, and ended on the last day of the window.
    "assessments.openRound": 4,
    "assessments.noticeRound": 4,
    "assessments.closeRound": 1,
  },
  // Of each round: 25 sheets a message.
  "assessments.sheets-due": { "assessments.openRound": Math.ceil(sheets / rounds / 25) },
  "assessments.evidence-posted": { "assessments.checkSheetEvidence": 1 },
  // One of each project and round of the year, when the last who assesses is through: half of what is told.
  "assessments.result-final": { "assessments.noticeRound": Math.ceil(county.compounds / (2 * rounds)) },
  "funding.entry-posted": {
    // Receivers of an order: some go to all communities of a street, some to one.
    "funding.approveOrder": 8,
    "funding.submitRequest": 1,
    "funding.payRequest": 1,
    "funding.rejectRequest": 1,
    "funding.withdrawRequest": 1,
    // What a subsidy run asks of each community, and what is paid of it.
    "staffing.lockRun": Math.ceil(county.communities / county.streets),
    "staffing.recordPaid": Math.ceil(county.communities / county.streets),
  },
  "funding.paper-posted": { "funding.checkPaper": 1 },
  "funding.effect-told": { "policy.draftParameterChange": 1 },
};

/** Work that no caller waits for: one message of a consumer, or one run of a job. Units are the most it may use. */
export const work: Readonly<
  Record<string, { readonly milliseconds: number; readonly read: number; readonly write: number; readonly why: Text }>
> = {
  "grids.imports": {
    milliseconds: 8_000,
    read: 200,
    write: 800,
    why: text("整本表格读入、核对、逐批写入", "a whole workbook is read, checked and staged in batches"),
  },
  "grids.policies": {
    milliseconds: 200,
    read: 2,
    write: 4,
    why: text("一条记录", "one record"),
  },
  "grids.effects": {
    milliseconds: 8_000,
    read: 600,
    write: 40,
    why: text("全县重算一遍", "the whole county is judged twice"),
  },
  "policy.effects": {
    milliseconds: 200,
    read: 2,
    write: 30,
    why: text("存一份影响", "keeps one effect"),
  },
  "grids.copies": {
    milliseconds: 2_000,
    read: 1_000,
    write: 160,
    why: text("至多六十个版本，逐个补发", "up to sixty versions are sent again"),
  },
  "grids.tellHeads": {
    milliseconds: 2_000,
    read: 400,
    write: 4,
    why: text("各街道一份通报", "tells once of each street"),
  },
  "staffing.register": {
    milliseconds: 300,
    read: 40,
    write: 80,
    why: text("一个社区的小区和几年的变化", "a community's places with some years of changes"),
  },
  "staffing.maps": {
    milliseconds: 200,
    read: 4,
    write: 24,
    why: text("一份网格图和目录", "one map and the list of them"),
  },
  "staffing.heads": {
    milliseconds: 1_000,
    read: 800,
    write: 4,
    why: text("逐个社区核对副本", "the copies of each community of a street are looked at"),
  },
  "staffing.policies": {
    milliseconds: 200,
    read: 2,
    write: 4,
    why: text("一条记录", "one record"),
  },
  "staffing.effects": {
    milliseconds: 8_000,
    read: 2_000,
    write: 40,
    why: text("全县岗位重算一遍", "all posts of the county are judged twice"),
  },
  "staffing.evidence": {
    milliseconds: 1_500,
    read: 2,
    write: 8,
    why: text("读入照片，去掉拍摄信息，另存", "a picture is read, cleaned and kept"),
  },
  "staffing.results": {
    milliseconds: 200,
    read: 4,
    write: 8,
    why: text("一份结果", "one result"),
  },
  "funding.register": {
    milliseconds: 200,
    read: 4,
    write: 8,
    why: text("一份街道、社区名录", "one list of streets or communities"),
  },
  "funding.policies": {
    milliseconds: 200,
    read: 2,
    write: 4,
    why: text("一条记录", "one record"),
  },
  "funding.effects": {
    milliseconds: 3_000,
    read: 200,
    write: 40,
    why: text("全县预算重算一遍", "the budget of the county is reckoned twice"),
  },
  "funding.seal": {
    milliseconds: 250,
    read: 6,
    write: 10,
    why: text(
      "一笔分录一条消息；几笔一起封存时，其余消息无事可做",
      "a message for each entry; where several are sealed together, the others find nothing",
    ),
  },
  "funding.papers": {
    milliseconds: 1_500,
    read: 2,
    write: 8,
    why: text("读入材料，照片去掉拍摄信息，另存", "a paper is read, cleaned where it is a picture, and kept"),
  },
  "funding.subsidyRuns": {
    milliseconds: 3_000,
    read: 80,
    write: 240,
    why: text("十一个社区各一笔预留或支付", "a reservation or a payment for each of eleven communities"),
  },
  "funding.waitingSubsidies": {
    milliseconds: 100,
    read: 1,
    write: 0,
    why: text("通常无事可做", "mostly there is nothing to do"),
  },
  "funding.sweepUnsealed": {
    milliseconds: 100,
    read: 8,
    write: 0,
    why: text("各分片看一眼，通常无事可做", "a look at each shard; mostly there is nothing to do"),
  },
  "funding.results": {
    milliseconds: 200,
    read: 6,
    write: 12,
    why: text("一份结果", "one result"),
  },
  "grids.coverage": {
    milliseconds: 500,
    read: 60,
    write: 80,
    why: text("一个社区的小区，企业名称改了的写回台账", "the places of a community, where a company's name changed"),
  },
  "grids.followCoverage": {
    milliseconds: 500,
    read: 100,
    write: 4,
    why: text("到了日子的合同；通常无事可做", "contracts whose day has come; mostly there is nothing to do"),
  },
  "property.register": {
    milliseconds: 500,
    read: 60,
    write: 60,
    why: text("一个社区的小区", "a community's places"),
  },
  "property.heads": {
    milliseconds: 1_000,
    read: 400,
    write: 4,
    why: text("逐个社区核对副本", "the copies of each community of a street are looked at"),
  },
  "property.companies": {
    milliseconds: 1_000,
    read: 200,
    write: 200,
    why: text("企业更名，所服务的几个社区随之更新", "a new name goes to the communities it serves in"),
  },
  "property.results": {
    milliseconds: 200,
    read: 8,
    write: 16,
    why: text("一份结果，至多一项信用", "one result and at most one item of credit"),
  },
  "property.policies": {
    milliseconds: 200,
    read: 2,
    write: 4,
    why: text("一条记录", "one record"),
  },
  "property.effects": {
    milliseconds: 8_000,
    read: 1_500,
    write: 40,
    why: text("全县重算一遍", "the whole county is judged twice"),
  },
  "assessments.register": {
    milliseconds: 200,
    read: 10,
    write: 30,
    why: text("一份名录或一个社区的小区", "one list, or the places of a community"),
  },
  "assessments.heads": {
    milliseconds: 1_000,
    read: 400,
    write: 4,
    why: text("逐个社区核对副本", "the copies of each community of a street are looked at"),
  },
  "assessments.policies": {
    milliseconds: 200,
    read: 2,
    write: 4,
    why: text("一条记录", "one record"),
  },
  "assessments.property": {
    milliseconds: 200,
    read: 10,
    write: 30,
    why: text("一家企业或一个社区的副本", "a copy of one company or one community"),
  },
  "assessments.roundOpened": {
    milliseconds: 8_000,
    read: 2_300,
    write: 4_900,
    why: text(
      "固定或发出一部分对象，告知或办结几页考核表",
      "a part of the subjects is frozen or sent, or some pages are told or ended",
    ),
  },
  "assessments.sheetsDue": {
    milliseconds: 1_500,
    read: 60,
    write: 120,
    why: text("生成一页考核表", "a page of sheets is made"),
  },
  "assessments.evidence": {
    milliseconds: 1_500,
    read: 4,
    write: 8,
    why: text("读入照片，去掉拍摄信息，另存", "a picture is read, cleaned and kept"),
  },
  "assessments.openFirst": {
    milliseconds: 2_000,
    read: 100,
    write: 200,
    why: text("一年一次", "once a year"),
  },
  "assessments.openSecond": {
    milliseconds: 2_000,
    read: 100,
    write: 200,
    why: text("一年一次", "once a year"),
  },
  "assessments.carryOn": {
    milliseconds: 100,
    read: 4,
    write: 0,
    why: text("通常无事可做", "mostly there is nothing to do"),
  },
  "grids.sweepImports": {
    milliseconds: 200,
    read: 2,
    write: 0,
    why: text("通常无事可做", "mostly there is nothing to do"),
  },
};

/** Objects a call writes to the file bucket, reads from it, and bytes it leaves there. The audit's copies are counted apart. */
export const files: Readonly<
  Record<string, { readonly writes: number; readonly reads: number; readonly bytes: number }>
> = {
  "grids.createUpload": { writes: 1, reads: 0, bytes: 200_000 },
  "grids.createImport": { writes: 2, reads: 0, bytes: 400_000 },
  "grids.checkImport": { writes: 2, reads: 2, bytes: 400_000 },
  "grids.getMarkedTable": { writes: 0, reads: 1, bytes: 0 },
  "grids.commitImport": { writes: 0, reads: 1, bytes: 0 },
  "policy.createReconciliation": { writes: 2, reads: 0, bytes: 600_000 },
  "policy.getReconciliation": { writes: 0, reads: 1, bytes: 0 },
  "policy.listReconciledFindings": { writes: 0, reads: 1, bytes: 0 },
  "policy.getReconciledFinding": { writes: 0, reads: 1, bytes: 0 },
  "policy.getReconciliationReport": { writes: 0, reads: 2, bytes: 0 },
  "policy.getMarkedReconciliation": { writes: 0, reads: 2, bytes: 0 },
  "policy.disposeFinding": { writes: 0, reads: 1, bytes: 0 },
  "staffing.importRoster": { writes: 1, reads: 0, bytes: 200_000 },
  "staffing.filePay": { writes: 1, reads: 0, bytes: 50_000 },
  "staffing.getPayFile": { writes: 0, reads: 1, bytes: 0 },
  // Posted by the browser, gone once the check has kept its own.
  "staffing.addEvidence": { writes: 1, reads: 0, bytes: 0 },
  "staffing.checkEvidence": { writes: 1, reads: 1, bytes: 500_000 },
  "staffing.getEvidence": { writes: 0, reads: 1, bytes: 0 },
  "funding.addPaper": { writes: 1, reads: 0, bytes: 0 },
  "funding.checkPaper": { writes: 1, reads: 1, bytes: 500_000 },
  "funding.getPaper": { writes: 0, reads: 1, bytes: 0 },
  "property.addCreditEvidence": { writes: 1, reads: 0, bytes: 500_000 },
  "property.getCreditEvidence": { writes: 0, reads: 1, bytes: 0 },
  "assessments.addSheetEvidence": { writes: 1, reads: 0, bytes: 0 },
  "assessments.checkSheetEvidence": { writes: 1, reads: 1, bytes: 500_000 },
  "assessments.getSheetEvidence": { writes: 0, reads: 1, bytes: 0 },
};

/**
 * How long a call keeps its function, in milliseconds of wall time at the memory of production: a read is two or three
 * calls of the database one after the other, a command a transaction more. To be replaced by what `latency` on the
 * dashboard says once there is a deployment.
 */
export const milliseconds = { read: 40, command: 120, file: 1_500 } as const;
/** Routes that take longer than their kind. */
export const slower: Readonly<Record<string, number>> = {
  "grids.proposeGrids": 4_000,
  "grids.commitImport": 3_000,
  "grids.listFindings": 300,
  "grids.getFinding": 300,
  "grids.getMapPicture": 200,
  "staffing.importRoster": 4_000,
  "staffing.draftRun": 2_500,
  "staffing.replayRun": 3_000,
  "staffing.getLoad": 1_000,
  "staffing.listScores": 300,
  "staffing.listLogs": 200,
  "staffing.listNeeds": 300,
  "staffing.listStaffFindings": 400,
  "staffing.getStaffFinding": 400,
  "staffing.completeHandover": 400,
  "funding.approveOrder": 1_000,
  "funding.closeLedger": 500,
  "funding.draftBudget": 500,
  "funding.decideBudgetAmounts": 500,
  "funding.getBudgetExecution": 400,
  "funding.compareBudgets": 300,
  "funding.draftBulletin": 500,
  "funding.publishBulletin": 500,
  "funding.exportLedger": 500,
  "funding.exportPublicLedger": 500,
  "funding.listFundFindings": 1_500,
  "funding.getFundFinding": 1_500,
  "funding.matchLine": 300,
  "funding.explainLine": 300,
  "property.listCoverage": 200,
  "property.importProjects": 3_000,
  "property.exportProjects": 1_500,
  "property.listPropertyFindings": 1_000,
  "property.getPropertyFinding": 1_000,
  "property.listCreditGrades": 300,
  "property.changeMeeting": 300,
  "assessments.listSheets": 200,
  "assessments.getRanking": 300,
  "assessments.listSchemeResults": 500,
  "assessments.listAssessmentFindings": 800,
};
/** One call in ten starts a function: a county's traffic is thin. Starting is paid too. */
export const starts = { oneIn: 10, milliseconds: 400 } as const;
/** One run for each commit (a batch may hold more), reading what the event points at. */
export const relay = { milliseconds: 120, read: 1 } as const;

export const bytes = {
  /** Answers to the internet, headers and all. */
  answer: 8_000,
  file: 200_000,
  /** Of one run: its line, its metrics, the runtime's own three lines. */
  log: 2_200,
  /** Of the gateway for each call. */
  access: 400,
  audit: 1_500,
} as const;

/** How long data has been gathering when the bill is drawn up: the terms of imports and audit are about three years. */
export const YEARS = 3;
/** Logs of production are kept a year. */
export const LOG_MONTHS = 12;
/** A function that is used asks for the table's key again after five minutes. */
export const KEY_REQUESTS_A_YEAR = 365 * 24 * 12;
/** Lambda keeps five long polls of twenty seconds open on each queue. */
export const POLLS_A_YEAR = 5 * 3 * 60 * 24 * 365;
/** Metrics that the platform publishes for each route and each kind of work. */
export const METRICS_EACH = 4;
/** Mails of alarms and their ends, for one deployment in a year. */
export const MAILS_A_YEAR = 500;
/** Busiest second against the mean of office hours: Monday morning, or the day a notice goes out. */
export const PEAK = 10;
export const OFFICE_SECONDS_A_YEAR = WORKDAYS * 8 * 3_600;
/** Hours in which somebody in an office may call: from early to late. */
export const OFFICE_HOURS_A_YEAR = WORKDAYS * 11;
