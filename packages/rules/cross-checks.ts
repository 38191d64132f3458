import { clause } from "@county/plan/clauses.ts";
import { streets } from "@county/plan/county.ts";
import { type Text, text } from "@county/plan/text.ts";
import { type AnnexRow, type AnnexTable, type Figure, isWhole, keyOf, yearsOf } from "./annex-tables.ts";
import {
  type Book,
  type Check,
  countCell,
  countOf,
  figureIn,
  figuresOf,
  isBaodu,
  kindOf,
  labelOf,
  MONTHS,
  many,
  type Named,
  named,
  nameOf,
  orderOf,
  policeOf,
  ratio,
  same,
  streetOf,
  TIER,
  titled,
  told,
  totalLabel,
  wordOf,
  yuanOf,
} from "./equations.ts";
import { by, leastOf, portion, sum } from "./figures.ts";
import { readingStep, whenMissed, within } from "./finding.ts";
import { decimal, multipleOf } from "./multiples.ts";
import { textOf } from "./table-reading.ts";

// The tables held against each other and against the plan's text.

// ---------------------------------------------------------------------------------------------------------- across tables

export const across = (book: Book): Check[] => [
  ...book
    .pairs(2, 3)
    .flatMap(([basic, costs]) => [
      ...sameCommunities(basic, costs, book),
      ...references(basic, costs, book),
      ...centres(basic, costs, book),
    ]),
  ...book
    .pairs(2, 4)
    .flatMap(([basic, grids]) => [
      ...knownCommunities(basic, grids, book),
      ...gridsOfCommunity(basic, grids, book),
      ...gridsAcross(basic, grids, book),
      ...staffForPlaces(basic, grids, book),
    ]),
  ...[...book.given].filter(({ annex }) => annex === 2).flatMap((table) => elsewhere(table, book)),
  ...book.tables(4).flatMap((table) => staffCeiling(table, book)),
  ...book.tables(3).flatMap((table) => byTier(table, book)),
  ...personsBetweenStreets(book),
  ...cadresBetweenStreets(book),
  ...villagesCounted(book),
  ...sameFigure(book),
];

/** The communities of annex 3 are those of annex 2. */
function sameCommunities(basic: AnnexTable, costs: AnnexTable, book: Book): Check[] {
  const [one, other] = [basic, costs].map((table) => new Set(table.rows.map(({ key }) => key))) as [
    Set<string>,
    Set<string>,
  ];
  const missing = basic.rows.filter(({ key }) => !other.has(key));
  const extra = costs.rows.filter(({ key }) => !one.has(key));
  const meets = missing.length === 0 && extra.length === 0;
  const name = titled(costs, text("社区名称", "communities"));
  const list = (rows: readonly AnnexRow[]) => rows.map((row) => labelOf(row).zh).join("、") || "—";
  return [
    book.check({
      rule: "tables.same-communities",
      clause: "A3",
      table: costs,
      about: ["communities", "annex2"],
      name,
      title: meets
        ? text(`${costs.rows.length} 个与附件2相同`, `the same ${costs.rows.length} as in annex 2`)
        : text(
            `附件2有而本表没有 ${missing.length} 个，本表有而附件2没有 ${extra.length} 个`,
            `${missing.length} of annex 2 are not here, ${extra.length} here are not in annex 2`,
          ),
      judged: {
        verdict: meets ? "meets" : "breaches",
        observed: other.size,
        expected: one.size,
        difference: other.size - one.size,
      },
      unit: "community",
      inputs: [],
      words: [...costs.rows.map((row) => nameOf(costs, row)), ...basic.rows.map((row) => nameOf(basic, row))],
      exact: false,
      steps: meets
        ? [
            text(
              "名称去掉“社区”和括号里的序号后逐一对应",
              "Each name has its like, without 社区 and the number in brackets",
            ),
          ]
        : [
            text(
              `附件2有而本表没有：${list(missing)}；本表有而附件2没有：${list(extra)}`,
              `Only in annex 2: ${list(missing)}; only here: ${list(extra)}`,
            ),
          ],
    }),
  ];
}

/** The number in brackets behind a name in annex 3 is the community's in annex 2. */
function references(basic: AnnexTable, costs: AnnexTable, book: Book): Check[] {
  const byKey = new Map(basic.rows.map((row) => [row.key, row]));
  return costs.rows.flatMap((row) => {
    if (row.reference === null) return [];
    const like = byKey.get(row.key);
    const order = like === undefined ? null : orderOf(like);
    const name = titled(costs, labelOf(row));
    const verdict = order === null ? "cannot-tell" : order === row.reference ? "meets" : "breaches";
    return [
      book.check({
        rule: "tables.reference",
        clause: "A3",
        table: costs,
        about: [row, "reference"],
        name,
        title: {
          zh: `括号里的序号 ${row.reference}，附件2为 ${order ?? "不明"}`,
          en: `the number in brackets is ${row.reference}, in annex 2 ${order ?? "unknown"}`,
        },
        judged: {
          verdict,
          observed: row.reference,
          expected: order,
          difference: order === null ? null : row.reference - order,
        },
        inputs: [
          nameOf(costs, row),
          ...(like?.order ? [named(basic, labelOf(like), like.order, text("序号", "order"))] : []),
        ],
        steps: [
          like === undefined
            ? text("附件2没有这个社区", "Annex 2 has no such community")
            : text(
                `附件2第 ${like.place.row} 行 ${labelOf(like).zh}`,
                `Annex 2, row ${like.place.row}: ${labelOf(like).en}`,
              ),
        ],
      }),
    ];
  });
}

const NONE = /^(无|没有|暂无|尚无)$/;

