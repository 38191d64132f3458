import { type Policy, readAs, traced } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import {
  type AnnexRow,
  type AnnexTable,
  type Figure,
  isWhole,
  type PrintedCell,
  type Scale,
  scaleOf,
  type TierGroup,
  type TotalRow,
  yearsOf,
} from "./annex-tables.ts";
import { feasibility, type Payroll } from "./band-sums.ts";
import {
  type About,
  type Book,
  type Check,
  clauseOf,
  countCell,
  countOf,
  emptyIsNothing,
  figureIn,
  figuresOf,
  isBaodu,
  labelOf,
  lineLabel,
  MONTHS,
  many,
  type Named,
  named,
  nameOf,
  orderOf,
  policeOf,
  ratio,
  same,
  shown,
  terms,
  titled,
  told,
  totalLabel,
  wordOf,
  yuanOf,
} from "./equations.ts";
import { sum } from "./figures.ts";
import { outside, reliedOn, whenMissed, within } from "./finding.ts";
import { decimal, multipleOf } from "./multiples.ts";
import { textOf } from "./table-reading.ts";

// A table of annex 2, 3 or 4 held against itself and the plan's unit prices and bands.

export const alone = (table: AnnexTable, book: Book): Check[] => [
  ...totals(table, book),
  ...counts(table, book),
  ...orders(table, book),
  ...twice(table, book),
  ...byYear(table, book),
  ...pay(table, book),
  ...equipment(table, book),
  ...subsidies(table, book),
  ...multiples(table, book),
  ...persons(table, book),
  ...gridsAndPlaces(table, book),
  ...gaps(table, book),
  ...lumps(table, book),
];

/** What is added up, ready for the sum to stand behind it. */
const addition = (parts: readonly Named[], scale: Scale): Text => {
  const all = parts.map(({ cell }) => shown(cell.value ?? 0, scale));
  return { zh: `${terms(all.map(({ zh }) => zh))} = `, en: `${terms(all.map(({ en }) => en))} = ` };
};

/** Every column of figures: its printed total against its parts. */
const totals = (table: AnnexTable, book: Book): Check[] =>
  table.totals.flatMap((total) =>
    figuresOf(table).flatMap((figure) => {
      const printed = figureIn(table, total, figure);
      const all = total.rows.flatMap((index) => figureIn(table, table.rows[index]!, figure) ?? []);
      if (printed === undefined || all.length === 0) return [];
      const parts = all.filter(({ cell }) => cell.value !== null);
      const bad = all.filter(({ cell }) => cell.value === null && !(cell.empty && emptyIsNothing(figure)));
      if (printed.cell.empty && parts.length === 0) return [];
      // Recruits are the street's, in a cell merged over all its lines: no part of the table need have a sum of them.
      if (printed.cell.empty && !isWhole(total) && /^(recruits|pay)\./.test(figure)) return [];
      const scale = scaleOf(figure);
      const follows = sum(parts.map(({ cell }) => cell.value ?? 0));
      const added = addition(parts, scale);
      const unsure = follows === printed.cell.value ? [] : bad;
      const right = figure.startsWith("pay.") && agreesWithPeople(table, total, figure, book.policy);
      return book.equality({
        rule: "tables.total",
        clause: clauseOf(table),
        table,
        about: [total, figure],
        name: titled(table, totalLabel(total)),
        printed,
        parts: all,
        figure,
        follows,
        unsure,
        ...(right && { money: { fen: 0, per: "year" as const }, parameters: ["recruit.pay"] as const }),
        steps: [
          parts.length === 0
            ? text("各行都没有数", "No row has a figure")
            : text(
                `各行相加：${added.zh}${told(follows, scale).zh}`,
                `The rows together: ${added.en}${told(follows, scale).en}`,
              ),
          ...(right && follows !== printed.cell.value
            ? [
                text(
                  "合计与人数 × 单价相符，不符的在各行",
                  "The total agrees with people × pay: what is wrong stands in the rows",
                ),
              ]
            : []),
        ],
      });
    }),
  );

/** Whether a total of pay is what the people recruited cost: then its rows are wrong, and no money is to be had from it. */
function agreesWithPeople(table: AnnexTable, total: TotalRow, figure: Figure, policy: Policy): boolean {
  const people = figure.replace("pay", "recruits") as Figure;
  const count = sum(total.rows.map((index) => table.rows[index]?.figures[people]?.value ?? 0));
  return count > 0 && total.figures[figure]?.value === count * policy.value("recruit.pay");
}

