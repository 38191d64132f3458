import { communityOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { idFrom } from "@county/platform/clock.ts";
import { type DocumentKey, documents, type Next, nextVersion, type Stored } from "@county/platform/documents.ts";
import { type Action, MOST_ACTIONS, type Table } from "@county/platform/table.ts";
import { servingOn } from "@county/rules/coverage.ts";
import * as z from "zod/mini";

/**
 * Who serves the places that were first registered in a community, from which day to which: one versioned document for each
 * community, so that nobody else can come to serve a place on the same day. Its versions are the history.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
export const Span = z.object({
  place: z.string(),
  /** null: a fallback. */
  project: z.nullable(z.string()),
  company: z.nullable(z.string()),
  /** What the register of places shows: the company's name; null: a fallback. */
  name: z.nullable(z.string()),
  fallback: z.nullable(z.enum(["state-owned", "community-founded"])),
  /** Who does it as a fallback, in words; null: a company. */
  unit: z.nullable(z.string()),
  from: z.string(),
  to: z.nullable(z.string()),
  /** `register`: taken over from the register of places; `here`: entered or changed here. */
  source: z.enum(["register", "here"]),
  changed: Done,
});
export type Span = z.infer<typeof Span>;
export const CoverageState = z.object({
  community: z.string(),
  places: z.array(z.string()),
  spans: z.array(Span),
  /** How often a place's spans were changed here: what an edit is conditioned on. One that is not listed follows the register. */
  versions: z.record(z.string(), z.int()),
  /** Up to which version of the community's places the register was heard. */
  through: z.int(),
  /** The same of other communities, in which some of its places lay meanwhile. */
  heard: z.optional(z.record(z.string(), z.int())),
  /** How often each place was told again, because people wrote into the register what may say otherwise. */
  again: z.optional(z.record(z.string(), z.int())),
});
export type CoverageState = z.infer<typeof CoverageState>;

/** A compound and the company that serves it: the same pair is the same project, however often its contract is renewed. */
export const projectIdOf = (place: string, company: string): string =>
  `${communityOf(place)}.z${idFrom(`project\n${place}\n${company}`, 8)}`;

const keyOf = (community: string): DocumentKey => ({ pk: `community#${community}`, name: "coverage" });

/** A community's document, to become another state. */
export interface CoverageWrite {
  readonly community: string;
  /** The community's code, for the event's routing. */
  readonly area: string;
  readonly before: Stored<CoverageState> | undefined;
  readonly state: CoverageState;
}

/** Communities that one transaction changes: a head and an event each, and room for the rest. */
export const MOST_COMMUNITIES = Math.floor((MOST_ACTIONS - 6) / 2);

export type CoverageStore = ReturnType<typeof coverageStore>;

export function coverageStore(table: Table) {
  const kept = documents(table);
  const coverage = async (community: string) => await kept.read(keyOf(community), CoverageState);
  const next = ({ community, area, before, state }: CoverageWrite, change: ChangeOf): Next =>
    nextVersion(keyOf(community), before, state, change, {
      type: "property.coverage-changed",
      service: "property",
      area,
    });

  return {
    coverage,

    /** Every span of a place, in the order of its days. */
    spansOf: async (place: string): Promise<Span[]> =>
      ((await coverage(communityOf(place)))?.state.spans ?? []).filter((span) => span.place === place),

    /** Who serves a place on a day; undefined: nobody. */
    async serving(place: string, on: string): Promise<Span | undefined> {
      const spans = (await coverage(communityOf(place)))?.state.spans ?? [];
      return servingOn(
        spans.filter((span) => span.place === place),
        on,
      );
    },

    /**
     * @param more what else must hold, and the command's key
     * @returns false when somebody else changed the community's coverage meanwhile @throws DocumentTooLarge
     */
    async save(
      write: CoverageWrite,
      change: ChangeOf,
      rows: readonly string[],
      more: readonly Action<"key" | "companies">[] = [],
    ): Promise<boolean> {
      const { staged, head, event } = next(write, change);
      const outcome = await table.transact([staged, head, event, auditAction(change, write.community, rows), ...more]);
      return outcome.ok;
    },

    /**
     * Several communities in one moment: their versions first, where nobody looks yet, then all heads at once.
     * @returns false when somebody else changed one of them meanwhile: nothing of it is to be seen then
     * @throws DocumentTooLarge
     */
    async saveAll(
      writes: readonly CoverageWrite[],
      change: ChangeOf,
      of: string,
      rows: readonly string[],
      more: readonly Action<"key" | "companies">[],
    ): Promise<boolean> {
      const all = writes.map((write) => next(write, change));
      for (const { staged } of all) await table.write(staged);
      const outcome = await table.transact([
        ...all.flatMap(({ head, event }) => [head, event]),
        auditAction(change, of, rows),
        ...more,
      ]);
      return outcome.ok;
    },
  };
}