/** A centre that annex 2 says is not there has no floor area to print. */
function centres(basic: AnnexTable, costs: AnnexTable, book: Book): Check[] {
  const byKey = new Map(costs.rows.map((row) => [row.key, row]));
  return basic.rows.flatMap((row) => {
    if (row.centre === null || !NONE.test(textOf(row.centre.written))) return [];
    const like = byKey.get(row.key);
    const area = like && figureIn(costs, like, "area");
    if (like === undefined || area === undefined) return [];
    const value = area.cell.value;
    const name = titled(costs, labelOf(like));
    const has = value !== null && value > 0;
    return [
      book.check({
        rule: "tables.centre-none",
        clause: "A3",
        table: costs,
        about: [like, "centre"],
        name,
        title: has
          ? text(
              `附件2说没有服务中心，本表却印了 ${told(value, "centi-square-metre").zh}`,
              `annex 2 says there is no service centre, yet ${told(value, "centi-square-metre").en} are printed here`,
            )
          : text(`没有服务中心，也没有面积`, `no service centre, and no floor area`),
        judged: {
          verdict: has ? "deviates" : "meets",
          observed: value === null ? null : told(value, "centi-square-metre"),
          expected: text("没有面积", "no floor area"),
          difference: null,
        },
        certainty: has ? "likely" : "certain",
        inputs: [area],
        exact: false,
        words: [named(basic, labelOf(row), row.centre, text("服务中心位置", "service centre"))],
        steps: has
          ? [
              text(
                "两张表不能都对；也可能本表的面积是计划新建的",
                "The two tables cannot both be right; the area here may also be one that is planned",
              ),
            ]
          : [text("两张表一致", "The two tables agree")],
      }),
    ];
  });
}

/** Annex 2: a service centre that lies in another community, or is shared by several. */
function elsewhere(table: AnnexTable, book: Book): Check[] {
  const byName = new Map(table.rows.map((row) => [textOf(row.name.written).replace(/\s/g, ""), row]));
  const bySpot = new Map<string, AnnexRow[]>();
  for (const row of table.rows) {
    const spot = row.centre === null ? "" : textOf(row.centre.written).replace(/\s/g, "");
    if (spot !== "" && !NONE.test(spot)) bySpot.set(spot, (bySpot.get(spot) ?? []).concat(row));
  }
  const tell = (row: AnnexRow, about: string, zh: string, en: string, others: readonly AnnexRow[]): Check => {
    const name = titled(table, labelOf(row));
    const centre = (one: AnnexRow) =>
      one.centre ? [named(table, labelOf(one), one.centre, text("服务中心位置", "service centre"))] : [];
    return book.check({
      rule: "tables.centre-elsewhere",
      clause: "A2",
      table,
      about: [row, about],
      name,
      title: text(zh, en),
      judged: { verdict: "deviates", observed: text(zh, en), expected: null, difference: null },
      certainty: "possible",
      inputs: [],
      words: [...centre(row), ...others.flatMap(centre)],
      exact: false,
      steps: [
        text(
          "可能两个社区合用一处，也可能该中心原属另一社区，或另有同名的地方",
          "Two communities may share one, the centre may have been the other's, or a place of that name is meant",
        ),
      ],
    });
  };
  return [...bySpot].flatMap(([spot, rows]) => {
    const host = byName.get(spot);
    const guests = rows.filter((row) => row !== host);
    return [
      ...(host === undefined
        ? []
        : guests.map((row) =>
            tell(
              row,
              "centre",
              `服务中心位置写的是另一个社区（${spot}）`,
              `its service centre is given as another community (${spot})`,
              [host],
            ),
          )),
      ...(rows.length > 1 && rows[0]
        ? [
            tell(
              rows[0],
              "shared",
              `服务中心位置与${rows
                .slice(1)
                .map((row) => labelOf(row).zh)
                .join("、")}相同`,
              `its service centre is the same as that of ${rows
                .slice(1)
                .map((row) => labelOf(row).zh)
                .join(", ")}`,
              rows.slice(1),
            ),
          ]
        : []),
    ];
  });
}

/** Every grid of annex 4 lies in a community of annex 2. */
function knownCommunities(basic: AnnexTable, grids: AnnexTable, book: Book): Check[] {
  const known = new Set(basic.rows.map(({ key }) => key));
  const rows = grids.rows.filter((row) => row.grids === null && row.community !== null);
  if (rows.length === 0) return [];
  const lost = rows.filter((row) => !known.has(row.community?.key ?? ""));
  const name = titled(grids, text("所属社区", "communities of the grids"));
  const list = lost.map((row) => `${labelOf(row).zh}（${textOf(row.community?.written ?? "") || "—"}）`).join("、");
  return [
    book.check({
      rule: "tables.known-communities",
      clause: "A4",
      table: grids,
      about: ["communities", "annex2"],
      name,
      title:
        lost.length === 0
          ? text(`${rows.length} 个网格的社区附件2都有`, `annex 2 has the communities of all ${rows.length} grids`)
          : text(`附件2没有的社区：${list}`, `not in annex 2: ${list}`),
      judged: {
        verdict: lost.length === 0 ? "meets" : "breaches",
        observed: rows.length - lost.length,
        expected: rows.length,
        difference: 0 - lost.length,
      },
      unit: "grid",
      inputs: [],
      words: [
        ...rows.flatMap((row) =>
          row.community ? [named(grids, labelOf(row), row.community, text("所属社区", "community"))] : [],
        ),
        ...basic.rows.map((row) => nameOf(basic, row)),
      ],
      exact: false,
      steps: [text("名称去掉“社区”后比较", "Names are compared without 社区")],
    }),
  ];
}

/** The grids that annex 4 names in a community are some of those that annex 2 counts there. */
function gridsOfCommunity(basic: AnnexTable, grids: AnnexTable, book: Book): Check[] {
  const byCommunity = Map.groupBy(
    grids.rows.filter((grid) => grid.grids === null),
    ({ community }) => community?.key ?? "",
  );
  return basic.rows.flatMap((row) => {
    const listed = byCommunity.get(row.key) ?? [];
    const printed = figureIn(basic, row, "grids");
    if (listed.length === 0 || printed?.cell.value == null) return [];
    const judged = within(listed.length, { min: 0, max: printed.cell.value }, "breaches");
    const name = titled(grids, labelOf(row));
    return [
      book.check({
        rule: "tables.grids-of-community",
        clause: "A4",
        table: grids,
        about: [row, "grids"],
        name,
        title: {
          zh: `列出 ${listed.length} 个网格，附件2共 ${printed.cell.value} 个`,
          en: `${listed.length} grids listed, ${printed.cell.value} in annex 2`,
        },
        judged,
        unit: "grid",
        inputs: [printed],
        words: listed.map((grid) => nameOf(grids, grid)),
        exact: false,
        steps: [
          text(
            `本表列出：${listed.map((row) => labelOf(row).zh).join("、")}`,
            `Listed here: ${listed.map((row) => labelOf(row).zh).join(", ")}`,
          ),
        ],
      }),
    ];
  });
}