/** How many there are, where the table says it: communities, grids, and those of a tier. */
export function counts(table: AnnexTable, book: Book): Check[] {
  const of = (
    rule: "tables.count" | "tables.tier-count",
    about: readonly About[],
    name: Text,
    printed: Named,
    value: number,
    rows: readonly AnnexRow[],
  ): Check => {
    const counted = sum(rows.map(countOf));
    const kind = table.annex === 4 ? text("网格", "grids") : text("社区", "communities");
    const groups = rows.filter(({ grids }) => grids !== null);
    const single = rows.length - groups.length;
    const added =
      groups.length === 0
        ? String(single)
        : `${[...(single > 0 ? [String(single)] : []), ...groups.map((row) => String(countOf(row)))].join(" + ")} = ${counted}`;
    const meets = value === counted;
    return book.check({
      rule,
      clause: clauseOf(table),
      table,
      about,
      name,
      title: {
        zh: `所印 ${value} 个${kind.zh}，${meets ? "与" : "而"}表中所列 ${counted} 个${meets ? "相符" : "不符"}`,
        en: `${value} ${kind.en} printed, ${counted} listed`,
      },
      judged: {
        verdict: meets ? "meets" : "breaches",
        observed: value,
        expected: counted,
        difference: value - counted,
      },
      unit: table.annex === 4 ? "grid" : "community",
      ...(table.annex === 4 && {
        money: {
          fen: (value - counted) * book.policy.value("grid.equipment"),
          per: book.policy.value("policy.equipment.period") === "yearly" ? "year" : "once",
        },
        parameters: meets ? [] : (["grid.equipment", "policy.equipment.period"] as const),
      }),
      inputs: [printed, ...rows.map((row) => countCell(table, row))],
      steps: [
        text(`表中所列：${added} 个`, `Listed: ${added}`),
        text(`${value} − ${counted} = ${value - counted}`, `${value} − ${counted} = ${value - counted}`),
      ],
    });
  };
  const rowsAt = (indexes: readonly number[]) => indexes.map((index) => table.rows[index]!);
  return [
    ...table.totals.flatMap((total) =>
      total.count?.value == null
        ? []
        : [
            of(
              "tables.count",
              [total],
              titled(table, totalLabel(total)),
              named(table, totalLabel(total), total.count, text("个数", "number")),
              total.count.value,
              rowsAt(total.rows),
            ),
          ],
    ),
    ...table.tiers.flatMap((group, index) => {
      const alone = group.rows.length === 1 && table.rows[group.rows[0]!]?.grids?.place === group.cell.place;
      return group.printed === null || alone
        ? []
        : [
            of(
              "tables.tier-count",
              ["tier", index + 1],
              tierName(table, group),
              tierCell(table, group),
              group.printed,
              rowsAt(group.rows),
            ),
          ];
    }),
  ];
}
const tierLabel = (group: TierGroup): string => textOf(group.cell.written).replace(/\s/g, "");
const tierName = (table: AnnexTable, group: TierGroup): Text => titled(table, same(tierLabel(group)));
const tierCell = (table: AnnexTable, group: TierGroup): Named =>
  named(table, same(tierLabel(group)), group.cell, text("建设标准", "standard"));

/** The rows that have an order number: in annex 4 only the first of a tier, where the cell is merged. */
function numbered(table: AnnexTable): readonly AnnexRow[] {
  const merged =
    table.annex === 4 &&
    table.tiers.length > 0 &&
    table.tiers.every(({ rows }) => rows.slice(1).every((index) => table.rows[index]?.order?.empty));
  return merged ? table.tiers.flatMap(({ rows }) => table.rows[rows[0] ?? -1] ?? []) : table.rows;
}

function orders(table: AnnexTable, book: Book): Check[] {
  const rows = numbered(table).filter((row) => row.order !== null);
  if (rows.length === 0) return [];
  const wrong = rows.flatMap((row, index) => (orderOf(row) === index + 1 ? [] : [{ row, due: index + 1 }]));
  const none = rows.every(({ order }) => order?.empty);
  const listed = wrong
    .slice(0, 10)
    .map(({ row, due }) => `${labelOf(row).zh} ${textOf(row.order?.written ?? "") || "—"}→${due}`)
    .join("；");
  const name = titled(table, text("序号", "order numbers"));
  // Numbers left out, or written in words, say nothing false.
  const unread = wrong.every(({ row }) => orderOf(row) === null);
  return [
    book.check({
      rule: "tables.order",
      clause: clauseOf(table),
      table,
      about: ["order"],
      name,
      title:
        wrong.length === 0
          ? text(`1 至 ${rows.length} 连续`, `runs from 1 to ${rows.length}`)
          : none
            ? text(`没有填写`, `left empty`)
            : text(`有 ${wrong.length} 行不连续`, `${wrong.length} rows are out of sequence`),
      judged: {
        verdict: wrong.length === 0 ? "meets" : unread ? "cannot-tell" : "breaches",
        observed: rows.length - wrong.length,
        expected: rows.length,
        difference: 0 - wrong.length,
      },
      inputs: rows.flatMap((row) => (row.order ? [named(table, labelOf(row), row.order, text("序号", "order"))] : [])),
      steps: [
        text(
          `序号应从 1 到 ${rows.length}，不空不重`,
          `Numbers should run from 1 to ${rows.length}, none left out, none twice`,
        ),
        ...(wrong.length === 0 || none ? [] : [text(`所填→应为：${listed}`, `Printed→due: ${listed}`)]),
      ],
    }),
  ];
}

/** Each community, or grid of a community, once. */
export function twice(table: AnnexTable, book: Book): Check[] {
  const rows = table.rows.filter(({ key }) => key !== "");
  if (rows.length === 0) return [];
  const seen = new Map<string, AnnexRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.community?.key ?? "", row.key]);
    const held = seen.get(key);
    if (held) held.push(row);
    else seen.set(key, [row]);
  }
  const again = [...seen.values()].filter(({ length }) => length > 1);
  const listed = again.map((same) => `${labelOf(same[0]!).zh} ×${same.length}`).join("；");
  const name = titled(table, text("名称", "names"));
  return [
    book.check({
      rule: "tables.name-twice",
      clause: clauseOf(table),
      table,
      about: ["names"],
      name,
      title:
        again.length === 0
          ? text(`${rows.length} 个各不相同`, `${rows.length}, all different`)
          : text(`重复出现 ${listed}`, `there more than once: ${listed}`),
      judged: {
        verdict: again.length === 0 ? "meets" : "breaches",
        observed: rows.length,
        expected: seen.size,
        difference: rows.length - seen.size,
      },
      inputs: [],
      words: rows.map((row) => nameOf(table, row)),
      exact: false,
      steps: [text(`${rows.length} 行，${seen.size} 个名称`, `${rows.length} rows, ${seen.size} names`)],
    }),
  ];
}

