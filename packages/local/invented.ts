import { createHash } from "node:crypto";

/** One row of annex 2: what the places of a community have to add up to. */
export interface CommunityFigures {
  /** Seeds this community's places, so it must differ between communities. */
  id: string;
  name: string;
  places: number;
  households: number;
  population: number;
  plannedGrids: number;
  /** The street's column counts villages as well as compounds. */
  rural: boolean;
}

/** A row with the street it stands under: any key, equal for the rows of one street. */
export interface CommunityRow extends CommunityFigures {
  street: string;
}

/** GeoJSON (RFC 7946): longitude before latitude, one closed counter-clockwise ring, at most six decimals. */
export interface Polygon {
  type: "Polygon";
  coordinates: [number, number][][];
}

export interface InventedPlace {
  name: string;
  kind: "compound" | "village" | "rebuilt-village";
  households: number;
  population: number;
  workUnits: number;
  /** Residential floor area in whole m². */
  floorArea: number;
  /** Null for a village, which no one built in one year. */
  builtYear: number | null;
  /** Null where no company serves the place; never set for villages, rebuilt or not. */
  propertyCompany: string | null;
  invented: true;
  geometry?: Polygon;
}

export interface InventedCommunity {
  /** The row's figures under an invented name; `id` is a 12-digit code in the invented county. */
  figures: CommunityFigures;
  invented: true;
  places: InventedPlace[];
}

export interface InventedStreet {
  code: string;
  name: string;
  communities: InventedCommunity[];
}

export interface InventedCounty {
  code: string;
  name: string;
  invented: true;
  streets: InventedStreet[];
}

/**
 * Where a community's polygons lie. Two communities overlap only if both numbers are equal.
 * `county` 0–9999: 0 is free for the county whose rows are used, an invented county takes its copy number.
 * `block` 0–224: the community's position in its county.
 */
export interface Site {
  county: number;
  block: number;
}

/** 99 is no province's code in GB/T 2260, which leaves 990001–999999 for invented counties. */
export const mostCopies = 9999;

const wordsForPlaces = (
  "松风 竹影 云溪 星渚 月桥 雪岭 枫林 兰汀 荷塘 柳岸 梅坞 桂径 鹿鸣 鹤汀 雁回 鸥渡 燕归 晴川 晨曦 暮云 " +
  "听涛 望岫 采薇 拾翠 知秋 半夏 微澜 朝露 霁月 芳洲 碧梧 青禾 麦香 稻花 杏雨 桃蹊 榆荫 槐序 棠影 芷岸"
).split(" ");
const compoundEndings = ["苑", "园", "花园", "家园", "小区", "里", "居", "公寓"];
const companies = [..."甲乙丙丁戊己庚辛壬癸"].map((stem) => `虚构物业${stem}`);

/** Edges of the subsidy bands with and without a property company (plan A4, note 2): where readings differ, so data must lie there. */
const bandEdges = [50, 100, 200, 500, 1000];

const weightDraw = { least: 6, most: 64 };
const largestWeight = weightDraw.most ** 3;

// Open water of the South Pacific: no one can take the shapes for real ground. All in millionths of a degree, so that
// neighbours share their corners to the last digit.
const origin = { west: -135_000_000, south: -60_000_000 };
const countiesAcross = 100;
const blocksAcross = 15;
const blockSide = 20_000;
const countySide = blocksAcross * blockSide;

/**
 * Invented places of one community, exactly `places` many, whose households and population add up exactly to the row.
 * Equal arguments give equal places. Their polygons run in serpentine order: each shares an edge with the next.
 * @param seed any integer
 * @param site gives the places polygons; without it they have none
 * @throws RangeError on figures that no places can add up to (fewer households than places, negative, broken or
 * enormous numbers) and on a site outside its limits
 * @source annex 2 (the rows; its printed totals play no part)
 */
