import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import { type ParameterChange, policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ruleCatalogue } from "./catalogue.ts";
import type { GridKind, Member } from "./grid-map.ts";
import {
  type Adjustment,
  annex4Comparison,
  differences,
  dueOf,
  type PayFacts,
  type PayLine,
  payees,
  payrollFindings,
  printedStaff,
  runTotals,
} from "./payroll.ts";
import { planTables } from "./plan-tables.ts";
import { type Appointment, heldOn, type MapGrid, type PlaceHistory, servingOn } from "./roster.ts";
import type { SubsidyPost } from "./subsidies.ts";

const MONTH = "2020-06";
const C = "aaaaaaaa.bbbbbbbb.cccccccc";

const place = (
  id: string,
  households: number | null,
  company = false,
  more: Partial<PlaceHistory> = {},
): PlaceHistory => ({
  id,
  entries: [entry("2020-01-01", id, households, company)],
  ...more,
});
const entry = (from: string, id: string, households: number | null, company = false) => ({
  from,
  name: `小区${id}`,
  kind: "compound",
  households,
  propertyCompany: company ? "虚构物业" : null,
  active: true,
});
const grid = (number: number, members: readonly (string | Member)[], kind: GridKind = "urban"): MapGrid => ({
  id: `g${number}`,
  number,
  name: `虚构第${number}网格`,
  kind,
  tier: "standard",
  members: members.map((member) => (typeof member === "string" ? { place: member } : member)),
});
const post = (id: string, more: Partial<Appointment> = {}): Appointment => ({
  id: `${C}.a${id}`,
  kind: "worker",
  grid: "g1",
  serves: [],
  person: `p${id}`,
  from: "2020-01-01",
  to: null,
  origin: null,
  list: null,
  fullTime: null,
  verdict: "meets",
  exception: null,
  ended: null,
  version: 1,
  ...more,
});
const decided = (...changes: readonly (Pick<ParameterChange, "id" | "value"> & { from?: string })[]) => {
  const all = changes.map((change) => ({ from: "2020-01-01", ...change, decision: "县决〔2020〕1号" }));
  return { policyOn: (day: string) => policyOn(day, all), policyDays: all.map(({ from }) => from) };
};
const history = (places: readonly PlaceHistory[], ...grids: readonly MapGrid[]): PayFacts["history"] => ({
  maps: [{ from: "2020-01-01", grids }],
  places,
});
const due = (facts: Partial<PayFacts>) =>
  dueOf({
    month: MONTH,
    history: history([place("a", 450)], grid(1, ["a"])),
    roster: [],
    policyOn: (day) => policyOn(day),
    policyDays: [],
    adjustments: [],
    ...facts,
  });
const yuanOf = (lines: readonly PayLine[]) => lines.map(({ fen }) => fen / 100);
const partsOf = (line: PayLine | undefined) =>
  (line?.parts ?? []).map(({ from, to, fen }) => [from.slice(8), to.slice(8), fen / 100]);
const textOf = (line: PayLine | undefined) =>
  [...(line?.parts ?? []).flatMap(({ steps }) => steps), ...(line?.steps ?? [])].map(({ en }) => en).join("\n");