/** Annex 3: a community's investment is that of its years together; so is the total's. */
function byYear(table: AnnexTable, book: Book): Check[] {
  const years = yearsOf(table).filter((year) => table.columns[`investment.${year}`] !== undefined);
  if (table.columns.investment === undefined || years.length === 0) return [];
  const tierOf = new Map(table.tiers.flatMap((group) => group.rows.map((index) => [table.rows[index]!, group])));
  return [...table.rows, ...table.totals].flatMap((row): Check[] => {
    const printed = figureIn(table, row, "investment");
    const parts = years.flatMap((year) => figureIn(table, row, `investment.${year}`) ?? []);
    const whole = "label" in row;
    if (printed === undefined || (whole && [printed, ...parts].every(({ cell }) => cell.empty))) return [];
    const held = parts.filter(({ cell }) => cell.value !== null);
    const unsure = parts.filter(({ cell }) => cell.value === null && !cell.empty);
    const nothing = held.length === 0 && unsure.length === 0;
    const follows = nothing && printed.cell.value === null ? null : sum(held.map(({ cell }) => cell.value ?? 0));
    const added = addition(held, "fen");
    const label = lineLabel(row);
    return [
      book.equality({
        rule: "tables.years",
        clause: clauseOf(table),
        table,
        about: [row, "investment"],
        name: titled(table, label),
        printed,
        parts,
        figure: "investment",
        follows,
        unsure,
        steps:
          follows === null
            ? [
                text(
                  "总额和各年都没有数：是没有安排，还是漏填，表里看不出",
                  "Neither the total nor a year has a figure: nothing planned, or left out; the table does not tell",
                ),
                ...(whole ? [] : mergedSteps(table, row, tierOf.get(row))),
              ]
            : [
                text(
                  `${years.join("、")} 年相加：${added.zh}${told(follows, "fen").zh}`,
                  `${years.join(", ")} together: ${added.en}${told(follows, "fen").en}`,
                ),
              ],
      }),
    ];
  });
}

/** A figure of another community in the tier may stand for several, in a cell that was merged. */
function mergedSteps(table: AnnexTable, row: AnnexRow, group: TierGroup | undefined): Text[] {
  const others = (group?.rows ?? []).map((index) => table.rows[index]!).filter((other) => other !== row);
  const holder = others.filter(({ figures }) => figures.investment?.value != null);
  const [only] = holder;
  if (group === undefined || only === undefined || holder.length > 1) return [];
  return [
    {
      zh: `${tierLabel(group)}中只有${labelOf(only).zh}有数（${told(only.figures.investment?.value ?? 0, "fen").zh}），也可能是几个社区合并填写`,
      en: `In ${tierLabel(group)} only ${labelOf(only).en} has a figure (${told(only.figures.investment?.value ?? 0, "fen").en}): it may stand for several in a merged cell`,
    },
  ];
}

/** Annex 3: people × pay a year, in the lines and in the totals. */
export function pay(table: AnnexTable, book: Book): Check[] {
  const rate = book.policy.value("recruit.pay");
  return yearsOf(table).flatMap((year) =>
    [...table.rows, ...table.totals].flatMap((row): Check[] => {
      const people = figureIn(table, row, `recruits.${year}`);
      const printed = figureIn(table, row, `pay.${year}`);
      if (people === undefined || printed === undefined || (people.cell.empty && printed.cell.empty)) return [];
      const count = people.cell.value;
      const whole = "label" in row;
      const label = whole ? totalLabel(row) : text("社会招聘人员", "recruits");
      const follows = count === null ? null : count * rate;
      const other = printed.cell.value !== null && printed.cell.value % rate === 0 ? printed.cell.value / rate : null;
      const alike = other !== null && other === table.rows.length;
      return [
        book.equality({
          rule: "tables.recruit-pay",
          clause: clauseOf(table),
          table,
          about: [row, year],
          name: titled(table, label),
          printed,
          parts: [people],
          figure: `pay.${year}`,
          follows,
          parameters: ["recruit.pay"],
          steps: [
            ...(follows === null
              ? [text("没有人数，无法计算", "Without the number of people it cannot be worked out")]
              : [
                  text(
                    `${count} 人 × ${told(rate, "fen").zh} = ${told(follows, "fen").zh}`,
                    `${count} people × ${told(rate, "fen").en} = ${told(follows, "fen").en}`,
                  ),
                ]),
            ...(follows === null || other === null || other === count
              ? []
              : [
                  {
                    zh: `所印之数是 ${other} 人的费用${alike ? `，而表中正好有 ${other} 个社区` : ""}`,
                    en: `What is printed is the pay of ${other} people${alike ? `, as many as the table has communities` : ""}`,
                  },
                ]),
          ],
        }),
      ];
    }),
  );
}

