import { quarterOf } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  agreesVerdict,
  bulletinVerdicts,
  dataRows,
  type Flow,
  figureFaults,
  figuresOf,
  flows,
  movementOf,
  type OwnEntry,
  type OwnLeg,
  ownEntries,
  replyDue,
  replyVerdict,
} from "./bulletin.ts";
import {
  type AccountId,
  above,
  decide,
  type Entry,
  type Head,
  type Hold,
  heldOf,
  type LedgerCommand,
} from "./ledger.ts";

const STREET = "c0000001.s0000001";
const COMMUNITY = `${STREET}.m0000001`;
const PAYEE = `${STREET}.y00000001`;
const LEDGER = "c0000001.l2020-household";
const policy = policyOn("2020-11-23");
const evidence = { asOf: "2020-11-23", source: "invented" };

/** A ledger in memory: what the law lets through becomes legs. */
function ledger() {
  const heads = new Map<AccountId, Head>();
  const holds = new Map<string, Hold>();
  const entries = new Map<string, Entry>();
  let count = 0;
  return {
    entries,
    heads,
    post(
      command: LedgerCommand extends infer C
        ? C extends unknown
          ? Omit<C, "ledger" | "cause" | "reason">
          : never
        : never,
    ) {
      const whole = { ledger: LEDGER, cause: `cause-${++count}`, reason: "测试", ...command } as LedgerCommand;
      const state = {
        entry: undefined,
        hold: "hold" in whole ? holds.get(whole.hold) : undefined,
        reversing: whole.kind === "reverse" ? entries.get(whole.entry) : undefined,
        reversed: 0,
        heads,
      };
      const decision = decide(whole, state, {
        change: "x",
        salt: "salt",
        now: `2020-12-01T00:00:00.${String(count).padStart(3, "0")}Z`,
      });
      if (decision.outcome !== "posting") return undefined;
      const { entry, heads: after, hold } = decision.posting;
      for (const head of after) heads.set(head.account, head);
      if (hold) holds.set(hold.id, hold);
      entries.set(entry.id, entry);
      return entry;
    },
    legsOf(area: string): OwnLeg[] {
      return [...entries.values()].flatMap(({ id, legs, period, cause, hold, at }) =>
        legs
          .filter(({ account }) => account === area || account === heldOf(area))
          .map(({ account, fen }) => ({
            ...{ account, fen, entry: id, period, cause, hold, at },
            against: legs.map((leg) => leg.account).filter((other) => other !== account),
          })),
      );
    },
  };
}
const noPurpose = () => ({ id: null, title: { zh: "不明", en: "unknown" } });
const figures = (area: string, all: ReturnType<typeof ledger>, quarter: string) =>
  figuresOf(area, ownEntries(area, all.legsOf(area)) as OwnEntry[], quarterOf(quarter), noPurpose);