export function inventPlaces(community: CommunityFigures, seed: number, site?: Site): InventedPlace[] {
  checkFigures(community);
  const random = randomFrom(`${seed}/${community.id}`);
  const households = inventHouseholds(community, random);
  const population = apportion(community.population, households);
  const words = shuffled(wordsForPlaces, random);
  const endings = words.map(() => random.pick(compoundEndings));
  const polygons = site && polygonsOf(community.places, site);

  return households.map((count, index) => {
    const kind = community.rural ? inventKind(count, random) : "compound";
    // The later of two draws: more was built lately than long ago.
    const year = 1975 + Math.max(random.below(46), random.below(46));
    const builtYear = kind === "village" ? null : year;
    const homeArea = 60 + (builtYear === null ? 45 : builtYear - 1975);
    const geometry = polygons?.[index];
    return {
      name: placeName(kind, index, words, endings),
      kind,
      households: count,
      population: population[index]!,
      workUnits: random.below(Math.floor(count / 20) + 4),
      floorArea: Math.floor((count * (homeArea * 100 + random.below(3501))) / 100),
      builtYear,
      propertyCompany: kind === "compound" && random.below(100) < companyPercent(year) ? random.pick(companies) : null,
      invented: true,
      ...(geometry && { geometry }),
    };
  });
}

/**
 * Counties with invented codes, names and places, one at a time: copy k is made when it is asked for, and is the same
 * however many are asked for.
 * @param options.copies 1–9999
 * @throws RangeError (at the first county) as {@link inventCounty}
 */
export function* inventCounties(
  rows: readonly CommunityRow[],
  options: { copies: number; seed: number },
): Generator<InventedCounty, void, undefined> {
  checkCopy(options.copies);
  for (let copy = 1; copy <= options.copies; copy++) yield inventCounty(rows, copy, options.seed);
}

/**
 * Copy `copy` of the rows as a county of its own, code 990000 + copy. Streets are numbered as they first appear.
 * @throws RangeError on a copy outside 1–9999, on more than 225 rows, and as {@link inventPlaces}
 */
export function inventCounty(rows: readonly CommunityRow[], copy: number, seed: number): InventedCounty {
  checkCopy(copy);
  const code = String(990_000 + copy);
  const words = shuffled(wordsForPlaces, randomFrom(`${seed}/${code}`));
  const streets = new Map<string, InventedStreet>();
  rows.forEach(({ street: key, ...figures }, block) => {
    const number = streets.size + 1;
    const street = streets.get(key) ?? {
      code: code + tier(number),
      name: `示例第${numeral(number)}街道`,
      communities: [],
    };
    streets.set(key, street);
    const id = street.code + tier(street.communities.length + 1);
    const invented: CommunityFigures = {
      ...figures,
      id,
      name: `示例${words[block % words.length]!}${ordinal(block)}社区`,
    };
    const places = inventPlaces(invented, seed, { county: copy, block });
    street.communities.push({ figures: invented, invented: true, places });
  });
  return { code, name: `虚构第${numeral(copy)}县`, invented: true, streets: [...streets.values()] };
}

function checkFigures({ name, places, households, population, plannedGrids }: CommunityFigures): void {
  const whole = [places, households, population, plannedGrids].every((n) => Number.isSafeInteger(n) && n >= 0);
  const exact = Number.isSafeInteger(households * Math.max(population, largestWeight));
  const possible = places === 0 ? households === 0 && population === 0 : households >= places;
  if (!(whole && exact && possible)) {
    throw new RangeError(
      `no ${places} places can add up to ${households} households and ${population} people in ${name}`,
    );
  }
}

function checkCopy(copy: number): void {
  if (!Number.isInteger(copy) || copy < 1 || copy > mostCopies) {
    throw new RangeError(`county copies go from 1 to ${mostCopies}, not ${copy}`);
  }
}

/** A few big places, many small ones, some exactly on a band edge. */
function inventHouseholds({ places, households }: CommunityFigures, random: Random): number[] {
  // The product of three draws is skewed as compounds are; `least` keeps most of the small ones above ten households.
  const draw = () => weightDraw.least + random.below(weightDraw.most - weightDraw.least + 1);
  const weights = Array.from({ length: places }, () => draw() * draw() * draw());
  const counts = apportion(households - places, weights).map((count) => count + 1);

  // What is taken from or given to a place that is set on an edge, the largest place gives or takes.
  const largest = counts.indexOf(counts.reduce((a, b) => Math.max(a, b), 0));
  const settled = new Set([largest]);
  for (const edge of bandEdges) {
    if (random.below(3) === 0) continue;
    let nearest = -1;
    for (const [index, count] of counts.entries()) {
      const distance = Math.abs(count - edge);
      if (settled.has(index) || distance > edge / 4) continue;
      if (nearest < 0 || distance < Math.abs(counts[nearest]! - edge)) nearest = index;
    }
    if (nearest < 0) continue;
    const rest = counts[largest]! + counts[nearest]! - edge;
    if (rest < edge) continue;
    counts[nearest] = edge;
    counts[largest] = rest;
    settled.add(nearest);
  }
  return counts;
}

