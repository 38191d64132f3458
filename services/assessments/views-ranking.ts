import { areasFor } from "@county/contracts/access.ts";
import type { SheetState } from "@county/contracts/assessments-sheets.ts";
import type { RankingRow } from "@county/contracts/assessments-views.ts";
import type { FieldError } from "@county/contracts/problem.ts";
import { Problem } from "@county/contracts/problem.ts";
import { type AreaCopy, countyOf, streetOf } from "@county/platform/areas.ts";
import type { Context } from "@county/platform/context.ts";
import type { Language } from "@county/platform/problem-document.ts";
import { type Place, placesOf } from "@county/rules/assessment-results.ts";
import { writeWorkbook } from "@county/tables/write.ts";
import { areaAt, isWithin, refOf } from "./ground.ts";
import type { FrozenPart, RoundRecord, Source } from "./rounds.ts";
import { assessorOf } from "./schemes.ts";
import type { Ground } from "./seeing.ts";
import { sheetIdOf, TOLD } from "./sheets.ts";
import type { Store } from "./store.ts";
import { head, pointsCell, stateText } from "./views-sheet.ts";

/**
 * The ranking of a round, out of its pages: who has which place is known without a sheet or a subject being read. Who stands there is
 * read of the frozen parts, as far as the answer goes.
 */

/** Parts that are read at once; ours. */
const PARTS = 20;

/** Frozen parts by their numbers, some at a time. */
export async function partsOf(
  { rounds }: Pick<Store, "rounds">,
  round: string,
  numbers: Iterable<number>,
): Promise<ReadonlyMap<number, FrozenPart>> {
  const asked = [...new Set(numbers)];
  const found = new Map<number, FrozenPart>();
  for (let i = 0; i < asked.length; i += PARTS) {
    const some = asked.slice(i, i + PARTS);
    const parts = await Promise.all(some.map(async (part) => await rounds.part(round, part)));
    for (const [j, part] of parts.entries()) if (part) found.set(some[j] as number, part);
  }
  return found;
}

/** What stands at a place of a part, and where that is in the ranking. */
export interface Standing extends Place {
  readonly part: number;
  /** The place in its part; the other one is that in the ranking. */
  readonly at: number;
  readonly state: SheetState;
  readonly score: number | null;
  readonly among: number;
  /** The place within its street, among all of the ranking that lie there; null: no score, or in no street. */
  readonly within: number | null;
}
export const standingId = ({ part, at }: Standing): string => `${part}.${at}`;

interface Asked {
  readonly scope: "all" | "street" | "tier";
  readonly of?: string | undefined;
}

/** The areas of a round: what is ranked there, and the areas under whose codes that is seen as a whole. */
interface Ranked {
  readonly parts: ReadonlySet<number>;
  readonly tier: string | null;
  readonly area: AreaCopy;
}

const wrong = (error: FieldError) => new Problem("invalid-request", undefined, { errors: [error] });

/** @throws Problem `invalid-request` where there is nothing of that kind in the round */
async function rankedOf(
  store: Pick<Store, "areas">,
  round: RoundRecord,
  sources: readonly Source[],
  { scope, of }: Asked,
): Promise<Ranked> {
  const parts = new Set(sources.keys());
  const area = await areaAt(store, assessorOf(round.id));
  if (scope === "all") {
    if (of !== undefined)
      throw wrong({
        parameter: "of",
        reason: "scope",
        detail: { zh: "只用于街道、层级排名", en: "is for the ranking of a street or a tier" },
      });
    return { parts, tier: null, area };
  }
  if (of === undefined)
    throw wrong({
      parameter: "of",
      reason: "required",
      detail: { zh: "应为街道编码，或者层级", en: "must be a street's code, or a tier" },
    });
  if (scope === "tier") return { parts, tier: of, area };
  const found = await store.areas.areaByCode(of);
  const own = [...sources.entries()].flatMap(([part, { id }]) => (found && streetOf(id) === found.id ? [part] : []));
  const isOfStreets = round.scheme.assesses === "project" || round.scheme.assesses === "community";
  if (!isOfStreets || found?.kind !== "street" || !isWithin(found.id, area.id))
    throw wrong({
      parameter: isOfStreets ? "of" : "scope",
      reason: "unknown-street",
      detail: { zh: "本轮没有这个街道的考核对象", en: "the round has no subjects of such a street" },
    });
  return { parts: new Set(own), tier: null, area: await areaAt(store, found.id) };
}

/**
 * The ranking as the caller may see it, the best first. Who may not see all of it sees what is his own and was told, at the places it
 * has among all.
 * @throws Problem `invalid-request`, `forbidden`
 */
