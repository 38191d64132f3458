import { may } from "@county/contracts/access.ts";
import { REQUEST_LIMITS } from "@county/contracts/api.ts";
import { covers, tierOf } from "@county/contracts/area.ts";
import { type grids, type Import, type ImportRow, UPLOAD_BYTES } from "@county/contracts/grids.ts";
import { ImportId } from "@county/contracts/parts.ts";
import { Problem } from "@county/contracts/problem.ts";
import { expectVersion } from "@county/platform/change.ts";
import { type Context, forbidden, type Handlers } from "@county/platform/context.ts";
import { filledPage, pageOf } from "@county/platform/cursor.ts";
import * as z from "zod/mini";
import { check, type Deps, errorsOf, postedFileOf, publish, type Result, resultOf, tableFileOf } from "./imports.ts";
import { scopeOf } from "./register.ts";
import { countyIdOf, type ImportRecord } from "./store.ts";
import { markedTable, openTable } from "./workbooks.ts";

type ImportRoutes =
  | "createImport"
  | "createUpload"
  | "listImports"
  | "getImport"
  | "listImportRows"
  | "getMarkedTable"
  | "checkImport"
  | "commitImport";

/** Imports of tables: a dry run first, then all of it or nothing. */
export function importHandlers(deps: Deps): Pick<Handlers<typeof grids>, ImportRoutes> {
  const { store, files } = deps;

  const importAnswer = async (record: ImportRecord): Promise<Import> => {
    return importWith(record, await resultOf(deps, record));
  };

  const loadRecord = async (id: string, { permit }: Context): Promise<ImportRecord> => {
    const record = await store.import(id);
    if (record === undefined) throw new Problem("not-found", { zh: "没有这次导入", en: "There is no such import" });
    permit([record.area]);
    return record;
  };

  const newImport = (
    context: Context,
    countyId: string,
    given: Pick<ImportRecord, "state" | "table" | "area" | "fileName" | "size"> & { asOf?: string | undefined },
  ): ImportRecord => ({
    ...given,
    id: `${countyId}.i${context.newTimeId()}`,
    asOf: given.asOf ?? context.today,
    createdAt: context.now,
    createdBy: context.account,
    version: 1,
  });

  /** A table of communities needs streets to go to; one of places also fits a single community. */
  const importScope = async (area: string, table: ImportRecord["table"]): Promise<string> => {
    const scope = await scopeOf(store, area);
    if (table === "communities" && tierOf(area) === "community") {
      throw new Problem("invalid-request", undefined, {
        errors: [
          {
            parameter: "area",
            reason: "tier",
            detail: { zh: "社区表请按街道或县导入", en: "import communities into a street or a county" },
          },
        ],
      });
    }
    return scope.county.state.id;
  };

  /** Whole maps are changed by an import as by hand, so only by those who may. */
  const permitTable = ({ caller }: Context, { table, area }: Pick<ImportRecord, "table" | "area">): void => {
    if (table === "grids" && !may(caller, "grids.write", [area])) throw forbidden(caller, "grids.write", area);
  };

  const uploadForm = async (record: ImportRecord, now: string) => {
    const expiresAt = new Date(Date.parse(now) + 3_600_000).toISOString();
    return {
      import: await importAnswer(record),
      ...files.uploadTarget(postedFileOf(record.id), record.size, now, expiresAt),
      expiresAt,
    };
  };

  return {
    createImport: {
      async run({ query: { area, table, asOf, fileName }, body }, context) {
        permitTable(context, { area, table });
        const given = newImport(context, await importScope(area, table), {
          state: "checking",
          table,
          area,
          fileName,
          size: body.bytes.length,
          asOf,
        });
        await context.command.first();
        await files.put(tableFileOf(given.id), body.bytes, body.contentType);
        const { record, result } = await check(deps, given, body.bytes, context.late);
        await store.addImport(record, false, context.command.done(record.id));
        return { body: importWith(record, result), version: record.version };
      },
      async replay(ref, context) {
        const record = await loadRecord(ref, context);
        return { body: await importAnswer(record), version: record.version };
      },
    },

    createUpload: {
      async run({ body }, context) {
        permitTable(context, body);
        const record = newImport(context, await importScope(body.area, body.table), {
          ...body,
          state: "awaiting-upload",
        });
        await store.addImport(record, true, context.command.done(record.id));
        return { body: await uploadForm(record, context.now) };
      },
      async replay(ref, context) {
        return { body: await uploadForm(await loadRecord(ref, context), context.now) };
      },
    },

    async listImports({ query: { area, limit, cursor } }) {
      const countyId = (await scopeOf(store, area)).county.state.id;
      const { items, next } = await filledPage(
        async (most, after) => await store.imports(countyId, most, after),
        (record) => covers(area, record.area),
        { limit, cursor, isOne: (id) => z.safeParse(ImportId, id).success && countyIdOf(id) === countyId },
      );
      return { body: { items: items.map(importHead), next } };
    },

    async getImport({ params }, context) {
      const record = await loadRecord(params.import, context);
      return { body: await importAnswer(record), version: record.version };
    },

    async listImportRows({ params, query: { outcome, limit, cursor } }, context) {
      const { rows } = await resultOf(deps, await loadRecord(params.import, context));
      const wanted = outcome === undefined ? rows : rows.filter((row) => row.outcome === outcome);
      return { body: await pageOf(wanted, (row: ImportRow) => `${row.sheet} ${row.row}`, { limit, cursor }) };
    },

    async getMarkedTable({ params }, context) {
      const record = await loadRecord(params.import, context);
      const bytes = await files.get(tableFileOf(record.id), UPLOAD_BYTES);
      if (bytes === undefined) {
        if (record.problem) throw new Problem("refused", record.problem);
        throw new Problem("not-found", { zh: "文件还没有上传", en: "The file has not arrived yet" });
      }
      const sheets = await openTable(bytes, context.late);
      if ("problem" in sheets) throw new Problem("refused", sheets.problem);
      return { body: await markedTable(sheets, errorsOf(await resultOf(deps, record)), record.fileName) };
    },

    checkImport: {
      async run({ params }, context) {
        const record = await loadRecord(params.import, context);
        permitTable(context, record);
        if (record.state !== "awaiting-upload") throw wrongState(record);
        const checking: ImportRecord = { ...record, state: "checking", version: record.version + 1 };
        const saved = await store.moveImport(record, checking, {
          request: "check",
          key: context.command.done(record.id),
          at: context.now,
        });
        if (saved !== "saved") throw wrongState(record);
        return { body: await importAnswer(checking), version: checking.version };
      },
      async replay(ref, context) {
        const record = await loadRecord(ref, context);
        return { body: await importAnswer(record), version: record.version };
      },
    },

    commitImport: {
      async run({ params, ifMatch }, context) {
        const record = await loadRecord(params.import, context);
        permitTable(context, record);
        expectVersion(record, ifMatch);
        if (record.state !== "checked") throw wrongState(record);
        const large = isLarge(record);
        const publishing: ImportRecord = {
          ...record,
          state: "publishing",
          committedAt: context.now,
          committedBy: context.account,
          version: record.version + 1,
        };
        // From here the import is bound to happen: if this process dies, the sweep carries it on.
        const saved = await store.moveImport(record, publishing, {
          open: true,
          key: context.command.done(record.id),
          at: context.now,
          ...(large && { request: "publish" as const }),
        });
        if (saved !== "saved") throw wrongState(record);
        const after = large ? publishing : await publish(deps, record.id, context.now);
        if (after.state === "failed") throw new Problem("conflict", after.problem);
        return { body: await importAnswer(after), version: after.version };
      },
      async replay(ref, context) {
        const record = await loadRecord(ref, context);
        // The first call may have been cut off: the caller who comes again need not wait for the sweep.
        const after = isLarge(record) ? record : await publish(deps, record.id, context.now);
        // Also how a first call ends: its key was written before the import failed.
        if (after.state === "failed") throw new Problem("conflict", after.problem);
        return { body: await importAnswer(after), version: after.version };
      },
    },
  };
}

/** What came by upload may take longer to publish than a caller waits: the worker does it. */
const isLarge = ({ size }: ImportRecord): boolean => size > REQUEST_LIMITS.fileBytes;

const importHead = ({ plan: _plan, committedAt: _at, committedBy: _by, result: _result, ...record }: ImportRecord) =>
  record;

const importWith = (record: ImportRecord, { rows, errors, findings }: Result): Import => ({
  ...importHead(record),
  rows: rows.slice(0, 200),
  errors,
  findings,
});

const wrongState = (record: ImportRecord) =>
  new Problem("conflict", {
    zh: `这次导入的状态是“${record.state}”，不能这样操作${record.problem ? `：${record.problem.zh}` : ""}`,
    en: `The import is "${record.state}", which does not allow this${record.problem ? `: ${record.problem.en}` : ""}`,
  });
