import { tierOf } from "@county/contracts/area.ts";
import type { SheetState } from "@county/contracts/assessments-sheets.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type AreaCopy, communityOf, countyOf, type Scope, streetOf } from "@county/platform/areas.ts";
import type { Group } from "@county/platform/cursor.ts";
import {
  appealVerdict,
  closingVerdict,
  evidenceVerdict,
  noticeVerdict,
  type Scheme,
  scorerVerdict,
  sheetScore,
} from "@county/rules/assessment.ts";
import { by } from "@county/rules/figures.ts";
import type { Evidence, Finding, Subject } from "@county/rules/finding.ts";
import { type RoundOf, yearUnknown, yearVerdict } from "@county/rules/property.ts";
import type { CoverageCopy } from "./copies.ts";
import type { Frozen, RoundRecord, Source } from "./rounds.ts";
import { type Ground, groundOfRound } from "./seeing.ts";
import { type PageSheet, type SheetRecord, sheetIdOf, sheetOf, stateOfSheet, TOLD, UNSCORED } from "./sheets.ts";
import type { Store } from "./store.ts";

/**
 * What the rules say of assessments, on a day, as they stand now: computed as it is asked for, never stored. What can be told from
 * rounds, frozen parts and pages is told from them; a sheet is read where its own days decide.
 */

/** A finding with its name. */
export type Named = Finding & { readonly id: string };

/** What may be found, by the name it would have: told once it is looked at. */
export interface Open {
  readonly id: string;
  readonly find: () => Promise<Named | undefined>;
}

/** The names of what the rules tell, so that nothing is worked out that is not asked for. */
export interface Wanted {
  readonly rule: (rule: string) => boolean;
  readonly verdict: (verdict: Finding["verdict"]) => boolean;
}

/** What is judged at once. */
export interface FindingGroup extends Group {
  readonly tier: "county" | "street" | "community";
  readonly area: AreaCopy;
}

/** The county, then each street with its communities behind it; of a street or a community what it is. */
export async function groupsOf({ areas }: Pick<Store, "areas">, scope: Scope, area: string): Promise<FindingGroup[]> {
  const group = (tier: FindingGroup["tier"], one: AreaCopy): FindingGroup => ({
    id: one.id,
    communities: 1,
    tier,
    area: one,
  });
  if (scope.community) return [group("community", scope.community)];
  const streets = await Promise.all(
    scope.streets.map(async (street) => [
      group("street", street),
      ...((await areas.street(street.id))?.communities ?? [])
        .toSorted(by(({ code }) => code))
        .map((community) => group("community", community)),
    ]),
  );
  const county = tierOf(area) === "county" ? await areas.county(scope.county) : undefined;
  return [...(county ? [group("county", county)] : []), ...streets.flat()];
}

/** Communities that are read at once where a whole county's are, and sheets; ours. */
const AT_ONCE = 20;
async function inTurn<One, Result>(
  all: readonly One[],
  read: (one: One) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const found: Result[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE)
    found.push(...(await Promise.all(all.slice(i, i + AT_ONCE).map(read))).flat());
  return found;
}

/** The earliest year that the plan speaks of. */
const FIRST_YEAR = 2020;
/** What has evidence asked of it, and can still come to something else. */
const UNSETTLED: ReadonlySet<SheetState> = new Set(["begun", "third-asked", "complete", "noticed", "appealed"]);

/** A subject of a round, with how far its sheet is. */
interface Sheet extends PageSheet {
  readonly frozen: Frozen;
  readonly id: string;
}

/** The findings of one answer: what several groups ask for is read once. */
export class Findings {
  readonly #store: Store;
  readonly #policy: Policy;
  readonly #wanted: Wanted;
  readonly #evidence: Evidence;
  readonly #known = new Map<string, Promise<unknown>>();

  /** @param today what is read is of it, whatever day the policy is of */
  constructor(store: Store, policy: Policy, wanted: Wanted, today: string) {
    this.#store = store;
    this.#policy = policy;
    this.#wanted = wanted;
    this.#evidence = { asOf: today, source: "assessments" };
  }

