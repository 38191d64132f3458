import type { Grant } from "@county/contracts/access.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { addDays } from "@county/plan/calendar.ts";
import { busEvent, OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import { type Appointment, counts, heldOn, neverHeld } from "@county/rules/roster.ts";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { atEveryCall, type Fault, faulty, outcomeOf, problemOf, refused } from "../../test/faults.ts";
import { everything, memoryFiles, newKey } from "../../test/register.ts";
import {
  type StaffingApi,
  type StaffingService,
  staffingService,
  type ToldCommunity,
  tellMap,
  tellStreet,
} from "../../test/staffing.ts";
import { type FreshTable, freshTable } from "../../test/table.ts";

// Who holds which post, and how it goes to others; each case in a street of its own.

const TODAY = "2021-01-15";
let looks = 0;
/** A millisecond later at every look. */
const clock = () => Date.parse(`${TODAY}T02:00:00Z`) + looks++;
let fresh: FreshTable;
let service: StaffingService;
let counties = 980_000;
beforeAll(async () => {
  fresh = await freshTable();
  service = staffingService(fresh, memoryFiles(), clock);
});

const newStreet = async (communities: readonly (readonly number[])[] = [[300, 301]]) => {
  const street = await tellStreet(service.deps.store, `${++counties}001`, communities);
  const [community] = street.communities as [(typeof street.communities)[number]];
  const [g1, g2] = community.grids.map(({ id }) => id) as [string, string];
  return { ...street, community, g1, g2, grants: [{ role: "street.admin", area: street.code }] satisfies Grant[] };
};
type Street = Awaited<ReturnType<typeof newStreet>>;
const apiOf = ({ grants }: Street, subject = "clerk", of = service): StaffingApi => of.as(grants, subject);

const accountOf = (subject: string) => `https://issuer#${subject}`;
const person = async (street: Street, more: object = {}) =>
  (
    await apiOf(street).createPerson({
      key: newKey(),
      body: { area: street.code, name: "测试甲", origin: "street-recruit", reason: "r", ...more },
    })
  ).body.id;

interface Post {
  readonly person: string;
  readonly [field: string]: unknown;
}
/** A leader of the first grid from the beginning of the year, unless said otherwise. */
const bodyOf = (street: Street, post: Post) => ({
  community: street.community.id,
  kind: "leader" as const,
  grid: street.g1,
  from: "2021-01-01",
  reason: "r",
  ...post,
});
const appoint = async (street: Street, post: Post) =>
  (await apiOf(street).appoint({ key: newKey(), body: bodyOf(street, post) })).body;
const end = (street: Street, { id, version }: { id: string; version: number }, lastDay: string, correction = true) =>
  apiOf(street).endAppointment({
    key: newKey(),
    ifMatch: version,
    params: { appointment: id },
    body: { lastDay, reason: "r", correction },
  });

const rosterOf = async (community: string): Promise<readonly Appointment[]> =>
  (await service.deps.store.roster(community))?.state.appointments ?? [];

/** What people are kept to hold is what the rosters say, and of each single post one holder a day at most. */
async function expectAgreement(street: Street): Promise<void> {
  const rosters = (await Promise.all(street.communities.map(({ id }) => rosterOf(id)))).flat();
  const { people } = await service.deps.store.people(street.id, 200);
  const held = people.flatMap(({ id, posts }) =>
    posts.map(({ appointment, grid, from, to, pending }) => ({ id: appointment, person: id, grid, from, to, pending })),
  );
  const said = rosters
    .filter((one) => !neverHeld(one))
    .map((one) => {
      const { id, person, grid, from, to } = one;
      return { id, person, grid, from, to, pending: !counts(one) };
    });
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(held.sort(byId)).toEqual(said.sort(byId));
  const single = rosters.filter(({ kind }) => kind === "leader" || kind === "instructor");
  for (const day of new Set(rosters.map(({ from }) => from))) {
    const posts = single.filter((one) => heldOn(one, day)).map(({ kind, grid }) => `${kind} ${grid}`);
    expect(new Set(posts).size).toBe(posts.length);
  }
}

const eventsOf = async (area: string, type: keyof typeof staffingEvents) => {
  const found: OutboxItem[] = [];
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    for (const item of await fresh.table.queryAll(outboxPartition(shard), "")) {
      const event = z.parse(OutboxItem, item);
      if (event.area === area && event.type === type) found.push(event);
    }
  }
  return found;
};
const factsOf = async (area: string, type: keyof typeof staffingEvents) =>
  (await eventsOf(area, type)).map((item) => busEvent(item, staffingEvents).detail);

