import { createHash } from "node:crypto";
import type { FileBody } from "@county/contracts/api.ts";
import { Problem } from "@county/contracts/problem.ts";
import { ProjectImport } from "@county/contracts/property-coverage.ts";
import { type AreaCopy, communityOf, officeScope } from "@county/platform/areas.ts";
import { type ChangeOf, changeBy, settled } from "@county/platform/change.ts";
import type { CommandRecord } from "@county/platform/commands.ts";
import type { Context } from "@county/platform/context.ts";
import { folderOf } from "@county/platform/files.ts";
import { isLonger, whyNotTerm } from "@county/rules/coverage.ts";
import type { CellError } from "@county/rules/table-reading.ts";
import * as z from "zod/mini";
import type { CompanyRecord } from "./companies.ts";
import { type CoverageWrite, MOST_COMMUNITIES, projectIdOf, type Span } from "./coverage.ts";
import { type Covered, communitiesIn, coveredAmong, nameOf } from "./covered.ts";
import type { Deps } from "./handlers.ts";
import { type ProjectField, type ProjectLine, readProjects } from "./project-tables.ts";
import { areaAt } from "./registrars.ts";

/**
 * A workbook of contracts and fallbacks held against what is kept: a row that is there already changes nothing, one that differs in
 * its last day alone changes that, another is new. All of it is written in one moment, or nothing.
 */

/** What an import did, for a replay: a file, because it may be larger than a record. */
const Done = z.object({ area: z.string(), result: ProjectImport });
const doneFileOf = (id: string) => `${folderOf("kept", "property")}imports/${id}.json`;
const MOST_BYTES = 16 * 1024 * 1024;

const digestOf = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");

type Row = ProjectImport["rows"][number];

interface Fault {
  readonly field: ProjectField | undefined;
  readonly reason: string;
  readonly zh: string;
  readonly en: string;
}
const isFault = <T extends object>(one: T | Fault): one is Fault => "zh" in one && "reason" in one;

const told = ({ column, heading, value, reason, detail }: CellError): Row["errors"][number] => ({
  column: column ?? null,
  heading: heading ?? null,
  value: value ?? null,
  reason,
  detail,
});
function faultOf(line: ProjectLine, { field, reason, zh, en }: Fault): Row["errors"][number] {
  const at = field && line.at[field];
  const value = field === undefined ? null : line[field];
  return { column: at?.column ?? null, heading: at?.heading ?? null, value, reason, detail: { zh, en } };
}

interface Reckoned {
  readonly rows: readonly Row[];
  readonly digest: string;
  /** The spans of each place that changes, all of them. */
  readonly places: ReadonlyMap<string, readonly Span[]>;
}