/** Annex 2's grids are annex 4's, and in 宝都 the rural ones that annex 4 leaves out. */
function gridsAcross(basic: AnnexTable, grids: AnnexTable, book: Book): Check[] {
  const total = basic.totals.find(isWhole);
  const printed = total && figureIn(basic, total, "grids");
  if (printed === undefined || printed.cell.value === null) return [];
  const note = gridsNote(basic);
  const known = note === null && isBaodu(basic);
  const rural = note?.rural ?? (known ? book.policy.value("annex2.baodu.rural-grids") : 0);
  const listed = sum(grids.rows.map(countOf));
  const follows = listed + rural;
  return [
    book.equality({
      rule: "tables.grids-across",
      clause: "A4",
      table: grids,
      about: ["grids", "annex2"],
      name: titled(grids, text("与附件2", "against annex 2")),
      printed,
      parts: grids.rows.map((row) => countCell(grids, row)),
      words: note === null ? [] : [note.named],
      figure: "grids",
      follows,
      money: {
        fen: (printed.cell.value - follows) * book.policy.value("grid.equipment"),
        per: book.policy.value("policy.equipment.period") === "yearly" ? "year" : "once",
      },
      parameters: [
        "grid.equipment",
        "policy.equipment.period",
        ...(known ? (["annex2.baodu.rural-grids"] as const) : []),
      ],
      steps: [
        rural === 0
          ? text(`附件4共列 ${listed} 个网格`, `Annex 4 lists ${listed} grids`)
          : text(
              `附件4共列 ${listed} 个网格，加${known ? "" : "附件2注中的"}农村网格 ${rural} 个：${follows} 个`,
              `Annex 4 lists ${listed} grids; with the ${rural} rural ones${known ? "" : " of annex 2's note"}: ${follows}`,
            ),
        ...(note === null || note.urban === listed
          ? []
          : [
              text(
                `附件2注中城市网格 ${note.urban} 个，与所列 ${listed} 个不符`,
                `Annex 2's note has ${note.urban} urban grids, not the ${listed} listed`,
              ),
            ]),
      ],
    }),
  ];
}

/** In principle one worker per compound (2.2.2): annex 4's staff against annex 2's compounds. */
function staffForPlaces(basic: AnnexTable, grids: AnnexTable, book: Book): Check[] {
  const [places, staff] = [basic, grids].map((table, index) => {
    const total = table.totals.find(isWhole);
    return total && figureIn(table, total, index === 0 ? "places" : "staff");
  });
  if (places?.cell.value == null || staff?.cell.value == null) return [];
  const perPlace = book.policy.value("staff.workers-per-compound");
  const needed = places.cell.value * perPlace;
  const enough = staff.cell.value >= needed;
  // Where villages are counted with the compounds, how many workers are short is not known.
  const villages = /村/.test(places.cell.heading);
  const name = titled(grids, text("人员", "staff"));
  return [
    book.check({
      rule: "tables.staff-for-places",
      clause: "2.2.2",
      table: grids,
      about: ["staff", "annex2"],
      name,
      title: {
        zh: `网格工作人员 ${staff.cell.value} 人，附件2小区${villages ? "及村庄" : ""} ${places.cell.value} 个`,
        en: `${staff.cell.value} grid staff for ${places.cell.value} compounds${villages ? " and villages" : ""} of annex 2`,
      },
      judged: {
        verdict: enough ? "meets" : villages ? "cannot-tell" : whenMissed("staff.workers-per-compound"),
        observed: staff.cell.value,
        expected: { min: needed, max: null },
        difference: Math.min(0, staff.cell.value - needed),
      },
      unit: "person",
      certainty: enough ? "certain" : "possible",
      inputs: [staff, places],
      exact: false,
      parameters: ["staff.workers-per-compound"],
      steps: [
        text(
          `每个小区 ${perPlace} 人：${places.cell.value} × ${perPlace} = ${needed}`,
          `${perPlace} per compound: ${places.cell.value} × ${perPlace} = ${needed}`,
        ),
        ...(enough || !villages
          ? []
          : [
              text(
                "附件2把村庄和小区合在一起，附件4只列城市网格：村庄有多少，表里没有",
                "Annex 2 counts villages with the compounds, annex 4 lists urban grids only: how many are villages is not printed",
              ),
            ]),
      ],
    }),
  ];
}

/** How many times as much one street may have before it stands out. */
const FAR = 2;

interface Share {
  readonly table: AnnexTable;
  readonly of: number;
  readonly per: number;
  readonly cells: readonly Named[];
}
/** The given streets' shares, two by two, the smaller first, and whether the other is more than FAR times as much. */
function twoByTwo(shares: readonly Share[], book: Book): { few: Share; many: Share; apart: boolean }[] {
  const order = (one: Share, other: Share) => BigInt(one.of) * BigInt(other.per) - BigInt(other.of) * BigInt(one.per);
  return shares.flatMap((one, index) =>
    shares
      .slice(index + 1)
      .filter((other) => kindOf(one.table) !== kindOf(other.table))
      .filter((other) => [...one.cells, ...other.cells].some(({ table }) => book.given.has(table)))
      .map((other) => {
        const [few, many] = order(one, other) <= 0n ? [one, other] : [other, one];
        return { few, many, apart: order({ ...few, of: few.of * FAR }, many) < 0n };
      }),
  );
}
const filledIn = (table: AnnexTable, figure: Figure): Named[] =>
  table.rows.flatMap((row) => figureIn(table, row, figure) ?? []).filter(({ cell }) => cell.value !== null);
