import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Role } from "@county/contracts/access.ts";
import { type Client, client, ProblemAnswer } from "@county/contracts/client.ts";
import { type Community, CSV, grids, type Import, type Place, type TableKind, XLSX } from "@county/contracts/grids.ts";
import type { ProblemDocument } from "@county/contracts/problem.ts";
import { annexes, parseCsv } from "@county/plan/annexes.ts";
import { type CellOut, writeWorkbook } from "@county/tables/write.ts";
import { expect } from "vitest";
import { freshCountyCode, type Reached } from "./target.ts";

export type Register = Client<(typeof grids)["routes"]>;

/** A county of its own with the plan's two streets, and callers to work in it. */
export interface TestCounty {
  readonly code: string;
  /** 宝都街道, 宝城街道. */
  readonly baodu: string;
  readonly baocheng: string;
  /** The civil affairs bureau, for the whole county. */
  readonly office: Register;
  as(role: Role, area: string, more?: { language?: "zh" | "en"; subject?: string }): Promise<Register>;
}

export const newKey = (): string => randomUUID();

/** Sets up a county and its two streets over the API. */
export async function newCounty(here: Reached, first: number): Promise<TestCounty> {
  const code = freshCountyCode(first);
  const as: TestCounty["as"] = async (role, area, { language = "zh", subject } = {}) => {
    const token = await here.token([role], [area], subject ?? `${role}-${area}`);
    return client(grids, { baseUrl: here.baseUrl, token: () => token, language });
  };
  const office = await as("county.civil-affairs", code);
  const reason = "端到端测试";
  await office.createArea({ key: newKey(), body: { area: code, name: `测试县${code}`, reason } });
  const [baodu, baocheng] = [`${code}001`, `${code}002`];
  await office.createArea({ key: newKey(), body: { area: baodu, name: "宝都街道", reason } });
  await office.createArea({ key: newKey(), body: { area: baocheng, name: "宝城街道", reason } });
  return { code, baodu, baocheng, office, as };
}

// ---------------------------------------------------------------------------------------------------------- the tables

const annexBytes = (id: "annex2-baodu" | "annex2-baocheng"): Uint8Array =>
  new Uint8Array(readFileSync(annexes.find((annex) => annex.id === id)!.file));

/** Annex 2 of each street, byte for byte as the plan has it. */
export const annex2 = { baodu: annexBytes("annex2-baodu"), baocheng: annexBytes("annex2-baocheng") };

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const csvFile = (text: string) => ({ bytes: new TextEncoder().encode(text), contentType: CSV });
export const csvBytes = (bytes: Uint8Array) => ({ bytes, contentType: CSV });
/** A table in another encoding than UTF-8: what is called text, the cloud's gateway hands on as that. */
export const rawBytes = (bytes: Uint8Array) => ({ bytes, contentType: "application/octet-stream" });
export const xlsxBytes = (bytes: Uint8Array) => ({ bytes, contentType: XLSX });

export const HEADINGS = "序号,社区名称,网格数量,小区数量,户数,人口,服务中心位置,社区范围";

/** The cells of a CSV as the county's own workbooks have them: figures as numbers, a merged title on top. */
export function countySheet(title: string, csv: Uint8Array): (string | number | null | CellOut)[][] {
  const rows = parseCsv(textOf(csv)).map((cells) =>
    cells.map((cell) => (cell === "" ? null : /^\d+$/.test(cell) ? Number(cell) : cell)),
  );
  const width = rows[0]!.length;
  const merged = (value: string): (string | null | CellOut)[] => [
    { value, bold: true, align: "center", columns: width },
    ...Array<null>(width - 1).fill(null),
  ];
  return [merged("附件2"), merged(title), ...rows];
}

/** Both streets in one workbook, a sheet each, as the county sends it. */
export const bothStreets = async (): Promise<Uint8Array> =>
  await writeWorkbook([
    { name: "宝都", rows: countySheet("社区基本情况表（宝都街道）", annex2.baodu) },
    { name: "宝城", rows: countySheet("社区基本情况表（宝城街道）", annex2.baocheng) },
  ]);

// ---------------------------------------------------------------------------------------------------------- what is done

/** Dry run. */
export async function dryRun(
  register: Register,
  area: string,
  body: { bytes: Uint8Array; contentType: string },
  table: TableKind = "communities",
): Promise<Import> {
  const query = { area, table, fileName: "附件2.csv", asOf: "2020-04-30" };
  return (await register.createImport({ key: newKey(), query, body })).body;
}

export async function commit(register: Register, { id, version }: Import): Promise<Import> {
  return (await register.commitImport({ key: newKey(), params: { import: id }, ifMatch: version })).body;
}

/** Dry run and commit of a table that is right. */
export async function importTable(
  register: Register,
  area: string,
  body: { bytes: Uint8Array; contentType: string },
  table: TableKind = "communities",
): Promise<Import> {
  const checked = await dryRun(register, area, body, table);
  expect(checked).toMatchObject({ state: "checked", errors: [] });
  return await commit(register, checked);
}

/** Imports both streets' annex 2 and answers the 22 communities. */
export async function loadAnnex2(county: TestCounty): Promise<Community[]> {
  await importTable(county.office, county.baodu, csvBytes(annex2.baodu));
  await importTable(county.office, county.baocheng, csvBytes(annex2.baocheng));
  return await allCommunities(county.office, county.code);
}

type PageOf<T> = { body: { items: T[]; next: string | null } };

/** Everything of a list, page by page. */
export async function allPages<T>(ask: (cursor: string | undefined) => Promise<PageOf<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await ask(cursor);
    items.push(...body.items);
    cursor = body.next ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** Does each, some at once. */
export async function each<T>(
  all: readonly T[],
  act: (one: T, at: number) => Promise<void>,
  atOnce = 6,
): Promise<void> {
  let next = 0;
  const turns = Array.from({ length: atOnce }, async () => {
    while (next < all.length) {
      const at = next++;
      await act(all[at] as T, at);
    }
  });
  await Promise.all(turns);
}

export const allCommunities = async (register: Register, area: string, limit = 200): Promise<Community[]> =>
  await allPages((cursor) => register.listCommunities({ query: { area, limit, cursor } }));
export const allPlaces = async (register: Register, area: string, limit = 200): Promise<Place[]> =>
  await allPages((cursor) => register.listPlaces({ query: { area, limit, cursor } }));

/** The problem a call ends with; fails when it ends well. */
export async function problemOf(call: Promise<unknown>): Promise<ProblemDocument> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ProblemAnswer) return error.problem;
    throw error;
  }
  throw new Error("the call was to be refused, and was not");
}