/** Annex 4: grids × equipment money, in the lines and in the totals. */
function equipment(table: AnnexTable, book: Book): Check[] {
  const rate = book.policy.value("grid.equipment");
  return [...table.rows, ...table.totals].flatMap((row): Check[] => {
    const printed = figureIn(table, row, "equipment");
    if (printed === undefined) return [];
    const whole = "label" in row;
    const label = lineLabel(row);
    const counted = whole ? row.rows.map((index) => table.rows[index]!) : [row];
    const count = sum(counted.map(countOf));
    return [
      book.equality({
        rule: "tables.equipment",
        clause: clauseOf(table),
        table,
        about: [row],
        name: titled(table, label),
        printed,
        parts: counted.filter(({ grids }) => grids !== null).map((one) => countCell(table, one)),
        figure: "equipment",
        follows: count * rate,
        parameters: ["grid.equipment", "policy.equipment.period"],
        steps: [
          text(
            `${count} 个网格 × ${told(rate, "fen").zh} = ${told(count * rate, "fen").zh}`,
            `${count} grids × ${told(rate, "fen").en} = ${told(count * rate, "fen").en}`,
          ),
        ],
      }),
    ];
  });
}

// ------------------------------------------------------------------------------------------------------------- subsidies

/** Annex 4: whether the subsidies printed for so many people can arise from the bands at all. */
export function subsidies(table: AnnexTable, book: Book): Check[] {
  const printed = ({ figures: { subsidy, staff } }: AnnexRow | TotalRow) =>
    subsidy !== undefined && staff !== undefined && !subsidy.empty;
  const judged = ({ figures: { subsidy, staff } }: AnnexRow) => subsidy?.value != null && staff?.value != null;
  return [
    ...table.rows.filter(printed).flatMap((row) => [payable(table, row, book), ...leaderImplied(table, row, book)]),
    // Where every line has been judged the total says nothing new.
    ...table.totals
      .filter((total) => printed(total) && !total.rows.every((index) => judged(table.rows[index]!)))
      .map((total) => payable(table, total, book)),
  ];
}

/** A subsidy that only a leader who is police assistant makes up, in a grid too small in staff to have one for that reason. */
function leaderImplied(table: AnnexTable, row: AnnexRow, book: Book): Check[] {
  const { policy: asking, asked } = traced(book.policy);
  const [money, staff] = [figureIn(table, row, "subsidy"), figureIn(table, row, "staff")];
  const [printed, people] = [money?.cell.value, staff?.cell.value];
  const least = book.policy.value("staff.leader.workers");
  if (!money || !staff || printed == null || people == null || row.grids !== null) return [];
  if (printed % MONTHS !== 0 || people > least) return [];
  const payroll = { people, grids: 1, fen: printed / MONTHS };
  const implied = (policy: Policy) => {
    const without = feasibility(payroll, policy, false);
    return { is: feasibility(payroll, policy).feasible && !without.feasible, most: without.most };
  };
  const { is, most } = implied(asking);
  if (!is) return [];
  const leader = asking.value("subsidy.leader-police");
  const households = book.policy.value("staff.leader.households");
  const { steps, ...relied } = reliedOn(asked(), book.policy, (policy) =>
    implied(policy).is
      ? { verdict: "cannot-tell", explanation: text("仍须有网格长", "a leader is still needed") }
      : { verdict: "meets", explanation: text("没有网格长也能得出", "it can arise without a leader") },
  );
  return [
    book.check({
      rule: "tables.leader-implied",
      clause: "2.2.2",
      table,
      about: [row, "leader"],
      name: titled(table, labelOf(row)),
      title: {
        zh: `按所取口径，补贴中须有网格长兼警务助理（${yuanOf(leader)} 元），而人员只有 ${people} 人，能否设网格长要看户数和小区数`,
        en: `as the plan is read here the subsidy must include a leader who is police assistant (${yuanOf(leader)} yuan), yet it has only ${many(people, "person", "people")}: whether it may have a leader depends on households and compounds`,
      },
      judged: { verdict: "cannot-tell", observed: people, expected: null, difference: null },
      unit: "person",
      certainty: "possible",
      inputs: [staff, money],
      exact: false,
      ...relied,
      parameters: [...asked(), "staff.leader.workers", "staff.leader.households", "staff.leader.compounds"],
      steps: [
        text(
          `没有网格长兼警务助理时 ${people} 人每月最多 ${yuanOf(most)} 元，所印每月 ${yuanOf(payroll.fen)} 元`,
          `Without such a leader ${many(people, "person draws", "people draw")} at most ${yuanOf(most)} yuan a month; ${yuanOf(payroll.fen)} are printed`,
        ),
        text(
          `网格员不超过 ${least} 人，须有 ${households} 户以上或几个小区才可设网格长，表里没有这两个数`,
          `With no more than ${least} workers a leader needs ${households} households or several compounds, which the table does not print`,
        ),
        ...steps,
      ],
    }),
  ];
}

/** What the bands can give a line's or a total's staff, in fen a year, beside what is printed for them. */
interface SubsidyBands {
  readonly line: AnnexRow | TotalRow;
  /** How many grids it stands for, and how many people and how much money are printed; null: no figure. */
  readonly grids: number;
  readonly people: number | null;
  readonly printed: number | null;
  /** What the existing police assistants draw is in both; null where the number of people is missing. */
  readonly least: number | null;
  readonly most: number | null;
  /** How far the printed sum lies outside of them, 0 within. */
  readonly off: number;
  /** `deviates`: within, but not the same in every one of twelve months. */
  readonly verdict: "meets" | "deviates" | "breaches" | "cannot-tell";
}

/**
 * Every line and total of an annex 4 against the bands: the one judgement on subsidies, for `tables.subsidy-bands` and for the
 * table of them. In the table's order, lines first; 宝都's 合计 includes its existing police assistants.
 */
export const subsidyBandsOf = (table: AnnexTable, policy: Policy): SubsidyBands[] =>
  [...table.rows, ...table.totals].map((line) => bandsOf(table, line, policy));