describe("a whole month by the notes of annex 4", () => {
  test.each([
    [30, false, 300],
    [80, false, 400],
    [150, false, 500],
    [450, false, 600],
    [99, true, 200],
    [150, true, 300],
    [300, true, 400],
    [700, true, 500],
  ])("%i households, company %s: %i yuan", (households, company, amount) => {
    const lines = due({ history: history([place("a", households, company)], grid(1, ["a"])), roster: [post("1")] });
    expect(yuanOf(lines)).toEqual([amount]);
    expect(lines[0]).toMatchObject({
      appointment: `${C}.a1`,
      person: "p1",
      month: MONTH,
      correction: 0,
      undecided: null,
      unknown: false,
      parts: [
        { from: "2020-06-01", to: "2020-06-30", days: 30, of: 30, amounts: [amount * 100], policeAssistant: false },
      ],
    });
    expect(lines[0]?.parts[0]?.parameters.map(({ id, verified }) => [id, verified])).toContainEqual([
      company ? "subsidy.with-company" : "subsidy.without-company",
      true,
    ]);
  });

  test("two workers of 1200 households with a company draw 500 each", () => {
    const of = history([place("a", 1200, true)], grid(1, ["a"]));
    expect(yuanOf(due({ history: of, roster: [post("2"), post("1")] }))).toEqual([500, 500]);
  });

  test("leader and police assistant 1000, a worker who is 300 more; the duty itself has no line", () => {
    const roster = [
      post("1", { kind: "leader" }),
      post("2", { kind: "police-assistant", person: "p1" }),
      post("3"),
      post("4", { kind: "police-assistant", person: "p3" }),
      post("5", { kind: "instructor" }),
      post("6", { kind: "social-worker", grid: null }),
    ];
    const lines = due({ roster });
    expect(lines.map(({ appointment, fen }) => [appointment.slice(-1), fen])).toEqual([
      ["1", 1000_00],
      ["3", 900_00],
    ]);
    expect(lines.every(({ parts }) => parts[0]?.policeAssistant)).toBe(true);
    expect(textOf(lines[1])).toContain("600 + 300 = 900 yuan");
  });

  test("police work in another grid adds nothing here", () => {
    const of = history([place("a", 450), place("b", 450)], grid(1, ["a"]), grid(2, ["b"]));
    const roster = [post("1"), post("2", { kind: "police-assistant", person: "p1", grid: "g2" })];
    expect(yuanOf(due({ history: of, roster }))).toEqual([600]);
  });

  test("of a divided place the part's households count, and its name says so", () => {
    const parts = [
      { place: "a", part: "东", households: 90 },
      { place: "a", part: "西", households: 360 },
    ];
    const of = history([place("a", 450)], grid(1, [parts[0]!]), grid(2, [parts[1]!]));
    const lines = due({ history: of, roster: [post("1"), post("2", { grid: "g2" })] });
    expect(yuanOf(lines)).toEqual([400, 600]);
    expect(lines[0]?.parts[0]?.compounds).toEqual([
      { id: "a", name: "小区a（东）", households: 90, propertyCompany: null },
    ]);
  });

  test("a rural grid draws nothing until the county counts it", () => {
    const of = history([place("a", 450)], grid(1, ["a"], "rural"));
    expect(yuanOf(due({ history: of, roster: [post("1")] }))).toEqual([0]);
    const all = decided({ id: "policy.villages.rural-grids", value: "all", from: "2020-06-16" });
    const [line] = due({ history: of, roster: [post("1")], ...all });
    expect(partsOf(line)).toEqual([
      ["01", "15", 0],
      ["16", "30", 300],
    ]);
    expect(line?.parts[1]?.parameters).toContainEqual(
      expect.objectContaining({ id: "policy.villages.rural-grids", from: "2020-06-16", decision: "县决〔2020〕1号" }),
    );
  });

  test("a pending appointment has no line, nor has one of another month", () => {
    const exception = { reason: "虚构", until: "2020-12-31", asked: { by: "a", at: "2020-06-01T00:00:00Z" } };
    const roster = [
      post("1", { exception: { ...exception, approved: null } }),
      post("2", { to: "2020-05-31" }),
      post("3", { from: "2020-07-01" }),
    ];
    expect(due({ roster })).toEqual([]);
  });

  test("no month, or one before the plan, is refused", () => {
    expect(() => due({ month: "2020-13" })).toThrow(RangeError);
    expect(() => due({ month: "2019-12", roster: [post("1", { from: "2019-01-01" })] })).toThrow(RangeError);
  });
});