describe("appointing", () => {
  test("a recruit leads a grid at once, and is found by area, kind, person and day", async () => {
    const street = await newStreet();
    const id = await person(street);
    const leader = await appoint(street, { person: id });
    expect(leader).toMatchObject({
      state: "live",
      verdict: "meets",
      origin: "street-recruit",
      serves: [],
      person: { id, name: "测试甲" },
      serving: { grid: street.g1, code: `${street.community.code}001` },
      finding: { rule: "staff.eligible", verdict: "meets" },
    });
    const worker = await appoint(street, { person: await person(street), kind: "worker" });
    // By name, so that he goes on serving them when the grids are drawn anew.
    expect(worker.serves).toEqual([{ id: street.community.grids[0]?.places[0], name: "虚构小区1" }]);
    const api = apiOf(street);
    const list = async (query: object) =>
      (await api.listAppointments({ query: { area: street.code, ...query } })).body.items.map((one) => one.id);
    expect(await list({})).toEqual([leader.id, worker.id]);
    expect(await list({ kind: "worker" })).toEqual([worker.id]);
    expect(await list({ person: id })).toEqual([leader.id]);
    expect(await list({ area: `${street.community.code}001` })).toEqual([leader.id, worker.id]);
    expect(await list({ area: `${street.community.code}002` })).toEqual([]);
    expect(await list({ on: "2020-12-31" })).toEqual([]);
    expect(await list({ on: "2020-12-31", state: "all" })).toEqual([leader.id, worker.id]);
    await expectAgreement(street);
  });

  test("an event tells the roster without names, accounts and reasons", async () => {
    const street = await newStreet();
    const { id, person: who } = await appoint(street, { person: await person(street) });
    const [event] = (await eventsOf(street.community.code, "staffing.roster-changed")) as [OutboxItem];
    const { version, state } = (await fresh.table.get(event.document as never)) as never;
    expect(busEvent(event, staffingEvents, { version, state }).detail).toEqual({
      area: street.community.code,
      version: 1,
      state: {
        community: street.community.id,
        appointments: [
          {
            id,
            kind: "leader",
            grid: street.g1,
            serves: [],
            person: who.id,
            from: "2021-01-01",
            to: null,
            exception: null,
          },
        ],
      },
    });
  });

  test("lists go on behind their cursors, over communities", async () => {
    const street = await newStreet([[300, 301], [300], [300]]);
    const ids: string[] = [];
    for (const { id: community, grids } of street.communities) {
      for (const { id: grid } of grids) {
        ids.push((await appoint(street, { person: await person(street), community, grid })).id);
      }
    }
    for (const limit of [1, 2, 3, 50]) {
      const found = await everything(async (cursor) =>
        apiOf(street).listAppointments({ query: { area: street.code, limit, ...(cursor && { cursor }) } }),
      );
      expect(found.map(({ id }) => id)).toEqual(ids);
    }
    const cursor = Buffer.from(JSON.stringify({ community: "elsewhere", after: null })).toString("base64url");
    expect(await refused(apiOf(street).listAppointments({ query: { area: street.code, cursor } }))).toBe(
      "400 invalid-cursor",
    );
  });

  test("two appointed at once to lead one grid: exactly one does", async () => {
    const street = await newStreet();
    const people = await Promise.all(Array.from({ length: 4 }, () => person(street)));
    const outcomes = await Promise.all(people.map((id) => outcomeOf(appoint(street, { person: id }))));
    expect(outcomes.toSorted()).toEqual(["conflict", "conflict", "conflict", "done"]);
    const [held] = await rosterOf(street.community.id);
    const problem = await problemOf(appoint(street, { person: people[0] as string, from: "2021-03-01" }));
    expect(problem.detail).toContain(held?.id);
    await expectAgreement(street);
  });

  test("nonsense is refused, each with its field", async () => {
    const street = await newStreet();
    const id = await person(street);
    const pointerOf = async (post: object) => {
      const { code, errors } = await problemOf(appoint(street, { person: id, ...post }));
      return `${code} ${errors?.[0]?.pointer}`;
    };
    expect(await pointerOf({ grid: null })).toBe("invalid-request /grid");
    expect(await pointerOf({ grid: `${street.community.id}.gnowhere1` })).toBe("invalid-request /grid");
    expect(await pointerOf({ kind: "sent-down" })).toBe("invalid-request /grid");
    expect(await pointerOf({ from: "2019-12-31" })).toBe("invalid-request /from");
    expect(await pointerOf({ from: addDays(TODAY, 401) })).toBe("invalid-request /from");
    expect(await pointerOf({ to: "2020-12-31" })).toBe("invalid-request /to");
    expect(await pointerOf({ to: "9999-12-31" })).toBe("invalid-request /to");
    expect(await pointerOf({ fullTime: true })).toBe("invalid-request /fullTime");
    const elsewhere = street.community.grids[1]?.places;
    expect(await pointerOf({ kind: "worker", serves: elsewhere })).toBe("invalid-request /serves");
    expect(await pointerOf({ kind: "instructor", serves: street.community.grids[0]?.places })).toBe(
      "invalid-request /serves",
    );
    expect(await pointerOf({ person: `${street.id}.pnobody11` })).toBe("invalid-request /person");
    expect(await pointerOf({ person: `c0000000.s0000000.pnobody11` })).toBe("invalid-request /person");
    expect(await pointerOf({ exception: { reason: "r", until: "2022-01-01" } })).toBe("refused /exception");
    expect(await refused(appoint(street, { person: id, community: `${street.id}.nowhere1` }))).toBe("404 not-found");
    expect(await rosterOf(street.community.id)).toEqual([]);
  });

  test("another street may neither appoint here, nor read, nor end", async () => {
    const street = await newStreet();
    const other = await newStreet();
    const held = await appoint(street, { person: await person(street) });
    const api = apiOf(other);
    const body = bodyOf(street, { person: await person(street), kind: "worker" });
    expect(await refused(api.appoint({ key: newKey(), body }))).toBe("403 forbidden");
    expect(await refused(api.getAppointment({ params: { appointment: held.id }, query: {} }))).toBe("403 forbidden");
    expect(await refused(api.listAppointments({ query: { area: street.code } }))).toBe("403 forbidden");
    expect(await refused(end(other, held, TODAY))).toBe("403 forbidden");
  });

  test("the same key answers again, and a changed request under it is refused", async () => {
    const street = await newStreet();
    const call = { key: newKey(), body: bodyOf(street, { person: await person(street) }) };
    const first = await apiOf(street).appoint(call);
    expect(await apiOf(street).appoint(call)).toEqual(first);
    expect(await rosterOf(street.community.id)).toHaveLength(1);
    const other = { ...call, body: { ...call.body, from: "2021-02-01" } };
    expect(await refused(apiOf(street).appoint(other))).toBe("422 key-reused");
  });
});