export async function standings(
  store: Pick<Store, "areas" | "rounds" | "sheets">,
  { round, policy }: Ground,
  asked: Asked,
  context: Context,
): Promise<readonly Standing[]> {
  const sources = round.state === "freezing" ? [] : await store.rounds.sources(round);
  const { parts, tier, area } = await rankedOf(store, round, sources, asked);
  const granted = areasFor(context.caller, "assessments.read");
  const isWhole = granted.some((one) => area.codes.some((code) => code.startsWith(one)));
  const inside = granted.filter((one) => area.codes.some((code) => one.startsWith(code)));
  if (!isWhole) context.permit([...area.codes, ...inside]);

  const ofTier = tier === null ? undefined : await partsOf(store, round.id, parts);
  const found: { part: number; at: number; state: SheetState; score: number | null }[] = [];
  for await (const { part, first, sheets } of store.sheets.pages(round.id)) {
    if (!parts.has(part)) continue;
    for (const [i, { state, score }] of sheets.entries()) {
      const at = first + i;
      if (tier !== null && ofTier?.get(part)?.subjects[at]?.subject.tier !== tier) continue;
      found.push({ part, at, state, score });
    }
  }
  const placeOf = placesOf(
    found.map(({ score }) => score),
    policy,
  );
  const among = found.filter(({ score }) => score !== null).length;
  const streetOfPart = (part: number) => streetIn(round, sources[part]);
  const inStreets = new Map(
    [...Map.groupBy(found, ({ part }) => streetOfPart(part) ?? "")].map(([street, own]) => [
      street,
      placesOf(
        own.map(({ score }) => score),
        policy,
      ),
    ]),
  );
  const within = ({ part, score }: (typeof found)[number]) => {
    const street = streetOfPart(part);
    return street === null ? null : (inStreets.get(street)?.(score).place ?? null);
  };
  // Parts and places lie in the order of codes and ids, which is that of those at the same place.
  const ranked = found
    .map((one): Standing => ({ ...one, ...placeOf(one.score), among, within: within(one) }))
    .toSorted((a, b) => (b.score ?? -1) - (a.score ?? -1) || a.part - b.part || a.at - b.at);
  return isWhole ? ranked : await ownOf(store, round, sources, ranked, inside);
}

/** The street that the subjects of a part lie in; null: they are companies, or streets themselves. */
const streetIn = ({ scheme: { assesses } }: RoundRecord, source: Source | undefined): string | null =>
  source && (assesses === "project" || assesses === "community") ? streetOf(source.id) : null;

/** Of a ranking what lies in some areas and was told. */
async function ownOf(
  store: Pick<Store, "areas" | "rounds">,
  round: RoundRecord,
  sources: readonly Source[],
  ranked: readonly Standing[],
  codes: readonly string[],
): Promise<Standing[]> {
  const own = (await Promise.all(codes.map(async (code) => (await store.areas.areaByCode(code))?.id))).filter(
    (id) => id !== undefined,
  );
  const told = ranked.filter(({ state, part }) => {
    const source = sources[part]?.id ?? "";
    return TOLD.has(state) && own.some((id) => isWithin(source, id) || isWithin(id, source));
  });
  const parts = await partsOf(
    store,
    round.id,
    told.map(({ part }) => part),
  );
  return told.filter(({ part, at }) => {
    const area = parts.get(part)?.subjects[at]?.area;
    return area !== undefined && own.some((id) => isWithin(area, id));
  });
}

/** Who stands there. */
export async function rankingRows(
  store: Pick<Store, "areas" | "rounds">,
  { round, scheme }: Ground,
  some: readonly Standing[],
): Promise<RankingRow[]> {
  const [parts, county] = await Promise.all([
    partsOf(
      store,
      round.id,
      some.map(({ part }) => part),
    ),
    store.areas.county(countyOf(round.id)),
  ]);
  const streets = new Map((county?.streets ?? []).map((street) => [street.id, refOf(street)]));
  return some.map(({ part, at, place, tied, among, state, score }) => {
    const frozen = parts.get(part)?.subjects[at];
    if (frozen === undefined) throw new Error(`rounds: nobody stands at ${part}.${at} of ${round.id}`);
    const { subject, area, holderName } = frozen;
    return {
      place,
      tied,
      among,
      sheet: sheetIdOf(round.id, subject.id),
      subject: { kind: scheme.assesses, ...subject, holderName },
      street: scheme.assesses === "company" ? null : (streets.get(streetOf(area)) ?? null),
      state,
      score,
    };
  });
}

/**
 * The ranking as one table; of one of all, the places within each street beside those among all.
 * @param ranked where the rows stand, in their order
 */
export async function rankingWorkbook(
  rows: readonly RankingRow[],
  ranked: readonly Standing[],
  { round, scheme }: Ground,
  language: Language,
): Promise<Uint8Array> {
  const zh = language === "zh";
  const title = zh
    ? `《${scheme.title}》${round.period.from} 至 ${round.period.to} 考核排名`
    : `"${scheme.title}", ${round.period.from} to ${round.period.to}: ranking`;
  const open = rows.filter(({ state }) => state !== "final").length;
  const notes = [
    zh ? `轮次 ${round.id}，办法第 ${scheme.version} 版` : `Round ${round.id}, version ${scheme.version} of the method`,
    zh ? `共 ${rows.length} 个，不是最终结果的 ${open} 个` : `${rows.length} in all, not final: ${open}`,
    zh ? "得分相同的名次相同" : "Who has the same score has the same place",
  ];
  const columns = zh
    ? ["名次", "并列", "街道内名次", "街道", "考核对象", "编码", "责任单位", "户数", "得分", "状态", "考核表"]
    : [
        "Place",
        "Tied",
        "Within the street",
        "Street",
        "Subject",
        "Code",
        "Who answers for it",
        "Households",
        "Score",
        "State",
        "Sheet",
      ];
  return await writeWorkbook([
    {
      name: zh ? "排名" : "Ranking",
      widths: [8, 8, 12, 20, 36, 16, 30, 10, 10, 18, 62],
      frozenRows: 1,
      rows: [
        head(columns),
        ...rows.map(({ place, tied, sheet, subject, street, state, score }, i) => [
          place,
          tied ? (zh ? "并列" : "tied") : null,
          ranked[i]?.within ?? null,
          street?.name ?? null,
          subject.name,
          subject.code,
          subject.holder === subject.id ? null : subject.holderName,
          subject.households,
          pointsCell(score),
          stateText[state][language],
          sheet,
        ]),
      ],
    },
    {
      name: zh ? "说明" : "About",
      widths: [90],
      rows: [[{ value: title, bold: true }], ...notes.map((note) => [{ value: note, wrap: true }])],
    },
  ]);
}
