import { readFileSync } from "node:fs";
import { CSV } from "@county/contracts/api.ts";
import { judges } from "@county/contracts/policy-events.ts";
import { annexes } from "@county/plan/annexes.ts";
import { OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { atEveryCall, type Fault, faulty, outcomeOf } from "../../test/faults.ts";
import { policyService } from "../../test/policy.ts";
import { memoryFiles, newKey } from "../../test/register.ts";
import { type FreshTable, freshTable } from "../../test/table.ts";
import { attach } from "./effects.ts";

/** The service killed, or cut off from its database, at every single call it makes. Each case has a county of its own. */
let fresh: FreshTable;
beforeAll(async () => {
  fresh = await freshTable();
});
let counties = 970_000;

const START = Date.parse("2026-03-02T01:00:00Z");
const PARAMETER = "grid.households";
const draftOf = (area: string) => ({
  area,
  parameter: PARAMETER,
  value: { min: 400, max: 700 },
  from: "2026-07-01",
  reason: "r",
});
/** The version of a draft whose effects are all told. */
const READY = 1 + judges.length;
const TOLD = { on: "2026-03-02", digest: "d", rows: [], summary: { zh: "无", en: "none" } };

/** The same county seen by a process that is well and by one that is not. */
function both(fault: Fault) {
  const area = String(++counties);
  const files = memoryFiles();
  const { client, met } = faulty(fault);
  const well = policyService(fresh, files, () => START);
  const ill = policyService({ name: fresh.name, client }, files, () => START);
  const owner = [{ role: "county.political-legal", area }] as const;
  return { area, met, well, ill, owner };
}
const eventsOf = async (area: string, type: string) => {
  let count = 0;
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    for (const item of await fresh.table.queryAll(outboxPartition(shard), "")) {
      const event = z.parse(OutboxItem, item);
      if (event.area === area && event.type === type) count++;
    }
  }
  return count;
};
const auditOf = async (area: string) => (await fresh.table.queryAll(`audit#${area}`, "")).length;