/** The same of one line, with what it was worked out from. */
function bandsOf(table: AnnexTable, line: AnnexRow | TotalRow, policy: Policy) {
  const sums = "label" in line;
  const grids = sums ? sum(line.rows.map((index) => countOf(table.rows[index]!))) : countOf(line);
  const [people, printed] = [line.figures.staff?.value ?? null, line.figures.subsidy?.value ?? null];
  const existing = sums && isWhole(line) && isBaodu(table) ? policeOf(policy) : null;
  const counted = existing?.included ? existing.people : 0;
  const apart = existing === null ? 0 : existing.people * existing.fen * MONTHS;
  const yearly = (printed ?? 0) - apart;
  const facts = { line, grids, people, printed, existing, apart, yearly };
  if (people === null || people < counted)
    return { ...facts, payroll: null, found: null, least: null, most: null, off: 0, verdict: "cannot-tell" as const };
  // A year is twelve months of payrolls; one of equal months needs a twelfth in whole fen.
  const payroll = {
    people: people - counted,
    grids: Math.max(0, grids - counted),
    fen: Math.max(0, Math.floor(yearly / MONTHS)),
  };
  const found = feasibility(payroll, policy);
  const [least, most] = [found.least * MONTHS + apart, found.most * MONTHS + apart];
  const off = printed === null ? 0 : outside(printed, { min: least, max: most });
  const endless = off > 0 && policy.value("policy.subsidy.several-compounds") === "each";
  const even = yearly % MONTHS === 0 && found.feasible;
  const verdict: SubsidyBands["verdict"] =
    printed === null || endless ? "cannot-tell" : off !== 0 ? "breaches" : even ? "meets" : "deviates";
  return { ...facts, payroll, found, least, most, off, verdict };
}

function payable(table: AnnexTable, line: AnnexRow | TotalRow, book: Book): Check {
  const { policy: asking, asked } = traced(book.policy);
  const { people, printed, existing, apart, yearly, payroll, found, least, most, off, verdict } = bandsOf(
    table,
    line,
    asking,
  );
  const wan = (fen: number) => told(fen, "fen");
  const counted = "label" in line ? line.rows.map((index) => table.rows[index]!) : [line];
  const { steps, ...relied } = reliedOn(asked(), book.policy, (policy) => {
    const under = bandsOf(table, line, policy);
    return {
      verdict: under.verdict,
      explanation:
        under.least === null || under.most === null
          ? text("人数没有可用的数", "the number of people has no usable figure")
          : printed !== null && under.verdict === "cannot-tell"
            ? text(
                `全年至少 ${wan(under.least).zh}，没有上限`,
                `at least ${wan(under.least).en} a year, without an upper end`,
              )
            : text(
                `全年 ${wan(under.least).zh}至 ${wan(under.most).zh}`,
                `from ${wan(under.least).en} to ${wan(under.most).en} a year`,
              ),
    };
  });
  const draft = {
    rule: "tables.subsidy-bands" as const,
    exact: false,
    clause: "A4" as const,
    table,
    about: [line],
    name: titled(table, lineLabel(line)),
    unit: "fen/year" as const,
    inputs: [
      ...(["subsidy", "staff"] as const).flatMap((figure) => figureIn(table, line, figure) ?? []),
      ...counted.filter((row) => row.grids !== null).map((row) => countCell(table, row)),
    ],
    ...relied,
    parameters: asked(),
  };
  if (printed === null || people === null || found === null)
    return book.check({
      ...draft,
      title: text("补贴无法核对", "the subsidies cannot be checked"),
      judged: { verdict, observed: printed, expected: null, difference: null },
      steps: [text("人数或补贴没有可用的数", "The number of people or the subsidies have no usable figure")],
    });
  const explain: Record<typeof verdict, Text> = {
    meets: text("按补贴标准能够得出", "can arise from the bands"),
    deviates: text(
      "在上下限之内，但全年各月人员补贴不变时得不出",
      "lies between the ends, but twelve equal months cannot give it",
    ),
    breaches: text(
      `${off > 0 ? "高于" : "低于"}补贴标准所能得出的${off > 0 ? "最高" : "最低"}数`,
      `is ${off > 0 ? "more than the most" : "less than the least"} that the bands can give`,
    ),
    "cannot-tell": text(
      "按小区累加的口径没有上限，无法判断",
      "has no upper end where subsidies of compounds are added",
    ),
  };
  const paid = found.example.map(({ fen, people: each, police }) => ({
    zh: `${each} 人 × ${yuanOf(fen)} 元${police ? "（兼警务助理）" : ""}`,
    en: `${each} × ${yuanOf(fen)} yuan${police ? " (also police assistant)" : ""}`,
  }));
  return book.check({
    ...draft,
    title: {
      zh: `${people} 人全年补贴 ${wan(printed).zh}${explain[verdict].zh}`,
      en: `${wan(printed).en} a year for ${many(people, "person", "people")} ${explain[verdict].en}`,
    },
    judged: { verdict, observed: printed, expected: { min: least, max: most }, difference: off },
    money: { fen: off, per: "year" },
    certainty: verdict === "deviates" ? "possible" : verdict === "breaches" ? "likely" : "certain",
    steps: [
      ...(existing === null
        ? []
        : [
            text(
              `原有警务助理 ${existing.people} 人 × ${yuanOf(existing.fen)} 元 × ${MONTHS} 月 = ${wan(apart).zh}，另计`,
              `${existing.people} existing police assistants × ${yuanOf(existing.fen)} yuan × ${MONTHS} months = ${wan(apart).en}, counted apart`,
            ),
          ]),
      yearly < 0
        ? text("所印之数还不够原有警务助理的薪酬", "What is printed does not even cover the existing police assistants")
        : yearly % MONTHS !== 0
          ? text(
              `${wan(yearly).zh}不能平分到 ${MONTHS} 个月`,
              `${wan(yearly).en} cannot be divided into ${MONTHS} equal months`,
            )
          : text(
              `${wan(yearly).zh} ÷ ${MONTHS} 月 = 每月 ${yuanOf(yearly / MONTHS)} 元，${payroll.people} 人，${payroll.grids} 个网格可有警务助理`,
              `${wan(yearly).en} ÷ ${MONTHS} months = ${yuanOf(yearly / MONTHS)} yuan a month for ${many(payroll.people, "person", "people")}; ${many(payroll.grids, "grid")} may have a police assistant`,
            ),
      text(
        `这些人每月最少 ${yuanOf(found.least)} 元，最多 ${yuanOf(found.most)} 元`,
        `So many people draw at least ${yuanOf(found.least)} and at most ${yuanOf(found.most)} yuan a month`,
      ),
      ...(paid.length === 0 || verdict !== "meets"
        ? []
        : [
            {
              zh: `例如：${paid.map(({ zh }) => zh).join(" + ")}`,
              en: `For example: ${paid.map(({ en }) => en).join(" + ")}`,
            },
          ]),
      ...(existing === null ? [] : moreAssistants(payroll, yearly, asking)),
      ...(found.how === "bounds"
        ? [
            text(
              "人数多，只核对了上下限和档差",
              "With so many people only the ends and the step of the bands were checked",
            ),
          ]
        : []),
      ...steps,
      ...("label" in line || verdict === "meets" ? [] : wholeTable(table, line, printed, yearly, most)),
    ],
  });
}