describe("exceptions", () => {
  const until = "2021-12-31";

  test("against the rules only by an exception, approved by somebody else; until then it keeps its place", async () => {
    const street = await newStreet();
    const id = await person(street, { origin: "seconded", account: accountOf("held") });
    const problem = await problemOf(appoint(street, { person: id, kind: "instructor" }));
    expect(problem).toMatchObject({
      status: 422,
      code: "refused",
      errors: [{ pointer: "/person", reason: "verdict" }],
    });
    expect(problem.detail).toContain("2.2.2");

    const wanted = { person: id, kind: "instructor", exception: { reason: "r", until } };
    expect(await refused(appoint(street, { ...wanted, exception: { reason: "r", until: "2020-12-31" } }))).toBe(
      "400 invalid-request",
    );
    const pending = await appoint(street, wanted);
    expect(pending).toMatchObject({ state: "pending", verdict: "breaches", serving: null });
    const cadre = await person(street, { origin: "street-cadre" });
    expect(await refused(appoint(street, { person: cadre, kind: "instructor" }))).toBe("409 conflict");

    const approve = (subject: string, ifMatch = pending.version, key = newKey()) =>
      apiOf(street, subject).approveException({
        key,
        ifMatch,
        params: { appointment: pending.id },
        body: { reason: "r" },
      });
    expect(await refused(approve("clerk"))).toBe("403 forbidden");
    expect(await refused(approve("held"))).toBe("403 forbidden");
    expect(await refused(approve("other", 7))).toBe("412 stale-version");
    const key = newKey();
    const { body } = await approve("other", pending.version, key);
    expect(body).toMatchObject({
      state: "live",
      version: 2,
      finding: { verdict: "breaches", accepted: { until, expired: false } },
    });
    expect((await approve("other", pending.version, key)).body).toEqual(body);
    expect(await refused(approve("other", 2))).toBe("409 conflict");
    const later = await apiOf(street).getAppointment({
      params: { appointment: pending.id },
      query: { on: "2022-01-01" },
    });
    expect(later.body.finding.accepted?.expired).toBe(true);
    await expectAgreement(street);
  });

  test("a pending one is withdrawn by ending it, and its place is free", async () => {
    const street = await newStreet();
    const id = await person(street, { origin: "seconded" });
    const pending = await appoint(street, { person: id, exception: { reason: "r", until } });
    const { body } = await end(street, pending, TODAY, false);
    expect(body).toMatchObject({ state: "ended", to: "2020-12-31" });
    expect(await refused(end(street, body, TODAY))).toBe("409 conflict");
    await appoint(street, { person: await person(street) });
    expect(await factsOf(street.community.code, "staffing.post-vacated")).toEqual([]);
    await expectAgreement(street);
  });

  test("whoever changes what was approved has asked for it anew: he does not approve it, and it is pending", async () => {
    const street = await newStreet();
    const asked = await appoint(street, {
      person: await person(street, { origin: "seconded" }),
      kind: "worker",
      to: "2021-03-31",
      exception: { reason: "r", until },
    });
    const by = (subject: string, ifMatch: number) => {
      const call = { key: newKey(), ifMatch, params: { appointment: asked.id } };
      return {
        change: (body: object) => apiOf(street, subject).changeAppointment({ ...call, body: { reason: "r", ...body } }),
        longer: () => apiOf(street, subject).endAppointment({ ...call, body: { reason: "r", lastDay: "2021-06-30" } }),
        shorter: () => apiOf(street, subject).endAppointment({ ...call, body: { reason: "r", lastDay: "2021-05-31" } }),
        approve: () => apiOf(street, subject).approveException({ ...call, body: { reason: "r" } }),
      };
    };
    expect((await by("editor", 1).change({ from: "2021-01-02" })).body.exception?.asked.by).toBe(accountOf("editor"));
    expect(await refused(by("editor", 2).approve())).toBe("403 forbidden");
    expect((await by("clerk", 2).approve()).body.state).toBe("live");
    // As it was, and approved as it was.
    expect((await by("editor", 3).change({ from: "2021-01-02" })).body.state).toBe("live");
    expect((await by("clerk", 4).longer()).body).toMatchObject({
      state: "pending",
      exception: { asked: { by: accountOf("clerk") }, approved: null },
    });
    expect(await refused(by("clerk", 5).approve())).toBe("403 forbidden");
    expect((await by("editor", 5).approve()).body.state).toBe("live");
    expect((await by("clerk", 6).shorter()).body).toMatchObject({ state: "live", to: "2021-05-31" });
    await expectAgreement(street);
  });

  test("a cadre sent down does nothing else", async () => {
    const street = await newStreet();
    const id = await person(street, { origin: "street-cadre" });
    const sent = { person: id, kind: "sent-down", grid: null };
    expect(await refused(appoint(street, { ...sent, fullTime: false }))).toBe("422 refused");
    expect(await appoint(street, { ...sent, fullTime: true })).toMatchObject({ verdict: "meets", fullTime: true });
    const outside = await person(street, { origin: "street-cadre", outsideWork: true });
    expect(await refused(appoint(street, { ...sent, person: outside }))).toBe("422 refused");
  });

  test("posts of two groups clash also where the other one begins later", async () => {
    const street = await newStreet();
    const id = await person(street);
    await appoint(street, { person: id, from: "2021-06-01" });
    const social = { person: id, kind: "drug-control", grid: null };
    expect((await problemOf(appoint(street, social))).detail).toContain("2021-06-01");
    expect(await appoint(street, { ...social, to: "2021-05-31" })).toMatchObject({
      verdict: "ambiguous",
      state: "live",
    });
  });
});

