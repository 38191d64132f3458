import { may } from "@county/contracts/access.ts";
import { HTML, XLSX } from "@county/contracts/api.ts";
import { covers } from "@county/contracts/area.ts";
import type { FindingWithHistory, policy, ReconciledFinding, ReconciliationRow } from "@county/contracts/policy.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import { county as planCounty } from "@county/plan/county.ts";
import { policyOn } from "@county/plan/policy.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { type Context, forbidden, type Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { folderOf } from "@county/platform/files.ts";
import { sha256 } from "@county/report/examine.ts";
import { reportHtml } from "@county/report/html.ts";
import type { Finding, Verdict } from "@county/rules/finding.ts";
import { markErrors } from "@county/tables/mark.ts";
import type { Deps } from "./handlers.ts";
import { decidedOf } from "./parameter-handlers.ts";
import { judge, type Kept, openWorkbook } from "./reconciling.ts";
import { countyOf, type DispositionRecord, type ReconciliationRecord } from "./store.ts";

type ReconciliationRoutes =
  | "createReconciliation"
  | "listReconciliations"
  | "getReconciliation"
  | "listReconciledFindings"
  | "getReconciledFinding"
  | "getReconciliationReport"
  | "getMarkedReconciliation"
  | "disposeFinding";

const tableFileOf = (id: string) => `${folderOf("kept", "policy")}${id}/table`;
const findingsFileOf = (id: string) => `${folderOf("kept", "policy")}${id}/findings.json`;
/** Far above what the most rows that are taken can give. */
const MOST_BYTES = 256 * 1024 * 1024;

/** The plan's parameters begin with its year. */
const PLAN_BEGINS = "2020-01-01";