/** What the rows would do. @param file the digest of the file */
function reckon(
  { lines, errors }: { readonly lines: readonly ProjectLine[]; readonly errors: readonly CellError[] },
  { area, file }: { readonly area: string; readonly file: string },
  covered: readonly Covered[],
  companies: ReadonlyMap<string, CompanyRecord>,
  change: ChangeOf,
  today: string,
): Reckoned {
  const byId = new Map([...companies.values()].map((one) => [one.id, one]));
  const companyOf = (span: Span | undefined) => (span?.company == null ? undefined : byId.get(span.company));
  const spans = new Map(covered.map((one) => [one.place.id, [...one.spans]]));
  const touched = new Set<string>();
  const taken = new Set<string>();

  const placeOf = (line: ProjectLine): Covered | Fault => {
    const within = covered.filter(({ community }) =>
      [community.name, ...community.codes].some((text) => text === line.community),
    );
    if (within.length === 0) {
      return { field: "community", reason: "unknown", zh: "范围内没有这个社区", en: "no such community in the area" };
    }
    const named = within.filter(({ place }) =>
      line.id === null ? place.active && place.name === line.place : place.id === line.id,
    );
    if (named.length === 1) return named[0] as Covered;
    const field = line.id === null ? "place" : "id";
    return named.length === 0
      ? { field, reason: "unknown", zh: "该社区没有这个小区", en: "the community has no such place" }
      : { field, reason: "ambiguous", zh: "有多个同名小区，请填系统编号", en: "several of this name: give the id" };
  };

  const attempt = (line: ProjectLine): Row["outcome"] | Fault => {
    const found = placeOf(line);
    if (isFault(found)) return found;
    const { place, known } = found;
    if (!known) {
      return {
        field: "place",
        reason: "not-taken-over",
        zh: "该小区以前的情况还没有从台账转入，请稍后再导入",
        en: "what the register said of it is not taken over yet: import again soon",
      };
    }
    const company = line.kind === "company" ? companies.get(line.unit) : undefined;
    const own = spans.get(place.id) as Span[];
    const span: Span = {
      place: place.id,
      project: company ? projectIdOf(place.id, company.id) : null,
      company: company?.id ?? null,
      name: company?.name ?? null,
      fallback: line.kind === "company" ? null : line.kind,
      unit: line.kind === "company" ? null : line.unit,
      from: line.from,
      to: line.to,
      source: "here",
      changed: { by: change.by, at: change.at, reason: change.reason },
    };
    const same = own.find(
      (one) =>
        one.from === line.from &&
        one.fallback === span.fallback &&
        // By what it was called when it ended, too: so an export reads back.
        (line.kind === "company" ? one.name === line.unit || one.company === span.company : one.unit === line.unit),
    );
    const key = `${place.id} ${line.from}`;
    if (taken.has(key))
      return { field: "from", reason: "duplicate", zh: "前面已有一行", en: "a row before says it already" };
    taken.add(key);
    if (same?.to === line.to) return "unchanged";
    const serving = companyOf(same) ?? company;
    if (same === undefined && line.kind === "company" && company === undefined) {
      return {
        field: "unit",
        reason: "unknown",
        zh: "本县没有登记这家企业，请先登记",
        en: "no company of this name: register it first",
      };
    }
    if (serving?.active === false && (same === undefined || isLonger({ from: line.from, to: line.to }, same))) {
      return { field: "unit", reason: "withdrawn", zh: "该企业已注销", en: "the company is withdrawn" };
    }
    const others = own.filter((one) => one !== same);
    const serves = line.to === null || line.to >= today;
    const after = same
      ? {
          ...same,
          ...(serving && serves && { name: serving.name }),
          to: line.to,
          source: "here" as const,
          changed: span.changed,
        }
      : span;
    const why = whyNotTerm(after, others, nameOf, { was: same, today, isThere: place.active });
    if (why) return why;
    spans.set(place.id, [...others, after]);
    touched.add(place.id);
    return same ? "changed" : "created";
  };

  // What ends earlier makes room for what comes after it, whichever row says it first: shortened ones go first.
  const shortens = (line: ProjectLine): boolean => {
    const found = line.errors.length > 0 ? undefined : placeOf(line);
    if (found === undefined || isFault(found)) return false;
    return found.spans.some(
      (one) => one.from === line.from && line.to !== null && (one.to === null || line.to < one.to),
    );
  };
  const first = lines.filter(shortens);
  const outcomes = new Map(
    [...first, ...lines.filter((line) => !first.includes(line))].map((line) => [
      line,
      line.errors.length > 0 ? line.errors : attempt(line),
    ]),
  );
  const rows: Row[] = [
    ...errors.map(
      (error): Row => ({
        sheet: error.sheet,
        row: error.row,
        outcome: "error",
        community: null,
        place: null,
        errors: [told(error)],
      }),
    ),
    ...lines.map((line): Row => {
      const outcome = outcomes.get(line) as readonly CellError[] | Row["outcome"] | Fault;
      const wrong = typeof outcome === "string" ? [] : "zh" in outcome ? [faultOf(line, outcome)] : outcome.map(told);
      return {
        sheet: line.sheet,
        row: line.row,
        outcome: typeof outcome === "string" ? outcome : "error",
        community: line.community || null,
        place: line.place || null,
        errors: wrong,
      };
    }),
  ];
  const places = new Map([...touched].map((id) => [id, spans.get(id) as Span[]]));
  const after = [...places].map(([id, all]) => [id, all.map(({ changed: _, ...span }) => span)]);
  return { rows, places, digest: digestOf(JSON.stringify([file, area, rows.map(({ outcome }) => outcome), after])) };
}