describe("figures", () => {
  test("a year of a community: what came, went back, was paid in part, refunded, and is still reserved", () => {
    const all = ledger();
    all.post({ kind: "appropriate", on: "2020-02-01", fen: 100_000_00 });
    all.post({ kind: "release", on: "2020-02-02", street: STREET, fen: 100_000_00 });
    all.post({ kind: "pass-on", on: "2020-02-03", community: COMMUNITY, fen: 20_000_00 });
    all.post({ kind: "hand-up", on: "2020-03-30", from: COMMUNITY, fen: 1_000_00 });
    const first = all.post({ kind: "reserve", on: "2020-04-01", holder: COMMUNITY, payee: PAYEE, fen: 500_00 });
    const paid = all.post({ kind: "pay", on: "2020-04-09", hold: first?.hold as string, payee: PAYEE, fen: 450_00 });
    all.post({ kind: "reverse", on: "2020-05-01", entry: paid?.id as string, from: PAYEE, fen: 50_00 });
    all.post({ kind: "reserve", on: "2020-06-30", holder: COMMUNITY, payee: PAYEE, fen: 300_00 });
    all.post({ kind: "pass-on", on: "2020-07-01", community: COMMUNITY, fen: 7_00 });

    const none = { received: 0, returned: 0, passedOn: 0, takenBack: 0, paid: 0, refunded: 0 };
    expect(figures(COMMUNITY, all, "2020q1")).toMatchObject({
      openingFen: 0,
      quarter: { ...none, received: 20_000_00, returned: 1_000_00 },
      leftFen: 19_000_00,
      reservedFen: 0,
    });
    const second = figures(COMMUNITY, all, "2020q2");
    expect(second).toMatchObject({
      openingFen: 19_000_00,
      quarter: { ...none, paid: 450_00, refunded: 50_00 },
      toDate: { ...none, received: 20_000_00, returned: 1_000_00, paid: 450_00, refunded: 50_00 },
      reservedFen: 300_00,
      leftFen: 18_300_00,
      purposes: [{ quarter: { outFen: 450_00, backFen: 50_00 }, toDate: { outFen: 450_00, backFen: 50_00 } }],
    });
    expect(figures(STREET, all, "2020q1")).toMatchObject({
      quarter: { ...none, received: 100_000_00, passedOn: 20_000_00, takenBack: 1_000_00 },
      communities: [{ community: COMMUNITY, quarter: { outFen: 20_000_00, backFen: 1_000_00 } }],
      leftFen: 81_000_00,
    });
    expect(figureFaults(second)).toEqual([]);
  });

  test("a payee registered with the street is nobody it passes money on to", () => {
    expect(movementOf(STREET, { leftFen: -5, reservedFen: 0, with: PAYEE })?.flow).toBe("paid");
    expect(movementOf(STREET, { leftFen: -5, reservedFen: 0, with: COMMUNITY })?.flow).toBe("passedOn");
    expect(movementOf(COMMUNITY, { leftFen: -5, reservedFen: 0, with: `${COMMUNITY}~staff` })?.flow).toBe("paid");
    expect(movementOf(COMMUNITY, { leftFen: -5, reservedFen: 5, with: null })).toBeNull();
  });

  test("an entry met in one of its two accounts only is none to draft from", () => {
    const all = ledger();
    all.post({ kind: "appropriate", on: "2020-02-01", fen: 10 });
    all.post({ kind: "release", on: "2020-02-01", street: STREET, fen: 10 });
    all.post({ kind: "reserve", on: "2020-02-01", holder: STREET, payee: PAYEE, fen: 4 });
    const legs = all.legsOf(STREET);
    expect(ownEntries(STREET, legs)).toHaveLength(2);
    expect(
      ownEntries(
        STREET,
        legs.filter(({ account }) => account === STREET),
      ),
    ).toBeNull();
  });

  const day = fc
    .integer({ min: 0, max: 360 })
    .map((days) => new Date(Date.UTC(2020, 0, 1 + days)).toISOString().slice(0, 10));
  const fen = fc.integer({ min: 1, max: 500 });
  const move = fc.oneof(
    fc.record({ kind: fc.constant("appropriate" as const), fen }),
    fc.record({ kind: fc.constant("release" as const), street: fc.constant(STREET), fen }),
    fc.record({ kind: fc.constant("pass-on" as const), community: fc.constant(COMMUNITY), fen }),
    fc.record({ kind: fc.constant("hand-up" as const), from: fc.constantFrom(STREET, COMMUNITY), fen }),
    fc.record({
      kind: fc.constant("reserve" as const),
      holder: fc.constantFrom(STREET, COMMUNITY),
      payee: fc.constant(PAYEE),
      fen,
    }),
    fc.record({ kind: fc.constant("pay" as const), of: fc.nat(30), fen }),
    fc.record({ kind: fc.constant("unreserve" as const), of: fc.nat(30) }),
    fc.record({ kind: fc.constant("reverse" as const), of: fc.nat(30), fen }),
  );

  test("of any ledger, every quarter leads to the next and the last to what the accounts hold", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(move, day), { maxLength: 60 }), (moves) => {
        const all = ledger();
        all.post({ kind: "appropriate", on: "2020-01-01", fen: 5_000 });
        all.post({ kind: "release", on: "2020-01-01", street: STREET, fen: 4_000 });
        all.post({ kind: "pass-on", on: "2020-01-01", community: COMMUNITY, fen: 2_000 });
        for (const [one, on] of moves) {
          const entries = [...all.entries.values()];
          if (one.kind === "pay" || one.kind === "unreserve") {
            const held = entries.filter(({ kind }) => kind === "reserve");
            const hold = held[one.of % Math.max(1, held.length)]?.hold;
            if (hold)
              all.post(
                one.kind === "pay"
                  ? { kind: "pay", on, hold, payee: PAYEE, fen: one.fen }
                  : { kind: "unreserve", on, hold },
              );
          } else if (one.kind === "reverse") {
            const entry = entries[one.of % entries.length] as Entry;
            const taker = entry.legs.find((leg) => leg.fen > 0)?.account as string;
            all.post({ kind: "reverse", on, entry: entry.id, from: taker, fen: one.fen });
          } else all.post({ ...one, on });
        }
        for (const area of [STREET, COMMUNITY]) {
          let end = 0;
          for (const id of ["2020q1", "2020q2", "2020q3", "2020q4"]) {
            const told = figures(area, all, id);
            expect(told.openingFen).toBe(end);
            end = told.leftFen + told.reservedFen;
            const sum = flows.reduce(
              (total, flow) =>
                total + (["received", "takenBack", "refunded"].includes(flow) ? 1 : -1) * told.toDate[flow],
              0,
            );
            expect(sum).toBe(end);
            expect(figureFaults(told)).toEqual([]);
          }
          const last = figures(area, all, "2020q4");
          expect(last.leftFen).toBe(all.heads.get(area)?.fen ?? 0);
          expect(last.reservedFen).toBe(all.heads.get(heldOf(area))?.fen ?? 0);
          expect(last.toDate.received - last.toDate.returned).toBe(all.heads.get(area)?.received ?? 0);
        }
        expect(above(COMMUNITY)).toBe(STREET);
        const [up, down] = [figures(COMMUNITY, all, "2020q4").toDate, figures(STREET, all, "2020q4").toDate];
        expect([down.passedOn, down.takenBack]).toEqual([up.received, up.returned]);
      }),
      { numRuns: 60 },
    );
  });

  test("any altered figure shows", () => {
    const all = ledger();
    all.post({ kind: "appropriate", on: "2020-02-01", fen: 1_000 });
    all.post({ kind: "release", on: "2020-02-01", street: STREET, fen: 1_000 });
    all.post({ kind: "pass-on", on: "2020-02-01", community: COMMUNITY, fen: 400 });
    const hold = all.post({ kind: "reserve", on: "2020-02-02", holder: STREET, payee: PAYEE, fen: 100 })
      ?.hold as string;
    all.post({ kind: "pay", on: "2020-02-03", hold, payee: PAYEE, fen: 90 });
    const told = figures(STREET, all, "2020q1");
    const places: string[][] = [
      ["openingFen"],
      ["reservedFen"],
      ["leftFen"],
      ...["quarter", "toDate"].flatMap((span) => flows.map((flow: Flow) => [span, flow])),
      ...["quarter", "toDate"].flatMap((span) =>
        ["outFen", "backFen"].flatMap((which) => [
          ["purposes", "0", span, which],
          ["communities", "0", span, which],
        ]),
      ),
    ];
    for (const place of places) {
      const altered = structuredClone(told) as unknown as Record<string, never>;
      const last = place.at(-1) as string;
      const inner = place.slice(0, -1).reduce((at, key) => at[key] as never, altered) as Record<string, number>;
      inner[last] = (inner[last] ?? 0) + 1;
      expect(figureFaults(altered as never), place.join(".")).not.toEqual([]);
    }
  });
});

