import { may } from "@county/contracts/access.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import { RosterImport } from "@county/contracts/staffing-people.ts";
import { officeScope } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf, changeBy, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import type { Stored } from "@county/platform/documents.ts";
import { folderOf } from "@county/platform/files.ts";
import { type Appointment, counts, gridsOn, heldOn, placeOn } from "@county/rules/roster.ts";
import * as z from "zod/mini";
import { gridRef, withPosts } from "./appointing.ts";
import type { Deps } from "./handlers.ts";
import { masked } from "./masking.ts";
import { codesOfPeople } from "./people.ts";
import { digestOf, type LoadedCommunity, type Reckoned, reckon, registeredIn } from "./roster-imports.ts";
import {
  BETWEEN,
  listWords,
  originWords,
  postWords,
  type RosterCells,
  readRoster,
  rosterTable,
} from "./roster-tables.ts";
import { noRoster, type PersonRecord, type RosterState } from "./store.ts";

/** What an import did, for a replay: a file, because it may be larger than a record. Nobody's name is in it. */
const Done = z.object({ area: z.string(), result: RosterImport });
const doneFileOf = (id: string) => `${folderOf("imports", "staffing")}rosters/${id}.json`;
const MOST_BYTES = 16 * 1024 * 1024;

/** People in one change: with the roster's three writes, its event's and the audit's below the 100 of a transaction. */
const AT_ONCE = 90;
/** Rows that an audit item names. */
const IN_ONE_AUDIT = 200;

/** Whole rosters in and out. */
export function rosterHandlers({
  store,
  files,
}: Deps): Pick<Handlers<typeof staffing>, "importRoster" | "exportRoster"> {
  /**
   * Writes what a roster brings, community by community.
   * @returns false when somebody else changed what it rests on
   */
  const write = async ({ brought, newcomers }: Reckoned, context: Context, changeOf: () => ChangeOf) => {
    const records = new Map<string, PersonRecord>();
    for (const { of, people } of brought) {
      let roster = of?.roster;
      for (let at = 0; at < people.length; at += AT_ONCE) {
        if (context.late()) throw unfinished();
        const part = people.slice(at, at + AT_ONCE);
        const change = changeOf();
        const appointments: Appointment[] = [
          ...(roster?.state.appointments ?? []),
          ...part.flatMap((one) => one.appointments),
        ];
        const persons = part.map(({ person, appointments: own }) => {
          const before = records.get(person.id) ?? (newcomers.has(person.id) ? undefined : person);
          const after = withPosts(before ?? person, own, change);
          return { before, after: before === undefined ? { ...after, version: 1 } : after };
        });
        const rosters = of
          ? [{ community: of.community.id, area: of.community.code, before: roster, appointments }]
          : [];
        if ((await store.saveRosters(rosters, persons, change, undefined)) !== undefined) return false;
        for (const { after } of persons) records.set(after.id, after);
        if (of) roster = nextOf(of, roster, appointments, change);
      }
    }
    return true;
  };

  return {
    importRoster: {
      async run({ query: { area, commit }, body: { bytes } }, context) {
        const table = await readRoster(bytes, context.late);
        const scope = await officeScope(store.copies, area);
        const by = scope.community?.id;
        const sent = { area: by ?? scope.streets.map(({ id }) => id).join(), file: digestOf(bytes), by };
        const of = by ?? scope.streets[0]?.id ?? scope.county;
        // What a file is called may be somebody's name.
        const changeOf = () => changeBy(context, `人员岗位表 ${sent.file}`, "importRoster");
        const names = new Set(table.lines.map(({ name }) => name));
        const reckonNow = async () => {
          const [registered, changes] = await Promise.all([registeredIn(store, scope), store.policies.changes(area)]);
          const people = registered.people.filter(({ name }) => names.has(name));
          const codes = await codesOfPeople(store, people, context.today, "change");
          const open = people.filter((_, i) => may(context.caller, "staff.reveal", codes[i] as string[]));
          const ids = new Set(open.map(({ id }) => id));
          return reckon(table, sent, registered, ids, { changes, today: context.today }, changeOf());
        };
        let reckoned = await reckonNow();
        // Whose number is compared is as good as shown: that is recorded first, whatever comes of the file.
        const seen = reckoned.compared;
        for (let at = 0; at < seen.length; at += IN_ONE_AUDIT) {
          const audit = auditAction(changeOf(), of, seen.slice(at, at + IN_ONE_AUDIT), { fields: "phone" });
          if (await store.save([audit])) throw new Error(`rosters: the audit of ${sent.file} was there`);
        }
        if (commit === undefined) return { body: resultOf(reckoned, "checked") };
        const result = resultOf(reckoned, "done");
        await settled(async () => {
          if (resultOf(reckoned, "done").state === "rejected" || reckoned.digest !== commit) throw changedSince();
          if (await write(reckoned, context, changeOf)) return true;
          reckoned = await reckonNow();
          return undefined;
        });
        const change = changeOf();
        await files.put(
          doneFileOf(change.id),
          new TextEncoder().encode(JSON.stringify({ area, result })),
          "application/json",
        );
        const failed = await store.save([auditAction(change, of, [commit]), context.command.done(change.id)]);
        if (failed) throw new Error(`rosters: ${failed} of ${change.id} was there`);
        return { body: result };
      },
      async replay(ref, { permit }) {
        const bytes = await files.get(doneFileOf(ref), MOST_BYTES);
        if (bytes === undefined) throw new Error(`rosters: what ${ref} did is gone`);
        const { area, result } = z.parse(Done, JSON.parse(new TextDecoder().decode(bytes)));
        permit([area]);
        return { body: result };
      },
    },

    async exportRoster({ query: { area, on = undefined } }, { today }) {
      const day = on ?? today;
      const scope = await officeScope(store.copies, area);
      const { communities, people, streets } = await registeredIn(store, scope);
      const byId = new Map(people.map((person) => [person.id, person]));
      const posts = communities.flatMap((one) =>
        (one.roster?.state.appointments ?? [])
          .filter((post) => counts(post) && heldOn(post, day))
          .map((post) => ({ of: one, post, person: byId.get(post.person) as PersonRecord })),
      );
      const busy = new Set(posts.map(({ person }) => person.id));
      const idle =
        scope.community === undefined
          ? people.filter(
              ({ id, left, posts: held }) =>
                !busy.has(id) &&
                (left === null || left >= day) &&
                streets.some((street) => id.startsWith(`${street.id}.`)) &&
                !held.some((post) => heldOn(post, day)),
            )
          : [];
      return {
        body: await rosterTable([
          ...posts.map(({ of, post, person }) => ({ ...cellsOf(person), ...postCells(of, post) })),
          ...idle.map(cellsOf),
        ]),
      };
    },
  };
}