describe("parts of a month", () => {
  test("one replaced mid-month: both together draw the month", () => {
    const lines = due({ roster: [post("1", { to: "2020-06-10" }), post("2", { from: "2020-06-11" })] });
    expect(lines.map((line) => partsOf(line))).toEqual([[["01", "10", 200]], [["11", "30", 400]]]);
    expect(textOf(lines[0])).toContain("2020-06 counts 30 days, 10 served: 600 × 10 ÷ 30 → 200 yuan");
  });

  test("police work begun mid-month divides it", () => {
    const [line] = due({
      roster: [post("1"), post("2", { kind: "police-assistant", person: "p1", from: "2020-06-16" })],
    });
    expect(partsOf(line)).toEqual([
      ["01", "15", 300],
      ["16", "30", 450],
    ]);
    expect(line?.steps.map(({ en }) => en)).toEqual(["Together: 300 + 450 = 750 yuan"]);
  });

  test("thirty days: the 31st counts nothing, the end of February makes up thirty", () => {
    const thirty = decided({ id: "policy.subsidy.part-month", value: "thirty-days" });
    const late = (month: string, from: string) => due({ month, roster: [post("1", { from })], ...thirty });
    expect(late("2020-05", "2020-05-31")[0]).toMatchObject({ fen: 0, parts: [{ days: 0, of: 30 }] });
    expect(yuanOf(late("2021-02", "2021-02-28"))).toEqual([60]);
    expect(late("2020-05", "2020-05-16")[0]?.parts[0]?.parameters).toContainEqual(
      expect.objectContaining({ id: "policy.subsidy.part-month", value: "thirty-days" }),
    );
  });

  test("the convention of the month's first day holds for the whole of it", () => {
    const changed = decided({ id: "policy.subsidy.part-month", value: "thirty-days", from: "2020-05-16" });
    const [line] = due({ month: "2020-05", roster: [post("1", { from: "2020-05-31" })], ...changed });
    expect(line).toMatchObject({ fen: 19_36, parts: [{ days: 1, of: 31 }] });
  });

  test("households and property company count from their day, other facts divide nothing", () => {
    const a = place("a", 150, false, {
      entries: [
        entry("2020-01-01", "a", 150),
        { ...entry("2020-06-06", "a", 150), kind: "village" },
        entry("2020-06-16", "a", 150, true),
      ],
    });
    const [line] = due({ history: history([a], grid(1, ["a"])), roster: [post("1")] });
    expect(partsOf(line)).toEqual([
      ["01", "15", 250],
      ["16", "30", 150],
    ]);
  });

  test("a grid is divided while a worker's places go on; its leader holds nothing any more", () => {
    const divided: PayFacts["history"] = {
      places: [place("a", 450), place("b", 80)],
      maps: [
        { from: "2020-01-01", grids: [grid(1, ["a", "b"])] },
        { from: "2020-06-16", grids: [grid(2, ["a"]), grid(3, ["b"])] },
      ],
    };
    const roster = [
      post("1", { kind: "leader" }),
      post("2", { kind: "police-assistant", person: "p1" }),
      post("3", { serves: ["a"] }),
      post("4", { serves: ["b"] }),
    ];
    const lines = due({ history: divided, roster });
    expect(yuanOf(lines)).toEqual([500, 600, 400]);
    expect(lines[0]?.parts.map(({ grid: of }) => of?.id ?? null)).toEqual(["g1", null]);
    expect(textOf(lines[0])).toContain("no grid is served");
    expect(lines[1]?.parts.map(({ grid: of }) => of?.id)).toEqual(["g1", "g2"]);
  });

  test("a worker who comes into a colleague's grid is not paid twice there, but for all that is served", () => {
    const merged: PayFacts["history"] = {
      places: [place("a", 80), place("b", 150)],
      maps: [
        { from: "2020-01-01", grids: [grid(1, ["a"]), grid(2, ["b"])] },
        { from: "2020-06-16", grids: [grid(1, ["a", "b"])] },
      ],
    };
    const roster = [
      post("1", { serves: ["a"], person: "p" }),
      post("2", { serves: ["b"], person: "p", grid: "g2", from: "2020-02-01" }),
    ];
    const lines = due({ history: merged, roster });
    // 80 and 150 together are 230 households: 600 a month.
    expect(lines.map((line) => partsOf(line))).toEqual([
      [
        ["01", "15", 200],
        ["16", "30", 300],
      ],
      [
        ["01", "15", 250],
        ["16", "30", 0],
      ],
    ]);
    expect(textOf(lines[1])).toContain(`Paid in the same grid by appointment ${C}.a1, and not twice`);
  });

  test("a leader who is a worker too is paid as leader", () => {
    const roster = [
      post("1", { person: "p" }),
      post("2", { kind: "leader", person: "p", from: "2020-06-16" }),
      post("3", { kind: "police-assistant", person: "p" }),
    ];
    expect(due({ roster }).map((line) => partsOf(line))).toEqual([
      [
        ["01", "15", 450],
        ["16", "30", 0],
      ],
      [["16", "30", 500]],
    ]);
  });
});

describe("what is not decided or not known", () => {
  const edge = history([place("a", 200)], grid(1, ["a"]));

  test("at an edge the least is paid and both are told; by the other reading nothing yet", () => {
    const [line] = due({ history: edge, roster: [post("1")] });
    expect(line).toMatchObject({
      fen: 500_00,
      unknown: false,
      undecided: { lowFen: 500_00, highFen: 600_00 },
      parts: [{ amounts: [500_00, 600_00], monthlyFen: 500_00 }],
    });
    expect(textOf(line)).toContain("Until that is decided, 500 yuan a month");
    expect(textOf(line)).toContain('taken as "both"');
    const hold = decided({ id: "policy.subsidy.undecided", value: "hold" });
    const [held] = due({ history: edge, roster: [post("1")], ...hold });
    expect(held).toMatchObject({ fen: 0, undecided: { lowFen: 500_00, highFen: 600_00 } });
    expect(held?.parts[0]?.band.en).toContain("the county has to decide");
  });

  test("decided from mid-month, only the days before stay open", () => {
    const upper = decided({ id: "policy.subsidy.edge", value: "upper", from: "2020-06-16" });
    const [line] = due({ history: edge, roster: [post("1")], ...upper });
    expect(partsOf(line)).toEqual([
      ["01", "15", 250],
      ["16", "30", 300],
    ]);
    expect(line?.undecided).toMatchObject({ lowFen: 550_00, highFen: 600_00 });
  });

  test("without households nothing is paid, and it is said", () => {
    const of = history([place("a", null)], grid(1, ["a", "b"]));
    const [line] = due({ history: of, roster: [post("1")] });
    expect(line).toMatchObject({ fen: 0, unknown: true, undecided: null, parts: [{ amounts: [], monthlyFen: 0 }] });
    // A place that nobody has told of is shown by its id.
    expect(line?.parts[0]?.compounds.map(({ name }) => name)).toEqual(["小区a", "b"]);
    expect(textOf(line)).toContain("nothing is paid for them until they are known");
  });

  test("a missing figure on a day that does not count is no matter", () => {
    const thirty = decided({ id: "policy.subsidy.part-month", value: "thirty-days" });
    const of = history([place("a", null)], grid(1, ["a"]));
    const [line] = due({ month: "2020-05", history: of, roster: [post("1", { from: "2020-05-31" })], ...thirty });
    expect(line).toMatchObject({ fen: 0, unknown: false, parts: [{ days: 0, amounts: [] }] });
  });
});