describe("ending and changing", () => {
  test("a last day, a past one only as a correction; a vacancy is told", async () => {
    const street = await newStreet();
    const held = await appoint(street, { person: await person(street) });
    expect(await refused(end(street, held, "2021-01-14", false))).toBe("422 refused");
    expect(await refused(end(street, { ...held, version: 9 }, TODAY))).toBe("412 stale-version");
    const { body } = await end(street, held, "2021-03-31", false);
    expect(body).toMatchObject({ to: "2021-03-31", state: "live", version: 2 });
    expect(await factsOf(street.community.code, "staffing.post-vacated")).toEqual([
      {
        area: street.community.code,
        community: street.community.id,
        appointment: held.id,
        kind: "leader",
        grid: street.g1,
        from: "2021-04-01",
      },
    ]);
    // Longer again only as far as nobody else is in the way.
    await appoint(street, { person: await person(street), from: "2021-05-01" });
    expect(await refused(end(street, body, "2021-05-01"))).toBe("409 conflict");
    expect((await end(street, body, "2021-04-30")).body.to).toBe("2021-04-30");
    // A successor begins on the next day: no other vacancy.
    expect(await factsOf(street.community.code, "staffing.post-vacated")).toHaveLength(1);
    await expectAgreement(street);
  });

  test("what has not begun is taken back, and is held on no day", async () => {
    const street = await newStreet();
    const id = await person(street);
    const held = await appoint(street, { person: id, from: "2021-02-01" });
    expect((await end(street, held, TODAY, false)).body).toMatchObject({ to: "2021-01-31", state: "ended" });
    const { posts } = (await apiOf(street).getPerson({ params: { person: id } })).body;
    expect(posts).toEqual([]);
    await appoint(street, { person: await person(street), from: "2021-01-20" });
    await expectAgreement(street);
  });

  test("a police assistant's duty ends with the post it rests on, and that is told", async () => {
    const street = await newStreet();
    const id = await person(street);
    expect(await refused(appoint(street, { person: id, kind: "police-assistant" }))).toBe("422 refused");
    const leader = await appoint(street, { person: id });
    const duty = await appoint(street, { person: id, kind: "police-assistant" });
    const { body } = await end(street, leader, "2021-02-28", false);
    expect(body.finding.steps.at(-1)?.en).toContain(duty.id);
    expect((await rosterOf(street.community.id)).map(({ to }) => to)).toEqual(["2021-02-28", "2021-02-28"]);
    await expectAgreement(street);
  });

  test("a duty that rests on another post as well goes on", async () => {
    const street = await newStreet();
    const id = await person(street);
    const leader = await appoint(street, { person: id });
    await appoint(street, { person: id, kind: "worker" });
    await appoint(street, { person: id, kind: "police-assistant" });
    await end(street, leader, "2021-02-28", false);
    expect((await rosterOf(street.community.id)).map(({ to }) => to)).toEqual(["2021-02-28", null, null]);
  });

  test("once the grids are drawn anew, posts belong to the grids they are served in", async () => {
    const street = await newStreet([[300, 301, 302]]);
    const places = street.community.grids.flatMap((grid) => grid.places);
    const [g1, g2, merged] = [street.g1, street.g2, `${street.community.id}.ggrid0009`];
    const id = await person(street);
    const [first, second] = [
      await appoint(street, { person: id, kind: "worker", grid: g1 }),
      await appoint(street, { person: id, kind: "worker", grid: g2, to: "2021-01-31" }),
    ];
    const told = { area: street.community.code, community: street.community.id, version: 2, from: "2021-01-10" };
    await tellMap(service.deps.store.copies, told, [
      { id: merged, places: places.slice(0, 2) },
      { id: street.community.grids[2]?.id as string, places: places.slice(2) },
    ]);
    // The post of that grid is his already, by the first one.
    const again = { person: id, kind: "worker", grid: merged, from: "2021-02-01" };
    expect((await problemOf(appoint(street, again))).detail).toContain(first.id);
    // What was drawn together may still be corrected.
    expect((await end(street, second, "2021-03-31")).body.to).toBe("2021-03-31");
    // The duty rests on what he does there now, and ends with the last of it.
    const duty = await appoint(street, { person: id, kind: "police-assistant", grid: merged, from: "2021-01-10" });
    expect(duty.verdict).toBe("meets");
    await end(street, { ...second, version: 2 }, "2021-02-15");
    const dutyNow = async () => (await rosterOf(street.community.id)).find((one) => one.id === duty.id);
    expect((await dutyNow())?.to).toBeNull();
    const { body } = await end(street, first, "2021-02-28");
    expect(body.finding.steps.at(-1)?.en).toContain(duty.id);
    expect((await dutyNow())?.to).toBe("2021-02-28");
    await expectAgreement(street);
  });

  test("the first day and the places are corrected under the same checks", async () => {
    const street = await newStreet();
    const places = street.community.grids.flatMap((grid) => grid.places);
    const first = await appoint(street, { person: await person(street), to: "2021-01-31" });
    const second = await appoint(street, { person: await person(street), from: "2021-02-01" });
    const change = (of: { id: string; version: number }, body: object) =>
      apiOf(street).changeAppointment({
        key: newKey(),
        ifMatch: of.version,
        params: { appointment: of.id },
        body: { reason: "r", ...body },
      });
    expect(await refused(change(second, { from: "2021-01-31" }))).toBe("409 conflict");
    expect(await refused(change(first, { from: "2021-02-01" }))).toBe("400 invalid-request");
    expect((await change(second, { from: "2021-02-10" })).body).toMatchObject({ from: "2021-02-10", version: 2 });
    expect(await refused(change(second, { from: "2021-02-11" }))).toBe("412 stale-version");
    expect(await refused(change(first, { fullTime: true }))).toBe("400 invalid-request");
    expect(await refused(change(first, { serves: [places[1]] }))).toBe("400 invalid-request");
    expect((await change(first, { serves: [places[0], places[0]] })).body.serves).toHaveLength(1);
    await expectAgreement(street);
  });
});

// ------------------------------------------------------------------------------------------------------------- handovers

const open = async (street: Street, id: string, more: object = {}) =>
  (
    await apiOf(street).openHandover({
      key: newKey(),
      body: { person: id, lastDay: "2021-01-31", leaves: true, reason: "r", ...more },
    })
  ).body;
type Opened = Awaited<ReturnType<typeof open>>;
const now = async (street: Street, { id }: { id: string }) =>
  (await apiOf(street).getHandover({ params: { handover: id } })).body;
const name = async (street: Street, { id, version }: Opened, item: string, successor: string) =>
  (
    await apiOf(street).nameSuccessor({
      key: newKey(),
      ifMatch: version,
      params: { handover: id, item },
      body: { successor },
    })
  ).body;
/** Names who takes each item over and has it signed on paper by two clerks, as nobody here has an account. */
async function ready(street: Street, opened: Opened, successors: readonly string[]): Promise<Opened> {
  let handover = opened;
  for (const [i, item] of opened.items.entries()) {
    handover = await name(street, handover, item.id, successors[i % successors.length] as string);
    for (const side of ["giver", "taker"] as const) {
      handover = (
        await apiOf(street, side).recordSignature({
          key: newKey(),
          ifMatch: handover.version,
          params: { handover: handover.id, item: item.id },
          body: { as: side, reason: "r" },
        })
      ).body;
    }
  }
  return handover;
}
const complete = (street: Street, { id, version }: Opened, key = newKey(), of = service) =>
  apiOf(street, "clerk", of).completeHandover({
    key,
    ifMatch: version,
    params: { handover: id },
    body: { reason: "r" },
  });