const nextOf = (
  { community }: LoadedCommunity,
  before: Stored<RosterState> | undefined,
  appointments: readonly Appointment[],
  { id }: ChangeOf,
): Stored<RosterState> => ({
  version: (before?.version ?? 0) + 1,
  change: id,
  state: { ...noRoster(community.id), appointments: [...appointments] },
});

function resultOf({ rows, digest }: Reckoned, state: "checked" | "done"): RosterImport {
  const count = (outcome: RosterImport["rows"][number]["outcome"]) =>
    rows.filter((row) => row.outcome === outcome).length;
  const summary = {
    rows: rows.length,
    created: count("created"),
    unchanged: count("unchanged"),
    errors: count("error"),
  };
  return { state: summary.errors > 0 || rows.length === 0 ? "rejected" : state, digest, summary, rows: [...rows] };
}

const changedSince = () =>
  new Problem("conflict", {
    zh: "试导入之后，文件或登记的人员岗位有了变化，请重新试导入",
    en: "The file, or what is registered, has changed since the dry run: check it again",
  });

const unfinished = () =>
  new Problem(
    "unavailable",
    {
      zh: "尚未写完，请用同样的内容再次提交，会接着写",
      en: "Not all is written yet: send the same again, and it goes on",
    },
    { retryAfterSeconds: 1 },
  );

// -------------------------------------------------------------------------------------------------------------- export

const wordOf = (words: Readonly<Record<string, string>>, id: string | null) => (id === null ? null : (words[id] ?? id));

const cellsOf = ({ name, phone, payee, origin, list }: PersonRecord): RosterCells => ({
  name,
  phone: phone === null ? null : masked(phone),
  payee,
  origin: wordOf(originWords, origin),
  list: wordOf(listWords, list),
  community: null,
  kind: null,
  grid: null,
  serves: null,
  from: null,
  to: null,
  fullTime: null,
});

/** As they were on the post's first day, by which an import finds them again. */
function postCells({ community, history }: LoadedCommunity, { kind, grid, serves, from, to, fullTime }: Appointment) {
  const nameOf = (id: string) => {
    const place = history.places.find((one) => one.id === id);
    return (place && placeOn(place, from)?.name) ?? id;
  };
  return {
    community: community.code,
    kind: postWords[kind] ?? kind,
    grid: grid === null ? null : gridText({ community, history }, grid, from),
    serves: serves.length === 0 ? null : serves.map(nameOf).join(BETWEEN),
    from,
    to,
    fullTime: fullTime === null ? null : fullTime ? "是" : "否",
  };
}

/** A grid's name, where it is the only one of that name on the day; else its code. */
function gridText({ community, history }: Pick<LoadedCommunity, "community" | "history">, id: string, on: string) {
  const live = gridsOn(history, on);
  const grid = [live, ...history.maps.toReversed().map(({ grids }) => grids)].flat().find((one) => one.id === id);
  if (grid === undefined) return id;
  const alike = live.filter(({ name }) => name === grid.name);
  return alike.length === 1 && alike[0]?.id === id ? grid.name : gridRef(community, grid).code;
}
