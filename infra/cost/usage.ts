import { readAnnex } from "@county/plan/annexes.ts";
import { type Text, text } from "@county/plan/text.ts";

// A county's year as data. Every figure here is an assumption of ours with its reason; the plan's own come from its tables.

/** Communities and households of the county, as annex 2 lists them; its printed sums are left out. */
const communityRows = (["annex2-baodu", "annex2-baocheng"] as const).flatMap((id) => {
  const [head = [], ...rows] = readAnnex(id);
  const column = head.indexOf("户数");
  return rows.filter(([first]) => /^\d+$/.test(first ?? "")).map((row) => Number(row[column]));
});
export const county = {
  communities: communityRows.length,
  households: communityRows.reduce((sum, households) => sum + households, 0),
  /** Annex 4 pays 268 grid staff; rural grids come on top. */
  gridWorkers: 300,
  /** Calls from one office: community workers, counted as five each. */
  communityStaff: communityRows.length * 5,
  /** Two streets and the county's departments that take part. */
  officials: 60,
};

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
  "grids.departmental-changed": { "grids.createDepartmentalGrids": 1, "grids.editDepartmentalGrid": 1 },
  "grids.import-requested": { "grids.checkImport": 1, "grids.commitImport": 1 },
  "grids.effect-told": { "policy.draftParameterChange": 1 },
  "policy.change-drafted": { "policy.draftParameterChange": 1 },
  "policy.parameters-changed": { "policy.approveParameterChange": 1, "policy.withdrawParameterChange": 1 },
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
