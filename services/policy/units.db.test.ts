import { readFileSync } from "node:fs";
import { CSV } from "@county/contracts/api.ts";
import { policy } from "@county/contracts/policy.ts";
import { type EffectTold, judges } from "@county/contracts/policy-events.ts";
import { annexes } from "@county/plan/annexes.ts";
import { expect, test } from "vitest";
import { policyService } from "../../test/policy.ts";
import { memoryFiles, newKey } from "../../test/register.ts";
import { freshTable } from "../../test/table.ts";
import { type Item, measuring, reckoning } from "../../test/units.ts";
import { attach } from "./effects.ts";

const kindOf = ({ pk, sk }: Item): string => {
  const [of] = String(pk).split("#") as [string];
  const [name, version] = String(sk).split("#");
  if (of === "outbox") return "event";
  if (of === "audit" || of === "key") return of;
  return of === "county" ? (version === undefined ? "parameters" : "parameters.version") : (name as string);
};

const YEARS = 30;
/** The version of a draft whose effects are all told. */
const READY = 1 + judges.length;

test("every route costs what the formula makes of the items it touches, and no more than it declares", {
  timeout: 120_000,
}, async () => {
  const fresh = await freshTable();
  const counting = reckoning(kindOf);
  const area = "370725";
  let now = Date.parse("2026-03-02T01:00:00Z");
  const service = policyService({ name: fresh.name, client: counting.client }, memoryFiles(), () => now);
  const grants = [
    { role: "county.political-legal", area },
    { role: "county.finance", area },
  ] as const;
  const [drafter, approver] = [service.as(grants, "drafter"), service.as(grants, "approver")];
  const { measure, close } = measuring(policy, counting, service.served);

  const body = (from: string, households: number) => ({
    area,
    parameter: "grid.households",
    value: { min: households, max: households + 100 },
    from,
    reason: "r",
  });
  const effectOf = (change: string): EffectTold => ({
    area,
    change,
    on: "2026-03-02",
    digest: "d",
    // As much as a county of 22 communities can give to one rule.
    rows: Array.from({ length: 25 }, (_, i) => ({
      area: { id: `c0000001.s0000001.m00000${i}`, code: "370725001001", name: `社区${i}` },
      rule: "grid.size",
      before: { deviates: 9, breaches: 1 },
      after: { meets: 10 },
      moneyFenBefore: null,
      moneyFenAfter: null,
    })),
    summary: { zh: "……", en: "…" },
  });
  const tell = async (change: string) => {
    for (const judge of judges) await attach(service.deps.store, judge, effectOf(change), "2026-03-02T02:00:00.000Z");
  };
  const put = async (from: string, households: number) => {
    const { id } = (await drafter.draftParameterChange({ key: newKey(), body: body(from, households) })).body;
    await tell(id);
    const approval = { key: newKey(), params: { change: id }, ifMatch: READY, body: { reason: "r" } };
    await approver.approveParameterChange(approval);
    return id;
  };
  // One change a year for a generation of officials.
  for (let i = 0; i < YEARS; i++) await put(`${2027 + i}-01-01`, 100 + i);

  const { id } = await measure("draftParameterChange", async () => {
    return (await drafter.draftParameterChange({ key: newKey(), body: body("2090-01-01", 1) })).body;
  });
  await tell(id);
  const params = { change: id };
  await measure("approveParameterChange", () =>
    approver.approveParameterChange({ key: newKey(), params, ifMatch: READY, body: { reason: "r" } }),
  );
  await measure("getParameterChange", () => drafter.getParameterChange({ params }));
  await measure("withdrawParameterChange", () =>
    drafter.withdrawParameterChange({ key: newKey(), params, ifMatch: READY + 1, body: { reason: "r" } }),
  );
  await measure("listParameterChanges", () => drafter.listParameterChanges({ query: { area } }));
  await measure("listParameters", () => drafter.listParameters({ query: { area, limit: 200 } }));
  await measure("getParameter", () =>
    drafter.getParameter({ params: { parameter: "grid.households" }, query: { area } }),
  );
  await measure("listRules", () => drafter.listRules({ query: { area } }));

  const annex = (file: URL) => ({ bytes: new Uint8Array(readFileSync(file)), contentType: CSV });
  now += 1;
  const posted = await measure("createReconciliation", () =>
    drafter.createReconciliation({
      key: newKey(),
      query: { area, on: "2020-06-01", fileName: "附件3.csv" },
      body: annex(annexes[2].file),
    }),
  );
  const of = { reconciliation: posted.body.id };
  const list = () => approver.listReconciledFindings({ params: of, query: { limit: 200 } });
  const { items } = (await list()).body;
  expect(items.length).toBeGreaterThan(3);
  const [first] = items;
  await measure("disposeFinding", () =>
    approver.disposeFinding({
      key: newKey(),
      params: { ...of, finding: first?.key as string },
      ifMatch: 0,
      body: { kind: "accepted", reason: "r", until: "2027-12-31" },
    }),
  );
  for (const { key } of items.slice(1)) {
    await approver.disposeFinding({
      key: newKey(),
      params: { ...of, finding: key },
      ifMatch: 0,
      body: { kind: "asked-back", reason: "请核实原件上的数字", askedOf: "宝都街道", until: "2027-12-31" },
    });
  }
  await measure("listReconciledFindings", list);
  await measure("getReconciledFinding", () =>
    approver.getReconciledFinding({ params: { ...of, finding: first?.key as string } }),
  );
  await measure("getReconciliation", () => approver.getReconciliation({ params: of }));
  await measure("listReconciliations", () => approver.listReconciliations({ query: { area } }));
  await measure("getReconciliationReport", () => approver.getReconciliationReport({ params: of }));
  await measure("getMarkedReconciliation", () => approver.getMarkedReconciliation({ params: of }));
  close();
});