/** Beside those who are paid apart: whether more people must be police assistants for the sum to arise. */
function moreAssistants({ people, fen }: Payroll, yearly: number, policy: Policy): Text[] {
  const { most } = feasibility(
    { people, grids: 0, fen },
    readAs(policy, "policy.police-assistants.per-grid", "one"),
    false,
  );
  if (most * MONTHS >= yearly) return [];
  const [all, rest] = [told(most * MONTHS, "fen"), told(yearly, "fen")];
  return [
    text(
      `其余 ${people} 人若都不兼警务助理，全年最多 ${all.zh}，少于 ${rest.zh}：其中须另有人兼任`,
      `If none of the other ${people} were a police assistant they would draw at most ${all.en} a year, less than ${rest.en}: some of them must be`,
    ),
  ];
}

/** A line whose sum is a round amount for the people of all lines: what would have to stand there, and in the total, if it is theirs. */
function wholeTable(table: AnnexTable, line: AnnexRow, printed: number, yearly: number, most: number): Text[] {
  const staff = sum(table.rows.map(({ figures }) => figures.staff?.value ?? 0));
  const month = staff * MONTHS * 100;
  if (staff === 0 || staff === line.figures.staff?.value || yearly % month !== 0) return [];
  const others = sum(table.rows.filter((row) => row !== line).map(({ figures }) => figures.subsidy?.value ?? 0));
  const left = printed - others;
  const wan = (fen: number) => told(fen, "fen");
  const plain = (fen: number) => shown(fen, "fen");
  return [
    text(
      `所印之数正好是全表 ${staff} 人 × 每月 ${yearly / month} 元 × ${MONTHS} 月，可能把全表的数填在了这一行`,
      `What is printed is exactly all ${staff} people of the table × ${yearly / month} yuan × ${MONTHS} months: perhaps the whole table's figure stands in this line`,
    ),
    ...(others === 0 || left < 0
      ? []
      : [
          text(
            `如果是这样，这一行应为 ${plain(printed).zh} − 其他各行 ${plain(others).zh} = ${wan(left).zh}，合计应为 ${wan(printed).zh}，不是 ${wan(printed + others).zh}`,
            `If so, this line should be ${plain(printed).en} − ${plain(others).en} of the other lines = ${wan(left).en}, and the total ${wan(printed).en}, not ${wan(printed + others).en}`,
          ),
          ...(left <= most
            ? []
            : [
                text(
                  `即使 ${wan(left).zh}，也比最高的 ${wan(most).zh}多 ${wan(left - most).zh}`,
                  `Even ${wan(left).en} are ${wan(left - most).en} more than the most, ${wan(most).en}`,
                ),
              ]),
        ]),
  ];
}

// ---------------------------------------------------------------------------------------- figures that give themselves away

/** Columns of which one may be a multiple of the other. Those of annex 4 are counts of a few people: chance does as much. */
const PAIRS: readonly (readonly [Figure, Figure])[] = [
  ["grids", "places"],
  ["grids", "households"],
  ["grids", "population"],
  ["places", "households"],
  ["places", "population"],
  ["households", "population"],
  ["area", "investment"],
];

