import { ProblemAnswer } from "@county/contracts/client.ts";
import { type EffectTold, judges } from "@county/contracts/policy-events.ts";
import { clauses } from "@county/plan/clauses.ts";
import { ownerOf } from "@county/plan/owners.ts";
import { OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { type PolicyService, policyService } from "../../test/policy.ts";
import { memoryFiles, newKey } from "../../test/register.ts";
import { type FreshTable, freshTable } from "../../test/table.ts";
import { attach } from "./effects.ts";

/** Drafts, approvals, withdrawals and effects, on a real engine. Each test has a county of its own. */
let fresh: FreshTable;
beforeAll(async () => {
  fresh = await freshTable();
});
let counties = 980_000;
const newCounty = () => String(++counties);

const START = Date.parse("2026-03-02T01:00:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FROM = "2026-07-01";
const PARAMETER = "grid.households";
const VALUE = { min: 400, max: 700 };

/** The service at a clock that the test moves. */
function at(area = newCounty()) {
  let now = START;
  const service = policyService(fresh, memoryFiles(), () => now);
  const owner = { role: "county.political-legal", area } as const;
  return {
    area,
    service,
    drafter: service.as([owner], "drafter"),
    approver: service.as([owner], "approver"),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}
type At = ReturnType<typeof at>;

const body = (area: string, more: object = {}) => ({
  area,
  parameter: PARAMETER,
  value: VALUE as unknown,
  from: FROM,
  reason: "户数变化",
  ...more,
});
const draft = async ({ drafter, area, pass }: At, more: object = {}) => {
  // Ids sort by the millisecond.
  pass(1);
  return (await drafter.draftParameterChange({ key: newKey(), body: body(area, more) })).body;
};

const told = (area: string, change: string, text = "1"): EffectTold => ({
  area,
  change,
  on: "2026-03-02",
  digest: text,
  rows: [
    {
      area: { id: "c", code: area, name: "县" },
      rule: "grid.size",
      before: { deviates: 2 },
      after: { meets: 2 },
      moneyFenBefore: null,
      moneyFenAfter: null,
    },
  ],
  summary: { zh: text, en: text },
});
/** By every service that judges. */
const tell = async ({ service, area }: At, change: string, text?: string) => {
  for (const judge of judges)
    await attach(service.deps.store, judge, told(area, change, text), "2026-03-02T02:00:00.000Z");
};
/** The version of a draft whose effects are all told. */
const READY = 1 + judges.length;

/** A draft whose effect is told, with the version that shows it. */
async function ready(here: At, more: object = {}) {
  const { id } = await draft(here, more);
  await tell(here, id);
  return { params: { change: id }, ifMatch: READY };
}
const approve = async ({ approver }: At, of: { params: { change: string }; ifMatch: number }) =>
  (await approver.approveParameterChange({ key: newKey(), ...of, body: { reason: "同意" } })).body;

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (error instanceof ProblemAnswer) return error.problem.code;
    throw error;
  }
}
const problemOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProblemAnswer) return error.problem;
  throw error ?? new Error("the call was to be refused, and was not");
};
const eventsOf = async (area: string): Promise<OutboxItem[]> => {
  const found: OutboxItem[] = [];
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    for (const item of await fresh.table.queryAll(outboxPartition(shard), "")) {
      const event = z.parse(OutboxItem, item);
      if (event.area === area) found.push(event);
    }
  }
  return found.toSorted((a, b) => (a.at < b.at ? -1 : 1));
};
const auditOf = async (area: string) => (await fresh.table.queryAll(`audit#${area}`, "")).map(({ action }) => action);
const valueOn = async ({ drafter, area }: At, on: string) =>
  (await drafter.getParameter({ params: { parameter: PARAMETER }, query: { area } })).body.values.findLast(
    ({ from }) => from <= on,
  )?.value;

