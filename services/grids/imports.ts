import { createHash } from "node:crypto";
import { Finding } from "@county/contracts/findings.ts";
import * as Contract from "@county/contracts/grids.ts";
import { type CellError, ImportRow, type ImportSummary, UPLOAD_BYTES } from "@county/contracts/grids.ts";
import { Problem } from "@county/contracts/problem.ts";
import { policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { idFrom } from "@county/platform/clock.ts";
import { DocumentTooLarge, type Stored } from "@county/platform/documents.ts";
import { type Files, folderOf } from "@county/platform/files.ts";
import { backOff } from "@county/platform/table.ts";
import {
  checkTotal,
  type Plan,
  type PrintedTotal,
  planCommunities,
  planPlaces,
  printedTotal,
  readCommunityTable,
  readPlaceTable,
  streetOf,
} from "@county/rules/register.ts";
import type { Sheet } from "@county/tables/read.ts";
import * as z from "zod/mini";
import { provisionalCode } from "./codes.ts";
import { withoutCompanies } from "./coverage.ts";
import { reckonMaps } from "./map-imports.ts";
import type { MapWrite } from "./map-store.ts";
import { communitiesOf, metaOf, type Scope, scopeOf, withRow } from "./register.ts";
import type { ChangeOf, CommunityRow, ImportRecord, PlacesState, Store, Write } from "./store.ts";
import { openTable } from "./workbooks.ts";

/** Imports: what a table would do (`check`), and doing it (`publish`), safe to be killed anywhere and done again. */
export interface Deps {
  readonly store: Store;
  readonly files: Files;
}

/** What a check found, kept as a file: it may be far larger than a record. */
const Result = z.object({
  rows: z.array(ImportRow),
  errors: z.array(Contract.CellError),
  findings: z.array(Finding),
});
export type Result = z.infer<typeof Result>;
const NOTHING: Result = { rows: [], errors: [], findings: [] };

const imports = folderOf("imports", "grids");
export const tableFileOf = (id: string) => `${imports}${id}/table`;
const resultFileOf = (id: string, version: number) => `${imports}${id}/result-${version}.json`;
/** As it was posted; its form can be posted again until it expires, so nothing but the check looks here. */
export const postedFileOf = (id: string) => `${folderOf("uploads", "grids")}${id}`;
const MOST_RESULT_BYTES = 256 * 1024 * 1024;

export async function resultOf({ files }: Deps, record: ImportRecord): Promise<Result> {
  if (record.result === undefined) return NOTHING;
  const bytes = await files.get(record.result, MOST_RESULT_BYTES);
  if (bytes === undefined) throw new Error(`imports: the result of ${record.id} is gone`);
  return z.parse(Result, JSON.parse(new TextDecoder().decode(bytes)));
}

export const digestOf = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

// --------------------------------------------------------------------------------------------------------------- check

/** A table held against the register as it is now: what it would do, and to which documents. */
export interface Reckoned {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  /** The same table against the same register gives the same digest. */
  readonly digest: string;
  /** The documents as publishing would leave them. */
  readonly writes: (change: ChangeOf) => Writes | Promise<Writes>;
}
interface Writes {
  readonly writes: readonly Write[];
  readonly claims: readonly { code: string; id: string }[];
  readonly maps?: readonly MapWrite[];
}

async function reckon(deps: Deps, record: ImportRecord, sheets: readonly Sheet[]): Promise<Reckoned> {
  const scope = await scopeOf(deps.store, record.area);
  switch (record.table) {
    case "communities":
      return await reckonCommunities(deps, record, sheets, scope);
    case "places":
      return await reckonPlaces(deps, record, sheets, scope);
    case "grids": {
      const { plan, writes } = await reckonMaps(deps.store, record, sheets, scope);
      return { plan, findings: [], digest: digestOf(JSON.stringify(plan)), writes };
    }
  }
}

async function reckonCommunities(
  { store }: Deps,
  record: ImportRecord,
  sheets: readonly Sheet[],
  scope: Scope,
): Promise<Reckoned> {
  const [changes, streets] = await Promise.all([
    store.policies.changes(record.area),
    Promise.all(scope.streets.map(async ({ id }) => ({ id, document: await store.street(id) }))),
  ]);
  const policy = policyOn(record.asOf, changes);
  const documents = new Map(streets.flatMap(({ id, document }) => (document ? [[id, document] as const] : [])));
  const reading = readCommunityTable(sheets);
  const asked = record.area.length === 9 ? scope.streets[0] : undefined;
  const registered = [...documents.values()].flatMap(({ state }) =>
    state.communities.map((row) => ({
      id: row.id,
      code: row.code,
      owner: state.street.id,
      active: row.status === "active",
      figures: row.figures,
    })),
  );
  const plan = planCommunities(reading, scope.streets, asked, registered);

  // A street's printed totals are kept with it, and held against the rows of the same table.
  const totals = new Map<string, PrintedTotal[]>();
  const findings: Finding[] = [];
  for (const total of reading.totals) {
    const street = streetOf(total.title, total.sheet, scope.streets, asked);
    if (!("id" in street)) continue;
    const printed = printedTotal(total, `${record.fileName} ${total.sheet} ${total.row}`, record.asOf);
    totals.set(street.id, [...(totals.get(street.id) ?? []), printed]);
    const parts = reading.lines
      .filter((line) => line.errors.length === 0 && line.sheet === total.sheet && line.title === total.title)
      .map((line) => ({
        ...(line.values as Record<"plannedGrids" | "placeCount" | "households" | "population", number>),
        name: String(line.values.name),
        asOf: record.asOf,
        source: `${record.fileName} ${line.sheet} ${line.row}`,
      }));
    findings.push(...checkTotal(street, printed, parts).map((finding) => ({ ...finding }) as Finding));
  }

  return {
    plan,
    findings: findings.filter(({ verdict }) => verdict !== "meets"),
    digest: digestOf(JSON.stringify([plan, [...totals]])),
    writes: (change) => {
      const claims: { code: string; id: string }[] = [];
      const writes = scope.streets.flatMap((street): Write[] => {
        const before = documents.get(street.id);
        const printed = totals.get(street.id);
        const rows = plan.rows.filter(({ write }) => write?.owner === street.id);
        const sameTotals = printed === undefined || figuresOf(printed) === figuresOf(before?.state.totals ?? []);
        if (before === undefined || (rows.length === 0 && sameTotals)) return [];
        let { communities } = before.state;
        for (const { sheet, row, write } of rows) {
          const known = communities.find(({ id }) => id === write?.id);
          const id = known?.id ?? `${street.id}.${idFrom(`${record.id}\n${sheet}\n${row}`, 8)}`;
          const code = known?.code ?? provisionalCode(street.code, communities, policy);
          if (!known) claims.push({ code, id });
          communities = withRow<CommunityRow>(communities, {
            ...(known ?? { id, code, aliases: [], codeStatus: "provisional" as const }),
            figures: write?.figures as unknown as CommunityRow["figures"],
            ...metaOf(known, before, change, { status: "active", asOf: record.asOf }),
          });
        }
        return [
          {
            kind: "street",
            id: street.id,
            before,
            state: { ...before.state, communities, totals: printed ?? before.state.totals },
          },
        ];
      });
      return { writes, claims };
    },
  };
}

/** What totals print, without where and when: the same table in another file says nothing new. */
const figuresOf = (totals: readonly PrintedTotal[]) =>
  JSON.stringify(totals.map(({ printed, note }) => [printed, note]));

async function reckonPlaces(
  { store }: Deps,
  record: ImportRecord,
  sheets: readonly Sheet[],
  scope: Scope,
): Promise<Reckoned> {
  const communities: CommunityRow[] = [];
  for await (const { row } of communitiesOf(store, scope)) if (row.status === "active") communities.push(row);
  const reading = readPlaceTable(sheets);
  const owners = communities.map(({ id, code, figures }) => ({ id, code, name: figures.name }));
  const spokenOf = new Set(reading.lines.map(({ values }) => values.community));
  const documents = new Map<string, Stored<PlacesState> | undefined>();
  for (const { id, code, name } of owners) {
    if (spokenOf.has(name) || spokenOf.has(code)) documents.set(id, await store.places(id));
  }
  const registered = [...documents.values()].flatMap((document) =>
    (document?.state.places ?? [])
      .filter(({ movedTo }) => movedTo === undefined)
      .map((row) => ({
        id: row.id,
        owner: document?.state.community as string,
        active: row.status === "active",
        figures: row.figures,
      })),
  );
  const plan = await withoutCompanies(store, planPlaces(reading, owners, registered), reading.lines);
  return {
    plan,
    findings: [],
    digest: digestOf(JSON.stringify(plan)),
    writes: (change) => ({
      claims: [],
      writes: owners.flatMap((owner): Write[] => {
        const rows = plan.rows.filter(({ write }) => write?.owner === owner.id);
        if (rows.length === 0) return [];
        const before = documents.get(owner.id);
        let places = before?.state.places ?? [];
        for (const { sheet, row, write } of rows) {
          const known = places.find(({ id }) => id === write?.id);
          places = withRow(places, {
            ...(known ?? { id: `${owner.id}.${idFrom(`${record.id}\n${sheet}\n${row}`, 8)}` }),
            figures: write?.figures as unknown as PlacesState["places"][number]["figures"],
            ...metaOf(known, before, change, { status: "active", asOf: record.asOf }),
          });
        }
        return [{ kind: "places", id: owner.id, area: owner.code, before, state: { community: owner.id, places } }];
      }),
    }),
  };
}

/**
 * Holds a table against the register and keeps what was found; nothing of the register changes.
 * @returns the record as it should be now, `checked` or `rejected` with what is wrong, and what was found
 */
export async function check(
  deps: Deps,
  record: ImportRecord,
  bytes: Uint8Array,
  late: () => boolean,
): Promise<{ record: ImportRecord; result: Result }> {
  const version = record.version + 1;
  const read = { ...record, digest: digestOf(bytes), size: bytes.length, version };
  const sheets = await openTable(bytes, late);
  if ("problem" in sheets) return { record: { ...read, state: "rejected", problem: sheets.problem }, result: NOTHING };
  const { plan, findings, digest, writes: writesOf } = await reckon(deps, record, sheets);
  const result: Result = {
    rows: plan.rows.map(({ write: _, ...row }) => ({ ...row, changes: [...row.changes], errors: [...row.errors] })),
    errors: [...plan.errors],
    findings: [...findings],
  };
  const file = resultFileOf(record.id, version);
  await deps.files.put(file, new TextEncoder().encode(JSON.stringify(result)), "application/json");
  const count = (outcome: ImportRow["outcome"]) => plan.rows.filter((row) => row.outcome === outcome).length;
  const errors = count("error") + plan.errors.length;
  const empty = plan.rows.length === 0 && plan.errors.length === 0;
  const summary: ImportSummary = {
    rows: plan.rows.length,
    created: count("created"),
    changed: count("changed"),
    unchanged: count("unchanged"),
    errors,
    absent: [...plan.absent].slice(0, 200),
  };
  let refusal: Text | undefined;
  if (errors === 0 && !empty) {
    try {
      const change = { id: record.id, at: record.createdAt, by: record.createdBy, reason: record.fileName, action: "" };
      const { writes, claims, maps } = await writesOf(change);
      deps.store.publication(read, read, writes, claims, change, namesOf(plan), maps);
    } catch (error) {
      refusal = refusalOf(error);
    }
  }
  const after: ImportRecord = {
    ...read,
    state: errors > 0 || empty || refusal ? "rejected" : "checked",
    summary,
    plan: digest,
    result: file,
    ...(errors > 0 && {
      problem: { zh: `有 ${errors} 处错误，改正后重新导入`, en: `Errors: ${errors}. Correct them and import again` },
    }),
    ...(empty && { problem: { zh: "表中没有数据行", en: "The table has no rows of data" } }),
    ...(refusal && { problem: refusal }),
  };
  return { record: after, result };
}

/** All errors of a check, of rows and of none. */
export const errorsOf = (result: Result): CellError[] => [
  ...result.errors,
  ...result.rows.flatMap((row) => row.errors),
];

// ------------------------------------------------------------------------------------------------------------- publish

const CHANGED_SINCE: Text = {
  zh: "试导入之后台账有了变化，请重新试导入",
  en: "The register has changed since the dry run: check the table again",
};

/**
 * Why the register refuses an import for good.
 * @throws the error itself if it is anything else: the sweep tries that again
 */
function refusalOf(error: unknown): Text {
  if (error instanceof Problem && error.code === "refused" && error.detail) return error.detail;
  if (error instanceof DocumentTooLarge) return { zh: "该区域登记的条目过多", en: "Too many records for one area" };
  throw error;
}

/** Which rows an import changes, for the audit. */
const namesOf = (plan: Plan): string[] =>
  plan.rows.filter(({ outcome }) => outcome === "created" || outcome === "changed").map(({ name }) => name);

/**
 * Carries an import in state `publishing` to its end. Safe to be called twice, at once, or after having been killed
 * anywhere: the rows it writes depend only on the import and the register, and one transaction publishes them.
 * @returns the record as it is afterwards
 */
export async function publish(deps: Deps, id: string, now: string): Promise<ImportRecord> {
  for (let attempt = 0; ; attempt++) {
    const record = await deps.store.import(id);
    if (record === undefined) throw new Problem("not-found");
    if (record.state !== "publishing") return record;
    const outcome = await tryToPublish(deps, record, now);
    if (outcome !== "again") return outcome;
    if (attempt === 8) throw new Problem("unavailable", undefined, { retryAfterSeconds: 2 });
    await backOff(attempt);
  }
}

async function tryToPublish(deps: Deps, record: ImportRecord, now: string): Promise<ImportRecord | "again"> {
  const { store, files } = deps;
  const fail = async (problem: Text) => {
    const failed: ImportRecord = { ...record, state: "failed", problem, version: record.version + 1 };
    return (await store.moveImport(record, failed, { closed: true, at: now })) === "saved"
      ? failed
      : ("again" as const);
  };
  const bytes = await files.get(tableFileOf(record.id), UPLOAD_BYTES);
  if (bytes === undefined || digestOf(bytes) !== record.digest) {
    return await fail({ zh: "表格文件已不在，请重新导入", en: "The file is gone: import it again" });
  }
  const sheets = await openTable(bytes, () => false);
  if ("problem" in sheets) return await fail(sheets.problem);
  const { plan, digest, writes: writesOf } = await reckon(deps, record, sheets);
  if (digest !== record.plan) return await fail(CHANGED_SINCE);
  const change: ChangeOf = {
    id: record.id,
    at: record.committedAt as string,
    by: record.committedBy as string,
    reason: `导入 ${record.fileName}`,
    import: record.id,
    action: "commitImport",
  };
  const published: ImportRecord = { ...record, state: "published", publishedAt: now, version: record.version + 1 };
  try {
    const { writes, claims, maps } = await writesOf(change);
    const saved = await store.publish(
      store.publication(record, published, await store.withKept(writes), claims, change, namesOf(plan), maps),
    );
    if (saved === "code-taken") {
      return await fail({ zh: "有社区编码已被占用", en: "A community code is taken already" });
    }
    return saved === "saved" ? published : "again";
  } catch (error) {
    return await fail(refusalOf(error));
  }
}

/** An upload nobody finished, and a check whose message was lost, are forgotten after this long. */
const FORGET_AFTER_MILLISECONDS = 24 * 3_600_000;

/**
 * Finishes what was publishing, forgets what never came.
 * @throws AggregateError of those that could not be; the others are done all the same
 */
export async function sweep(deps: Deps, now: string): Promise<void> {
  const errors: unknown[] = [];
  for (const { id, since } of await deps.store.openImports()) {
    try {
      const record = await deps.store.import(id);
      if (record?.state === "publishing") await publish(deps, id, now);
      else if (record && Date.parse(now) - Date.parse(since) > FORGET_AFTER_MILLISECONDS) {
        const expired: ImportRecord = { ...record, state: "expired", version: record.version + 1 };
        const saved = await deps.store.moveImport(record, expired, { closed: true, at: now });
        if (saved === "saved") await deps.files.delete(postedFileOf(id));
      }
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `imports: ${errors.length} could not be swept`);
}

/** What the queue's worker does with an import: checks an uploaded table, or publishes one too large for a request. */
export async function work(
  deps: Deps,
  id: string,
  step: "check" | "publish",
  now: string,
  late: () => boolean,
): Promise<void> {
  if (step === "publish") {
    await publish(deps, id, now);
    return;
  }
  const record = await deps.store.import(id);
  // Another delivery of the same message was faster.
  if (record?.state !== "checking") return;
  const bytes = await deps.files.get(postedFileOf(id), UPLOAD_BYTES);
  const after: ImportRecord =
    bytes === undefined
      ? {
          ...record,
          state: "rejected",
          problem: { zh: "没有收到文件", en: "No file has arrived" },
          version: record.version + 1,
        }
      : (await check(deps, record, bytes, late)).record;
  // Only what could be read as a table is kept.
  if (bytes && after.result) await deps.files.put(tableFileOf(id), bytes, "application/octet-stream");
  await deps.store.moveImport(record, after, { closed: true, at: now });
  await deps.files.delete(postedFileOf(id));
}