describe("adjustments", () => {
  const rule = (basisPoints: number, more: Partial<Adjustment> = {}): Adjustment => ({
    person: "p1",
    from: "2020-06-01",
    to: "2020-06-30",
    basisPoints,
    source: { zh: "虚构办法第三条", en: "an invented method, article 3" },
    ...more,
  });

  test("a part of the pay by a published rule, down to the fen, on its days alone", () => {
    const lines = due({ roster: [post("1"), post("2")], adjustments: [rule(8_333, { from: "2020-06-16" })] });
    expect(lines.map((line) => partsOf(line))).toEqual([
      [
        ["01", "15", 300],
        ["16", "30", 249.99],
      ],
      [["01", "30", 600]],
    ]);
    expect(textOf(lines[0])).toContain("Assessment: an invented method, article 3, so 83.33% is paid");
    expect(textOf(lines[0])).toContain("300 × 83.33% → 249.99 yuan");
  });

  test("several multiply, in any order, without rounding in between; 10000 leaves it", () => {
    const both = [rule(9_999), rule(3_333)];
    const fen = (adjustments: readonly Adjustment[]) => due({ roster: [post("1")], adjustments })[0]?.fen;
    // 60000 × 9999 × 3333 ÷ 100000000 = 19996.0002
    expect([fen(both), fen(both.toReversed()), fen([rule(10_000)]), fen([rule(0)])]).toEqual([
      19_996, 19_996, 60_000, 0,
    ]);
    const told = (adjustments: readonly Adjustment[]) => textOf(due({ roster: [post("1")], adjustments })[0]);
    expect(told(both.toReversed())).toBe(told(both));
    expect(fen([rule(5_000, { to: null })])).toBe(30_000);
    expect(fen([rule(5_000, { person: "p2" })])).toBe(60_000);
  });
});

describe("corrections", () => {
  const locked = due({ roster: [post("1"), post("2")] });

  test("nothing where nothing changed", () => {
    expect(differences(locked, locked)).toEqual([]);
  });

  test("somebody who left on the 10th, as it turns out, gives back 400; his successor gets them", () => {
    const now = due({ roster: [post("1", { to: "2020-06-10" }), post("2"), post("3", { from: "2020-06-11" })] });
    const lines = differences(now, locked);
    expect(lines.map(({ person, month, correction, fen }) => [person, month, correction, fen])).toEqual([
      ["p1", MONTH, 1, -400_00],
      ["p3", MONTH, 1, 400_00],
    ]);
    expect(lines[0]?.steps.map(({ en }) => en)).toEqual([
      "Paid in the run of 2020-06: 600 yuan",
      "Due for 2020-06 as it is known now: 200 yuan",
      "To recover: 200 − 600 = -400 yuan",
    ]);
    // Then it turns out that he stayed: the next correction comes after the first.
    const [again] = differences(locked, [...locked, ...lines]);
    expect(again).toMatchObject({ person: "p1", correction: 2, fen: 400_00 });
    expect(again?.steps.at(-1)?.en).toBe("To pay: 600 − 200 = 400 yuan");
  });

  test("an appointment that is due no more is recovered whole", () => {
    const [line] = differences(due({ roster: [post("2")] }), locked);
    expect(line).toMatchObject({ person: "p1", correction: 1, fen: -600_00, parts: [] });
    expect(line?.steps.at(-1)?.zh).toBe("追回：0 − 600 = -600 元");
  });
});