describe("a change of a parameter", () => {
  test("is drafted, told, approved by another, and holds from its day", async () => {
    const here = at();
    const { area, drafter, approver } = here;
    const drafted = await draft(here);
    expect(drafted).toMatchObject({
      area,
      parameter: PARAMETER,
      clause: "2.2.1",
      owner: { role: "county.political-legal" },
      before: { min: 500, max: 600 },
      value: VALUE,
      state: "draft",
      effects: [],
      awaited: [...judges],
      awaitedUntil: "2026-03-02T03:00:00.001Z",
    });
    const [event] = await eventsOf(area);
    expect(event).toMatchObject({ type: "policy.change-drafted" });
    expect(JSON.parse(event?.detail ?? "")).toEqual({
      change: drafted.id,
      id: PARAMETER,
      from: FROM,
      value: VALUE,
      parametersVersion: 0,
    });

    await tell(here, drafted.id);
    const shown = await drafter.getParameterChange({ params: { change: drafted.id } });
    expect(shown.body).toMatchObject({
      awaited: [],
      effects: judges.map((service) => ({ service, digest: "1" })),
      version: READY,
    });

    const of = { params: { change: drafted.id }, ifMatch: shown.version as number };
    expect(await codeOf(drafter.approveParameterChange({ key: newKey(), ...of, body: { reason: "r" } }))).toBe(
      "refused",
    );
    here.pass(DAY);
    const approved = await approve(here, of);
    expect(approved).toMatchObject({ state: "approved", withoutEffects: [], approved: { reason: "同意" } });

    const list = async (on: string) =>
      (await approver.listParameters({ query: { area, on, clause: "2.2.1" } })).body.items.find(
        ({ id }) => id === PARAMETER,
      );
    expect(await list("2026-06-30")).toMatchObject({
      inForce: { value: { min: 500, max: 600 }, verified: true },
      toCome: [{ value: VALUE, from: FROM, decision: drafted.id, verified: false }],
    });
    expect(await list(FROM)).toMatchObject({ inForce: { value: VALUE, decision: drafted.id }, toCome: [] });
    const { values } = (await drafter.getParameter({ params: { parameter: PARAMETER }, query: { area } })).body;
    expect(values).toMatchObject([
      { from: "2020-01-01", until: "2026-06-30" },
      { from: FROM, until: null, drafted: { reason: "户数变化" }, approved: { reason: "同意" } },
    ]);
    const state = (await eventsOf(area)).find(({ type }) => type === "policy.parameters-changed");
    const version = state?.document && (await fresh.table.get(state.document));
    expect(JSON.parse(version?.state as string)).toEqual({
      county: area,
      changes: [{ id: PARAMETER, from: FROM, value: VALUE, decision: drafted.id }],
    });
    expect(await auditOf(area)).toEqual(["draftParameterChange", "approveParameterChange"]);
    // What is drafted next says beside which values.
    const next = await draft(here, { from: "2026-08-01", value: { min: 401, max: 700 } });
    const told = (await eventsOf(area)).find(({ detail }) => detail?.includes(next.id));
    expect(JSON.parse(told?.detail ?? "")).toMatchObject({ parametersVersion: 1 });

    here.pass(200 * DAY);
    const later = await drafter.getParameterChange({ params: { change: drafted.id } });
    expect(later.body.state).toBe("in-force");
    const withdrawing = { key: newKey(), ...of, ifMatch: later.version as number, body: { reason: "r" } };
    expect(await codeOf(drafter.withdrawParameterChange(withdrawing))).toBe("conflict");
  });

  test("is refused with the place where it does not fit, to other departments, and for days that have come", async () => {
    const here = at();
    const { area, service, drafter } = here;
    const wrong = async (more: object) =>
      (await problemOf(drafter.draftParameterChange({ key: newKey(), body: body(area, more) }))).errors?.[0]?.pointer;
    expect(await wrong({ value: { min: 700, max: 400 } })).toBe("/value/max");
    expect(await wrong({ value: undefined })).toBe("/value");
    expect(await wrong({ value: { min: 500, max: 600 } })).toBe("/value");
    expect(await wrong({ value: { max: 600, min: 500 } })).toBe("/value");
    expect(await wrong({ from: "2026-03-02" })).toBe("/from");
    expect(await wrong({ parameter: "grid.nothing" })).toBe("/parameter");
    expect(await wrong({ parameter: "policy.grid.size", value: "3.3" })).toBe("/value");
    const inStreet = service.as([{ role: "county.political-legal", area: `${area}001` }]);
    expect(await codeOf(inStreet.draftParameterChange({ key: newKey(), body: body(`${area}001`) }))).toBe(
      "invalid-request",
    );
    expect(await codeOf(inStreet.draftParameterChange({ key: newKey(), body: body(area) }))).toBe("forbidden");
    for (const role of ["county.finance", "street.admin", "auditor"] as const) {
      const other = service.as([{ role, area }]);
      expect(await codeOf(other.draftParameterChange({ key: newKey(), body: body(area) }))).toBe("forbidden");
    }
    expect(await codeOf(drafter.getParameter({ params: { parameter: "toString" }, query: { area } }))).toBe(
      "invalid-request",
    );
    expect(await codeOf(drafter.getParameter({ params: { parameter: "no.such" }, query: { area } }))).toBe("not-found");
  });

  test("has its day to itself until it is withdrawn", async () => {
    const here = at();
    const first = await draft(here);
    expect(await codeOf(draft(here, { value: { min: 1, max: 2 } }))).toBe("conflict");
    expect((await draft(here, { from: "2026-08-01" })).state).toBe("draft");
    await here.drafter.withdrawParameterChange({
      key: newKey(),
      params: { change: first.id },
      ifMatch: 1,
      body: { reason: "r" },
    });
    expect((await draft(here, { value: { min: 1, max: 2 } })).state).toBe("draft");
    const states = async (state?: "draft" | "withdrawn") =>
      (await here.drafter.listParameterChanges({ query: { area: here.area, state } })).body.items.map(
        (one) => one.state,
      );
    expect(await states()).toEqual(["draft", "draft", "withdrawn"]);
    expect(await states("withdrawn")).toEqual(["withdrawn"]);
  });

  test("waits for its effects; then it is approved without them only by saying so", async () => {
    const here = at();
    const { id } = await draft(here);
    const call = (withoutEffects: boolean) =>
      here.approver.approveParameterChange({
        key: newKey(),
        params: { change: id },
        ifMatch: 1,
        body: { reason: "r", withoutEffects },
      });
    expect(await codeOf(call(false))).toBe("refused");
    expect((await problemOf(call(true))).detail).toContain(`still awaited: ${judges.join(", ")}`);
    here.pass(2 * HOUR);
    expect((await problemOf(call(false))).detail).toContain("withoutEffects");
    expect((await call(true)).body).toMatchObject({ state: "approved", withoutEffects: [...judges] });
    // What is told later is kept all the same.
    await tell(here, id, "late");
    expect((await here.drafter.getParameterChange({ params: { change: id } })).body.effects).toHaveLength(
      judges.length,
    );
  });

  test("is drafted again when its day came before its approval", async () => {
    const here = at();
    const of = await ready(here, { from: "2026-03-03" });
    here.pass(DAY);
    expect((await problemOf(approve(here, of))).detail).toContain("draft it again");
  });

  test("approved and taken back before its day never holds", async () => {
    const here = at();
    const of = await ready(here);
    await approve(here, of);
    expect(await valueOn(here, FROM)).toEqual(VALUE);
    const { body: gone } = await here.approver.withdrawParameterChange({
      key: newKey(),
      params: of.params,
      ifMatch: READY + 1,
      body: { reason: "另议" },
    });
    expect(gone).toMatchObject({ state: "withdrawn", withdrawn: { reason: "另议" }, approved: { reason: "同意" } });
    expect(await valueOn(here, FROM)).toEqual({ min: 500, max: 600 });
    expect((await eventsOf(here.area)).filter(({ type }) => type === "policy.parameters-changed")).toHaveLength(2);
  });
});