const added = (cells: readonly Named[]): number => sum(cells.map(({ cell }) => cell.value ?? 0));

/** Persons per household in two streets. */
function personsBetweenStreets(book: Book): Check[] {
  const shares = book.tables(2).flatMap((table): Share[] => {
    const [homes, people] = [filledIn(table, "households"), filledIn(table, "population")];
    const [of, per] = [added(people), added(homes)];
    return of > 0 && per > 0 ? [{ table, of, per, cells: [...people, ...homes] }] : [];
  });
  return twoByTwo(shares, book).map(({ few, many, apart }) => {
    const [low, high] = [few, many].map(({ of, per }) => ratio(of, per)) as [string, string];
    const [street, other] = [streetOf(few.table), streetOf(many.table)];
    return book.check({
      rule: "tables.persons-between-streets",
      clause: "A2",
      table: few.table,
      about: ["persons", many.table],
      name: titled(few.table, text("户均人口", "persons per household")),
      title: {
        zh: `户均 ${low} 人，${other.zh} ${high} 人${apart ? "，相差悬殊" : ""}`,
        en: `${low} persons per household, ${high} in ${other.en}${apart ? ": too far apart" : ""}`,
      },
      judged: { verdict: apart ? "deviates" : "meets", observed: same(low), expected: null, difference: null },
      certainty: apart ? "likely" : "certain",
      inputs: [...few.cells, ...many.cells],
      exact: false,
      steps: [
        text(
          `${street.zh}：${few.of} ÷ ${few.per} = ${low}；${other.zh}：${many.of} ÷ ${many.per} = ${high}`,
          `${street.en}: ${few.of} ÷ ${few.per} = ${low}; ${other.en}: ${many.of} ÷ ${many.per} = ${high}`,
        ),
        ...(apart
          ? [
              text(
                "相差一倍以上，两街道统计口径应不相同",
                "One is more than twice the other: the two streets hardly counted the same thing",
              ),
            ]
          : []),
        ...[few, many].flatMap(({ table }) => workedOut(table)),
      ],
    });
  });
}

/** That a street's population is its households times a number, and so no count to compare with. */
function workedOut(table: AnnexTable): Text[] {
  const pairs = table.rows.flatMap(({ figures: { households, population } }) =>
    households?.value && population?.value ? [{ x: households.value, y: population.value, unit: 1 }] : [],
  );
  const found = multipleOf(pairs);
  if (found === null || found.follow.size < found.usable.size) return [];
  const [factor, street] = [decimal(found.ratio), streetOf(table)];
  return [
    text(
      `${street.zh}的人口每行都是户数 × ${factor}，是推算的，不是统计的：${factor} 不能当作实际户均`,
      `The population of ${street.en} is households × ${factor} in every line: it was worked out, not counted, so ${factor} is no true average`,
    ),
  ];
}

/** Households for each cadre sent down, in two streets. */
function cadresBetweenStreets(book: Book): Check[] {
  const shares = book.tables(3).flatMap((costs): Share[] => {
    const [basic, second] = book.tables(2, costs.street);
    if (basic === undefined || second !== undefined) return [];
    const [homes, cadres] = [filledIn(basic, "households"), filledIn(costs, "cadres")];
    const [of, per] = [added(homes), added(cadres)];
    return of > 0 && per > 0 ? [{ table: costs, of, per, cells: [...cadres, ...homes] }] : [];
  });
  return twoByTwo(shares, book).map(({ few, many, apart }) => {
    const [low, high] = [few, many].map(({ of, per }) => portion(of, { numerator: 1, denominator: per })) as [
      number,
      number,
    ];
    const [street, other] = [streetOf(few.table), streetOf(many.table)];
    return book.check({
      rule: "tables.cadres-between-streets",
      clause: "3.2.1",
      table: few.table,
      about: ["cadres", many.table],
      name: titled(few.table, wordOf("cadres")),
      title: {
        zh: `约 ${low} 户下沉 1 人，${other.zh}约 ${high} 户 1 人${apart ? "，相差一倍以上" : ""}`,
        en: `one for about ${low} households, in ${other.en} one for about ${high}${apart ? ": more than twice as many" : ""}`,
      },
      judged: { verdict: apart ? "deviates" : "meets", observed: low, expected: null, difference: null },
      unit: "household",
      certainty: apart ? "possible" : "certain",
      inputs: [...few.cells, ...many.cells],
      exact: false,
      steps: [
        text(
          `${street.zh}：${few.of} 户 ÷ ${few.per} 人 ≈ ${low}；${other.zh}：${many.of} 户 ÷ ${many.per} 人 ≈ ${high}`,
          `${street.en}: ${few.of} households ÷ ${few.per} cadres ≈ ${low}; ${other.en}: ${many.of} ÷ ${many.per} ≈ ${high}`,
        ),
        ...(apart
          ? [
              text(
                "方案没有定比例，由街道按实际选派：相差这么多，应说明理由",
                "The plan sets no ratio, each street sends down what it needs: so wide a difference wants a reason",
              ),
            ]
          : []),
      ],
    });
  });
}

/** From how many lines on the same number in each of them says something. */
const LEAST_LINES = 4;