describe("a run", () => {
  const other = "aaaaaaaa.bbbbbbbb.dddddddd.a9";
  const lines = [
    ...due({ roster: [post("1"), post("2"), post("3", { grid: "gone" })] }),
    ...due({ roster: [post("9", { id: other, person: "p1" })] }),
    ...differences(
      due({ month: "2020-05", roster: [post("2", { to: "2020-05-02" })] }),
      due({ month: "2020-05", roster: [post("2"), post("4")] }),
    ),
  ];

  test("its totals by community and fund, and its people", () => {
    // p2 of May: 600 × 2 ÷ 31 = 38.70, so 561.30 too much; p4 all of his 600.
    expect(runTotals(lines)).toEqual({
      communities: [
        { community: C, fund: "grid-subsidies", people: 3, fen: 600_00 + 600_00 - 561_30 - 600_00 },
        { community: "aaaaaaaa.bbbbbbbb.dddddddd", fund: "grid-subsidies", people: 1, fen: 600_00 },
      ],
      people: 3,
      fen: 638_70,
    });
    expect(payees(lines)).toEqual({
      pay: [
        { person: "p1", fen: 1200_00 },
        { person: "p2", fen: 38_70 },
      ],
      recover: [{ person: "p4", fen: -600_00 }],
    });
  });

  const findingsOf = (some: readonly PayLine[]) =>
    payrollFindings(
      {
        subject: { id: "aaaaaaaa.bbbbbbbb", code: "370725009", name: "虚构街道" },
        month: MONTH,
        lines: some,
        asOf: "2020-06-30",
        source: "invented",
      },
      policyOn("2020-06-30"),
    );

  test("four findings: what is open, unknown, in several grids, to be recovered", () => {
    const of = history(
      [place("a", 200), place("b", null), place("c", 450)],
      grid(1, ["a"]),
      grid(2, ["b"]),
      grid(3, ["c"]),
    );
    const some = due({
      history: of,
      roster: [
        post("1"),
        post("2", { grid: "g2" }),
        post("3", { grid: "g3", person: "p1" }),
        post("4", { grid: "g3" }),
      ],
    });
    const correction = differences([], [{ ...some[3]!, month: "2020-05", fen: 700_00 }]);
    const [open, unknown, several, recover] = findingsOf([...some, ...correction]);
    expect(open).toMatchObject({ rule: "payroll.undecided", verdict: "ambiguous", observed: 1, moneyFen: 100_00 });
    expect(open?.otherReading?.[0]?.explanation.en).toContain("0 is paid");
    expect(open?.steps.at(-1)?.en).toBe(`虚构第1网格 ${C}.a1: 500–600 yuan`);
    expect(unknown).toMatchObject({ rule: "payroll.unknown", verdict: "cannot-tell", observed: 1 });
    expect(unknown?.steps.map(({ en }) => en)).toEqual([`虚构第2网格 ${C}.a2: no households known of 小区b`]);
    expect(several).toMatchObject({ rule: "payroll.several-grids", verdict: "meets", observed: 1 });
    expect(several?.steps.at(-1)?.en).toBe("p1: 虚构第1网格, 虚构第3网格");
    expect(recover).toMatchObject({ rule: "payroll.recover", verdict: "deviates", observed: 1, moneyFen: 100_00 });
    for (const { rule, parameters } of [open!, unknown!, several!, recover!]) {
      const listed: readonly string[] = ruleCatalogue.find((one) => one.rule === rule)?.parameters ?? [];
      expect(listed).toEqual(expect.arrayContaining(parameters.map(({ id }) => id)));
    }
  });

  test("what an earlier month left open is its own run's to tell", () => {
    const open = due({ history: history([place("a", 200)], grid(1, ["a"])), roster: [post("1")] });
    const correction = differences(open, [{ ...open[0]!, fen: 100_00 }]);
    expect(correction).toMatchObject([{ fen: 400_00, undecided: { lowFen: 500_00 } }]);
    expect(findingsOf(correction).map(({ observed }) => observed)).toEqual([0, 0, 0, 0]);
  });

  test("one who moves from a grid to another is not in several on a day", () => {
    const of = history([place("a", 450), place("b", 450)], grid(1, ["a"]), grid(2, ["b"]));
    const roster = [post("1", { to: "2020-06-15" }), post("2", { person: "p1", grid: "g2", from: "2020-06-16" })];
    expect(findingsOf(due({ history: of, roster })).map(({ verdict, observed }) => [verdict, observed])).toEqual([
      ["meets", 0],
      ["meets", 0],
      ["meets", 0],
      ["meets", 0],
    ]);
  });
});