describe("effects", () => {
  test("told twice, late and at once are attached once, whichever comes first", async () => {
    const here = at();
    const { id } = await draft(here);
    await Promise.all(["a", "b", "a"].map(async (text) => await tell(here, id, text)));
    await tell(here, id, "c");
    const { body: shown } = await here.drafter.getParameterChange({ params: { change: id } });
    expect(shown.effects.map(({ service }) => service)).toEqual([...judges]);
    expect(shown.version).toBe(READY);
    await expect(tell(here, `${here.area}.c${"0".repeat(26)}`)).rejects.toThrow("no change");
    await expect(attach(here.service.deps.store, "grids", told("999999", id), "x")).rejects.toThrow("no change");
  });

  test("move the version on, so that nobody approves what was not seen", async () => {
    const here = at();
    const { id } = await draft(here);
    await tell(here, id);
    expect(await codeOf(approve(here, { params: { change: id }, ifMatch: 1 }))).toBe("stale-version");
  });
});

describe("races", () => {
  test("of two approvers one approves, whatever the other is told", async () => {
    const here = at();
    const of = await ready(here);
    const [other] = [here.service.as([{ role: "county.political-legal", area: here.area }], "other")];
    const codes = await Promise.all(
      [here.approver, other].map((one) =>
        codeOf((one as typeof here.approver).approveParameterChange({ key: newKey(), ...of, body: { reason: "r" } })),
      ),
    );
    expect(codes.toSorted()).toEqual(["done", "stale-version"]);
    expect((await here.service.deps.store.parameters(here.area))?.state.changes).toHaveLength(1);
  });

  test("of an approval and a withdrawal one comes first, and the other sees it", async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const here = at();
      const of = await ready(here);
      const call = { ...of, body: { reason: "r" } };
      const calls = [
        () => codeOf(here.approver.approveParameterChange({ key: newKey(), ...call })),
        () => codeOf(here.drafter.withdrawParameterChange({ key: newKey(), ...call })),
      ];
      const codes = await Promise.all((round % 2 ? calls : calls.toReversed()).map((run) => run()));
      expect(codes.toSorted()).toEqual(["done", "stale-version"]);
      const { state } = (await here.drafter.getParameterChange({ params: of.params })).body;
      const values = (await here.service.deps.store.parameters(here.area))?.state.changes ?? [];
      expect(values).toHaveLength(state === "approved" ? 1 : 0);
      outcomes.add(state);
    }
    expect(outcomes.size).toBeGreaterThan(0);
  });

  test("many approvals of different parameters at once all come through, in one order", async () => {
    const here = at();
    const parameters = ["grid.households", "staff.leader.households", "staff.leader.workers", "grid.equipment"];
    const drafts = await Promise.all(
      parameters.map(async (parameter, i) => await ready(here, { parameter, value: i === 0 ? VALUE : 7 })),
    );
    await Promise.all(drafts.map(async (of) => await approve(here, of)));
    const values = await here.service.deps.store.parameters(here.area);
    expect(values?.version).toBe(parameters.length);
    expect(values?.state.changes.map(({ id }) => id).toSorted()).toEqual(parameters.toSorted());
  });

  test("a command sent twice is done once", async () => {
    const here = at();
    const call = { key: newKey(), body: body(here.area) };
    const [first, second] = await Promise.all([
      here.drafter.draftParameterChange(call),
      here.drafter.draftParameterChange(call),
    ]);
    expect(second.body.id).toBe(first.body.id);
    expect(
      await codeOf(here.drafter.draftParameterChange({ ...call, body: body(here.area, { from: "2026-09-01" }) })),
    ).toBe("key-reused");
    await tell(here, first.body.id);
    const approval = { key: newKey(), params: { change: first.body.id }, ifMatch: READY, body: { reason: "r" } };
    const approved = await here.approver.approveParameterChange(approval);
    expect((await here.approver.approveParameterChange(approval)).body).toEqual(approved.body);
    expect((await here.service.deps.store.parameters(here.area))?.version).toBe(1);
  });
});