/** Annex 3: cadres sent down by the tier of a community and by nothing else. */
function byTier(table: AnnexTable, book: Book): Check[] {
  const groups = table.tiers.filter(({ rows }) => rows.length > 0);
  const cells = filledIn(table, "cadres");
  if (cells.length < Math.max(LEAST_LINES, 2 * groups.length) || groups.length < 2) return [];
  if (cells.length < table.rows.length || sum(groups.map(({ rows }) => rows.length)) < cells.length) return [];
  const each = groups.map(({ rows }) => new Set(rows.map((index) => cells[index]!.cell.value ?? 0)));
  const [basic, second] = book.tables(2, table.street);
  if (each.some(({ size }) => size > 1) || ![table, basic].some((any) => any && book.given.has(any))) return [];
  const numbers = each.flatMap((values) => [...values]);
  const alike = new Set(numbers).size === 1;
  const list = (language: "zh" | "en") =>
    groups.map(({ tier, cell }, index) =>
      tier === null || language === "zh"
        ? `${textOf(cell.written).replace(/\s|\d+个$/g, "")} ${numbers[index]}${language === "zh" ? " 人" : ""}`
        : `${TIER[tier].en} ${numbers[index]}`,
    );
  const homes = table.rows.flatMap((row, index) => {
    const like = second === undefined ? basic?.rows.find(({ key }) => key === row.key) : undefined;
    const cell = basic && like && figureIn(basic, like, "households");
    const cadres = cells[index]!.cell.value;
    return cell?.cell.value && cadres
      ? [{ row, cell, each: portion(cell.cell.value, { numerator: 1, denominator: cadres }) }]
      : [];
  });
  const [least, most] = [homes.toSorted(by(({ each: one }) => one))[0], homes.toSorted(by(({ each: one }) => -one))[0]];
  return [
    book.check({
      rule: "tables.by-tier",
      clause: "3.2.1",
      table,
      about: ["cadres", "tiers"],
      name: titled(table, wordOf("cadres")),
      title: alike
        ? text(
            `${cells.length} 个社区不论建设标准都是 ${numbers[0]} 人`,
            `${numbers[0]} in each of ${cells.length} communities, whatever the tier`,
          )
        : text(
            `${cells.length} 个社区无一例外按建设标准定：${list("zh").join("、")}`,
            `by tier in all ${cells.length} communities without exception: ${list("en").join(", ")}`,
          ),
      judged: { verdict: "deviates", observed: cells.length, expected: null, difference: null },
      unit: "community",
      certainty: "possible",
      inputs: [...cells, ...homes.map(({ cell }) => cell)],
      exact: false,
      steps: [
        text(
          "方案要求按实际选派；人数应是统一定的，不是按各社区的户数和工作量",
          "The plan wants them sent down by actual conditions; these look like one rule for all, not the households and work of each",
        ),
        ...(least === undefined || most === undefined
          ? []
          : [
              {
                zh: `每名下沉人员对应的户数：最少 ${labelOf(least.row).zh} ${least.each} 户，最多 ${labelOf(most.row).zh} ${most.each} 户`,
                en: `Households for each cadre: from ${least.each} in ${labelOf(least.row).en} to ${most.each} in ${labelOf(most.row).en}`,
              },
            ]),
      ],
    }),
  ];
}

/** Annex 4: more staff than one compound can have say that a named grid is made of several, as many as its community may have. */
function staffCeiling(table: AnnexTable, book: Book): Check[] {
  const { policy } = book;
  const [basic, second] = book.tables(2, table.street);
  if (![table, basic].some((any) => any && book.given.has(any))) return [];
  const bands = (["subsidy.with-company", "subsidy.without-company"] as const).flatMap((id) => policy.value(id));
  const workers = Math.max(1, ...bands.map((band) => band.workers * policy.value("staff.workers-per-compound")));
  const leaders = policy.value("staff.leaders-per-grid");
  const most = workers + leaders;
  return table.rows.flatMap((row): Check[] => {
    const staff = figureIn(table, row, "staff");
    const people = staff?.cell.value;
    if (row.grids !== null || staff === undefined || people == null) return [];
    const needed = people <= most ? 1 : leastOf(people - leaders, { numerator: 1, denominator: workers, over: false });
    const home = second === undefined ? basic?.rows.find(({ key }) => key === row.community?.key) : undefined;
    const [places, grids] = (["places", "grids"] as const).map((figure) =>
      home && basic && needed > 1 ? figureIn(basic, home, figure) : undefined,
    );
    const known = places?.cell.value != null && grids?.cell.value != null;
    // Every other grid of the community has a compound or village of its own.
    const left = known ? Math.max(0, places.cell.value - Math.max(0, grids.cell.value - 1)) : null;
    const over = left !== null && needed > left;
    const verdict = needed === 1 ? "meets" : over ? whenMissed("staff.workers-per-compound") : "cannot-tell";
    return [
      book.check({
        rule: "tables.staff-ceiling",
        clause: "2.2.2",
        table,
        about: [row, "staff"],
        name: titled(table, labelOf(row)),
        title:
          needed === 1
            ? text(`${people} 人，一个小区最多 ${most} 人`, `${people} staff, one compound has at most ${most}`)
            : text(
                `${people} 人，一个小区最多 ${most} 人，应由 ${needed} 个以上小区组成${over ? `，所属社区最多能有 ${left} 个` : "，表里没有小区数"}`,
                `${people} staff, one compound has at most ${most}: it should be made of ${needed} compounds or more${over ? `, and its community can have ${left} for it at most` : ", and how many it has is not printed"}`,
              ),
        judged: {
          verdict,
          observed: people,
          expected: { min: 0, max: verdict === "meets" || left === null ? most : left * workers + leaders },
          difference: over ? people - (left * workers + leaders) : needed === 1 ? 0 : null,
        },
        unit: "person",
        certainty: needed === 1 ? "certain" : over ? "likely" : "possible",
        inputs: [staff, ...(places ? [places] : []), ...(grids ? [grids] : [])],
        exact: false,
        parameters: [
          "subsidy.with-company",
          "subsidy.without-company",
          "staff.workers-per-compound",
          "staff.leaders-per-grid",
        ],
        steps: [
          text(
            `一个小区最多 ${workers} 名网格员，加网格长 ${leaders} 人：${most} 人；警务助理由他们兼任`,
            `One compound has at most ${many(workers, "worker")}, with ${many(leaders, "leader")} ${most}; the police assistant is one of them`,
          ),
          ...(needed === 1
            ? []
            : [
                text(
                  `(${people} − ${leaders}) ÷ ${workers}，进一 = ${needed} 个小区`,
                  `(${people} − ${leaders}) ÷ ${workers}, rounded up = ${needed} compounds`,
                ),
              ]),
          ...(left === null || needed === 1
            ? []
            : [
                text(
                  `附件2该社区 ${places?.cell.value} 个小区（村庄）、${grids?.cell.value} 个网格，其他网格各占至少一个，留给它的最多 ${left} 个`,
                  `Annex 2 has ${places?.cell.value} compounds and villages and ${many(grids?.cell.value ?? 0, "grid")} there; with one for each other grid at most ${left} are left for it`,
                ),
              ]),
        ],
      }),
    ];
  });
}

