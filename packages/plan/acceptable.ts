import { isDate } from "./calendar.ts";
import { type Measure, type Parameter, type ParameterId, parameters, type Value } from "./parameters.ts";
import type { Text } from "./text.ts";

/** What is wrong with a value: where in it (a JSON pointer, "" for the whole), and why. */
export interface Misfit {
  readonly at: string;
  readonly why: Text;
}

/**
 * Why a value cannot stand for a parameter; undefined when it can. It must have the shape of the plan's own value, and be
 * such that every rule can work with it: whole numbers, ranges that are not upside down, tables without gap or overlap.
 * Total: any JSON value gets an answer.
 */
export function whyNot(id: ParameterId, value: unknown): Misfit | undefined {
  const { values, readings, unit }: Parameter = parameters[id];
  const own = values[0].value;
  if (readings !== undefined) return oneOf(readings.map((reading) => reading.value))(value, "");
  if (typeof own === "string") {
    // Words that nothing explains as readings are known to the rules only as they stand.
    return unit === "date" ? day(value, "") : oneOf(values.map((dated) => String(dated.value)))(value, "");
  }
  return checkLike(own, unit)(value, "");
}

type Check = (value: unknown, at: string) => Misfit | undefined;

const misfit = (at: string, zh: string, en: string): Misfit => ({ at, why: { zh, en } });

/** Ten billion yuan in fen: far above any county's budget, far below where whole numbers end. */
const MOST = 1_000_000_000_000;
/** Rows of a table, entries of a list, characters of a name; ours, so that all values of a county fit in one document. */
const MOST_BANDS = 20;
const MOST_ITEMS = 40;
const MOST_CHARACTERS = 100;

function checkLike(own: Value, unit: Measure): Check {
  if (typeof own === "number") return number(unit);
  if (Array.isArray(own)) {
    if ("fen" in own[0]) return subsidyBands;
    return "grade" in own[0] ? creditBands : items;
  }
  return "ordinary" in (own as object) ? votingRule : range(unit);
}

const oneOf =
  (words: readonly string[]): Check =>
  (value, at) =>
    words.includes(value as string)
      ? undefined
      : misfit(at, `只能是：${words.join("、")}`, `must be one of: ${words.join(", ")}`);

const day: Check = (value, at) =>
  typeof value === "string" && isDate(value)
    ? undefined
    : misfit(at, "应为日期 YYYY-MM-DD", "must be a date YYYY-MM-DD");

const whole =
  (least: number, most: number): Check =>
  (value, at) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most && !Object.is(value, -0)
      ? undefined
      : misfit(at, `应为 ${least} 到 ${most} 的整数`, `must be a whole number from ${least} to ${most}`);

/** What the rules divide by, or step on by, is never 0. */
const LEAST: Partial<Record<Measure, number>> = { "household/person": 1, month: 1, code: 1 };
const GREATEST: Partial<Record<Measure, number>> = {
  "per-mille": 1000,
  "per-cent": 100,
  point: 1000,
  "times/year": 366,
  "working-day": 3660,
  day: 3660,
  month: 1200,
  year: 9999,
  code: 999,
};
const number = (unit: Measure): Check => whole(LEAST[unit] ?? 0, GREATEST[unit] ?? MOST);

/** An object of exactly these fields, each as its check says; what comes first in that order is told. */
const fields =
  (checks: Readonly<Record<string, Check>>, together: (value: never, at: string) => Misfit | undefined): Check =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const names = Object.keys(checks).join(", ");
      return misfit(at, `应为含 ${names} 的对象`, `must be an object with ${names}`);
    }
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(checks, name))
        return misfit(`${at}/${pointed(name)}`, "没有这个字段", "there is no such field");
    }
    for (const [name, check] of Object.entries(checks)) {
      if (!Object.hasOwn(value, name)) return misfit(`${at}/${name}`, "缺少", "is missing");
      const wrong = check((value as Record<string, unknown>)[name], `${at}/${name}`);
      if (wrong) return wrong;
    }
    return together(value as never, at);
  };
const pointed = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** A list of at least one and at most so many. */
const listOf =
  (most: number, check: Check, together: (value: never, at: string) => Misfit | undefined): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length < 1 || value.length > most)
      return misfit(at, `应为 1 到 ${most} 项的清单`, `must be a list of 1 to ${most}`);
    for (const [i, one] of value.entries()) {
      const wrong = check(one, `${at}/${i}`);
      if (wrong) return wrong;
    }
    return together(value as never, at);
  };

const fine = () => undefined;
const orNull =
  (check: Check): Check =>
  (value, at) =>
    value === null ? undefined : check(value, at);
const trueOrFalse: Check = (value, at) =>
  typeof value === "boolean" ? undefined : misfit(at, "应为 true 或 false", "must be true or false");

const range = (unit: Measure): Check =>
  fields({ min: number(unit), max: number(unit) }, ({ min, max }: { min: number; max: number }, at) =>
    min <= max ? undefined : misfit(`${at}/max`, "上限不能小于下限", "must not be below the lower end"),
  );