describe("annex 4", () => {
  const street = (code: string) => ({ id: "aaaaaaaa.bbbbbbbb", code, name: "虚构街道" });
  const leader: SubsidyPost = { gridKind: "urban", duty: "leader", policeAssistant: true, compounds: [] };
  const worker: SubsidyPost = {
    gridKind: "urban",
    duty: "worker",
    policeAssistant: false,
    compounds: [{ id: "a", name: "小区a", households: 450, propertyCompany: null }],
  };
  const compare = (code: string, posts: readonly SubsidyPost[], changes: readonly ParameterChange[] = []) =>
    annex4Comparison(
      {
        street: street(code),
        posts,
        printed: printedStaff(planTables(), code),
        asOf: "2020-06-30",
        source: "invented",
      },
      policyOn("2020-06-30", changes),
    );

  test("what it prints of the two streets; of others nothing", () => {
    expect(printedStaff(planTables(), "370725001")).toMatchObject({ staff: 268, subsidyFen: 1_962_000_00 });
    expect(printedStaff(planTables(), "370725002")).toMatchObject({ staff: 54, subsidyFen: 600_000_00 });
    expect(printedStaff(planTables(), "370725003")).toBeNull();
    const told = compare("370725003", [worker]);
    expect(told.map(({ rule, verdict, observed }) => [rule, verdict, observed])).toEqual([
      ["subsidy.yearly", "meets", 7_200_00],
    ]);
  });

  test("Baocheng with twenty leaders and twenty-nine workers: fewer people, and why the money differs", () => {
    const posts = [
      ...Array.from({ length: 20 }, () => leader),
      ...Array.from({ length: 29 }, () => worker),
      { ...worker, gridKind: "rural" as const },
    ];
    const [people, money, ...more] = compare("370725002", posts);
    expect(more).toEqual([]);
    expect(people).toMatchObject({ verdict: "deviates", observed: 49, expected: 54, difference: -5 });
    expect(people?.steps.map(({ en }) => en)).toContain(
      "1 in post in rural grids do not count: annex 4 is of urban ones",
    );
    // 20 × 12000 + 29 × 7200 = 448800; 600000 × 5 ÷ 54 = 55555.55 for five people fewer.
    expect(money).toMatchObject({ verdict: "deviates", observed: 600_000_00, expected: 448_800_00 });
    expect(money?.steps.slice(-2).map(({ en }) => en)).toEqual([
      "People: 54 printed, 49 in post; at the printed amount for each that makes 55555.55 yuan",
      "Amounts: what is printed for each is not what the notes give, which makes 95644.45 yuan",
    ]);
    expect(55_555_55 + 95_644_45).toBe(600_000_00 - 448_800_00);
    expect(money?.otherReading?.every(({ verdict }) => verdict !== "breaches")).toBe(true);
  });

  test("Baodu's existing police assistants: 70 × 600 × 12, among the 268 or on top", () => {
    const posts = Array.from({ length: 268 }, () => worker);
    const [people, money, existing] = compare("370725001", posts);
    expect(people).toMatchObject({ verdict: "meets", observed: 268, expected: 268 });
    expect(people?.otherReading).toMatchObject([{ reading: "additional", verdict: "deviates" }]);
    expect(money?.steps.at(-1)?.en).toContain("see subsidy.existing-assistants; the 0 in post");
    expect(existing).toMatchObject({ rule: "subsidy.existing-assistants", observed: 1_458_000_00, verdict: "meets" });
    const listed: readonly string[] =
      ruleCatalogue.find(({ rule }) => rule === "payroll.annex4-staff")?.parameters ?? [];
    expect(listed).toEqual(expect.arrayContaining(people!.parameters.map(({ id }) => id)));
  });

  test("an empty cell cannot be compared", () => {
    const [people, money] = annex4Comparison(
      {
        street: street("370725002"),
        posts: [worker],
        printed: { staff: null, subsidyFen: null, asOf: "2020-01-01", source: "invented" },
        asOf: "2020-06-30",
        source: "invented",
      },
      policyOn("2020-06-30"),
    );
    expect([people?.verdict, money?.verdict]).toEqual(["cannot-tell", "cannot-tell"]);
  });
});

// ------------------------------------------------------------------------------------------------------------ properties