describe("open data", () => {
  test("tells every amount once, and the rows of a span lead to what is there at its end", () => {
    const all = ledger();
    all.post({ kind: "appropriate", on: "2020-02-01", fen: 1_000 });
    all.post({ kind: "release", on: "2020-02-01", street: STREET, fen: 1_000 });
    const hold = all.post({ kind: "reserve", on: "2020-04-02", holder: STREET, payee: PAYEE, fen: 100 })
      ?.hold as string;
    all.post({ kind: "pay", on: "2020-04-03", hold, payee: PAYEE, fen: 90 });
    const fund = {
      ...figures(STREET, all, "2020q2"),
      fund: "household",
      title: { zh: "虚构", en: "invented" },
      year: 2020,
      budgetFen: 5,
    };
    const rows = dataRows([fund], quarterOf("2020q2"));
    const keys = rows.map(({ from, to, fund: of, purpose, kind }) => [from, to, of, purpose, kind].join());
    expect(new Set(keys).size).toBe(rows.length);
    const sum = (direction: string | null, from: string) =>
      rows
        .filter((row) => row.direction === direction && row.from === from && row.phase === "executed")
        .reduce((total, { fen }) => total + fen, 0);
    expect(sum("revenue", "2020-01-01") - sum("expenditure", "2020-01-01")).toBe(910);
    // What is there goes neither way.
    expect(sum(null, "2020-06-30")).toBe(910);
    expect(rows.find(({ kind }) => kind === "paid")).toMatchObject({ purpose: "unknown", fen: 90 });
  });

  test("of a year's first quarter, which is the year to date, tells no amount twice", () => {
    const all = ledger();
    all.post({ kind: "appropriate", on: "2020-02-01", fen: 1_000 });
    all.post({ kind: "release", on: "2020-02-01", street: STREET, fen: 1_000 });
    const fund = { fund: "household", title: { zh: "虚构", en: "invented" }, year: 2020, budgetFen: 5 };
    const rowsOf = (quarter: string) => dataRows([{ ...fund, ...figures(STREET, all, quarter) }], quarterOf(quarter));
    for (const quarter of ["2020q1", "2020q4", "2021q1"]) {
      const keys = rowsOf(quarter).map(({ from, to, fund: of, purpose, kind }) => [from, to, of, purpose, kind].join());
      expect(new Set(keys).size, quarter).toBe(keys.length);
    }
    expect(rowsOf("2020q1").filter(({ kind }) => kind === "received")).toMatchObject([
      { from: "2020-01-01", to: "2020-03-31", fen: 1_000 },
    ]);
    // Of the year before, the first quarter of the next is no longer all there is.
    expect(rowsOf("2021q1").filter(({ kind }) => kind === "received")).toMatchObject([{ fen: 0 }, { fen: 1_000 }]);
  });
});