/** A column that is always, or oddly often, the same multiple of another. */
const multiples = (table: AnnexTable, book: Book): Check[] =>
  PAIRS.flatMap(([base, derived]): Check[] => {
    const rows = table.rows.flatMap((row) => {
      const [from, to] = [figureIn(table, row, base), figureIn(table, row, derived)];
      if (!from?.cell.value || !to?.cell.value) return [];
      return [{ row, from, to, pair: { x: from.cell.value, y: to.cell.value, unit: precisionOf(to.cell, derived) } }];
    });
    const found = multipleOf(rows.map(({ pair }) => pair));
    if (found === null) return [];
    const follows = rows.filter((_, index) => found.follow.has(index));
    const apart = rows.filter((_, index) => found.usable.has(index) && !found.follow.has(index));
    const all = follows.length === found.usable.size;
    // 1 fen per hundredth of a square metre is 1 yuan per square metre.
    const factor = decimal(found.ratio);
    const per = base === "area" ? text(" 元/平方米", " yuan/m²") : text("", "");
    const [one, other] = [wordOf(base), wordOf(derived)];
    const [first] = follows;
    const name = titled(table, other);
    const scale = scaleOf(derived);
    return [
      book.check({
        rule: "tables.multiple",
        clause: clauseOf(table),
        table,
        about: [base, derived],
        name,
        title: {
          zh: `${found.usable.size} 行中有 ${follows.length} 行恰为${one.zh} × ${factor}${per.zh}`,
          en: `in ${follows.length} of ${found.usable.size} rows ${other.en} is exactly ${one.en} × ${factor}${per.en}`,
        },
        judged: {
          verdict: "deviates",
          observed: follows.length,
          expected: null,
          difference: null,
        },
        certainty: all ? "likely" : "possible",
        inputs: follows.flatMap(({ from, to }) => [to, from]),
        exact: false,
        steps: [
          ...(first === undefined
            ? []
            : [
                text(
                  `例：${labelOf(first.row).zh} ${shown(first.pair.x, scaleOf(base)).zh} × ${factor} → ${told(first.pair.y, scale).zh}（四舍五入到所印位数）`,
                  `For example ${labelOf(first.row).en}: ${shown(first.pair.x, scaleOf(base)).en} × ${factor} → ${told(first.pair.y, scale).en} (rounded to the digits printed)`,
                ),
              ]),
          all
            ? text(
                `${follows.length} 行无一例外：该列应是推算的，不是统计的`,
                `All ${follows.length} rows without exception: the column was worked out, not counted`,
              )
            : {
                zh: `是这个倍数的：${follows.map(({ row }) => labelOf(row).zh).join("、")}；不是的：${apart.map(({ row }) => labelOf(row).zh).join("、")}`,
                en: `Those that are: ${follows.map(({ row }) => labelOf(row).en).join(", ")}; those that are not: ${apart.map(({ row }) => labelOf(row).en).join(", ")}`,
              },
          ...(all
            ? []
            : [text("也可能是按统一单价估算，或只是巧合", "It may be an estimate at one unit price, or chance")]),
        ],
      }),
    ];
  });