/** Workbooks held against the plan, and what becomes of each finding. */
export function reconciliationHandlers({ store, files }: Deps): Pick<Handlers<typeof policy>, ReconciliationRoutes> {
  const load = async (id: string, { permit }: Context): Promise<ReconciliationRecord> => {
    const record = await store.reconciliation(id);
    if (record === undefined)
      throw new Problem("not-found", { zh: "没有这次核对", en: "There is no such reconciliation" });
    permit([record.area]);
    return record;
  };

  const fileOf = async (key: string): Promise<Uint8Array> => {
    const bytes = await files.get(key, MOST_BYTES);
    if (bytes === undefined) throw new Error(`reconciliations: ${key} is gone`);
    return bytes;
  };

  /** @throws when what is kept is not what was found: its digest stands in the record */
  const keptOf = async ({ id, findings }: ReconciliationRecord): Promise<Kept> => {
    const bytes = await fileOf(findingsFileOf(id));
    if (sha256(bytes) !== findings) throw new Error(`reconciliations: the findings of ${id} were changed`);
    return JSON.parse(new TextDecoder().decode(bytes)) as Kept;
  };

  const whole = async (record: ReconciliationRecord) => {
    const { tables } = await keptOf(record);
    return { body: { ...rowOf(record), tables } };
  };

  const findingOf = async (record: ReconciliationRecord, key: string): Promise<Finding> => {
    const found = (await keptOf(record)).findings.find((one) => one.key === key);
    if (found === undefined) throw new Problem("not-found", { zh: "没有这项发现", en: "There is no such finding" });
    return found.finding;
  };

  /** A decision holds for the finding wherever it is met again, so it is for who answers for what the finding is about. */
  const ownFindingOf = async (record: ReconciliationRecord, key: string, { permit }: Context): Promise<Finding> => {
    const finding = await findingOf(record, key);
    permit([finding.subject.code]);
    return finding;
  };

  /**
   * An acceptance says that a figure may stay as it is, for the whole county and every later table. So it is given by who answers
   * for the county, and never by who brought the table, be it to another reconciliation: nobody waves his own figures through.
   */
  const mayAccept = async ({ digest, createdBy }: ReconciliationRecord, county: string, context: Context) => {
    const { caller, account } = context;
    if (!may(caller, "dispositions.write", [county])) throw forbidden(caller, "dispositions.write", county);
    if (createdBy === account || (await store.hasPosted(county, digest, account))) {
      throw new Problem("refused", {
        zh: "上传表格的人不能认可其中的发现，请由他人办理",
        en: "Who posted the table cannot accept what was found in it: somebody else must",
      });
    }
  };

  const withHistory = (
    key: string,
    finding: Finding,
    history: readonly DispositionRecord[],
    { today }: Context,
  ): { body: FindingWithHistory; version: number } => {
    const version = history.length;
    const disposition = shown(history.at(-1), today);
    return { body: { key, disposition, version, finding: told(finding), history: [...history] }, version };
  };

  return {
    createReconciliation: {
      async run({ query: { area, alone, on = undefined, asOf, fileName }, body: { bytes, contentType } }, context) {
        const county = countyOf(area);
        const day = on ?? context.today;
        if (area.length > 9) {
          throw wrong({ parameter: "area", reason: "tier", zh: "请按县或街道核对", en: "a county or a street" });
        }
        if (day < PLAN_BEGINS) {
          throw wrong({
            parameter: "on",
            reason: "date",
            zh: `方案自 ${PLAN_BEGINS} 起适用`,
            en: `the plan applies from ${PLAN_BEGINS}`,
          });
        }
        const sheets = await openWorkbook(bytes, context.late);
        const values = await store.parameters(county);
        const file = { file: fileName, asOf: asOf ?? day, digest: sha256(bytes), sheets };
        // The plan's own tables are those of one county; of another they say nothing.
        const isAlone = alone === "true" || county !== planCounty.code;
        const kept = judge(file, area, policyOn(day, decidedOf(values?.state)), isAlone);

        await context.command.first();
        const change = changeBy(context, fileName, "createReconciliation");
        const id = `${county}.r${change.id}`;
        const findings = new TextEncoder().encode(JSON.stringify(kept));
        // The record comes last: without it nobody looks at the files, with it both are whole.
        await files.put(tableFileOf(id), bytes, contentType);
        await files.put(findingsFileOf(id), findings, "application/json");
        const record: ReconciliationRecord = {
          id,
          area,
          fileName,
          size: bytes.length,
          digest: file.digest,
          asOf: file.asOf,
          on: day,
          alone: isAlone,
          parametersVersion: values?.version ?? 0,
          ...(values && { parametersChange: values.change }),
          createdAt: change.at,
          createdBy: change.by,
          counts: countsOf(kept),
          moneyFen: moneyOf(kept),
          findings: sha256(findings),
        };
        const failed = await store.addReconciliation(record, change, context.command.done(id));
        if (failed) throw new Error(`reconciliations: ${failed} of ${id} was there`);
        return { body: { ...rowOf(record), tables: kept.tables } };
      },
      async replay(ref, context) {
        return await whole(await load(ref, context));
      },
    },

    async listReconciliations({ query: { area, limit, cursor } }) {
      const county = countyOf(area);
      const { items, next } = await filledPage(
        async (most, after) => await store.reconciliations(county, most, after),
        (record) => covers(area, record.area),
        { limit, cursor, isOne: (id) => id.startsWith(`${county}.r`) },
      );
      return { body: { items: items.map(rowOf), next } };
    },

    async getReconciliation({ params }, context) {
      return await whole(await load(params.reconciliation, context));
    },

    async listReconciledFindings({ params, query }, context) {
      const { verdict, rule, table, disposition, limit, cursor } = query;
      const record = await load(params.reconciliation, context);
      const { findings } = await keptOf(record);
      const wanted = findings.filter(
        ({ finding }) =>
          (verdict === undefined ? finding.verdict !== "meets" : finding.verdict === verdict) &&
          (rule === undefined || finding.rule === rule || (rule.endsWith(".") && finding.rule.startsWith(rule))) &&
          (table === undefined || finding.inputs.some(({ place }) => place?.sheet === table)),
      );
      const placeOf = (id: string) => wanted.findIndex(({ key }) => key === id);
      const { items, next } = await filledPage(
        async (most, after) => {
          const from = after === undefined ? 0 : placeOf(after) + 1;
          const part = wanted.slice(from, from + most);
          const disposed = await store.disposed(
            countyOf(record.id),
            part.map(({ key }) => key),
          );
          const records = part.map(({ key, finding }, i) => {
            const { version = 0, latest } = disposed[i] ?? {};
            return { id: key, key, disposition: shown(latest, context.today), version, finding: told(finding) };
          });
          return { records, more: from + most < wanted.length };
        },
        ({ disposition: of }) => {
          const open = of === null || of.expired;
          return disposition === undefined || (disposition === "none" ? open : !open && of.kind === disposition);
        },
        { limit, cursor, isOne: (id) => placeOf(id) >= 0 },
      );
      return { body: { items: items.map(({ id: _id, ...row }): ReconciledFinding => row), next } };
    },

    async getReconciledFinding({ params }, context) {
      const record = await load(params.reconciliation, context);
      const [finding, history] = await Promise.all([
        findingOf(record, params.finding),
        store.history(countyOf(record.id), params.finding),
      ]);
      return withHistory(params.finding, finding, history, context);
    },

    async getReconciliationReport({ params }, context) {
      const record = await load(params.reconciliation, context);
      const { findings, answers, sources } = await keptOf(record);
      const html = reportHtml({
        title: { zh: `核对报告：${record.fileName}`, en: `Reconciliation: ${record.fileName}` },
        on: record.on,
        lang: context.language,
        findings: findings.map(({ finding }) => finding),
        tables: answers,
        sources,
      });
      return {
        body: {
          bytes: bounded(new TextEncoder().encode(html)),
          contentType: `${HTML}; charset=utf-8`,
          fileName: `${bare(record.fileName)}-${context.language === "zh" ? "核对报告" : "report"}.html`,
        },
      };
    },

    async getMarkedReconciliation({ params }, context) {
      const record = await load(params.reconciliation, context);
      const [bytes, { findings, sources }] = await Promise.all([fileOf(tableFileOf(record.id)), keptOf(record)]);
      const sheets = await openWorkbook(bytes, context.late);
      const { language } = context;
      const own = sources[0]?.file;
      // Each where it points first: marking all that it rests on would leave no cell white.
      const marks = findings.flatMap(({ finding: { verdict, title, steps, inputs } }) => {
        const place = inputs.find((input) => input.place?.file === own)?.place;
        if (verdict === "meets" || place === undefined) return [];
        const message = [title, ...steps].map((text) => text[language]).join("\n");
        return [{ sheet: place.sheet, row: place.row, column: place.column, message }];
      });
      return {
        body: {
          bytes: bounded(await markErrors(sheets, marks)),
          contentType: XLSX,
          fileName: `${bare(record.fileName)}-${language === "zh" ? "标注" : "marked"}.xlsx`,
        },
      };
    },

    disposeFinding: {
      async run({ params, body, ifMatch }, context) {
        const record = await load(params.reconciliation, context);
        const county = countyOf(record.id);
        const finding = await ownFindingOf(record, params.finding, context);
        if (finding.verdict === "meets") {
          throw new Problem("refused", { zh: "该项相符，无需处理", en: "It holds: there is nothing to dispose of" });
        }
        const { kind, reason, figure, askedOf, until } = body;
        if (figure !== undefined && kind !== "correct") {
          throw wrong({ pointer: "/figure", reason: "kind", zh: "只有更正时才填", en: "goes with a correction only" });
        }
        if ((askedOf !== undefined) !== (kind === "asked-back")) {
          throw wrong({
            pointer: "/askedOf",
            reason: "kind",
            zh: "退回询问时必填，其他情形不填",
            en: "says who is asked back, and goes with that only",
          });
        }
        if (until !== undefined && until < context.today) {
          throw wrong({ pointer: "/until", reason: "date", zh: "不能早于今天", en: "not before today" });
        }
        if (kind === "accepted") await mayAccept(record, county, context);
        const change = changeBy(context, reason, "disposeFinding");
        const entry: DispositionRecord = {
          kind,
          at: change.at,
          by: change.by,
          reason,
          ...(figure !== undefined && { figure }),
          ...(askedOf !== undefined && { askedOf }),
          ...(until !== undefined && { until }),
          reconciliation: record.id,
        };
        return await settled(async () => {
          const history = await store.history(county, params.finding);
          expectVersion({ version: history.length }, ifMatch);
          mayFollow(history.at(-1), county, context);
          const key = context.command.done(`${record.id} ${params.finding}`);
          const failed = await store.dispose(county, params.finding, history.length, entry, change, key);
          return failed === undefined ? withHistory(params.finding, finding, [...history, entry], context) : undefined;
        });
      },
      async replay(ref, context) {
        const [id = "", key = ""] = ref.split(" ");
        const record = await load(id, context);
        const finding = await ownFindingOf(record, key, context);
        return withHistory(key, finding, await store.history(countyOf(id), key), context);
      },
    },
  };
}