describe("findings", () => {
  const subject = { id: COMMUNITY, code: "990101001901", name: "虚构社区" };
  const told = (
    bulletins: Parameters<typeof bulletinVerdicts>[0]["bulletins"],
    on: string,
    moneySince: string | null = "2020-05-12",
  ) => bulletinVerdicts({ subject, moneySince, bulletins, ...evidence }, policyOn(on));
  const first = { quarter: "2020q2", edition: 1, state: "published" } as const;

  test.each([
    ["2020-06-30", []],
    ["2020-07-20", ["meets"]],
    ["2020-07-21", ["deviates"]],
    ["2020-10-05", ["deviates", "meets"]],
  ] as const)("nothing published by %s", (on, verdicts) => {
    expect(told([], on).map(({ verdict }) => verdict)).toEqual(verdicts);
  });

  test("late by a day, told by day", () => {
    const [finding] = told([{ ...first, on: "2020-07-21" }], "2020-08-01");
    expect(finding).toMatchObject({ rule: "bulletin.due", verdict: "deviates", observed: 21, difference: 1 });
    expect(told([{ ...first, on: "2020-07-20" }], "2020-08-01")[0]).toMatchObject({ verdict: "meets", observed: 20 });
  });

  test("a correction does not make the first one late, and a draft is told as one", () => {
    const two = [
      { ...first, on: "2020-07-10" },
      { ...first, edition: 2, on: "2020-09-01" },
    ];
    expect(told(two, "2020-09-02")[0]?.verdict).toBe("meets");
    const [waiting] = told([{ quarter: "2020q2", edition: 1, state: "drafted", on: null }], "2020-08-01");
    expect(waiting?.title.en).toContain("drafted, not signed");
  });

  test("without money nothing is asked", () => {
    expect(told([], "2020-12-01", null)).toEqual([]);
  });

  test("of a longer cycle only the quarters that end it", () => {
    const half = policyOn("2021-03-01", [
      { id: "publication.cycle", from: "2020-01-01", value: 6, decision: "县决〔2020〕1号" },
    ]);
    const found = bulletinVerdicts({ subject, moneySince: "2020-01-05", bulletins: [], ...evidence }, half);
    expect(found.map(({ subject: { id } }) => id.slice(-6))).toEqual(["2020q2", "2020q4"]);
  });

  test("an objection is answered within ten working days, holidays not counted", () => {
    // From a Friday before the national holidays of 2020 (1 to 8 October; 27 September and 10 October are worked).
    expect(replyDue("2020-09-25", policy)).toBe("2020-10-15");
    const asked = { subject, receivedOn: "2020-09-25", ...evidence };
    const at = (answeredOn: string | null, on = "2020-11-23") =>
      replyVerdict({ ...asked, answeredOn }, policyOn(on)).verdict;
    expect(at("2020-10-15")).toBe("meets");
    expect(at("2020-10-16")).toBe("deviates");
    expect(at(null, "2020-10-15")).toBe("meets");
    expect(at(null, "2020-10-16")).toBe("deviates");
  });

  test("beyond the calendar of working days nobody guesses", () => {
    expect(replyDue("2098-12-30", policy)).toBeNull();
    const far = { subject, receivedOn: "2098-12-30", answeredOn: null, ...evidence };
    expect(replyVerdict(far, policyOn("2099-01-30")).verdict).toBe("cannot-tell");
  });

  test("what was booked afterwards asks for a correction", () => {
    expect(agreesVerdict({ subject, entries: 0, fen: 0, ...evidence }).verdict).toBe("meets");
    expect(agreesVerdict({ subject, entries: 2, fen: 5_00, ...evidence })).toMatchObject({
      verdict: "deviates",
      observed: 2,
    });
  });
});