/** The last digit that is printed: 133.5 万元 is told to 0.1 万元. */
function precisionOf(cell: PrintedCell, figure: Figure): number {
  const scale = scaleOf(figure);
  if (scale === "count") return 1;
  const written = textOf(cell.written);
  const places = /\.(\d+)/.exec(written)?.[1]?.length ?? 0;
  const whole = scale === "fen" ? (/万|^[\d.,]+$/.test(written) && !/\(元/.test(cell.heading) ? 6 : 2) : 2;
  return 10 ** Math.max(0, whole - places);
}

/** Whether a printed total is what its lines make: a wrong one is told once, and nothing follows from it. */
const adds = (table: AnnexTable, total: TotalRow, figure: Figure): boolean =>
  total.figures[figure]?.value === sum(total.rows.map((index) => table.rows[index]?.figures[figure]?.value ?? 0));

/** Annex 2: persons per household, where they lie far from any census. */
export function persons(table: AnnexTable, book: Book): Check[] {
  const range = book.policy.value("annex2.persons-per-household");
  return [...table.rows, ...table.totals].flatMap((row): Check[] => {
    const [households, population] = [figureIn(table, row, "households"), figureIn(table, row, "population")];
    const [homes, people] = [households?.cell.value, population?.cell.value];
    if (!households || !population || homes == null || people == null || (homes === 0 && people === 0)) return [];
    if ("label" in row && !(adds(table, row, "households") && adds(table, row, "population"))) return [];
    const label = lineLabel(row);
    const { verdict, difference } = within(people, { min: range.min * homes, max: range.max * homes }, "deviates");
    const each = homes === 0 ? "—" : ratio(people, homes);
    return [
      book.check({
        rule: "tables.persons-per-household",
        clause: "A2",
        table,
        about: [row, "persons"],
        name: titled(table, label),
        title: {
          zh: `户均 ${each} 人${verdict === "meets" ? "" : `，不在 ${range.min}–${range.max} 人的合理范围`}`,
          en: `${each} persons per household${verdict === "meets" ? "" : `, outside the plausible ${range.min}–${range.max}`}`,
        },
        judged: { verdict, observed: people, expected: { min: range.min * homes, max: range.max * homes }, difference },
        unit: "person",
        certainty: verdict === "meets" ? "certain" : "possible",
        inputs: [population, households],
        exact: false,
        parameters: ["annex2.persons-per-household"],
        steps: [
          text(`${people} 人 ÷ ${homes} 户 = ${each}`, `${people} people ÷ ${homes} households = ${each}`),
          ...(verdict === "meets"
            ? []
            : [
                text(
                  "户数和人口可能口径不同（如户数按房屋套数，人口按户籍）",
                  "Households and population may be counted differently, such as dwellings against registered residents",
                ),
              ]),
        ],
      }),
    ];
  });
}

/** Annex 2: a compound lies in one grid, so there are no more grids than compounds and villages. */
function gridsAndPlaces(table: AnnexTable, book: Book): Check[] {
  return table.rows.flatMap((row): Check[] => {
    const [grids, places] = [figureIn(table, row, "grids"), figureIn(table, row, "places")];
    const [many, most] = [grids?.cell.value, places?.cell.value];
    if (!grids || !places || many == null || most == null) return [];
    const judged = within(many, { min: 0, max: most }, whenMissed("grid.per-compound"));
    const name = titled(table, labelOf(row));
    return [
      book.check({
        rule: "tables.grids-over-places",
        clause: "2.2.1",
        table,
        about: [row, "grids"],
        name,
        title: {
          zh: `${many} 个网格，${most} 个小区（村庄）${judged.verdict === "meets" ? "" : "，必有小区被拆分"}`,
          en: `${many} grids, ${most} compounds and villages${judged.verdict === "meets" ? "" : "; some must have been split"}`,
        },
        judged,
        unit: "grid",
        certainty: judged.verdict === "meets" ? "certain" : "likely",
        inputs: [grids, places],
        exact: false,
        parameters: ["grid.per-compound"],
        steps: [
          text(
            `一个小区只属一个网格，网格数不应多于小区（村庄）数：${many} 与 ${most}`,
            `A compound lies in one grid, so grids should not outnumber them: ${many} against ${most}`,
          ),
        ],
      }),
    ];
  });
}

/** Columns, counts and tiers that the table leaves open. */
function gaps(table: AnnexTable, book: Book): Check[] {
  const tell = (about: readonly About[], name: Text, zh: string, en: string, words: readonly Named[]): Check =>
    book.check({
      rule: "tables.gap",
      clause: clauseOf(table),
      table,
      about,
      name,
      title: text(zh, en),
      judged: { verdict: "cannot-tell", observed: null, expected: null, difference: null },
      inputs: [],
      words,
      exact: false,
      steps: [text(zh, en)],
    });
  const tiered = new Set(table.tiers.flatMap(({ rows }) => rows));
  const untiered = table.rows.filter((_, index) => !tiered.has(index));
  return [
    ...(table.annex === 3 && table.columns.area === undefined
      ? [
          tell(
            ["area"],
            titled(table, text("建筑面积", "floor area")),
            "表中没有建筑面积一列，服务中心面积无从核对",
            "the table has no column for floor area, so no centre's area can be checked",
            table.rows.map((row) => nameOf(table, row)),
          ),
        ]
      : []),
    ...table.totals
      .filter((total) => total.count === null && isWhole(total))
      .map((total) => {
        const listed = sum(total.rows.map((index) => countOf(table.rows[index]!)));
        return tell(
          [total, "count"],
          titled(table, totalLabel(total)),
          `没有印个数，表中列有 ${listed} 个`,
          `how many there are is not printed; ${listed} listed`,
          [named(table, totalLabel(total), total.name, text("名称", "label"))],
        );
      }),
    ...table.totals.filter(isWhole).flatMap((total) => {
      const summed = total.rows.map((index) => table.rows[index]!);
      const below = summed.filter(({ place }) => place.row > total.place.row);
      // Above all lines it stands where many tables have it.
      if (below.length === 0 || below.length === summed.length) return [];
      return [
        tell(
          [total, "below"],
          titled(table, totalLabel(total)),
          `${totalLabel(total).zh}之后还有 ${below.length} 行，核对时算在内`,
          `${many(below.length, "line stands", "lines stand")} below it; they are counted in what it should sum`,
          [
            named(table, totalLabel(total), total.name, text("名称", "label")),
            ...below.map((row) => nameOf(table, row)),
          ],
        ),
      ];
    }),
    ...(table.tiers.length === 0 || untiered.length === 0
      ? []
      : [
          tell(
            ["tier"],
            titled(table, text("建设标准", "standard")),
            `有 ${untiered.length} 行不知属于哪一类`,
            `${untiered.length} rows have no tier`,
            untiered.map((row) => nameOf(table, row)),
          ),
        ]),
    ...table.tiers.flatMap((group, index) =>
      group.rows.length > 0
        ? []
        : [
            tell(
              ["tier", index + 1],
              tierName(table, group),
              "印了这一类，却没有列出任何一个",
              "the tier is printed, but nothing is listed under it",
              [tierCell(table, group)],
            ),
          ],
    ),
  ];
}

/** How often one amount may stand in a column before it looks like a lump sum. */
const LUMP = 4;

/** Annex 3: one amount for many communities in a year looks like a lump, not an estimate. */
const lumps = (table: AnnexTable, book: Book): Check[] =>
  figuresOf(table)
    .filter((figure) => figure.startsWith("investment."))
    .flatMap((figure) => {
      const held = table.rows.flatMap((row) => figureIn(table, row, figure) ?? []).filter(({ cell }) => cell.value);
      const groups = Map.groupBy(held, ({ cell }) => cell.value ?? 0);
      return [...groups]
        .filter(([, { length }]) => length >= LUMP)
        .map(([value, same]) => {
          const name = titled(table, wordOf(figure));
          return book.check({
            rule: "tables.lump",
            clause: clauseOf(table),
            table,
            about: [figure, value],
            name,
            title: {
              zh: `${held.length} 个社区中有 ${same.length} 个都是 ${told(value, "fen").zh}`,
              en: `${same.length} of ${held.length} communities have the same ${told(value, "fen").en}`,
            },
            judged: { verdict: "deviates", observed: same.length, expected: null, difference: null },
            unit: "community",
            certainty: "possible",
            inputs: same,
            exact: false,
            steps: [
              text(
                "可能是统一安排的数，不是按各中心估算的；也可能本来相同",
                "Perhaps a lump given to each, not an estimate of each centre; they may also be alike",
              ),
            ],
          });
        });
    });