/** What a function can answer with, of its 6 MB, once a file is written in base64. */
const MOST_ANSWER = 4 * 1024 * 1024;
function bounded(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= MOST_ANSWER) return bytes;
  throw new Problem("refused", {
    zh: "内容过多，无法生成一个文件，请分表核对",
    en: "Too much for one file: have the tables reconciled in parts",
  });
}

/** What the county has accepted is taken up again by who answers for the county, until it has run out. */
function mayFollow(latest: DispositionRecord | undefined, county: string, { caller, today }: Context): void {
  const before = shown(latest, today);
  if (before?.kind !== "accepted" || before.expired || may(caller, "dispositions.write", [county])) return;
  throw new Problem("forbidden", {
    zh: "县里已认可该项，只能由县级改变",
    en: "The county has accepted it: only who answers for the county can decide otherwise",
  });
}

const wrong = ({ zh, en, ...error }: Omit<FieldError, "detail"> & { zh: string; en: string }) =>
  new Problem("invalid-request", undefined, { errors: [{ ...error, detail: { zh, en } }] });

const bare = (fileName: string) => fileName.replace(/\.\w+$/, "");

/** The contract's shape of a finding is the rules' own; only that lists may be written to differs. */
const told = (finding: Finding) => finding as ReconciledFinding["finding"];

const shown = (latest: DispositionRecord | undefined, today: string) =>
  latest === undefined ? null : { ...latest, expired: latest.until !== undefined && latest.until < today };

const rowOf = ({ findings: _digest, parametersChange: _change, ...row }: ReconciliationRecord): ReconciliationRow =>
  row;

function countsOf({ findings }: Kept): Record<Verdict, number> {
  const counts = { meets: 0, deviates: 0, breaches: 0, ambiguous: 0, "cannot-tell": 0 };
  for (const { finding } of findings) counts[finding.verdict]++;
  return counts;
}

function moneyOf({ findings }: Kept) {
  const sum = { year: 0, once: 0 };
  for (const { finding } of findings) {
    if (finding.verdict !== "meets" && finding.moneyPer) sum[finding.moneyPer] += finding.moneyFen ?? 0;
  }
  // Figures without sense can add up to what no whole number holds.
  const known = (fen: number) => (Number.isSafeInteger(fen) ? fen : null);
  return { year: known(sum.year), once: known(sum.once) };
}