/** Annex 2: one street counts villages with its compounds, another does not. */
function villagesCounted(book: Book): Check[] {
  const cells = book.tables(2).flatMap((table) => {
    const total = table.totals.find(isWhole);
    const cell = total && figureIn(table, total, "places");
    return cell ? [{ table, cell, villages: /村/.test(cell.cell.heading) }] : [];
  });
  const [first] = cells.filter(({ villages }) => villages);
  if (first === undefined || cells.every(({ villages }) => villages)) return [];
  const list = (villages: boolean) =>
    cells
      .filter((one) => one.villages === villages)
      .map(({ table }) => table.street.name)
      .join("、");
  return [
    book.check({
      rule: "tables.villages-counted",
      clause: "A2",
      table: first.table,
      about: ["places", "headings"],
      name: titled(first.table, wordOf("places")),
      title: {
        zh: `${list(true)}把村庄算在内，${list(false)}只算小区，不能相加也不能相比`,
        en: `${list(true)} counts villages, ${list(false)} compounds only: they can be neither added nor compared`,
      },
      judged: { verdict: "cannot-tell", observed: null, expected: null, difference: null },
      inputs: cells.map(({ cell }) => cell),
      exact: false,
      parameters: ["policy.villages.place-count"],
      steps: [
        ...cells.map(({ table, cell }) =>
          text(`${table.street.name}：“${cell.cell.heading}”`, `${table.street.name}: “${cell.cell.heading}”`),
        ),
        readingStep("policy.villages.place-count", book.policy),
      ],
    }),
  ];
}

/** How many digits an amount has before its coming up twice is odd. */
const ODD = 4;

/** Annex 3: the same odd amount for different communities. */
function sameFigure(book: Book): Check[] {
  const found = new Map<number, { row: AnnexRow; table: AnnexTable; cell: Named }[]>();
  for (const table of book.tables(3)) {
    for (const row of table.rows) {
      for (const figure of figuresOf(table).filter((one) => one.startsWith("investment"))) {
        const cell = figureIn(table, row, figure);
        const value = cell?.cell.value;
        if (!cell || !value || String(value).replace(/0+$/, "").length < ODD) continue;
        found.set(value, [...(found.get(value) ?? []), { row, table, cell }]);
      }
    }
  }
  return [...found].flatMap(([value, uses]): Check[] => {
    // The same table may be given twice.
    const rows = [...Map.groupBy(uses, ({ table, row }) => `${kindOf(table)} ${row.key}`).values()].map(
      ([use]) => use!,
    );
    const [first] = rows;
    if (rows.length < 2 || first === undefined) return [];
    const where = (language: "zh" | "en") =>
      rows.map(({ table, row }) => `${streetOf(table)[language]}${language === "en" ? " " : ""}${labelOf(row).zh}`);
    const name = titled(first.table, labelOf(first.row));
    return [
      book.check({
        rule: "tables.same-amount",
        clause: "A3",
        table: first.table,
        about: [first.row, value],
        name,
        title: {
          zh: `同一个数 ${told(value, "fen").zh}出现在 ${where("zh").join("、")}`,
          en: `The same ${told(value, "fen").en} stands for ${where("en").join(", ")}`,
        },
        judged: { verdict: "deviates", observed: rows.length, expected: 1, difference: rows.length - 1 },
        unit: "community",
        certainty: "possible",
        inputs: uses.map(({ cell }) => cell),
        exact: false,
        steps: [text("可能抄录时串行，也可能只是巧合", "Perhaps copied from one line to another, perhaps chance")],
      }),
    ];
  });
}

// -------------------------------------------------------------------------------------------------------- against the text

export const againstText = (book: Book): Check[] => [
  ...policeTotal(book),
  ...[...book.given].flatMap((table) => [
    ...unitPrice(table, book),
    ...noteChecks(table, book),
    ...urbanGrids(table, book),
    ...netNew(table, book),
    ...firstCentre(table, book),
  ]),
  ...communityCount(book),
  ...demonstrationCount(book),
];

/** The text against itself: so many people at so much make the total it prints. */
function policeTotal(book: Book): Check[] {
  const { people, fen } = policeOf(book.policy);
  const printed = book.policy.value("annex4.baodu.police-assistants-total");
  const follows = people * fen * MONTHS;
  const meets = printed === follows;
  return [
    book.check({
      rule: "text.police-assistants",
      clause: "A4",
      about: ["police-assistants"],
      name: { zh: "附件4备注", en: "Annex 4, remark" },
      title: {
        zh: `原有警务助理全年薪酬：所印 ${told(printed, "fen").zh}，${people} 人 × ${yuanOf(fen)} 元 × ${MONTHS} 月 = ${told(follows, "fen").zh}`,
        en: `Existing police assistants, a year: ${told(printed, "fen").en} printed, ${people} × ${yuanOf(fen)} yuan × ${MONTHS} = ${told(follows, "fen").en}`,
      },
      judged: {
        verdict: meets ? "meets" : "breaches",
        observed: printed,
        expected: follows,
        difference: printed - follows,
      },
      unit: "fen/year",
      money: { fen: printed - follows, per: "year" },
      inputs: [],
      steps: [
        text(
          `${people} × ${yuanOf(fen)} × ${MONTHS} = ${yuanOf(follows)} 元`,
          `${people} × ${yuanOf(fen)} × ${MONTHS} = ${yuanOf(follows)} yuan`,
        ),
      ],
      parameters: [
        "annex4.baodu.police-assistants",
        "annex4.baodu.police-assistant-pay",
        "annex4.baodu.police-assistants-total",
      ],
    }),
  ];
}