describe("handovers", () => {
  test("everything a person holds goes to others at one moment, over communities, and he has left", async () => {
    const street = await newStreet([[300, 301], [300]]);
    const [, second] = street.communities as [ToldCommunity, ToldCommunity];
    const giver = await person(street);
    const duty = { person: giver, kind: "police-assistant" };
    await appoint(street, { person: giver });
    await appoint(street, duty);
    await appoint(street, { person: giver, kind: "worker", community: second.id, grid: second.grids[0]?.id });
    const handover = await open(street, giver);
    expect(handover.items.map(({ title }) => title.zh)).toEqual([
      "虚构社区1虚构第1网格网格长",
      "虚构社区1虚构第1网格网格警务助理",
      "虚构社区2虚构第1网格网格员",
    ]);
    expect(await refused(open(street, giver))).toBe("409 conflict");
    // Who is about to leave is appointed to nothing that lasts longer.
    const late = { person: giver, kind: "worker", grid: street.g2 };
    expect(await refused(appoint(street, { ...late, to: "2021-02-01" }))).toBe("422 refused");

    const successor = await person(street);
    const signed = await ready(street, handover, [successor]);
    const key = newKey();
    const { body } = await complete(street, signed, key);
    expect(body).toMatchObject({ state: "completed", completed: { by: accountOf("clerk") } });
    expect((await complete(street, signed, key)).body).toEqual(body);

    const rosters = (await Promise.all(street.communities.map(({ id }) => rosterOf(id)))).flat();
    expect(rosters.map((one) => `${one.kind} ${one.person === giver} ${one.from} ${one.to}`).sort()).toEqual([
      "leader false 2021-02-01 null",
      "leader true 2021-01-01 2021-01-31",
      "police-assistant false 2021-02-01 null",
      "police-assistant true 2021-01-01 2021-01-31",
      "worker false 2021-02-01 null",
      "worker true 2021-01-01 2021-01-31",
    ]);
    expect((await apiOf(street).getPerson({ params: { person: giver } })).body.left).toBe("2021-01-31");
    expect(await factsOf(street.code, "staffing.person-left")).toEqual([
      { area: street.code, street: street.id, person: giver, lastDay: "2021-01-31" },
    ]);
    for (const { code } of street.communities) expect(await factsOf(code, "staffing.post-vacated")).toEqual([]);
    expect(await refused(appoint(street, late))).toBe("422 refused");
    await expectAgreement(street);

    // He left on another day, or comes back: that is the street's to say, and not against what he holds.
    const correct = (left: string | null, version: number, api = apiOf(street)) =>
      api.changePerson({ params: { person: giver }, ifMatch: version, body: { left, reason: "r" } });
    const { version } = (await apiOf(street).getPerson({ params: { person: giver } })).body;
    const community = service.as([{ role: "community.admin", area: street.community.code }]);
    expect(await refused(correct(null, version, community))).toBe("403 forbidden");
    expect(await refused(correct("2021-01-30", version))).toBe("422 refused");
    expect((await correct("2021-02-10", version)).body.left).toBe("2021-02-10");
    expect(await factsOf(street.code, "staffing.person-left")).toHaveLength(2);
    expect((await correct(null, version + 1)).body.left).toBeNull();
    expect((await appoint(street, { ...late, from: "2021-03-01" })).state).toBe("to-come");
    expect(await refused(correct("2021-02-10", version + 3))).toBe("422 refused");
    await expectAgreement(street);
  });

  test("signatures are for the post as it was, of two people, by the accounts they had", async () => {
    const street = await newStreet();
    const [giver, taker] = [await person(street, { account: accountOf("giver") }), await person(street)];
    const held = await appoint(street, { person: giver, kind: "worker" });
    let handover = await open(street, giver, { leaves: false });
    const bind = (id: string, account: string | null, ifMatch = 1) =>
      apiOf(street).changePerson({ params: { person: id }, ifMatch, body: { account, reason: "r" } });
    expect(await refused(bind(giver, null, 2))).toBe("409 conflict");
    handover = await name(street, handover, held.id, taker);
    expect(await refused(bind(taker, accountOf("taker")))).toBe("409 conflict");
    const call = () => ({
      key: newKey(),
      ifMatch: handover.version,
      params: { handover: handover.id, item: held.id },
    });
    const sign = async () => {
      const own = service.as([{ role: "grid.worker", area: street.code }], "giver");
      handover = (await own.signHandover({ ...call(), body: { as: "giver" } })).body;
    };
    const paper = async () => {
      const body = { as: "taker" as const, reason: "r" };
      handover = (await apiOf(street).recordSignature({ ...call(), body })).body;
    };
    await sign();
    await paper();
    const change = { from: "2021-01-02", reason: "r" };
    const params = { appointment: held.id };
    await apiOf(street).changeAppointment({ key: newKey(), ifMatch: 1, params, body: change });
    const { code, errors } = await problemOf(complete(street, handover));
    expect([code, errors?.[0]]).toMatchObject(["refused", { pointer: `/items/${held.id}`, reason: "changed" }]);
    // Who signs anew signs for another post than the other side did.
    await sign();
    expect(handover.items[0]).toMatchObject({ given: { paper: false }, taken: null });
    expect(await refused(complete(street, handover))).toBe("422 refused");
    await paper();
    expect((await complete(street, handover)).body.state).toBe("completed");
    expect((await bind(taker, accountOf("taker"), 2)).body.bound).toBe(true);
  });

  test("one account does not record the signatures of both sides", async () => {
    const street = await newStreet();
    const giver = await person(street);
    const held = await appoint(street, { person: giver });
    let handover = await name(street, await open(street, giver), held.id, await person(street));
    const paper = (as: "giver" | "taker", subject: string) =>
      apiOf(street, subject).recordSignature({
        key: newKey(),
        ifMatch: handover.version,
        params: { handover: handover.id, item: held.id },
        body: { as, reason: "r" },
      });
    handover = (await paper("giver", "clerk")).body;
    expect(await refused(paper("taker", "clerk"))).toBe("403 forbidden");
    handover = (await paper("taker", "other")).body;
    expect((await complete(street, handover)).body.state).toBe("completed");
  });

  describe("to who serves in the grid already", () => {
    const both = async () => {
      const street = await newStreet();
      const places = street.community.grids.flatMap((grid) => grid.places);
      const told = { area: street.community.code, community: street.community.id, version: 2, from: "2020-06-01" };
      await tellMap(service.deps.store.copies, told, [{ id: street.g1, places }]);
      const [giver, taker] = [await person(street), await person(street)];
      const held = await appoint(street, { person: giver, kind: "worker", serves: places.slice(0, 1) });
      return { street, places, giver, taker, held };
    };

    test("he serves the places of both from the next day on, and keeps his tasks", async () => {
      const { street, places, giver, taker, held } = await both();
      const own = await appoint(street, { person: taker, kind: "worker", serves: places.slice(1) });
      const tasks = await Promise.all(
        [held.id, own.id].map(async (appointment) => {
          const body = { to: { appointment }, title: "t", what: "w", due: "2021-03-01", reason: "r" };
          return (await apiOf(street).assignTask({ key: newKey(), body })).body.id;
        }),
      );
      await complete(street, await ready(street, await open(street, giver, { leaves: false }), [taker]));
      const roster = await rosterOf(street.community.id);
      expect(roster.map(({ from, to, serves }) => [from, to, serves.length])).toEqual([
        ["2021-01-01", "2021-01-31", 1],
        ["2021-01-01", "2021-01-31", 1],
        ["2021-02-01", null, 2],
      ]);
      const [whole] = roster.slice(-1);
      const bound = await Promise.all(tasks.map((id) => service.deps.store.duties.task(id)));
      expect(bound.map((task) => task?.appointment)).toEqual([whole?.id, whole?.id]);
      expect(await factsOf(street.community.code, "staffing.post-vacated")).toEqual([]);
      await expectAgreement(street);
    });

    test("two posts that were drawn into one grid are one post of his", async () => {
      const street = await newStreet();
      const places = street.community.grids.flatMap((grid) => grid.places);
      const [giver, taker] = [await person(street), await person(street)];
      for (const grid of [street.g1, street.g2]) await appoint(street, { person: giver, kind: "worker", grid });
      const told = { area: street.community.code, community: street.community.id, version: 2, from: "2021-01-10" };
      await tellMap(service.deps.store.copies, told, [{ id: `${street.community.id}.ggrid0009`, places }]);
      await complete(street, await ready(street, await open(street, giver), [taker]));
      const taken = (await rosterOf(street.community.id)).filter((one) => one.person === taker);
      expect(taken).toMatchObject([{ from: "2021-02-01", to: null, serves: places }]);
      await expectAgreement(street);
    });

    test("it is refused while his own post ends before what he is to take over", async () => {
      const { street, places, giver, taker, held } = await both();
      await appoint(street, { person: taker, kind: "worker", serves: places.slice(1), to: "2021-06-30" });
      const handover = await ready(street, await open(street, giver, { leaves: false }), [taker]);
      const { code, errors } = await problemOf(complete(street, handover));
      expect([code, errors?.[0]]).toMatchObject(["refused", { pointer: `/items/${held.id}`, reason: "ends" }]);
      await expectAgreement(street);
    });
  });

  test("each side signs with the own account; who is named anew signs anew", async () => {
    const street = await newStreet();
    const [giver, taker, other] = await Promise.all(
      ["giver", "taker", "other"].map((one) => person(street, { account: accountOf(one) })),
    );
    await appoint(street, { person: giver as string });
    let handover = await open(street, giver as string);
    const item = handover.items[0]?.id as string;
    const sign = (subject: string, side: "giver" | "taker") =>
      // Whoever signs may serve anywhere.
      service.as([{ role: "grid.worker", area: "999999" }], subject).signHandover({
        key: newKey(),
        ifMatch: handover.version,
        params: { handover: handover.id, item },
        body: { as: side },
      });
    expect(await refused(sign("giver", "giver"))).toBe("409 conflict");
    expect(await refused(name(street, handover, item, giver as string))).toBe("400 invalid-request");
    handover = await name(street, handover, item, other as string);
    handover = (await sign("giver", "giver")).body;
    handover = await name(street, handover, item, taker as string);
    expect(handover.items[0]).toMatchObject({ given: null, taken: null, successor: { id: taker } });
    expect(await refused(sign("other", "taker"))).toBe("403 forbidden");
    expect(await refused(sign("giver", "taker"))).toBe("403 forbidden");
    const paper = apiOf(street).recordSignature({
      key: newKey(),
      ifMatch: handover.version,
      params: { handover: handover.id, item },
      body: { as: "giver", reason: "r" },
    });
    expect(await refused(paper)).toBe("422 refused");
    expect(await refused(complete(street, handover))).toBe("422 refused");
    handover = (await sign("giver", "giver")).body;
    expect(await refused(sign("giver", "giver"))).toBe("409 conflict");
    handover = (await sign("taker", "taker")).body;
    expect(handover.items[0]?.taken).toMatchObject({ by: accountOf("taker"), paper: false });
    expect((await complete(street, handover)).body.state).toBe("completed");
  });

  test("a successor the rules say no to is refused by the item, unless the post is his already", async () => {
    const street = await newStreet();
    const giver = await person(street);
    const held = await appoint(street, { person: giver, kind: "worker" });
    const taker = await person(street, { origin: "seconded" });
    const handover = await ready(street, await open(street, giver, { leaves: false }), [taker]);
    const { code, errors } = await problemOf(complete(street, handover));
    expect([code, errors?.[0]?.pointer]).toEqual(["refused", `/items/${held.id}`]);
    const pending = await appoint(street, {
      person: taker,
      kind: "worker",
      from: "2021-02-01",
      exception: { reason: "r", until: "2021-12-31" },
    });
    expect(await refused(complete(street, handover))).toBe("422 refused");
    await apiOf(street, "other").approveException({
      key: newKey(),
      ifMatch: 1,
      params: { appointment: pending.id },
      body: { reason: "r" },
    });
    expect((await complete(street, handover)).body.state).toBe("completed");
    expect((await rosterOf(street.community.id)).map(({ to }) => to)).toEqual(["2021-01-31", null]);
    await expectAgreement(street);
  });

  test("places that lie in another grid by then go on with the post", async () => {
    const street = await newStreet();
    const places = street.community.grids.flatMap((grid) => grid.places);
    const told = { area: street.community.code, community: street.community.id };
    await tellMap(service.deps.store.copies, { ...told, version: 2, from: "2020-06-01" }, [{ id: street.g1, places }]);
    const giver = await person(street);
    expect((await appoint(street, { person: giver, kind: "worker" })).serves).toHaveLength(2);
    const [g3, g4] = [`${street.community.id}.ggrid0003`, `${street.community.id}.ggrid0004`];
    await tellMap(service.deps.store.copies, { ...told, version: 3, from: "2021-01-20" }, [
      { id: g3, places: places.slice(0, 1) },
      { id: g4, places: places.slice(1) },
    ]);
    await complete(street, await ready(street, await open(street, giver), [await person(street)]));
    expect((await rosterOf(street.community.id)).at(-1)).toMatchObject({ grid: g3, serves: places });
    await expectAgreement(street);
  });

  describe("with tasks", () => {
    const give = async (street: Street, appointment: string, title = "查通道") =>
      (
        await apiOf(street).assignTask({
          key: newKey(),
          body: { to: { appointment }, title, what: "查看通道", due: "2021-03-01", reason: "r" },
        })
      ).body;
    const cancel = async (street: Street, task: string) =>
      (
        await apiOf(street).settleTask({
          key: newKey(),
          ifMatch: 1,
          params: { task },
          body: { as: "cancelled", reason: "r" },
        })
      ).body;
    const taskOf = async (street: Street, task: string) => (await apiOf(street).getTask({ params: { task } })).body;
    const successorsOf = ({ items }: Opened) => items.map(({ kind, successor }) => [kind, successor?.id ?? null]);

    test("those bound to a post go with it to who takes it over, at the same moment", async () => {
      const street = await newStreet();
      const [giver, taker] = [await person(street), await person(street)];
      const held = await appoint(street, { person: giver });
      const task = await give(street, held.id);
      // One of the grid is whoever's serves it: there is nothing to hand over.
      await apiOf(street).assignTask({
        key: newKey(),
        body: { to: { grid: street.g1 }, title: "t", what: "w", due: "2021-03-01", reason: "r" },
      });
      let handover = await open(street, giver);
      expect(handover.items).toMatchObject([
        { id: held.id, kind: "post", post: null },
        { id: task.id, kind: "task", post: held.id, title: { zh: "虚构社区1任务：查通道" } },
      ]);
      handover = await name(street, handover, held.id, taker);
      expect(successorsOf(handover)).toEqual([
        ["post", taker],
        ["task", taker],
      ]);
      // Each item is signed for on its own.
      const post = { ...handover, items: handover.items.slice(0, 1) };
      handover = await ready(street, post, [taker]);
      const { code, errors } = await problemOf(complete(street, handover));
      expect([code, errors?.[0]?.pointer]).toEqual(["refused", `/items/${task.id}`]);
      handover = await ready(street, { ...handover, items: handover.items.slice(1) }, [taker]);
      expect((await complete(street, handover)).body.state).toBe("completed");
      const next = (await rosterOf(street.community.id)).find((one) => one.person === taker);
      // His from the handover on, though his post begins later.
      expect(await taskOf(street, task.id)).toMatchObject({
        state: "open",
        appointment: next?.id,
        assignees: [{ id: taker }],
        version: 2,
      });
      const audit = await fresh.table.queryAll(`audit#${street.id}`, "");
      expect(audit.filter(({ action }) => action === "completeHandover")).toMatchObject([
        { action: "completeHandover", rows: [handover.id, task.id] },
      ]);
      // It is not yet a post that a task is given to.
      expect(await refused(give(street, next?.id as string))).toBe("400 invalid-request");
      await expectAgreement(street);
    });

    test("somebody else may be named for one, who holds a post in the community by then", async () => {
      const street = await newStreet();
      const [giver, taker, other, third] = await Promise.all(Array.from({ length: 4 }, () => person(street)));
      const held = await appoint(street, { person: giver as string });
      const task = await give(street, held.id);
      let handover = await open(street, giver as string);
      handover = await name(street, handover, task.id, other as string);
      handover = await name(street, handover, held.id, taker as string);
      const named = [
        ["post", taker],
        ["task", other],
      ];
      expect(successorsOf(handover)).toEqual(named);
      handover = await ready(street, handover, [taker as string, other as string]);
      expect(successorsOf(handover)).toEqual(named);
      const { code, errors } = await problemOf(complete(street, handover));
      expect([code, errors?.[0]]).toMatchObject(["refused", { pointer: `/items/${task.id}`, reason: "no-post" }]);
      const last = { person: other as string, kind: "worker", to: "2021-01-31" };
      await appoint(street, last);
      expect(await refused(complete(street, handover))).toBe("422 refused");
      const own = await appoint(street, { ...last, from: "2021-02-01", to: null });
      await appoint(street, { person: third as string, kind: "worker" });
      await complete(street, handover);
      expect(await taskOf(street, task.id)).toMatchObject({ appointment: own.id, assignees: [{ id: other }] });
    });

    test("one that has ended since is moot, signed for or not; one given since is told", async () => {
      const street = await newStreet();
      const [giver, taker] = [await person(street), await person(street)];
      const held = await appoint(street, { person: giver });
      const [ended, late] = [await give(street, held.id), await give(street, held.id, "另一项")];
      const opened = await open(street, giver);
      expect(opened.items).toHaveLength(3);
      await cancel(street, ended.id);
      const rest = opened.items.filter(({ id }) => id !== ended.id);
      const handover = await ready(street, { ...opened, items: rest }, [taker]);
      const since = await give(street, held.id);
      expect((await problemOf(complete(street, handover))).detail).toContain(since.id);
      await cancel(street, since.id);
      expect((await complete(street, handover)).body.state).toBe("completed");
      expect(await taskOf(street, ended.id)).toMatchObject({ state: "cancelled", appointment: held.id, version: 2 });
      expect((await taskOf(street, late.id)).assignees).toMatchObject([{ id: taker }]);
    });

    test("closed in the same moment, it is either handed over or closed first, and never comes back", async () => {
      for (let round = 0; round < 4; round++) {
        const street = await newStreet();
        const giver = await person(street);
        const held = await appoint(street, { person: giver });
        const task = await give(street, held.id);
        const handover = await ready(street, await open(street, giver), [await person(street)]);
        const [settled, completed] = await Promise.all([
          outcomeOf(cancel(street, task.id)),
          outcomeOf(complete(street, handover)),
        ]);
        expect(completed).toBe("done");
        expect(["done", "stale-version"]).toContain(settled);
        const { state, appointment } = await taskOf(street, task.id);
        expect([state, appointment === held.id]).toEqual(settled === "done" ? ["cancelled", true] : ["open", false]);
        expect(await service.deps.store.duties.underWay(street.community.id)).toHaveLength(settled === "done" ? 0 : 1);
      }
    });

    test("more than fit into one moment are refused at once", async () => {
      const street = await newStreet();
      const giver = await person(street);
      const held = await appoint(street, { person: giver });
      const tasks = await Promise.all(Array.from({ length: 40 }, () => give(street, held.id)));
      expect((await problemOf(open(street, giver))).detail).toContain("settle tasks first");
      await cancel(street, tasks[0]?.id as string);
      const [taker] = [await person(street)];
      const handover = await ready(street, await open(street, giver), [taker]);
      expect((await complete(street, handover)).body.state).toBe("completed");
      const bound = await service.deps.store.duties.underWay(street.community.id);
      expect(new Set(bound.map(({ appointment }) => appointment))).toEqual(
        new Set((await rosterOf(street.community.id)).filter((one) => one.person === taker).map(({ id }) => id)),
      );
    });
  });

  test("withdrawn, it changes nothing, and another may be opened; lists are the areas' own", async () => {
    const street = await newStreet([[300], [300]]);
    const giver = await person(street);
    await appoint(street, { person: giver });
    const first = await open(street, giver);
    const withdraw = (of: Opened) =>
      apiOf(street).withdrawHandover({
        key: newKey(),
        ifMatch: of.version,
        params: { handover: of.id },
        body: { reason: "r" },
      });
    expect((await withdraw(first)).body).toMatchObject({ state: "withdrawn", version: 2 });
    expect(await refused(withdraw({ ...first, version: 2 }))).toBe("409 conflict");
    expect(await refused(complete(street, { ...first, version: 2 }))).toBe("409 conflict");
    const second = await open(street, giver, { leaves: false });
    expect(await refused(name(street, { ...second, version: 3 }, second.items[0]?.id as string, giver))).toBe(
      "412 stale-version",
    );
    const list = async (query: { area: string; state?: "open" }) =>
      (await apiOf(street).listHandovers({ query })).body.items.map(({ id }) => id);
    expect(await list({ area: street.code })).toEqual([second.id, first.id]);
    expect(await list({ area: street.code, state: "open" })).toEqual([second.id]);
    expect(await list({ area: street.community.code })).toEqual([second.id, first.id]);
    expect(await list({ area: street.communities[1]?.code as string })).toEqual([]);
    const other = await newStreet();
    expect(await refused(now(other, first))).toBe("403 forbidden");
    expect(await refused(complete(other, second))).toBe("403 forbidden");
  });

  test("nonsense is refused", async () => {
    const street = await newStreet();
    const giver = await person(street);
    expect(await refused(open(street, giver, { leaves: false }))).toBe("422 refused");
    const { id } = await appoint(street, { person: giver });
    const elsewhere = `${street.community.id}.anowhere1`;
    expect(await refused(open(street, giver, { leaves: false, appointments: [elsewhere] }))).toBe(
      "400 invalid-request",
    );
    expect(await refused(open(street, giver, { appointments: [id] }))).toBe("400 invalid-request");
    expect(await refused(open(street, giver, { lastDay: "2020-12-01" }))).toBe("400 invalid-request");
    expect(await refused(open(street, giver, { lastDay: "9999-12-31" }))).toBe("400 invalid-request");
    expect(await refused(open(street, `${street.id}.pnobody11`))).toBe("400 invalid-request");
    expect(await refused(now(street, { id: `${street.id}.h${"0".repeat(26)}` }))).toBe("404 not-found");
  });
});