const PLACES = ["a", "b", "c", "d"] as const;
const monthOf = fc
  .tuple(fc.integer({ min: 2020, max: 2022 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => `${year}-${String(month).padStart(2, "0")}`);
const households = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(null, 50, 100, 200, 500, 1000) },
  { weight: 3, arbitrary: fc.nat(1500) },
);
/** Days counted from ten days before a month. */
const facts = monthOf.chain((month) => {
  const day = fc.nat(50).map((count) => addDays(`${month}-01`, count - 10));
  const places = fc.tuple(
    ...PLACES.map((id) =>
      fc
        .uniqueArray(fc.tuple(day, households, fc.boolean()), {
          minLength: 1,
          maxLength: 2,
          selector: ([from]) => from,
        })
        .map(
          (all): PlaceHistory => ({
            id,
            entries: all
              .map(([from, count, company]) => entry(from, id, count, company))
              .sort((one, two) => (one.from < two.from ? -1 : 1)),
          }),
        ),
    ),
  );
  const grids = fc
    .tuple(
      fc.array(fc.constantFrom(1, 2, 3), { minLength: 4, maxLength: 4 }),
      fc.constantFrom<GridKind[]>("urban", "rural"),
    )
    .map(([of, kind]) =>
      [1, 2, 3]
        .map((number) =>
          grid(
            number,
            PLACES.filter((_, at) => of[at] === number),
            number === 3 ? kind : "urban",
          ),
        )
        .filter(({ members }) => members.length > 0),
    );
  const maps = fc
    .uniqueArray(fc.record({ from: day, grids }), { minLength: 1, maxLength: 3, selector: ({ from }) => from })
    .map((all) => all.sort((one, two) => (one.from < two.from ? -1 : 1)));
  const someone = fc.record({
    kind: fc.constantFrom<Appointment["kind"][]>("worker", "worker", "leader", "police-assistant", "instructor"),
    grid: fc.constantFrom("g1", "g2", "g3"),
    serves: fc.uniqueArray(fc.constantFrom(...PLACES), { maxLength: 2 }),
    person: fc.constantFrom("p1", "p2", "p3", "p4"),
    from: day,
    to: fc.option(day),
  });
  const roster = fc
    .array(someone, { maxLength: 8 })
    .map((all) => all.map((one, at) => post(String(at), one)).filter(({ from, to }) => to === null || from <= to));
  const changes = fc.array(
    fc.tuple(
      day,
      fc.constantFrom<(readonly [ParameterChange["id"], string])[]>(
        ["policy.subsidy.edge", "upper"],
        ["policy.subsidy.several-compounds", "each"],
        ["policy.subsidy.mixed-compounds", "with-company"],
        ["policy.subsidy.leader", "none"],
        ["policy.subsidy.undecided", "hold"],
        ["policy.villages.rural-grids", "all"],
        ["policy.subsidy.part-month", "thirty-days"],
      ),
    ),
    { maxLength: 3 },
  );
  const adjustments = fc.array(
    fc
      .record({ person: fc.constantFrom("p1", "p2"), from: day, to: fc.option(day), basisPoints: fc.nat(10_000) })
      .map((one): Adjustment => ({ ...one, source: { zh: "虚构", en: "invented" } })),
    { maxLength: 2 },
  );
  return fc
    .record({ places, maps, roster, changes, adjustments })
    .map(({ places: of, maps: all, roster: people, changes: made, adjustments: rules }): PayFacts => {
      const decisions = made.map(([from, [id, value]]) => ({ id, value, from, decision: "县决〔2020〕2号" }));
      return {
        month,
        history: { maps: all, places: of },
        roster: people,
        // Nothing of the plan holds before its year.
        policyOn: (on) => policyOn(on, decisions),
        policyDays: decisions.map(({ from }) => from),
        adjustments: rules,
      };
    });
});
const fenOf = (lines: readonly PayLine[]) => lines.reduce((total, { fen }) => total + fen, 0);