/** The pay a year that annex 3's heading says against the plan's. */
function unitPrice(table: AnnexTable, book: Book): Check[] {
  const headings = figuresOf(table).map((figure) => table.columns[figure]?.heading ?? "");
  const price = headings.flatMap((heading) => /每人每年(\d+(?:\.\d{1,6})?)万元/.exec(heading)?.[1] ?? [])[0];
  if (table.annex !== 3 || price === undefined) return [];
  const [whole = "0", rest = ""] = price.split(".");
  const printed = Number(`${whole}${rest.padEnd(6, "0")}`);
  const rate = book.policy.value("recruit.pay");
  const name = titled(table, text("表头", "headings"));
  return [
    book.check({
      rule: "tables.unit-price",
      clause: "A3",
      table,
      about: ["unit-price"],
      name,
      title: {
        zh: `每人每年 ${told(printed, "fen").zh}，参数为 ${told(rate, "fen").zh}`,
        en: `${told(printed, "fen").en} a person a year, the parameter says ${told(rate, "fen").en}`,
      },
      judged: {
        verdict: printed === rate ? "meets" : "breaches",
        observed: printed,
        expected: rate,
        difference: printed - rate,
      },
      unit: "fen/person/year",
      inputs: [],
      steps: [text(`表头所印 ${price} 万元`, `The heading prints ${told(printed, "fen").en}`)],
      parameters: ["recruit.pay"],
    }),
  ];
}

/** The note under an annex 2 that divides its grids into urban and rural ones; null: it has none. */
function gridsNote(table: AnnexTable) {
  const note = table.notes.find(({ written }) => /农村网格/.test(written));
  const written = textOf(note?.written ?? "");
  const [urban, rural] = [/(\d{1,6})个?城市网格/, /(\d{1,6})个?农村网格/].map((pattern) => pattern.exec(written)?.[1]);
  if (table.annex !== 2 || note === undefined || urban === undefined || rural === undefined) return null;
  const said = /(\d{1,6})个网格/.exec(written)?.[1];
  return {
    urban: Number(urban),
    rural: Number(rural),
    said: said === undefined ? null : Number(said),
    named: named(table, text("注", "note"), note, text("网格数", "grids")),
  };
}

/** The note's own sum, the total above it, and for 宝都 the plan's own figures. */
function noteChecks(table: AnnexTable, book: Book): Check[] {
  const note = gridsNote(table);
  const total = table.totals.find(isWhole);
  const printed = total && figureIn(table, total, "grids");
  if (note === null) return [];
  const { urban, rural } = note;
  const added = urban + rural;
  const said = note.said ?? added;
  const [due, dueRural] = (["annex2.baodu.urban-grids", "annex2.baodu.rural-grids"] as const).map((id) =>
    book.policy.value(id),
  ) as [number, number];
  const meets = urban === due && rural === dueRural;
  return [
    ...(printed?.cell.value == null
      ? []
      : [
          book.equality({
            rule: "tables.note",
            clause: "A2",
            table,
            about: ["note", "grids"],
            name: titled(table, text("注", "note")),
            printed,
            parts: [],
            words: [note.named],
            figure: "grids",
            // Where the note's own sum does not hold, that is what is found.
            follows: said === added ? added : said === printed.cell.value ? added : said,
            steps: [
              text(
                `注中城市 ${urban} + 农村 ${rural} = ${added} 个，注中总数 ${said} 个`,
                `The note: ${urban} urban + ${rural} rural = ${added}, in all ${said}`,
              ),
            ],
          }),
        ]),
    ...(isBaodu(table)
      ? [
          book.check({
            rule: "text.note-grids",
            clause: "A2",
            table,
            about: ["note", "text"],
            name: titled(table, text("注", "note")),
            title: text(
              `城市网格 ${urban} 个、农村网格 ${rural} 个，参数为 ${due} 个、${dueRural} 个`,
              `${urban} urban and ${rural} rural grids, the parameters say ${due} and ${dueRural}`,
            ),
            judged: {
              verdict: meets ? "meets" : "breaches",
              observed: rural,
              expected: dueRural,
              difference: rural - dueRural,
            },
            unit: "grid",
            inputs: [],
            words: [note.named],
            exact: false,
            steps: [
              text(
                `城市 ${urban} 与 ${due}，农村 ${rural} 与 ${dueRural}`,
                `Urban ${urban} against ${due}, rural ${rural} against ${dueRural}`,
              ),
            ],
            parameters: ["annex2.baodu.urban-grids", "annex2.baodu.rural-grids"],
          }),
        ]
      : []),
  ];
}

/** 宝都: annex 4 lists the urban grids that annex 2 counts. */
function urbanGrids(table: AnnexTable, book: Book): Check[] {
  if (table.annex !== 4 || !isBaodu(table)) return [];
  const urban = book.policy.value("annex2.baodu.urban-grids");
  const listed = sum(table.rows.map(countOf));
  const name = titled(table, text("城市网格", "urban grids"));
  return [
    book.check({
      rule: "text.urban-grids",
      clause: "A4",
      table,
      about: ["urban-grids"],
      name,
      title: text(`本表列 ${listed} 个，参数为 ${urban} 个`, `${listed} listed here, the parameter says ${urban}`),
      judged: {
        verdict: listed === urban ? "meets" : "breaches",
        observed: listed,
        expected: urban,
        difference: listed - urban,
      },
      unit: "grid",
      inputs: table.rows.map((row) => countCell(table, row)),
      steps: [text(`${listed} − ${urban} = ${listed - urban}`, `${listed} − ${urban} = ${listed - urban}`)],
      parameters: ["annex2.baodu.urban-grids"],
    }),
  ];
}