describe("cut off at any call and sent again under its key", () => {
  const both = (fault: Fault) => {
    const { client, met } = faulty(fault);
    return { met, ill: staffingService({ name: fresh.name, client }, memoryFiles(), clock) };
  };

  test("an appointment is in the roster and with its person once, or in neither", async () => {
    const street = await newStreet();
    let day = "2020-02-01";
    const tried = await atEveryCall(async (fault) => {
      const { met, ill } = both(fault);
      day = addDays(day, 2);
      const call = { key: newKey(), body: bodyOf(street, { person: await person(street), from: day, to: day }) };
      const first = await outcomeOf(apiOf(street, "clerk", ill).appoint(call));
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      await expectAgreement(street);
      const { body } = await apiOf(street).appoint(call);
      expect((await rosterOf(street.community.id)).filter(({ from }) => from === day)).toMatchObject([{ id: body.id }]);
      await expectAgreement(street);
      return true;
    });
    expect(tried).toBeGreaterThanOrEqual(8);
  });

  test("a handover is completed whole, or not at all", async () => {
    const street = await newStreet([[300, 301], [300]]);
    const tried = await atEveryCall(
      async (fault) => {
        const { met, ill } = both(fault);
        const [giver, taker] = [await person(street), await person(street)];
        const tasks: string[] = [];
        for (const { id: community, grids } of street.communities) {
          const { id } = await appoint(street, { person: giver, kind: "worker", community, grid: grids[0]?.id });
          const body = { to: { appointment: id }, title: "t", what: "w", due: "2021-03-01", reason: "r" };
          tasks.push((await apiOf(street).assignTask({ key: newKey(), body })).body.id);
        }
        const handover = await ready(street, await open(street, giver), [taker]);
        const key = newKey();
        const first = await outcomeOf(complete(street, handover, key, ill));
        if (!met()) {
          expect(first).toBe("done");
          return false;
        }
        await expectAgreement(street);
        const state = async () => {
          const rosters = (await Promise.all(street.communities.map(({ id }) => rosterOf(id)))).flat();
          return {
            given: rosters.filter((one) => one.person === giver).map(({ to }) => to),
            taken: rosters.filter((one) => one.person === taker).map(({ from }) => from),
            tasks: await Promise.all(
              tasks.map(async (id) => {
                const { appointment } = (await service.deps.store.duties.task(id)) ?? {};
                return rosters.find((one) => one.id === appointment)?.person;
              }),
            ),
            left: (await service.deps.store.person(giver))?.left ?? null,
            open: (await service.deps.store.handovers.openOf(giver)) !== undefined,
          };
        };
        const [last, next] = ["2021-01-31", "2021-02-01"];
        const whole = { given: [last, last], taken: [next, next], tasks: [taker, taker], left: last, open: false };
        const nothing = { given: [null, null], taken: [], tasks: [giver, giver], left: null, open: true };
        expect(await state()).toEqual((await now(street, handover)).state === "completed" ? whole : nothing);
        expect((await complete(street, handover, key)).body.state).toBe("completed");
        expect(await state()).toEqual(whole);
        await expectAgreement(street);
        return true;
      },
      ["crash"],
    );
    expect(tried).toBeGreaterThanOrEqual(8);
  });
});

