import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { freshTable } from "../../test/table.ts";
import { DocumentTooLarge, documents, MOST_STATE_BYTES, nextVersion, type Stored, versionKey } from "./documents.ts";
import { OUTBOX_SHARDS, OutboxItem, outboxPartition } from "./outbox.ts";
import type { Table } from "./table.ts";

const State = z.object({ names: z.array(z.string()) });
type State = z.infer<typeof State>;

let table: Table;
beforeAll(async () => {
  ({ table } = await freshTable());
});
let count = 0;
const newKey = () => ({ pk: `doc#${++count}`, name: "names" });
const next = (key: ReturnType<typeof newKey>, before: Stored<State> | undefined, names: string[], id: string) =>
  nextVersion(
    key,
    before,
    { names },
    { id, at: "2020-06-20T00:00:00.000Z" },
    { type: "sample.changed", service: "sample", area: "370725" },
  );
const publish = async ({ staged, head, event }: ReturnType<typeof next>) => await table.transact([staged, head, event]);

describe("a document", () => {
  test("is its head, with each version beside it and an event for each", async () => {
    const key = newKey();
    const kept = documents(table);
    expect(await kept.read(key, State)).toBeUndefined();
    expect(await publish(next(key, undefined, ["a"], "c1"))).toEqual({ ok: true });
    const first = (await kept.read(key, State)) as Stored<State>;
    expect(first).toEqual({ version: 1, change: "c1", state: { names: ["a"] } });
    expect(await publish(next(key, first, ["a", "b"], "c2"))).toEqual({ ok: true });
    expect(await kept.read(key, State)).toEqual({ version: 2, change: "c2", state: { names: ["a", "b"] } });
    expect(await kept.readVersion(key, State, 1, "c1")).toEqual(first);
    expect(await kept.readVersion(key, State, 1, "c2")).toBeUndefined();

    const events: OutboxItem[] = [];
    for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
      for (const item of await table.queryAll(outboxPartition(shard), "")) {
        const event = z.parse(OutboxItem, item);
        if (event.document?.pk === key.pk) events.push(event);
      }
    }
    expect(events.map(({ id, document }) => [id, document]).toSorted()).toEqual([
      [`c1.${key.pk}`, versionKey(key, 1, "c1")],
      [`c2.${key.pk}`, versionKey(key, 2, "c2")],
    ]);
  });

  test("staged but not published is not seen, and does not stand in another change's way", async () => {
    const key = newKey();
    const kept = documents(table);
    await publish(next(key, undefined, ["a"], "c1"));
    const before = await kept.read(key, State);
    const interrupted = next(key, before, ["a", "never"], "c2");
    expect(await table.write(interrupted.staged)).toEqual({ ok: true });
    expect(await kept.read(key, State)).toEqual(before);
    expect(await publish(next(key, before, ["a", "b"], "c3"))).toEqual({ ok: true });
    expect((await kept.read(key, State))?.state.names).toEqual(["a", "b"]);
    expect(await table.transact([interrupted.head, interrupted.event])).toEqual({ ok: false, failed: "head" });
  });

  test("is found by a version's number, also where others were staged under it and never published", async () => {
    const key = newKey();
    const kept = documents(table);
    const changes = ["c1", "c2", "c3", "c4"];
    for (const id of changes) {
      const before = await kept.read(key, State);
      for (const stray of id === "c1" || id === "c4" ? [] : ["0", "z"])
        await table.write(next(key, before, ["never"], `${stray}${id}`).staged);
      await publish(next(key, before, [id], id));
    }
    const head = (await kept.read(key, State)) as Stored<State>;
    await table.write(next(key, head, ["never"], "c5").staged);
    const found = await Promise.all(changes.map(async (_, i) => await kept.keyOf(key, i + 1, head)));
    expect(found).toEqual(changes.map((id, i) => versionKey(key, i + 1, id)));
    await expect(kept.keyOf(key, 0, head)).rejects.toThrow("no telling");
    // As an earlier release wrote it: who was before it stands nowhere.
    const third = await table.get(versionKey(key, 3, "c3"));
    const { before: _, ...old } = third ?? { pk: "", sk: "" };
    await table.write({ name: "old", put: old as typeof third & object, when: "present" });
    await expect(kept.keyOf(key, 2, head)).rejects.toThrow("no telling");
    expect(await kept.keyOf(key, 1, head)).toEqual(versionKey(key, 1, "c1"));
  });

  test("changed by many at once: exactly one wins, and its version is the only one", async () => {
    const key = newKey();
    await publish(next(key, undefined, [], "c0"));
    const before = await documents(table).read(key, State);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => await publish(next(key, before, [`w${i}`], `w${i}`))),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const winner = outcomes.findIndex(({ ok }) => ok);
    expect(outcomes.filter((outcome) => !outcome.ok)).toEqual(Array(7).fill({ ok: false, failed: "head" }));
    expect(await documents(table).read(key, State)).toEqual({
      version: 2,
      change: `w${winner}`,
      state: { names: [`w${winner}`] },
    });
    expect((await table.queryAll(key.pk, "names#000002")).map(({ change }) => change)).toEqual([`w${winner}`]);
  });

  test("made by two at once: one is told that it is there", async () => {
    const key = newKey();
    const outcomes = await Promise.all(["a", "b"].map(async (id) => await publish(next(key, undefined, [id], id))));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.find(({ ok }) => !ok)).toEqual({ ok: false, failed: "head" });
  });

  test("is refused where it grows beyond what an event may hold, counted in bytes", async () => {
    const key = newKey();
    const fits = "界".repeat((MOST_STATE_BYTES - '{"names":[""]}'.length) / 3);
    expect(await publish(next(key, undefined, [fits], "c1"))).toEqual({ ok: true });
    expect(() => next(key, undefined, [`${fits}xxx`], "c2")).toThrow(DocumentTooLarge);
  });

  test("that is stored wrongly is ours to mend: reading it throws", async () => {
    const key = newKey();
    await table.write({
      name: "bad",
      put: { pk: key.pk, sk: key.name, version: 1, change: "c", state: '{"names":1}' },
      when: "absent",
    });
    await expect(documents(table).read(key, State)).rejects.toThrow();
  });
});