test("who may read a part of the county reads its parameters and changes; others do not", async () => {
  const here = at();
  const { id } = await draft(here);
  const reads = (service: PolicyService, area: string) => service.as([{ role: "community.admin", area }], "reader");
  const inside = reads(here.service, `${here.area}001002`);
  expect((await inside.getParameterChange({ params: { change: id } })).body.id).toBe(id);
  expect((await inside.listParameterChanges({ query: { area: `${here.area}001002` } })).body.items).toHaveLength(1);
  const outside = reads(here.service, newCounty());
  expect(await codeOf(outside.getParameterChange({ params: { change: id } }))).toBe("forbidden");
});

test("whatever is drafted for whichever parameter is taken or refused, and never a fault of ours", {
  timeout: 60_000,
}, async () => {
  const area = newCounty();
  const service = policyService(fresh, memoryFiles(), () => START);
  const owners = [...new Set(clauses.map(({ id }) => ownerOf(id)))].map((role) => ({ role, area }));
  const api = service.as(owners);
  const all = (await api.listParameters({ query: { area, limit: 200 } })).body.items;
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(...all.map(({ inForce }) => inForce?.value)),
    fc.nat(2000),
  );
  const days = fc.date({ min: new Date("2026-03-03"), max: new Date("2090-01-01"), noInvalidDate: true });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...all.map(({ id }) => id)), values, days, async (parameter, value, day) => {
      const call = { area, parameter, value, from: day.toISOString().slice(0, 10), reason: "r" };
      const code = await codeOf(api.draftParameterChange({ key: newKey(), body: call }));
      expect(["done", "invalid-request", "conflict"]).toContain(code);
      seen.add(code);
    }),
    { numRuns: 150 },
  );
  expect(seen).toContain("invalid-request");
  const changes = (await api.listParameterChanges({ query: { area, limit: 200 } })).body.items;
  for (const { before, value } of changes) expect(value).not.toEqual(before);
});