function resultOf({ rows, digest }: Reckoned, state: "checked" | "done"): ProjectImport {
  const count = (outcome: Row["outcome"]) => rows.filter((row) => row.outcome === outcome).length;
  const summary = {
    rows: rows.length,
    created: count("created"),
    changed: count("changed"),
    unchanged: count("unchanged"),
    errors: count("error"),
  };
  return { state: summary.errors > 0 || rows.length === 0 ? "rejected" : state, digest, summary, rows: [...rows] };
}

export async function importProjects(
  { store, files }: Deps,
  {
    query: { area, commit },
    body: { bytes },
  }: { readonly query: { readonly area: string; readonly commit?: string | undefined }; readonly body: FileBody },
  context: Context & { readonly command: CommandRecord },
): Promise<ProjectImport> {
  const table = await readProjects(bytes, context.late);
  const scope = await officeScope(store.areas, area);
  const file = digestOf(bytes);
  const change = changeBy(context, `导入物业项目表 ${file}`, "importProjects");
  const of = scope.community?.id ?? (scope.streets.length === 1 ? scope.streets[0]?.id : undefined) ?? scope.county;

  const reckonNow = async () => {
    // What is decided on the documents and by the companies is saved on condition of them.
    const asTheyAre = await store.companies.asTheyAre(scope.county, change);
    const { covered, documents } = await coveredAmong(store, await communitiesIn(store, scope));
    const companies = new Map((await store.companies.all(scope.county)).map((one) => [one.name, one]));
    const reckoned = reckon(table, { area, file }, covered, companies, change, context.today);
    return { documents, asTheyAre, reckoned };
  };

  let { documents, asTheyAre, reckoned } = await reckonNow();
  if (commit === undefined) return resultOf(reckoned, "checked");
  return await settled(async () => {
    const result = resultOf(reckoned, "done");
    if (result.state === "rejected" || reckoned.digest !== commit) throw changedSince();
    const byHome = Map.groupBy(reckoned.places, ([place]) => communityOf(place));
    if (byHome.size > MOST_COMMUNITIES) {
      throw new Problem("refused", {
        zh: `一次导入最多涉及 ${MOST_COMMUNITIES} 个社区，请按街道分开导入`,
        en: `One import touches at most ${MOST_COMMUNITIES} communities: import street by street`,
      });
    }
    const writes = await Promise.all(
      [...byHome].map(async ([home, changed]): Promise<CoverageWrite> => {
        const before = documents.get(home);
        if (before === undefined) throw new Error(`property: ${home} has no coverage`);
        const own: AreaCopy = await areaAt(store.areas, home);
        const ids = new Set(changed.map(([place]) => place));
        const versions = { ...before.state.versions };
        for (const id of ids) versions[id] = (versions[id] ?? 0) + 1;
        return {
          community: home,
          area: own.code,
          before,
          state: {
            ...before.state,
            spans: [
              ...before.state.spans.filter(({ place }) => !ids.has(place)),
              ...changed.flatMap(([, spans]) => [...spans]),
            ],
            versions,
          },
        };
      }),
    );
    await context.command.first();
    // Before the transaction names it: a twin's is under another name.
    await files.put(
      doneFileOf(change.id),
      new TextEncoder().encode(JSON.stringify({ area, result } satisfies z.infer<typeof Done>)),
      "application/json",
    );
    const key = context.command.done(change.id);
    const rows = [...reckoned.places.keys()];
    if (await store.coverage.saveAll(writes, change, of, rows, [asTheyAre, key])) return result;
    ({ documents, asTheyAre, reckoned } = await reckonNow());
    return undefined;
  });
}

/** What an import did, and for which area. */
export async function importedAs({ files }: Deps, id: string): Promise<z.infer<typeof Done>> {
  const bytes = await files.get(doneFileOf(id), MOST_BYTES);
  if (bytes === undefined) throw new Error(`property: what ${id} did is gone`);
  return z.parse(Done, JSON.parse(new TextDecoder().decode(bytes)));
}

const changedSince = () =>
  new Problem("conflict", {
    zh: "试导入之后，文件或登记的物业服务情况有了变化，请重新试导入",
    en: "The file, or what is registered, has changed since the dry run: check it again",
  });