  /** What of a group may be found. No sheet is read for it. */
  async of({ tier, area }: FindingGroup): Promise<Open[]> {
    return tier === "county"
      ? await this.#ofCounty(area)
      : tier === "street"
        ? await this.#ofStreet(area)
        : await this.#ofCommunity(area);
  }
  /** What is wanted of some of it. */
  async look(some: readonly Open[]): Promise<(Named | undefined)[]> {
    const found = await inTurn(some, async ({ find }) => [await find()]);
    return found.map((one) =>
      one && this.#wanted.rule(one.rule) && this.#wanted.verdict(one.verdict) ? one : undefined,
    );
  }

  async #ofCounty(county: AreaCopy): Promise<Open[]> {
    const rounds = await this.#rounds(county.id);
    const whole = rounds.filter(({ scheme: { assesses } }) => assesses === "company" || assesses === "street");
    return [
      ...(this.#wanted.rule("property.assessments") ? await this.#companies(county) : []),
      ...(await inTurn(rounds, async (round) => await this.#ofRound(round, county))),
      ...(await inTurn(whole, async (round) => await this.#ofParts(round, () => true))),
    ];
  }

  async #ofStreet(street: AreaCopy): Promise<Open[]> {
    const [above, own] = await Promise.all([this.#rounds(countyOf(street.id)), this.#rounds(street.id)]);
    return [
      ...(await inTurn(own, async (round) => await this.#ofRound(round, street))),
      ...(await inTurn([...above, ...own], async (round) =>
        round.scheme.assesses === "community"
          ? await this.#ofParts(round, ({ id }) => id === street.id)
          : round.scheme.assesses === "company" && own.includes(round)
            ? await this.#ofParts(round, () => true)
            : [],
      )),
    ];
  }

  async #ofCommunity(community: AreaCopy): Promise<Open[]> {
    const rounds = await this.#roundsOver(community.id, "project");
    return [
      ...(this.#wanted.rule("property.assessments") ? await this.#projects(community) : []),
      ...(await inTurn(rounds, async (round) => await this.#ofParts(round, ({ id }) => id === community.id))),
    ];
  }

  // ---------------------------------------------------------------------------------------------------------- reading

  async #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key) ?? read();
    this.#known.set(key, known);
    return (await known) as T;
  }
  /** Those that a county or a street has opened by the day: as far back as they can count for the year before it. */
  async #rounds(area: string): Promise<readonly RoundRecord[]> {
    const { on } = this.#policy;
    const since = `${Number(on.slice(0, 4)) - 2}-01-01`;
    return await this.#once(`rounds ${area}`, async () =>
      (await this.#store.rounds.roundsOf(area, since)).filter(
        ({ opened, withdrawn }) => since <= opened && opened <= on && withdrawn === null,
      ),
    );
  }
  /** Those of a community's county and street that assess such subjects. */
  async #roundsOver(community: string, assesses: RoundRecord["scheme"]["assesses"]): Promise<RoundRecord[]> {
    const all = await Promise.all([this.#rounds(countyOf(community)), this.#rounds(streetOf(community))]);
    return all.flat().filter(({ scheme }) => scheme.assesses === assesses);
  }
  async #ground(round: RoundRecord): Promise<Ground> {
    return await this.#once(`ground ${round.id}`, async () => await groundOfRound(this.#store, round, this.#policy.on));
  }
  /** The sheets that are made of a round's parts. */
  async #sheets(round: RoundRecord, isPart: (source: Source) => boolean): Promise<Sheet[]> {
    if (round.state === "freezing") return [];
    const { rounds, sheets } = this.#store;
    const sources = await this.#once(`sources ${round.id}`, async () => await rounds.sources(round));
    const parts = [...sources.entries()].flatMap(([part, source]) => (isPart(source) ? [part] : []));
    return await inTurn(parts, async (part) => {
      const [frozen, pages] = await Promise.all([rounds.part(round.id, part), sheets.pagesOf(round.id, part)]);
      return pages.flatMap(({ first, sheets: some }) =>
        some.flatMap((one, i): Sheet[] => {
          const subject = frozen?.subjects[first + i];
          return subject ? [{ ...one, frozen: subject, id: sheetIdOf(round.id, subject.subject.id) }] : [];
        }),
      );
    });
  }

  // --------------------------------------------------------------------------------------------------- rounds and sheets

  /** Of a round that is not locked: whether it was told and closed in time. */
  async #ofRound(round: RoundRecord, area: AreaCopy): Promise<Open[]> {
    const asked = ["assessment.notice", "assessment.closing"].some((rule) => this.#wanted.rule(rule));
    if (round.locked !== null || !asked) return [];
    const { scheme, policy } = await this.#ground(round);
    let [untold, unsettled] = [0, 0];
    for await (const { sheets } of this.#store.sheets.pages(round.id)) {
      for (const { state } of sheets) {
        if (state === "complete") untold++;
        if (state !== "final") unsettled++;
      }
    }
    const { from, to } = round.period;
    const subject: Subject = { id: round.id, code: area.code, name: `《${scheme.title}》${from} — ${to}` };
    const facts = { ...this.#evidence, subject, clause: scheme.clause, scoreBy: round.scoreBy };
    return [
      ...(untold > 0 ? [known(named(noticeVerdict({ ...facts, untold }, policy)))] : []),
      known(named(closingVerdict({ ...facts, unsettled: round.state === "open" ? unsettled : null }, policy))),
    ];
  }

  /** Of the sheets of a round that is not locked: scored, proved, and decided on in time. */
  async #ofParts(round: RoundRecord, isPart: (source: Source) => boolean): Promise<Open[]> {
    if (round.locked !== null) return [];
    const { scheme, policy } = await this.#ground(round);
    const { rule, verdict } = this.#wanted;
    const { sheets: kept } = this.#store;
    const proves = rule("assessment.evidence") && scheme.items.some(({ evidence }) => evidence.length > 0);
    // The day that a score is due by is still in time: until then nothing is late.
    const scores = rule("assessment.scoring") && (policy.on > round.scoreBy || verdict("meets"));
    const decides = rule("assessment.decision");
    return (await this.#sheets(round, isPart)).flatMap(({ state, frozen, id }): Open[] => {
      const { code, name } = frozen.subject;
      const facts = { ...this.#evidence, subject: { id, code, name }, clause: scheme.clause };
      const read = async () => await this.#once(id, async () => await kept.sheet(id));
      const open: Open[] = [];
      if (scores && UNSCORED.has(state))
        open.push({
          id: `assessment.scoring~${id}`,
          find: async () => {
            const sheet = state === "third-asked" ? await read() : undefined;
            const askedOn = (sheet && thirdAskedOn(sheet, scheme, policy)) ?? round.opened;
            return named(scorerVerdict({ ...facts, askedOn, scoredOn: null }, policy));
          },
        });
      if (decides && state === "appealed")
        open.push({
          id: `assessment.decision~${id}`,
          find: async () => {
            const { appeal, decision } = (await read())?.proceedings ?? { appeal: null, decision: null };
            if (appeal === null) return undefined;
            return named(appealVerdict({ ...facts, filedOn: appeal.on, decidedOn: decision?.on ?? null }, policy));
          },
        });
      if (proves && UNSETTLED.has(state))
        open.push({
          id: `assessment.evidence~${id}`,
          find: async () => {
            const [sheet, evidence] = await Promise.all([read(), kept.evidenceOf(id)]);
            if (sheet === undefined) return undefined;
            const finding = evidenceVerdict(sheetOf(sheet, evidence), scheme as Scheme, this.#evidence, policy);
            return named({ ...finding, subject: facts.subject });
          },
        });
      return open;
    });
  }

  // --------------------------------------------------------------------------------------------------------- how often

  /** The years of which something can be found on the day: what was not done in one shows in the next. */
  get #years(): number[] {
    const year = Number(this.#policy.on.slice(0, 4));
    return [year, year - 1].filter((one) => one >= FIRST_YEAR);
  }

  /** How often each project was assessed whose place lies in a community now, wherever it lay when it was. */
  async #projects(community: AreaCopy): Promise<Open[]> {
    const { property } = this.#store;
    const [coverage, places] = await Promise.all([property.coverage(community.id), property.places(community.id)]);
    if (coverage === undefined) return this.#unknown(community);
    // Who serves a place is told by the community it was registered in.
    const gone = new Set(places.flatMap(({ id, isHere }) => (isHere ? [] : [id])));
    const came = new Set(places.flatMap(({ id, isHere }) => (isHere && communityOf(id) !== community.id ? [id] : [])));
    const homes = [...new Set([...came].map(communityOf))];
    const theirs = await inTurn(homes, async (home) => (await property.coverage(home))?.state.spans ?? []);
    const spans = [
      ...coverage.state.spans.filter(({ place }) => !gone.has(place)),
      ...theirs.filter(({ place }) => came.has(place)),
    ];
    const over = await inTurn([community.id, ...homes], async (one) => await this.#roundsOver(one, "project"));
    const rounds = [...new Map(over.map((round) => [round.id, round])).values()];
    const sheets = new Map<string, Assessed[]>();
    for (const round of rounds) {
      for (const sheet of await this.#sheets(round, ({ id }) => id === community.id)) {
        const project = sheet.frozen.subject.id;
        sheets.set(project, [...(sheets.get(project) ?? []), { round, sheets: [sheet] }]);
      }
    }
    const names = new Map(places.map(({ id, name }) => [id, name]));
    const served = Map.groupBy(
      spans.filter(({ project, company }) => project !== null && company !== null),
      ({ project }) => project ?? "",
    );
    return [...served].flatMap(([id, own]) => {
      const { place, name } = own.at(-1) as Span;
      const subject = { id, code: community.code, name: [names.get(place) ?? place, name ?? []].flat().join(" ") };
      const assessed = sheets.get(id) ?? [];
      const elsewhere = rounds.filter(
        (round) => isServing(own, round.opened) && assessed.every((one) => one.round !== round),
      );
      return this.#yearsOf(subject, "project", own, assessed, elsewhere);
    });
  }

  /**
   * How often each company that serves in a county was assessed: itself, or by its projects, which is as often as any of its own was
   * told in a round.
   */
  async #companies(county: AreaCopy): Promise<Open[]> {
    const streets = (await this.#store.areas.county(county.id))?.streets ?? [];
    const communities = await inTurn(
      streets,
      async ({ id }) => (await this.#store.areas.street(id))?.communities ?? [],
    );
    const spans = new Map<string, Span[]>();
    /** By company and round. */
    const byProjects = new Map<string, Map<RoundRecord, Sheet[]>>();
    let isKnown = false;
    await inTurn(communities, async ({ id }) => {
      const [coverage, rounds] = await Promise.all([
        this.#store.property.coverage(id),
        this.#roundsOver(id, "project"),
      ]);
      isKnown ||= coverage !== undefined;
      for (const span of coverage?.state.spans ?? [])
        if (span.company !== null) spans.set(span.company, [...(spans.get(span.company) ?? []), span]);
      for (const round of rounds) {
        for (const sheet of await this.#sheets(round, (source) => source.id === id)) {
          const { holder } = sheet.frozen.subject;
          const own = byProjects.get(holder) ?? new Map<RoundRecord, Sheet[]>();
          byProjects.set(holder, own.set(round, [...(own.get(round) ?? []), sheet]));
        }
      }
      return [];
    });
    if (!isKnown) return this.#unknown(county);
    const itself = (await Promise.all([county, ...streets].map(async ({ id }) => await this.#rounds(id))))
      .flat()
      .filter(({ scheme }) => scheme.assesses === "company");
    const sheets = await inTurn(itself, async (round) =>
      (await this.#sheets(round, () => true)).map((sheet) => ({ round, sheet })),
    );
    const own = Map.groupBy(sheets, ({ sheet }) => sheet.frozen.subject.id);
    const names = new Map((await this.#store.property.companies(county.id)).map(({ id, name }) => [id, name]));
    return [...spans].flatMap(([id, served]) => {
      const subject = { id, code: county.code, name: names.get(id) ?? served.at(-1)?.name ?? id };
      const byThem = [...(byProjects.get(id) ?? [])].map(([round, some]) => ({ round, sheets: some }));
      const itsOwn = (own.get(id) ?? []).map(({ round, sheet }) => ({ round, sheets: [sheet] }));
      return this.#yearsOf(subject, "company", served, [...itsOwn, ...byThem]);
    });
  }

  /** @param elsewhere rounds in which it may have a sheet of another community's: a place that was moved since, or moved back */
  #yearsOf(
    subject: Subject,
    kind: "company" | "project",
    spans: readonly Span[],
    assessed: readonly Assessed[],
    elsewhere: readonly RoundRecord[] = [],
  ): Open[] {
    return this.#years.map((year) => ({
      id: `${YEARLY}~${subject.id}~${year}`,
      find: async () => {
        const served = servedIn(spans, year, this.#policy.on);
        if (served === null) return undefined;
        const judge = (rounds: readonly RoundOf[]): Finding =>
          yearVerdict({ ...this.#evidence, subject, kind, year, ...served, rounds, closed: [] }, this.#policy);
        // What would come to the same on any of the days that are possible needs no sheet to be read.
        const [first, last] = (["first", "last"] as const).map((which) =>
          judge(assessed.map((one) => possibleOf(one, this.#policy.on, which))),
        ) as [Finding, Finding];
        const isSure = assessed.every((one) => isOfOneYear(one, this.#policy));
        const isAll = elsewhere.length === 0 || first.verdict === "meets";
        if (isSure && isAll && first.verdict === last.verdict && !this.#wanted.verdict(first.verdict)) return undefined;
        const rounds = await inTurn(assessed, async (one) => [await this.#roundOf(one, isSure)]);
        const found = judge(rounds);
        const finding =
          found.verdict === "meets" || elsewhere.length === 0
            ? found
            : judge([...rounds, ...(await inTurn(elsewhere, async (one) => await this.#roundsFor(one, subject.id)))]);
        return { ...finding, id: `${finding.rule}~${subject.id}~${year}` };
      },
    }));
  }

  /**
   * When the first of some sheets was told, and the first became final.
   * @param isSure whether all days that are possible lie in one year: then one that was told first tells enough
   */
  async #roundOf({ round, sheets }: Assessed, isSure: boolean): Promise<RoundOf> {
    const told = sheets
      .filter(({ state }) => TOLD.has(state))
      .toSorted((a, b) => Number(b.state === "final") - Number(a.state === "final"));
    const earliest = round.notices.map(({ on }) => on).toSorted()[0];
    let [noticedOn, finalOn]: [string | null, string | null] = [null, null];
    const first = (one: string | null, other: string | undefined) =>
      other === undefined || (one !== null && one < other) ? one : other;
    const some = isSure ? 1 : AT_ONCE;
    for (let i = 0; i < told.length && !(isSure && noticedOn === earliest); i += some) {
      const read = async ({ id }: Pick<Sheet, "id">) => [
        await this.#once(id, async () => await this.#store.sheets.sheet(id)),
      ];
      for (const sheet of await inTurn(told.slice(i, i + some), read)) {
        noticedOn = first(noticedOn, sheet?.proceedings.notice?.on);
        finalOn = first(finalOn, sheet?.final?.on);
      }
    }
    return { ...plannedOf(round), noticedOn, finalOn };
  }

  /** The same of a subject's sheet by its own name, in whichever part it was frozen. */
  async #roundsFor(round: RoundRecord, subject: string): Promise<RoundOf[]> {
    const id = sheetIdOf(round.id, subject);
    const sheet = await this.#once(id, async () => await this.#store.sheets.sheet(id));
    return sheet ? [await this.#roundOf({ round, sheets: [{ id, state: stateOfSheet(sheet) }] }, false)] : [];
  }

  #unknown({ id, code, name }: AreaCopy): Open[] {
    const [year] = this.#years;
    if (year === undefined) return [];
    const finding = yearUnknown({ ...this.#evidence, subject: { id, code, name }, year }, this.#policy);
    return [known({ ...finding, id: `${finding.rule}~${id}~${year}` })];
  }
}

/**
 * When one more scorer was asked who is still to score: when the last of the others of his panel had; of several panels the first.
 * @returns undefined where any panel still waits for those who were asked when the round opened
 */
function thirdAskedOn(sheet: SheetRecord, scheme: Scheme, policy: Policy): string | undefined {
  const { panels } = sheetScore(sheetOf(sheet), scheme, policy);
  if (panels.some(({ state }) => state === "open" || state === "begun")) return undefined;
  const asking = panels.filter(({ state }) => state === "third-asked");
  return asking.flatMap(({ panel }) => sheet.scores.findLast((score) => score.panel === panel)?.on ?? []).toSorted()[0];
}

type Span = CoverageCopy["spans"][number];
/** The rule of how often in a year. */
const YEARLY = "property.assessments";
/** What was assessed in a round: a subject's one sheet, or those of all that a company answers for. */
interface Assessed {
  readonly round: RoundRecord;
  readonly sheets: readonly Pick<Sheet, "id" | "state">[];
}

const known = (finding: Named): Open => ({ id: finding.id, find: async () => finding });

const named = (finding: Finding): Named => ({ ...finding, id: `${finding.rule}~${finding.subject.id}` });

/** A round that nobody was told of yet counts as planned for the last day of its scores. */
const plannedOf = ({ assessor, scoreBy }: RoundRecord) => ({ assessor, plannedFor: scoreBy });

/** The first or the last days on which a sheet can have been told, by the notices of its round, and have become final. */
function possibleOf({ round, sheets }: Assessed, on: string, which: "first" | "last"): RoundOf {
  const days = sheets.some(({ state }) => TOLD.has(state)) ? round.notices.map((notice) => notice.on).toSorted() : [];
  const [first, last] = [days[0] ?? null, days.at(-1) ?? null];
  const final = sheets.some(({ state }) => state === "final");
  return {
    ...plannedOf(round),
    noticedOn: which === "first" ? first : last,
    finalOn: final ? (which === "first" ? first : last && (last > on ? last : on)) : null,
  };
}
/** Whether all days that are possible lie in the same year: then those between the first and the last come to nothing else. */
function isOfOneYear(one: Assessed, policy: Policy): boolean {
  const which = policy.value("policy.assessment.made") === "final" ? "finalOn" : "noticedOn";
  const years = (["first", "last"] as const).map((end) => possibleOf(one, policy.on, end)[which]?.slice(0, 4));
  return years[0] === years[1];
}

const isServing = (spans: readonly Span[], on: string): boolean =>
  spans.some(({ from, to }) => from <= on && (to === null || to >= on));

/** First and last day of what was served in a year by the day; null: nothing was. */
function servedIn(
  spans: readonly Span[],
  year: number,
  on: string,
): { readonly since: string; readonly until: string | null } | null {
  const own = spans.filter(
    ({ from, to }) => from <= `${year}-12-31` && from <= on && (to === null || to >= `${year}-01-01`),
  );
  const since = own.map(({ from }) => from).toSorted()[0];
  if (since === undefined) return null;
  const ends = own.flatMap(({ to }) => to ?? []);
  return { since, until: ends.length < own.length ? null : (ends.toSorted().at(-1) ?? null) };
}