/** Largest remainder, in whole numbers throughout; equal remainders go to the earlier place. */
function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const remainders = weights.map((weight) => (total * weight) % sum);
  // Subtracting first keeps the division exact.
  const shares = weights.map((weight, index) => (total * weight - remainders[index]!) / sum);
  const left = total - shares.reduce((a, b) => a + b, 0);
  const byRemainder = remainders.map((_, index) => index).sort((a, b) => remainders[b]! - remainders[a]!);
  for (const index of byRemainder.slice(0, left)) shares[index]! += 1;
  return shares;
}

/** About one place in four of a village's size, in keeping with 31 rural grids of 132 (annex 2, note). */
function inventKind(households: number, random: Random): InventedPlace["kind"] {
  const roll = random.below(100);
  if (households < 60 || households > 800) return "compound";
  return roll < 20 ? "village" : roll < 32 ? "rebuilt-village" : "compound";
}

/** Chance of a property company: the older the compound, the rarer. */
function companyPercent(builtYear: number): number {
  return builtYear < 1995 ? 30 : builtYear < 2005 ? 60 : 90;
}

/** Word and ordinal together are unique: 示例松风苑, then 示例松风苑二区; a village is 示例松风村, then 示例松风二村. */
function placeName(
  kind: InventedPlace["kind"],
  index: number,
  words: readonly string[],
  endings: readonly string[],
): string {
  const word = words[index % words.length]!;
  const nth = ordinal(index);
  if (kind === "village") return `示例${word}${nth}村`;
  const ending = kind === "compound" ? endings[index % words.length]! : "安置区";
  return `示例${word}${ending}${nth && `${nth}区`}`;
}

/** Which time round the words this is: nothing for the first, then 二, 三 … */
function ordinal(index: number): string {
  const nth = 1 + Math.floor(index / wordsForPlaces.length);
  return nth === 1 ? "" : numeral(nth);
}

function numeral(n: number): string {
  return String(n).replace(/\d/g, (digit) => "〇一二三四五六七八九"[Number(digit)]!);
}

function tier(n: number): string {
  return String(n).padStart(3, "0");
}

/** The block cut into a square lattice, walked row by row in alternating directions. */
function polygonsOf(places: number, { county, block }: Site): Polygon[] {
  const outside = (n: number, limit: number) => !Number.isInteger(n) || n < 0 || n >= limit;
  if (outside(county, countiesAcross ** 2) || outside(block, blocksAcross ** 2)) {
    throw new RangeError(`no site for county ${county}, block ${block}`);
  }
  const west = origin.west + (county % countiesAcross) * countySide + (block % blocksAcross) * blockSide;
  const south =
    origin.south + Math.floor(county / countiesAcross) * countySide + Math.floor(block / blocksAcross) * blockSide;
  const across = Math.ceil(Math.sqrt(places));
  const side = Math.floor(blockSide / across);
  return Array.from({ length: places }, (_, index) => {
    const row = Math.floor(index / across);
    const column = row % 2 === 0 ? index % across : across - 1 - (index % across);
    const [left, right] = [west + column * side, west + (column + 1) * side];
    const [bottom, top] = [south + row * side, south + (row + 1) * side];
    const ring = [
      [left, bottom],
      [right, bottom],
      [right, top],
      [left, top],
      [left, bottom],
    ] as const;
    return { type: "Polygon", coordinates: [ring.map(([x, y]): [number, number] => [x / 1e6, y / 1e6])] };
  });
}

interface Random {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/**
 * sfc32: a few whole-number operations, the same on every machine. Its 128 bits of state, filled from a hash of the
 * label, keep ×1000 counties' 22,000 streams apart, where a 32-bit state such as mulberry32's would see some coincide.
 */
function randomFrom(label: string): Random {
  const digest = createHash("sha256").update(label).digest();
  let a = digest.readInt32LE(0);
  let b = digest.readInt32LE(4);
  let c = digest.readInt32LE(8);
  let counter = digest.readInt32LE(12);
  function below(limit: number): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return Math.floor(((sum >>> 0) * limit) / 2 ** 32);
  }
  return { below, pick: (items) => items[below(items.length)]! };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