describe("for any community and month", () => {
  test("lines are whole: parts in order, within the month and the appointment, never more than the dearest of them", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const lines = dueOf(given);
        expect(lines.map(({ appointment }) => appointment)).toEqual(
          given.roster
            .filter(({ kind, from, to }) => {
              const [first, last] = [`${given.month}-01`, lastDayOfMonth(given.month)];
              return (kind === "leader" || kind === "worker") && from <= last && (to === null || to >= first);
            })
            .map(({ id }) => id)
            .sort(),
        );
        for (const { appointment, fen, parts, undecided, unknown } of lines) {
          const held = given.roster.find(({ id }) => id === appointment)!;
          expect(fen).toBe(parts.reduce((total, part) => total + part.fen, 0));
          expect(fen).toBeLessThanOrEqual(Math.max(...parts.map(({ monthlyFen }) => monthlyFen)));
          for (const [at, part] of parts.entries()) {
            expect(part.fen).toBeGreaterThanOrEqual(0);
            expect(Number.isSafeInteger(part.fen)).toBe(true);
            expect([part.from, part.to].every((day) => heldOn(held, day) && day.startsWith(given.month))).toBe(true);
            expect(part.from <= part.to && (at === 0 || addDays(parts[at - 1]!.to, 1) === part.from)).toBe(true);
            expect(part.steps.length).toBeGreaterThan(0);
          }
          expect(unknown).toBe(parts.some(({ amounts, days }) => amounts.length === 0 && days > 0));
          if (undecided) expect(undecided.lowFen).toBeLessThan(undecided.highFen);
          if (undecided) expect(fen).toBeLessThanOrEqual(undecided.lowFen);
        }
        expect(JSON.stringify(lines)).not.toMatch(/NaN|Infinity|undefined|\d\.\d{3}/);
      }),
      { numRuns: 300 },
    );
  });

  test("nobody is paid twice for a day in a grid, and only by who serves there", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const lines = dueOf(given);
        for (let day = `${given.month}-01`; day <= lastDayOfMonth(given.month); day = addDays(day, 1)) {
          const paid = lines.flatMap(({ appointment, person, parts }) =>
            parts
              .filter(({ from, to, grid: of, compounds }) => from <= day && day <= to && of && compounds.length > 0)
              .map((part) => ({ appointment, person, grid: part.grid?.id })),
          );
          expect(new Set(paid.map(({ person, grid: of }) => `${person} ${of}`)).size).toBe(paid.length);
          const serving = servingOn(given.roster, given.history, day);
          const there = serving
            .filter(({ appointment: { kind } }) => kind === "leader" || kind === "worker")
            .map(({ appointment: { person }, grid: of }) => `${person} ${of.id}`);
          expect(new Set(paid.map(({ person, grid: of }) => `${person} ${of}`))).toEqual(new Set(there));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("the same facts in any order, and any further division of the month, give the same bytes", () => {
    fc.assert(
      fc.property(facts, fc.array(fc.nat(30), { maxLength: 4 }), (given, cuts) => {
        const turned: PayFacts = {
          ...given,
          roster: given.roster.toReversed(),
          adjustments: given.adjustments.toReversed(),
          policyDays: [...cuts.map((count) => addDays(`${given.month}-01`, count)), ...given.policyDays.toReversed()],
          history: {
            places: given.history.places.toReversed(),
            maps: given.history.maps.map(({ from, grids }) => ({
              from,
              grids: grids.toReversed().map((one) => ({ ...one, members: one.members.toReversed() })),
            })),
          },
        };
        expect(JSON.stringify(dueOf(turned))).toBe(JSON.stringify(dueOf(given)));
      }),
      { numRuns: 150 },
    );
  });

  test("an appointment ended and begun anew on the next day draws the same", () => {
    fc.assert(
      fc.property(facts, fc.nat(27), (given, count) => {
        const day = addDays(`${given.month}-01`, count);
        const roster = given.roster.flatMap((one) =>
          heldOn(one, day) && heldOn(one, addDays(day, 1))
            ? [
                { ...one, to: day },
                { ...one, id: `${one.id}z`, from: addDays(day, 1) },
              ]
            : [one],
        );
        // Down to the fen a percentage is taken of each part, so that these may add up to less.
        const plain = { ...given, adjustments: [] };
        expect(fenOf(dueOf({ ...plain, roster }))).toBe(fenOf(dueOf(plain)));
      }),
      { numRuns: 150 },
    );
  });

  test("corrections make up what is due, and once locked leave nothing; a run's sums agree", () => {
    fc.assert(
      fc.property(
        facts,
        fc.array(fc.tuple(fc.nat(7), fc.nat(2), fc.integer({ min: -500_00, max: 900_00 }))),
        (given, noise) => {
          const now = dueOf(given);
          const locked = noise.map(([at, correction, fen]) => ({
            appointment: `${C}.a${at}`,
            person: `p${at % 4}`,
            month: given.month,
            correction,
            fen,
          }));
          const lines = differences(now, locked);
          expect(fenOf(lines) + locked.reduce((total, { fen }) => total + fen, 0)).toBe(fenOf(now));
          expect(lines.every(({ fen, correction }) => fen !== 0 && correction > 0)).toBe(true);
          expect(differences(now, [...locked, ...lines])).toEqual([]);
          expect(JSON.stringify(differences(now.toReversed(), locked))).toBe(JSON.stringify(lines));
          const all = [...now, ...lines];
          const { pay, recover } = payees(all);
          expect([...pay, ...recover].reduce((total, { fen }) => total + fen, 0)).toBe(fenOf(all));
          expect(pay.every(({ fen }) => fen > 0) && recover.every(({ fen }) => fen < 0)).toBe(true);
          const totals = runTotals(all);
          expect(totals.fen).toBe(fenOf(all));
          expect(totals.communities.reduce((total, { fen }) => total + fen, 0)).toBe(totals.fen);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test("a street of a hundred communities with forty people each takes well under a second", () => {
  const numbers = Array.from({ length: 10 }, (_, at) => at + 1);
  const of = history(
    numbers.flatMap((number) => [0, 1, 2, 3].map((at) => place(`${number}-${at}`, 60 * number + at, number % 2 === 0))),
    ...numbers.map((number) =>
      grid(
        number,
        [0, 1, 2, 3].map((at) => `${number}-${at}`),
      ),
    ),
  );
  const community = numbers.flatMap((number) =>
    [0, 1, 2, 3].map((at) =>
      post(`${number}-${at}`, {
        grid: `g${number}`,
        kind: at === 0 ? "leader" : "worker",
        serves: at === 0 ? [] : [`${number}-${at}`],
        from: `2020-0${1 + (number % 6)}-1${at}`,
      }),
    ),
  );
  const started = performance.now();
  for (let count = 0; count < 100; count++) due({ history: of, roster: community });
  const took = performance.now() - started;
  // It takes some three tenths of one; several tests may share the machine.
  expect(took).toBeLessThan(3_000);
});