describe("cut off at any call and sent again under its key", () => {
  test("a draft is there once, with its day, its event and its audit", async () => {
    const tried = await atEveryCall(async (fault) => {
      const { area, met, well, ill, owner } = both(fault);
      const call = { key: newKey(), body: draftOf(area) };
      const first = await outcomeOf(ill.as(owner).draftParameterChange(call));
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      const again = await well.as(owner).draftParameterChange(call);
      const { items } = (await well.as(owner).listParameterChanges({ query: { area } })).body;
      expect(items.map(({ id }) => id)).toEqual([again.body.id]);
      expect([await eventsOf(area, "policy.change-drafted"), await auditOf(area)]).toEqual([1, 1]);
      return true;
    });
    expect(tried).toBeGreaterThanOrEqual(8);
  });

  test("an effect is attached once", async () => {
    const tried = await atEveryCall(async (fault) => {
      const { area, met, well, ill, owner } = both(fault);
      const { id } = (await well.as(owner).draftParameterChange({ key: newKey(), body: draftOf(area) })).body;
      const told = { ...TOLD, area, change: id };
      const first = await attach(ill.deps.store, "grids", told, new Date(START).toISOString()).catch(() => "failed");
      if (!met()) {
        expect(first).toBeUndefined();
        return false;
      }
      // The queue brings it again.
      await attach(well.deps.store, "grids", told, new Date(START).toISOString());
      const { body } = await well.as(owner).getParameterChange({ params: { change: id } });
      expect([body.effects.length, body.version]).toEqual([1, 2]);
      return true;
    });
    expect(tried).toBeGreaterThanOrEqual(8);
  });

  test.each(["approve", "withdraw"] as const)(
    "%s happens once: record, values, event and audit together",
    async (what) => {
      const tried = await atEveryCall(async (fault) => {
        const { area, met, well, ill, owner } = both(fault);
        const { id } = (await well.as(owner, "drafter").draftParameterChange({ key: newKey(), body: draftOf(area) }))
          .body;
        for (const judge of judges)
          await attach(well.deps.store, judge, { ...TOLD, area, change: id }, new Date(START).toISOString());
        const of = { params: { change: id }, body: { reason: "r" } };
        if (what === "withdraw") {
          await well.as(owner, "approver").approveParameterChange({ key: newKey(), ifMatch: READY, ...of });
        }
        const before = { events: what === "withdraw" ? 1 : 0, audit: what === "withdraw" ? 2 : 1 };
        const call = { key: newKey(), ifMatch: what === "withdraw" ? READY + 1 : READY, ...of };
        const send = (service: typeof well) =>
          what === "withdraw"
            ? service.as(owner, "approver").withdrawParameterChange(call)
            : service.as(owner, "approver").approveParameterChange(call);
        const first = await outcomeOf(send(ill));
        if (!met()) {
          expect(first).toBe("done");
          return false;
        }
        // Whoever reads in between sees all of it or nothing.
        const values = (await well.deps.store.parameters(area))?.state.changes.length ?? 0;
        const { state } = (await well.as(owner).getParameterChange({ params: of.params })).body;
        expect(values).toBe(state === "approved" ? 1 : 0);
        expect(await eventsOf(area, "policy.parameters-changed")).toBe(
          before.events + (state === (what === "withdraw" ? "withdrawn" : "approved") ? 1 : 0),
        );

        expect((await send(well)).body.state).toBe(what === "withdraw" ? "withdrawn" : "approved");
        expect(await eventsOf(area, "policy.parameters-changed")).toBe(before.events + 1);
        expect(await auditOf(area)).toBe(before.audit + 1);
        return true;
      });
      expect(tried).toBeGreaterThanOrEqual(8);
    },
  );

  test("a reconciliation is kept once and whole, or not at all", async () => {
    const bytes = new Uint8Array(readFileSync(annexes[1].file));
    const tried = await atEveryCall(async (fault) => {
      const { area, met, well, ill, owner } = both(fault);
      const call = { key: newKey(), query: { area }, body: { bytes, contentType: CSV } };
      const first = await outcomeOf(ill.as(owner).createReconciliation(call));
      const list = async () => (await well.as(owner).listReconciliations({ query: { area } })).body.items;
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      for (const { id } of await list()) {
        await well.as(owner).listReconciledFindings({ params: { reconciliation: id }, query: {} });
      }
      const { body } = await well.as(owner).createReconciliation(call);
      expect((await list()).map(({ id }) => id)).toEqual([body.id]);
      expect(await auditOf(area)).toBe(1);
      return true;
    });
    expect(tried).toBeGreaterThanOrEqual(8);
  });

  test("a disposition is recorded once", async () => {
    const bytes = new Uint8Array(readFileSync(annexes[1].file));
    const tried = await atEveryCall(async (fault) => {
      const { area, met, well, ill, owner } = both(fault);
      const posted = await well
        .as(owner)
        .createReconciliation({ key: newKey(), query: { area }, body: { bytes, contentType: CSV } });
      const reconciliation = posted.body.id;
      const { items } = (await well.as(owner).listReconciledFindings({ params: { reconciliation }, query: {} })).body;
      const params = { reconciliation, finding: items[0]?.key as string };
      const call = { key: newKey(), params, ifMatch: 0, body: { kind: "accepted", reason: "r" } as const };
      const first = await outcomeOf(ill.as(owner, "other").disposeFinding(call));
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      expect((await well.as(owner, "other").disposeFinding(call)).body.history).toHaveLength(1);
      expect((await well.as(owner).getReconciledFinding({ params })).version).toBe(1);
      expect(await auditOf(area)).toBe(2);
      return true;
    });
    expect(tried).toBeGreaterThanOrEqual(8);
  });
});