/** 宝都: subsidies printed = net new spending + what the existing police assistants draw. */
function netNew(table: AnnexTable, book: Book): Check[] {
  if (table.annex !== 4 || !isBaodu(table)) return [];
  const net = book.policy.value("annex4.baodu.net-new");
  const police = book.policy.value("annex4.baodu.police-assistants-total");
  return table.totals.filter(isWhole).flatMap((total) => {
    const printed = figureIn(table, total, "subsidy");
    if (printed === undefined) return [];
    return [
      book.equality({
        rule: "text.net-new",
        clause: "A4",
        table,
        about: [total, "net-new"],
        name: titled(table, totalLabel(total)),
        printed,
        parts: [],
        figure: "subsidy",
        follows: net + police,
        parameters: ["annex4.baodu.net-new", "annex4.baodu.police-assistants-total"],
        steps: [
          text(
            `净增 ${told(net, "fen").zh} + 原有警务助理 ${told(police, "fen").zh} = ${told(net + police, "fen").zh}`,
            `Net new ${told(net, "fen").en} + existing police assistants ${told(police, "fen").en} = ${told(net + police, "fen").en}`,
          ),
        ],
      }),
    ];
  });
}

/** The centre that has a day of its own in 2.3.1 has its money in that year. */
function firstCentre(table: AnnexTable, book: Book): Check[] {
  const only = clause("2.3.1").deadline?.only;
  if (table.annex !== 3 || only === undefined) return [];
  const deadline: string = book.policy.value("clause.2.3.1.deadline");
  const due = Number(deadline.slice(0, 4));
  const row = table.rows.find(({ key }) => key === keyOf(only.zh));
  if (row === undefined) return [];
  const cells = yearsOf(table).flatMap((year) => {
    const cell = figureIn(table, row, `investment.${year}`);
    return cell ? [{ year, cell, value: cell.cell.value }] : [];
  });
  const late = cells.filter(({ year, value }) => year > due && value !== null && value > 0);
  const inTime = cells.filter(({ year, value }) => year <= due && value !== null && value > 0);
  const verdict = late.length > 0 ? whenMissed("clause.2.3.1.deadline") : inTime.length > 0 ? "meets" : "cannot-tell";
  const name = titled(table, labelOf(row));
  const listed = [...inTime, ...late];
  return [
    book.check({
      rule: "text.first-centre",
      clause: "2.3.1",
      table,
      about: [row.key, "deadline"],
      name,
      title: {
        zh: `方案要求 ${deadline} 前完成，费用列在 ${listed.map(({ year }) => year).join("、") || "—"} 年`,
        en: `due by ${deadline}, its cost stands in ${listed.map(({ year }) => year).join(", ") || "—"}`,
      },
      judged: {
        verdict,
        observed: listed.at(-1)?.year ?? null,
        expected: { min: due, max: due },
        difference: listed.length === 0 ? null : Math.max(0, (listed.at(-1)?.year ?? due) - due),
      },
      unit: "year",
      certainty: verdict === "meets" ? "certain" : "likely",
      inputs: cells.map(({ cell }) => cell),
      exact: false,
      parameters: ["clause.2.3.1.deadline"],
      steps:
        listed.length === 0
          ? [text("没有列出任何一年的费用", "No cost is listed for any year")]
          : listed.map(({ year, value }) =>
              text(`${year} 年 ${told(value ?? 0, "fen").zh}`, `${year}: ${told(value ?? 0, "fen").en}`),
            ),
    }),
  ];
}

/** The annex-2 tables of all streets the plan names, or none: half of them say nothing about the county. */
function ofAllStreets(book: Book, annex: AnnexTable["annex"]): AnnexTable[] {
  const found = streets.map(({ code }) => book.tables(annex).filter((table) => table.street.code === code));
  return found.every(({ length }) => length === 1) ? found.flat() : [];
}

/** 2.6 speaks of a number of urban communities. */
function communityCount(book: Book): Check[] {
  const due = book.policy.value("governance.communities");
  return ([2, 3] as const).flatMap((annex) => {
    const tables = ofAllStreets(book, annex);
    const [first] = tables;
    if (first === undefined) return [];
    const count = sum(tables.map(({ rows }) => rows.length));
    const added = `${tables.map(({ rows }) => rows.length).join(" + ")} = ${count}`;
    return [
      book.check({
        rule: "text.communities",
        clause: "2.6",
        table: first,
        about: ["communities", "text"],
        name: { zh: `附件${annex}社区`, en: `Annex ${annex}, communities` },
        title: {
          zh: `共 ${count} 个，方案正文为 ${due} 个`,
          en: `${count}, the text says ${due}`,
        },
        judged: {
          verdict: count === due ? "meets" : "breaches",
          observed: count,
          expected: due,
          difference: count - due,
        },
        unit: "community",
        inputs: [],
        words: tables.flatMap((table) => table.rows.map((row) => nameOf(table, row))),
        exact: false,
        steps: [text(`各街道：${added}`, `By street: ${added}`)],
        parameters: ["governance.communities"],
      }),
    ];
  });
}

/** 2.3.2 wants a number of demonstration grids in the county; annex 4 lists them. */
function demonstrationCount(book: Book): Check[] {
  const range = book.policy.value("grid.demonstration");
  const whole = ofAllStreets(book, 4);
  const tables = whole.length > 0 ? whole : book.tables(4);
  const listed = tables.map((table) => ({ table, rows: table.rows.filter(({ tier }) => tier === "demonstration") }));
  const count = sum(listed.flatMap(({ rows }) => rows.map(countOf)));
  const [first] = tables;
  // Of one street alone only too many says something.
  if (first === undefined || (whole.length === 0 && count <= range.max)) return [];
  const judged = within(count, range, whenMissed("grid.demonstration"));
  const added = listed.map(({ rows }) => sum(rows.map(countOf))).join(" + ");
  return [
    book.check({
      rule: "text.demonstration-grids",
      clause: "2.3.2",
      table: first,
      about: ["demonstration", "text"],
      name: { zh: "附件4示范性网格", en: "Annex 4, demonstration grids" },
      title: {
        zh: `列出 ${count} 个，方案正文为 ${range.min}–${range.max} 个`,
        en: `${count} listed, the text says ${range.min}–${range.max}`,
      },
      judged,
      unit: "grid",
      inputs: listed.flatMap(({ table, rows }) => rows.map((row) => countCell(table, row))),
      exact: false,
      steps: [text(`各街道：${added} = ${count} 个`, `By street: ${added} = ${count}`)],
      parameters: ["grid.demonstration"],
    }),
  ];
}