interface Share {
  readonly numerator: number;
  readonly denominator: number;
  readonly over: boolean;
}
const share = fields(
  { numerator: whole(0, 1000), denominator: whole(1, 1000), over: trueOrFalse },
  ({ numerator, denominator, over }: Share, at) =>
    numerator < denominator || (numerator === denominator && !over)
      ? undefined
      : misfit(`${at}/numerator`, "谁也达不到的比例", "a share that nobody can reach"),
);
const votingRule = fields(
  { quorum: orNull(share), base: oneOf(["all-owners", "participants"]), ordinary: share, weighty: share },
  (
    { quorum, base, ordinary, weighty }: { quorum: Share | null; base: string; ordinary: Share; weighty: Share },
    at,
  ) => {
    if ((quorum === null) !== (base === "all-owners")) {
      return misfit(
        `${at}/quorum`,
        "按参加表决者计算的须有法定人数，按全体业主计算的没有",
        "of those who take part there must be a quorum, of all owners there is none",
      );
    }
    const [less, more] = [ordinary.numerator * weighty.denominator, weighty.numerator * ordinary.denominator];
    return more > less || (more === less && (weighty.over || !ordinary.over))
      ? undefined
      : misfit(
          `${at}/weighty`,
          "重大事项的比例不能低于一般事项",
          "must not be easier to reach than the ordinary share",
        );
  },
);

/** Bands that leave no number out from 0 up and give none to two; where they do not, the first place. */
function gapless(bands: readonly { from: number; to: number | null }[]): { index: number; why: Text } | undefined {
  let next: number | null = 0;
  for (const [index, { from, to }] of bands.entries()) {
    if (from !== next || (to !== null && to <= from)) {
      const [zh, en] =
        next === null ? ["前一档已到顶", "the one before has no end"] : [`应从 ${next} 起`, `must begin at ${next}`];
      return { index, why: from === next ? { zh: "止应大于起", en: "must end above where it begins" } : { zh, en } };
    }
    next = to;
  }
  return next === null
    ? undefined
    : {
        index: bands.length - 1,
        why: { zh: "最后一档应不封顶（to 为 null）", en: "the last must have no end (to: null)" },
      };
}

const subsidyBands = listOf(
  MOST_BANDS,
  fields(
    { from: number("household"), to: orNull(number("household")), fen: whole(1, MOST), workers: whole(1, 10) },
    fine,
  ),
  (bands: readonly { from: number; to: number | null }[], at) => {
    const wrong = gapless(bands);
    return wrong && { at: `${at}/${wrong.index}`, why: wrong.why };
  },
);

interface Credit {
  readonly from: number;
  readonly to: number | null;
  readonly badRecord: boolean | null;
}
const creditBands = listOf(
  MOST_BANDS,
  fields(
    {
      grade: (value, at) =>
        typeof value === "string" && /^[A-Z]{1,5}[+-]?$/.test(value)
          ? undefined
          : misfit(at, "等级用大写字母，如 AA", "a grade is capital letters, like AA"),
      from: number("point"),
      to: orNull(number("point")),
      badRecord: orNull(trueOrFalse),
    },
    fine,
  ),
  (bands: readonly Credit[], at) => {
    // Every score must have one grade with a bad record, and one without.
    for (const bad of [false, true]) {
      const of = bands
        .map((band, index) => ({ ...band, index }))
        .filter(({ badRecord }) => badRecord === null || badRecord === bad)
        .toSorted((a, b) => a.from - b.from);
      const wrong = of.length === 0 ? { index: 0, why: { zh: "", en: "" } } : gapless(of);
      if (wrong === undefined) continue;
      const [zh, en] = bad ? ["有不良记录的", "with a bad record"] : ["无不良记录的", "without a bad record"];
      return misfit(
        `${at}/${of[wrong.index]?.index ?? 0}`,
        `${zh}企业：各档须从 0 起首尾相接${wrong.why.zh && `，${wrong.why.zh}`}`,
        `${en}: the grades must join without gap from 0 up${wrong.why.en && `, ${wrong.why.en}`}`,
      );
    }
    return undefined;
  },
);

const words: Check = (value, at) =>
  typeof value === "string" && value.length <= MOST_CHARACTERS && /^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$/u.test(value)
    ? undefined
    : misfit(
        at,
        `应为 1 到 ${MOST_CHARACTERS} 个字，首尾无空格`,
        `must be 1 to ${MOST_CHARACTERS} characters without blanks around`,
      );
const items = listOf(
  MOST_ITEMS,
  fields(
    {
      id: (value, at) =>
        typeof value === "string" && value.length <= MOST_CHARACTERS && /^[a-z0-9]+([-.][a-z0-9]+)*$/.test(value)
          ? undefined
          : misfit(
              at,
              "代号用小写字母、数字，以连字符或点相连",
              "an id is small letters and digits, joined by hyphens or dots",
            ),
      title: fields({ zh: words, en: words }, fine),
    },
    fine,
  ),
  (list: readonly { id: string }[], at) => {
    const again = list.findIndex(({ id }, i) => list.findIndex((other) => other.id === id) < i);
    return again < 0 ? undefined : misfit(`${at}/${again}/id`, "代号重复", "an id that is there already");
  },
);
