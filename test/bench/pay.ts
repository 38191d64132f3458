import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTables, REGION, startEngine } from "@county/local/engine.ts";
import { dynamo } from "@county/platform/table.ts";
import type { Appointment } from "@county/rules/roster.ts";
import { memoryFiles } from "../register.ts";
import { type StaffingService, staffingService, type ToldStreet, tellStreet } from "../staffing.ts";
import { type Figure, type Section, spreadOf } from "./figures.ts";

/** Subsidy runs of streets as large as the plan's larger one, over the contract, on the embedded engine. */

const NOW = "2021-02-10T02:00:00.000Z";
const MONTHS = ["2020-06", "2020-07"] as const;
/** 18 communities of five grids with three people each: 270 payslips, as annex 4 has 268 people. */
const COMMUNITIES = 18;
const HOUSEHOLDS = [480, 75, 1100, 320, 199];
const PEOPLE = 3;
const COPIES = [1, 10, 100];

async function staff({ deps: { store } }: StaffingService, street: ToldStreet): Promise<void> {
  let n = 0;
  for (const community of street.communities) {
    const posts = community.grids.flatMap((grid) => Array.from({ length: PEOPLE }, () => ({ grid, n: n++ })));
    const personOf = (number: number) => `${street.id}.pp${String(number).padStart(7, "0")}`;
    const appointments = posts.map(
      ({ grid, n: number }): Appointment => ({
        id: `${community.id}.aa${String(number).padStart(7, "0")}`,
        version: 1,
        kind: "worker",
        grid: grid.id,
        serves: grid.places,
        person: personOf(number),
        from: "2020-01-01",
        to: null,
        origin: "street-recruit",
        list: "none",
        fullTime: null,
        verdict: "meets",
        exception: null,
        ended: null,
      }),
    );
    const people = posts.map(({ n: number }) => ({
      before: undefined,
      after: {
        id: personOf(number),
        name: `量测${number}`,
        phone: null,
        payee: `BENCH-${number}`,
        origin: "street-recruit" as const,
        list: null,
        account: null,
        outsideWork: false,
        left: null,
        posts: [],
        version: 1,
        changed: { at: NOW, by: "bench", reason: "量测" },
      },
    }));
    const change = { id: `bench-${community.id}`, at: NOW, by: "bench", reason: "量测", action: "bench" };
    const key = { name: "key" as const, put: { pk: `key#${community.id}`, sk: "key" }, when: "absent" as const };
    const write = { community: community.id, area: community.code, before: undefined, appointments };
    const failed = await store.saveRosters([write], people, change, key);
    if (failed) throw new Error(`bench: ${failed}`);
  }
}

let keys = 0;
/** A month's whole way, from the draft to the pay file. */
async function run(service: StaffingService, { code }: ToldStreet, month: string): Promise<void> {
  const by = (subject: string) => service.as([{ role: "street.admin", area: code }], subject);
  const key = () => `bench-run-${keys++}`;
  const body = { reason: "量测" };
  const { id } = (await by("drafter").draftRun({ key: key(), body: { area: code, month, opening: true, ...body } }))
    .body;
  const params = { run: id };
  await by("checker").checkRun({ key: key(), ifMatch: 1, params, body });
  await by("approver").approveRun({ key: key(), ifMatch: 2, params, body });
  await by("approver").lockRun({ key: key(), ifMatch: 3, params, body });
  await by("checker").filePay({ key: key(), ifMatch: 4, params, body });
}

export const pay: Section = {
  name: "pay",
  title: "Subsidy runs: one street of 270 people, ten, a hundred; draft to pay file, two months each",
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "county-pay-"));
    const engine = await startEngine(folder);
    try {
      const figures: Figure[] = [];
      const figure = (name: string, unit: string, values: readonly number[]) =>
        figures.push({ service: "staffing", name, unit, value: spreadOf(values) });
      for (const copies of COPIES) {
        const name = `pay-${copies}`;
        await createTables(engine.endpoint, { [name]: { indexes: [] } });
        const client = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint });
        const service = staffingService({ name, client }, memoryFiles(), () => Date.parse(NOW));
        const streets: ToldStreet[] = [];
        for (let i = 0; i < copies; i++) {
          const street = await tellStreet(
            service.deps.store,
            String(380_100_101 + i),
            Array.from({ length: COMMUNITIES }, () => HOUSEHOLDS),
          );
          await staff(service, street);
          streets.push(street);
        }
        say(`×${copies}: ${streets.length} streets stand`);
        const seconds: number[] = [];
        service.served.length = 0;
        for (const street of streets) {
          for (const month of MONTHS) {
            const began = performance.now();
            await run(service, street, month);
            seconds.push((performance.now() - began) / 1_000);
          }
        }
        const slips = seconds.length * COMMUNITIES * HOUSEHOLDS.length * PEOPLE;
        const units = (kind: "read" | "write") => [
          service.served.reduce((sum, one) => sum + one.units[kind], 0) / slips,
        ];
        figure(`×${copies}: seconds a street and month`, "s", seconds);
        figure(`×${copies}: seconds in all`, "s", [seconds.reduce((sum, one) => sum + one, 0)]);
        figure(`×${copies}: read units a payslip`, "RRU", units("read"));
        figure(`×${copies}: write units a payslip`, "WRU", units("write"));
      }
      return {
        note: "invented streets; the embedded engine on this machine's disk; units are the same everywhere",
        figures,
      };
    } finally {
      await engine.stop();
      rmSync(folder, { recursive: true });
    }
  },
};