describe("whatever is done, in any order and at once", () => {
  /** Numbers that look drawn by lot, the same in every run. */
  function lots(seed: number) {
    let state = seed;
    return (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
  }

  test.each([1, 2])("rosters and people agree, and a single post has one holder a day (%i)", async (seed) => {
    const draw = lots(seed);
    const street = await newStreet();
    const people = await Promise.all(Array.from({ length: 5 }, () => person(street)));
    const oneOf = <T>(all: readonly T[]): T => all[draw(all.length)] as T;
    const done = { appoint: 0, end: 0, "hand over": 0 };
    const step = async () => {
      // Drawn before anything is waited for, so that what is tried is the same in every run.
      const [what, chosen, who] = [
        oneOf(["appoint", "appoint", "end", "hand over"] as const),
        draw(1_000),
        oneOf(people),
      ];
      const kind = oneOf(["leader", "worker", "police-assistant"]);
      const grid = oneOf([street.g1, street.g2]);
      const from = addDays("2021-01-01", draw(60));
      const to = draw(2) === 0 ? null : addDays(from, draw(20));
      const lastDay = addDays(TODAY, draw(30));
      const roster = await rosterOf(street.community.id);
      const held = roster[chosen % roster.length];
      const handOver = async (giver: string) => {
        const opened = await open(street, giver, { leaves: false, lastDay });
        try {
          await complete(street, await ready(street, opened, [who]));
        } catch (error) {
          const { id, version } = await now(street, opened);
          const call = { key: newKey(), ifMatch: version, params: { handover: id }, body: { reason: "r" } };
          await apiOf(street).withdrawHandover(call);
          throw error;
        }
      };
      const call =
        what === "appoint" || held === undefined
          ? appoint(street, { person: who, kind, grid, from, to })
          : what === "end"
            ? end(street, held, from)
            : handOver(held.person);
      if ((await outcomeOf(call)) === "done") done[held === undefined ? "appoint" : what]++;
    };
    for (let round = 0; round < 12; round++) {
      await Promise.all([step(), step(), step()]);
      await expectAgreement(street);
    }
    // It would prove nothing if all were refused.
    expect(done.appoint).toBeGreaterThan(3);
    expect(done.end + done["hand over"]).toBeGreaterThan(1);
  });
});
