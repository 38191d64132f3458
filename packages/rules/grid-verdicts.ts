import { streets } from "@county/plan/county.ts";
import type { ParameterId, ParameterValue, Range } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { deadlineStep } from "./deadlines.ts";
import { by, sum } from "./figures.ts";
import {
  type Acceptance,
  type Finding,
  type FindingInput,
  gravest,
  type Judged,
  outside,
  parametersUsed,
  readingStep,
  type Subject,
  underOtherReadings,
  type Verdict,
  whenMissed,
  withAcceptances,
  yuan,
} from "./finding.ts";
import { type Grid, type GridMap, LAST_NUMBER } from "./grid-map.ts";

// Verdicts on grids (plan 2.1, 2.2.1, 2.3.2, annex 2), from one grid up to the county. Order of what is given never matters.

/** A registered place as it was on its `asOf` day. */
export interface PlaceFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: "compound" | "village" | "rebuilt-village";
  readonly households: number;
  /** null: none. */
  readonly propertyCompany: string | null;
  readonly asOf: string;
}

/** A community with what annex 2 says of it. */
export interface CommunityFacts extends Subject {
  readonly households: number;
  readonly plannedGrids: number;
  readonly asOf: string;
}

/** A community, its map on a day, and every place registered in it, each once. */
export interface CommunityGrids {
  readonly community: CommunityFacts;
  readonly map: GridMap;
  readonly places: readonly PlaceFacts[];
}

/**
 * What the plan says of each grid, of each place in the map, and of the community: in that order, grids by number, places by id.
 * @param policy of the map's day
 * @throws RangeError if a parameter it needs is not in force on that day
 */
export function gridVerdicts(
  { acceptances, ...grids }: CommunityGrids & { readonly acceptances: readonly Acceptance[] },
  policy: Policy,
): Finding[] {
  const { on } = policy;
  const survey = surveyOf(grids, on);
  const findings = [
    ...survey.grids.flatMap((grid) =>
      grid.members.length === 0
        ? [membersFinding(grid)]
        : [membersFinding(grid), sizeFinding(grid, policy), sharingFinding(grid, policy), kindFinding(grid, policy)],
    ),
    ...survey.served.flatMap((place) =>
      place.parts.length === 0
        ? [oneGridFinding(place, survey, policy)]
        : [oneGridFinding(place, survey, policy), partsFinding(place, survey, on)],
    ),
    servedFinding(survey, policy),
    householdsFinding(survey, policy),
    plannedFinding(survey, policy),
    codesFinding(survey, on),
  ];
  return withAcceptances(findings, acceptances, on);
}

// --------------------------------------------------------------------------------------------------------------- survey

interface ServedMember {
  readonly place: string;
  readonly placeName: string;
  /** The place's name, with the part's. */
  readonly name: string;
  readonly kind: PlaceFacts["kind"] | null;
  /** null: the place is not in the register. */
  readonly households: number | null;
  /** The households of the whole place. */
  readonly placeHouseholds: number | null;
  /** Whether the place has households outside this grid. */
  readonly divided: boolean;
  readonly input: FindingInput;
}

interface ServedGrid {
  readonly subject: Subject;
  readonly grid: Grid;
  readonly mapSource: Omit<FindingInput, "name" | "value">;
  readonly members: readonly ServedMember[];
  readonly households: number | null;
}

interface ServedPlace {
  readonly id: string;
  readonly facts: PlaceFacts | undefined;
  readonly grids: readonly string[];
  readonly parts: readonly { readonly name: string; readonly grid: string; readonly households: number }[];
}

interface Survey {
  readonly community: CommunityFacts;
  readonly map: GridMap;
  readonly places: readonly PlaceFacts[];
  readonly grids: readonly ServedGrid[];
  /** Places that the map speaks of, by id. */
  readonly served: readonly ServedPlace[];
}

const codeOf = (community: Subject, number: number): string => community.code + String(number).padStart(3, "0");

function surveyOf({ community, map, places }: CommunityGrids, on: string): Survey {
  const known = new Map(places.map((place) => [place.id, place]));
  const live = map.grids.toSorted(by(({ number }) => number));
  const held = new Map<string, { grids: Set<string>; parts: ServedPlace["parts"][number][] }>();
  for (const { name: grid, members } of live) {
    for (const { place, part, households = 0 } of members) {
      const entry = held.get(place) ?? { grids: new Set(), parts: [] };
      held.set(place, entry);
      entry.grids.add(grid);
      if (part !== undefined) entry.parts.push({ name: part, grid, households });
    }
  }
  const isDivided = (place: string): boolean => {
    const { grids, parts } = held.get(place) ?? { grids: new Set(), parts: [] };
    return (
      grids.size > 1 || (parts.length > 0 && sum(parts.map((part) => part.households)) !== known.get(place)?.households)
    );
  };
  const mapSource = { asOf: on, source: `grid map ${community.code}` };
  return {
    community,
    map,
    places: places.toSorted(by(({ id }) => id)),
    grids: live.map((grid) => {
      const members = grid.members
        .toSorted(by(({ place, part }) => JSON.stringify([place, part ?? ""])))
        .map(({ place, part, households: ofPart }): ServedMember => {
          const facts = known.get(place);
          const placeName = facts?.name ?? place;
          const name = part === undefined ? placeName : `${placeName} ${part}`;
          const households = (part === undefined ? facts?.households : ofPart) ?? null;
          return {
            place,
            placeName,
            name,
            kind: facts?.kind ?? null,
            households,
            placeHouseholds: facts?.households ?? null,
            divided: isDivided(place),
            input: {
              name: { zh: `${name}户数`, en: `${name}, households` },
              value: households,
              ...(part === undefined ? { asOf: facts?.asOf ?? on, source: `register ${place}` } : mapSource),
            },
          };
        });
      const counts = members.flatMap(({ households }) => households ?? []);
      return {
        subject: { id: grid.id, code: codeOf(community, grid.number), name: grid.name },
        grid,
        mapSource,
        members,
        households: counts.length === members.length ? sum(counts) : null,
      };
    }),
    served: [...held]
      .map(([id, { grids, parts }]) => ({
        id,
        facts: known.get(id),
        grids: [...grids],
        parts: parts.toSorted(by(({ name }) => name)),
      }))
      .toSorted(by(({ id }) => id)),
  };
}

// ----------------------------------------------------------------------------------------------------------------- grids

/** A grid that serves nobody is no unit of service, whichever clause gives its size: nothing softens that. */
function membersFinding({ subject, grid, mapSource }: ServedGrid): Finding {
  const observed = grid.members.length;
  const empty = observed === 0;
  return {
    rule: "grid.members",
    clause: "2.2.1",
    verdict: empty ? "breaches" : "meets",
    subject,
    title: empty
      ? { zh: `${subject.name}没有成员（0 处）`, en: `${subject.name} has no members (0 places)` }
      : { zh: `${subject.name}有成员 ${observed} 处`, en: `${subject.name} has members: ${observed}` },
    observed,
    expected: { min: 1, max: null },
    difference: outside(observed, { min: 1, max: null }),
    inputs: [{ name: { zh: "网格成员数", en: "members of the grid" }, value: observed, ...mapSource }],
    steps: [
      {
        zh: `成员 ${observed} 处；网格按户数划分，至少要有 1 处`,
        en: `members: ${observed}; a grid is drawn by households, so it has at least 1`,
      },
      ...(empty
        ? [
            {
              zh: `0 户不在任何一条的户数之内，应划入小区或撤销，故为不符`,
              en: `0 households are within no clause's size: give it places or retire it; a breach`,
            },
          ]
        : []),
    ],
    parameters: [],
  };
}

type SizeClause = ParameterValue<"policy.grid.size">;
type VillageReading = ParameterValue<"policy.villages.undivided">;
const sizeOf = {
  "2.2.1": "grid.households",
  "2.1": "layout.grid-households",
} as const satisfies Record<SizeClause, ParameterId>;
const rangeText = ({ min, max }: Range): string => `${min}–${max}`;

/**
 * A grid's households against the size one clause gives. What follows from another rule of the clause, said softly, is a
 * deviation: a compound is not split, and small ones may be joined but need not. What the drawing could have avoided is a breach.
 */
function judgeSize(
  { households, members }: ServedGrid,
  clause: SizeClause,
  villages: VillageReading,
  policy: Policy,
): Judged {
  const range = policy.value(sizeOf[clause]);
  const asked = { zh: `${clause} 为 ${rangeText(range)} 户`, en: `${clause} gives ${rangeText(range)} households` };
  const judged = (verdict: Verdict, zh: string, en: string): Judged => ({
    verdict,
    explanation: { zh: `${asked.zh}：${zh}`, en: `${asked.en}: ${en}` },
  });
  if (households === null) {
    const unknown = members.filter((member) => member.households === null).length;
    return judged(
      "cannot-tell",
      `有 ${unknown} 处成员户数不明，无法判断`,
      `members whose households are not known: ${unknown}, so it cannot be told`,
    );
  }
  const off = outside(households, range);
  if (off === 0) return judged("meets", `${households} 户在内`, `${households} is within`);
  const far =
    off < 0
      ? { zh: `${households} 户，少 ${-off} 户`, en: `${households} is ${-off} too few` }
      : { zh: `${households} 户，多 ${off} 户`, en: `${households} is ${off} too many` };
  if (whenMissed(sizeOf[clause]) === "deviates")
    return judged(
      "deviates",
      `${far.zh}；条文用语为原则性，属偏离`,
      `${far.en}; the clause speaks softly, so a deviation`,
    );
  if (members.length > 0 && members.every(({ divided }) => !divided)) {
    if (off < 0)
      return judged(
        "deviates",
        `${far.zh}；成员都是完整的，小的可以合并但不是必须，属偏离`,
        `${far.en}; its members are whole, and small ones may be joined but need not be, so a deviation`,
      );
    const [only, ...others] = new Set(members.map(({ place }) => place));
    const village = members[0]?.kind === "village";
    if (only !== undefined && others.length === 0 && !(village && villages === "compounds-only"))
      return judged(
        "deviates",
        `${far.zh}；只有一处完整的小区或村庄，原则上不拆分，由此而来，属偏离`,
        `${far.en}; it is one place, whole, that in principle is not split: this follows from it, so a deviation`,
      );
    return others.length === 0
      ? judged(
          "breaches",
          `${far.zh}；是一个村庄，不拆分只对小区而言，故为不符`,
          `${far.en}; it is a village, and only a compound is not to be split, so a breach`,
        )
      : judged(
          "breaches",
          `${far.zh}；由 ${others.length + 1} 处组成，可以分开划，故为不符`,
          `${far.en}; it joins ${others.length + 1} places that could be drawn apart, so a breach`,
        );
  }
  return judged(
    "breaches",
    `${far.zh}；含有拆分小区的一部分，户数可以调整，故为不符`,
    `${far.en}; it holds part of a divided place, so its size could be chosen: a breach`,
  );
}

/** @source plan 2.2.1 against 2.1, chosen by `policy.grid.size` */
function sizeFinding(grid: ServedGrid, policy: Policy): Finding {
  const { subject, households, members } = grid;
  const clause = policy.value("policy.grid.size");
  const villages = policy.value("policy.villages.undivided");
  const range = policy.value(sizeOf[clause]);
  const { verdict, explanation } = judgeSize(grid, clause, villages, policy);
  const difference = households === null ? null : outside(households, range);
  const village = new Set(members.map(({ place }) => place)).size === 1 && members[0]?.kind === "village";
  return {
    rule: "grid.size",
    clause,
    verdict,
    subject,
    title:
      households === null || difference === null
        ? {
            zh: `${subject.name}户数不明，应为 ${rangeText(range)} 户`,
            en: `${subject.name}: households not known, ${rangeText(range)} expected`,
          }
        : {
            zh: `${subject.name} ${households} 户，应为 ${rangeText(range)} 户，相差 ${difference}`,
            en: `${subject.name}: ${households} households, ${rangeText(range)} expected, difference ${difference}`,
          },
    observed: households,
    expected: range,
    difference,
    inputs: members.map(({ input }) => input),
    steps: [
      additionStep(
        { zh: "网格户数", en: "Households of the grid" },
        members.map((member) => member.households),
        households,
      ),
      {
        zh: `两条都说网格而户数不同：${(["2.1", "2.2.1"] as const).map((one) => `${one} 为 ${rangeText(policy.value(sizeOf[one]))} 户`).join("，")}`,
        en: `Two clauses speak of grids and differ: ${(["2.1", "2.2.1"] as const).map((one) => `${one} gives ${rangeText(policy.value(sizeOf[one]))} households`).join(", ")}`,
      },
      readingStep("policy.grid.size", policy),
      ...(village ? [readingStep("policy.villages.undivided", policy)] : []),
      explanation,
    ],
    parameters: parametersUsed(
      [
        "policy.grid.size",
        "grid.households",
        "layout.grid-households",
        ...(village ? (["policy.villages.undivided"] as const) : []),
      ],
      policy,
    ),
    otherReading: [
      ...underOtherReadings("policy.grid.size", policy, (reading) => judgeSize(grid, reading, villages, policy)),
      ...(village
        ? underOtherReadings("policy.villages.undivided", policy, (reading) => judgeSize(grid, clause, reading, policy))
        : []),
    ],
  };
}

const additionStep = (what: Text, numbers: readonly (number | null)[], total: number | null): Text => {
  const terms = numbers.length > 1 ? `${numbers.map((number) => number ?? "?").join(" + ")} = ` : "";
  return { zh: `${what.zh}：${terms}${total ?? "不明"}`, en: `${what.en}: ${terms}${total ?? "not known"}` };
};

/** Several places in one grid, which only small ones may be. */
function judgeSharing(grid: ServedGrid, reading: ParameterValue<"policy.grid.small-compound">, policy: Policy): Judged {
  const { min, max } = policy.value(sizeOf[policy.value("policy.grid.size")]);
  const places = new Map(grid.members.map((member) => [member.place, member]));
  if (places.size === 1)
    return { verdict: "meets", explanation: { zh: "只有 1 处，没有合用", en: "Only 1 place: nothing is shared" } };
  if (reading === "together-within") {
    const { households } = grid;
    const limit = {
      zh: `${places.size} 处合计 ${households ?? "不明"} 户，上限 ${max} 户`,
      en: `${places.size} places have ${households ?? "an unknown number of"} households together, the most is ${max}`,
    };
    return {
      verdict: households === null ? "cannot-tell" : households > max ? "deviates" : "meets",
      explanation: limit,
    };
  }
  const unknown = [...places.values()].filter(({ placeHouseholds }) => placeHouseholds === null);
  const large = [...places.values()].filter(({ placeHouseholds }) => (placeHouseholds ?? 0) >= min);
  const listed = large.map(({ placeName, placeHouseholds }) => `${placeName} ${placeHouseholds}`).join(", ");
  return {
    verdict: large.length > 0 ? "deviates" : unknown.length > 0 ? "cannot-tell" : "meets",
    explanation: {
      zh: `${places.size} 处中不少于 ${min} 户的有 ${large.length} 处${listed && `（${listed}）`}，户数不明的 ${unknown.length} 处`,
      en: `Of ${places.size} places, with ${min} households or more: ${large.length}${listed && ` (${listed})`}; with an unknown number: ${unknown.length}`,
    },
  };
}

/** @source plan 2.2.1: small compounds may share a grid; how small is nowhere said, see `policy.grid.small-compound` */
function sharingFinding(grid: ServedGrid, policy: Policy): Finding {
  const { subject, members } = grid;
  const observed = new Set(members.map(({ place }) => place)).size;
  const shared = observed > 1;
  const { verdict, explanation } = judgeSharing(grid, policy.value("policy.grid.small-compound"), policy);
  const difference = verdict === "deviates" ? observed - 1 : verdict === "meets" ? 0 : null;
  return {
    rule: "grid.sharing",
    clause: "2.2.1",
    verdict,
    subject,
    title: shared
      ? {
          zh: `${subject.name}由 ${observed} 处合用${verdict === "deviates" ? "，其中有不算小的" : ""}`,
          en: `${subject.name} is shared by ${observed} places${verdict === "deviates" ? ", not all of them small" : ""}`,
        }
      : { zh: `${subject.name}只有 1 处`, en: `${subject.name} has 1 place` },
    observed,
    expected: verdict === "deviates" ? 1 : { min: 1, max: null },
    difference,
    inputs: members.map(({ input }) => input),
    steps: shared ? [readingStep("policy.grid.small-compound", policy), explanation] : [explanation],
    parameters: shared
      ? parametersUsed(
          ["policy.grid.small-compound", "policy.grid.size", sizeOf[policy.value("policy.grid.size")]],
          policy,
        )
      : [],
    ...(shared && {
      otherReading: underOtherReadings("policy.grid.small-compound", policy, (reading) =>
        judgeSharing(grid, reading, policy),
      ),
    }),
  };
}

const kindText = { urban: { zh: "城市", en: "urban" }, rural: { zh: "农村", en: "rural" } } as const;

/**
 * Annex 2's note has urban and rural grids and no third kind; annex 4 pays for urban ones. A rebuilt village is on its way
 * from one to the other (2.6), so it goes with either.
 */
function kindFinding({ subject, grid, members, mapSource }: ServedGrid, policy: Policy): Finding {
  const kinds = [...new Map(members.map(({ place, kind }) => [place, kind])).values()];
  const count = (kind: PlaceFacts["kind"] | null) => kinds.filter((one) => one === kind).length;
  const [urban, rural, rebuilt, unknown] = [count("compound"), count("village"), count("rebuilt-village"), count(null)];
  const marked = kindText[grid.kind];
  const foreign = grid.kind === "urban" ? rural : urban;
  const verdict: Exclude<Verdict, "deviates"> =
    urban > 0 && rural > 0 ? "ambiguous" : unknown > 0 ? "cannot-tell" : foreign > 0 ? "breaches" : "meets";
  const explanation: Record<typeof verdict, Text> = {
    meets: { zh: `成员与“${marked.zh}”一致`, en: `The members agree with "${marked.en}"` },
    ambiguous: {
      zh: `既有小区 ${urban} 处又有村庄 ${rural} 处：附件2只分城市、农村两种，没有写混合的归哪种，是否领补贴也就不定`,
      en: `Both kinds are in it (compounds: ${urban}, villages: ${rural}): annex 2 knows only urban and rural, and does not say which a mixed one is, nor so whether it draws subsidies`,
    },
    breaches: {
      zh: `标为“${marked.zh}”，却有 ${foreign} 处是另一种，没有一处是“${marked.zh}”的小区或村庄`,
      en: `It is marked "${marked.en}"; places of the other kind: ${foreign}, and none is ${marked.en}`,
    },
    "cannot-tell": {
      zh: `有 ${unknown} 处不在台账内，类型不明`,
      en: `Places not in the register, so of no known kind: ${unknown}`,
    },
  };
  const observed: Text = {
    zh: `小区 ${urban}、村庄 ${rural}、改造村 ${rebuilt}、不明 ${unknown}`,
    en: `compounds ${urban}, villages ${rural}, rebuilt villages ${rebuilt}, unknown ${unknown}`,
  };
  return {
    rule: "grid.kind",
    clause: "A2",
    verdict,
    subject,
    title: {
      zh: `${subject.name}标为${marked.zh}网格：${observed.zh}`,
      en: `${subject.name} is marked ${marked.en}: ${observed.en}`,
    },
    observed,
    expected:
      grid.kind === "urban"
        ? { zh: "只有小区（可含改造村）", en: "compounds only (rebuilt villages may be among them)" }
        : { zh: "只有村庄（可含改造村）", en: "villages only (rebuilt villages may be among them)" },
    difference: null,
    inputs: [
      { name: { zh: "网格类型", en: "kind of the grid" }, value: grid.kind, ...mapSource },
      ...members.map(({ name, kind, place, input }) => ({
        name: { zh: `${name}类型`, en: `${name}, kind` },
        value: kind,
        asOf: input.asOf,
        source: `register ${place}`,
      })),
    ],
    steps: [{ zh: `成员：${observed.zh}`, en: `Members: ${observed.en}` }, explanation[verdict]],
    parameters: verdict === "ambiguous" ? parametersUsed(["policy.villages.rural-grids"], policy) : [],
  };
}

// ---------------------------------------------------------------------------------------------------------------- places

const placeSubject = ({ id, facts }: ServedPlace, { community }: Survey): Subject => ({
  id,
  code: community.code,
  name: facts?.name ?? id,
});

/** @source plan 2.2.1: in principle one compound, one grid, not split */
function oneGridFinding(place: ServedPlace, survey: Survey, policy: Policy): Finding {
  const subject = placeSubject(place, survey);
  const expected = policy.value("grid.per-compound");
  const observed = place.grids.length;
  const village = place.facts?.kind === "village";
  const judge = (reading: VillageReading): Judged => {
    if (observed <= expected)
      return {
        verdict: "meets",
        explanation: { zh: `属于 ${observed} 个网格，没有拆分`, en: `It belongs to ${observed} grid: not split` },
      };
    return village && reading === "compounds-only"
      ? {
          verdict: "meets",
          explanation: {
            zh: `分在 ${observed} 个网格；是村庄，条文只讲小区，可以拆分`,
            en: `It lies in ${observed} grids; it is a village, the clause speaks of compounds, so it may be split`,
          },
        }
      : {
          verdict: whenMissed("grid.per-compound"),
          explanation: {
            zh: `分在 ${observed} 个网格，原则上为 ${expected} 个，属偏离，可以说明理由后认可`,
            en: `It lies in ${observed} grids, in principle ${expected}: a deviation, which can be accepted with a reason`,
          },
        };
  };
  const { verdict, explanation } = judge(policy.value("policy.villages.undivided"));
  return {
    rule: "place.one-grid",
    clause: "2.2.1",
    verdict,
    subject,
    title: {
      zh: `${subject.name}属于 ${observed} 个网格`,
      en: `${subject.name} belongs to ${observed} ${observed === 1 ? "grid" : "grids"}`,
    },
    observed,
    expected,
    difference: observed - expected,
    inputs: [
      {
        name: { zh: "所属网格", en: "grids it belongs to" },
        value: place.grids.join(", "),
        asOf: policy.on,
        source: `grid map ${survey.community.code}`,
      },
    ],
    steps: village ? [readingStep("policy.villages.undivided", policy), explanation] : [explanation],
    parameters: parametersUsed(
      village ? ["grid.per-compound", "policy.villages.undivided"] : ["grid.per-compound"],
      policy,
    ),
    ...(village && { otherReading: underOtherReadings("policy.villages.undivided", policy, judge) }),
  };
}

/**
 * The parts of a divided place against its households by the register. Fewer: some are in no grid. More: either they are
 * counted twice or the register is behind, and which cannot be told from here.
 */
function partsFinding(place: ServedPlace, survey: Survey, on: string): Finding {
  const subject = placeSubject(place, survey);
  const observed = sum(place.parts.map(({ households }) => households));
  const expected = place.facts?.households ?? null;
  const difference = expected === null ? null : observed - expected;
  const verdict = difference === 0 ? "meets" : difference !== null && difference < 0 ? "breaches" : "cannot-tell";
  return {
    rule: "place.parts",
    clause: "2.2.1",
    verdict,
    subject,
    title:
      expected === null
        ? {
            zh: `${subject.name}各部分共 ${observed} 户，整体不在台账内`,
            en: `${subject.name}: ${observed} households in its parts, the whole is not in the register`,
          }
        : {
            zh: `${subject.name}各部分共 ${observed} 户，整体 ${expected} 户，相差 ${difference}`,
            en: `${subject.name}: ${observed} households in its parts, ${expected} in all, difference ${difference}`,
          },
    observed,
    expected,
    difference,
    inputs: [
      {
        name: { zh: `${subject.name}户数`, en: `${subject.name}, households` },
        value: expected,
        asOf: place.facts?.asOf ?? on,
        source: `register ${place.id}`,
      },
      ...place.parts.map(({ name, grid, households }) => ({
        name: { zh: `${name}户数（${grid}）`, en: `${name}, households (${grid})` },
        value: households,
        asOf: on,
        source: `grid map ${survey.community.code}`,
      })),
    ],
    steps: [
      additionStep(
        { zh: "各部分之和", en: "Sum of the parts" },
        place.parts.map(({ households }) => households),
        observed,
      ),
      expected === null || difference === null
        ? {
            zh: "台账没有这一处，无从比较",
            en: "The register does not have the place, so there is nothing to compare with",
          }
        : difference < 0
          ? {
              zh: `${observed} − ${expected} = ${difference}：有 ${-difference} 户不在任何网格`,
              en: `${observed} − ${expected} = ${difference}: households in no grid: ${-difference}`,
            }
          : difference === 0
            ? {
                zh: `${observed} − ${expected} = 0：每户都在网格内`,
                en: `${observed} − ${expected} = 0: all are served`,
              }
            : {
                zh: `${observed} − ${expected} = ${difference}：或重复计算，或台账未更新，无法判断`,
                en: `${observed} − ${expected} = ${difference}: counted twice, or the register is behind; it cannot be told`,
              },
    ],
    parameters: [],
  };
}

// ------------------------------------------------------------------------------------------------------------- community

/** Whether a map was ever drawn; one whose grids were all retired was. */
const isDrawn = ({ grids, retired }: GridMap): boolean => grids.length + retired.length > 0;

const notDrawn: Text = { zh: "网格图尚未划分，无法判断", en: "No map is drawn yet, so it cannot be told" };

/** @source plan 2.2.1: the grids together are the unit of service, so a place in none is served by nobody */
function servedFinding({ community, map, places, served }: Survey, policy: Policy): Finding {
  const drawn = isDrawn(map);
  const inMap = new Set(served.map(({ id }) => id));
  const left = places.filter(({ id }) => !inMap.has(id));
  const households = sum(left.map((place) => place.households));
  return {
    rule: "community.places-served",
    clause: "2.2.1",
    verdict: !drawn || places.length === 0 ? "cannot-tell" : left.length > 0 ? "breaches" : "meets",
    subject: subjectOf(community),
    title: {
      zh: `${community.name}：${places.length} 处中 ${left.length} 处（${households} 户）不在任何网格`,
      en: `${community.name}: places in no grid: ${left.length} of ${places.length} (${households} households)`,
    },
    observed: left.length,
    expected: 0,
    difference: left.length,
    inputs: left.map(({ id, name, asOf, households: value }) => ({
      name: { zh: `${name}户数`, en: `${name}, households` },
      value,
      asOf,
      source: `register ${id}`,
    })),
    steps: [
      {
        zh: `台账 ${places.length} 处，在网格内 ${places.length - left.length} 处，不在的 ${left.length} 处共 ${households} 户`,
        en: `Places in the register: ${places.length}, in a grid: ${places.length - left.length}, in none: ${left.length}, with ${households} households`,
      },
      ...(drawn ? [] : [notDrawn, deadlineStep("2.2.1", policy)]),
    ],
    parameters: drawn ? [] : parametersUsed(["clause.2.2.1.deadline"], policy),
  };
}

const subjectOf = ({ id, code, name }: Subject): Subject => ({ id, code, name });

/**
 * Households the map serves against those annex 2's row gives. They can only be compared if the register's places add up
 * to that row; where they do not, which of the two is right cannot be told from here.
 */
function householdsFinding({ community, map, places, grids }: Survey, policy: Policy): Finding {
  const drawn = isDrawn(map);
  const known = sum(places.map(({ households }) => households));
  const counts = grids.map(({ households }) => households);
  const observed = counts.includes(null) ? null : sum(counts as number[]);
  const expected = community.households;
  const difference = observed === null ? null : observed - expected;
  const verdict: Verdict =
    !drawn || difference === null
      ? "cannot-tell"
      : difference === 0
        ? "meets"
        : difference < 0 && known === expected
          ? "breaches"
          : "cannot-tell";
  return {
    rule: "community.households",
    clause: "2.2.1",
    verdict,
    subject: subjectOf(community),
    title: {
      zh: `${community.name}：网格服务 ${observed ?? "不明"} 户，登记 ${expected} 户`,
      en: `${community.name}: the grids serve ${observed ?? "an unknown number of"} households, ${expected} are registered`,
    },
    observed,
    expected,
    difference,
    inputs: [
      {
        name: { zh: "社区户数（附件2）", en: "households of the community (annex 2)" },
        value: expected,
        asOf: community.asOf,
        source: `register ${community.code}`,
      },
      ...grids.map(({ subject, households, mapSource }) => ({
        name: { zh: `${subject.name}户数`, en: `${subject.name}, households` },
        value: households,
        ...mapSource,
      })),
    ],
    steps: [
      additionStep({ zh: "各网格户数之和", en: "Sum of the grids' households" }, counts, observed),
      { zh: `台账各处共 ${known} 户`, en: `The places of the register have ${known} households` },
      ...(drawn ? [] : [notDrawn, deadlineStep("2.2.1", policy)]),
      verdict === "cannot-tell" && known !== expected
        ? {
            zh: `台账各处 ${known} 户与登记 ${expected} 户不等，无法判断哪个对`,
            en: `The places' ${known} differ from the ${expected} registered: which is right cannot be told`,
          }
        : {
            zh: `${observed ?? "不明"} − ${expected} = ${difference ?? "不明"}`,
            en: `${observed ?? "not known"} − ${expected} = ${difference ?? "not known"}`,
          },
    ],
    parameters: drawn ? [] : parametersUsed(["clause.2.2.1.deadline"], policy),
  };
}

/** Annex 2 tells how many grids were meant; it demands nothing, so another number is a deviation. */
function judgePlanned(drawn: number, planned: number, complete: boolean): Judged {
  const difference = drawn - planned;
  const equation = `${drawn} − ${planned} = ${difference}`;
  if (!complete && difference <= 0)
    return {
      verdict: "cannot-tell",
      explanation: {
        zh: `${equation}，但还有网格图没有划分，无法判断`,
        en: `${equation}, but maps are still to be drawn, so it cannot be told`,
      },
    };
  return difference === 0
    ? { verdict: "meets", explanation: { zh: `${equation}，相符`, en: `${equation}: as planned` } }
    : {
        verdict: "deviates",
        explanation: {
          zh: `${equation}；附件2是情况表，不是硬性要求，属偏离`,
          en: `${equation}; annex 2 describes and does not command, so a deviation`,
        },
      };
}

function plannedFinding({ community, map, grids }: Survey, policy: Policy): Finding {
  const observed = grids.length;
  const expected = community.plannedGrids;
  const retired = map.retired.length;
  const { verdict, explanation } = judgePlanned(observed, expected, isDrawn(map));
  return {
    rule: "community.grids",
    clause: "A2",
    verdict,
    subject: subjectOf(community),
    title: {
      zh: `${community.name}：已划网格 ${observed} 个，附件2为 ${expected} 个`,
      en: `${community.name}: ${observed} grids drawn, ${expected} in annex 2`,
    },
    observed,
    expected,
    difference: observed - expected,
    inputs: [
      {
        name: { zh: "网格数量（附件2）", en: "planned grids (annex 2)" },
        value: expected,
        asOf: community.asOf,
        source: `register ${community.code}`,
      },
      {
        name: { zh: "现有网格", en: "live grids" },
        value: observed,
        asOf: policy.on,
        source: `grid map ${community.code}`,
      },
    ],
    steps: [
      { zh: `现有网格 ${observed} 个，已撤销 ${retired} 个`, en: `${observed} grids live, ${retired} retired` },
      explanation,
      ...(isDrawn(map) ? [] : [deadlineStep("2.2.1", policy)]),
    ],
    parameters: isDrawn(map) ? [] : parametersUsed(["clause.2.2.1.deadline"], policy),
  };
}

/** @source plan 2.2.1: one unified code; it has three digits for the grid, and none is used again, also when its grid is gone */
function codesFinding({ community, map }: Survey, on: string): Finding {
  const numbers = [...map.grids, ...map.retired].map(({ number }) => number).toSorted((a, b) => a - b);
  const twice = [...new Set(numbers.filter((number, i) => numbers[i - 1] === number))];
  const beyond = [...new Set(numbers.filter((number) => number < 1 || number > LAST_NUMBER))];
  const bad = [...new Set([...twice, ...beyond])].toSorted((a, b) => a - b);
  const listed = bad.length > 0 ? ` (${bad.join(", ")})` : "";
  const source = { asOf: on, source: `grid map ${community.code}` };
  return {
    rule: "community.codes",
    clause: "2.2.1",
    verdict: bad.length > 0 ? "breaches" : "meets",
    subject: subjectOf(community),
    title: {
      zh: `${community.name}：${numbers.length} 个网格编码，其中有误的 ${bad.length} 个`,
      en: `${community.name}: ${numbers.length} grid codes, ${bad.length} of them wrong`,
    },
    observed: bad.length,
    expected: 0,
    difference: bad.length,
    inputs: [
      { name: { zh: "现有网格", en: "live grids" }, value: map.grids.length, ...source },
      { name: { zh: "已撤销网格", en: "retired grids" }, value: map.retired.length, ...source },
    ],
    steps: [
      {
        zh: `现有 ${map.grids.length} 个、已撤销 ${map.retired.length} 个网格的编号：重复 ${twice.length} 个，不在 1–${LAST_NUMBER} 的 ${beyond.length} 个${listed}`,
        en: `Numbers of ${map.grids.length} live and ${map.retired.length} retired grids: ${twice.length} used twice, ${beyond.length} not in 1–${LAST_NUMBER}${listed}`,
      },
    ],
    parameters: [],
  };
}

// ----------------------------------------------------------------------------------------------------- street and county

/** Where a grid's households lie against the two clauses' sizes. `wide`: within 2.1 only. */
export type SizeBand = "below" | "within" | "wide" | "above" | "unknown";

/** What an area's verdicts need of one community: small enough to be kept beside its map. */
export interface CommunityTally {
  readonly community: Subject;
  /** The day it is counted for. */
  readonly on: string;
  /** Whether a map was ever drawn. */
  readonly drawn: boolean;
  readonly urban: number;
  readonly rural: number;
  readonly demonstration: number;
  readonly bands: Readonly<Record<SizeBand, number>>;
  /** How many grids have which verdict on their size, under each reading of `policy.grid.size`. */
  readonly verdicts: Readonly<Record<SizeClause, Readonly<Record<Verdict, number>>>>;
}

/**
 * A community's grids, counted for {@link areaVerdicts}.
 * @throws RangeError if a parameter it needs is not in force on that day
 */
export function tallyOf(grids: CommunityGrids, policy: Policy): CommunityTally {
  const { on } = policy;
  const survey = surveyOf(grids, on);
  const narrow = policy.value("grid.households");
  const wide = policy.value("layout.grid-households");
  const villages = policy.value("policy.villages.undivided");
  const bands: Record<SizeBand, number> = { below: 0, within: 0, wide: 0, above: 0, unknown: 0 };
  const none = { meets: 0, deviates: 0, breaches: 0, ambiguous: 0, "cannot-tell": 0 };
  const verdicts: Record<SizeClause, Record<Verdict, number>> = { "2.2.1": { ...none }, "2.1": { ...none } };
  for (const grid of survey.grids) {
    bands[bandOf(grid.households, narrow, wide)] += 1;
    for (const clause of ["2.2.1", "2.1"] as const)
      verdicts[clause][judgeSize(grid, clause, villages, policy).verdict] += 1;
  }
  const count = (is: (grid: Grid) => boolean) => survey.grids.filter(({ grid }) => is(grid)).length;
  return {
    community: subjectOf(grids.community),
    on,
    drawn: isDrawn(grids.map),
    urban: count(({ kind }) => kind === "urban"),
    rural: count(({ kind }) => kind === "rural"),
    demonstration: count(({ tier }) => tier === "demonstration"),
    bands,
    verdicts,
  };
}

function bandOf(households: number | null, narrow: Range, wide: Range): SizeBand {
  if (households === null) return "unknown";
  if (outside(households, narrow) === 0) return "within";
  if (outside(households, wide) === 0) return "wide";
  return households < wide.min ? "below" : "above";
}

/** Streets of which annex 2's note prints how many grids are urban and rural. */
const printedKinds: Readonly<Record<string, Record<Grid["kind"], ParameterId>>> = {
  [streets[0].code]: { urban: "annex2.baodu.urban-grids", rural: "annex2.baodu.rural-grids" },
};
/** A county's code is its first six digits. */
const isCounty = ({ code }: Subject): boolean => code.length === 6;

/**
 * What the plan says of the grids of a street or the county, by its code.
 * @param tallies one for each community of the area, all made under this policy
 * @param planned the number of grids a table plans for the area; null: no table says
 * @throws RangeError if a parameter it needs is not in force on that day
 */
export function areaVerdicts(
  {
    area,
    tallies: given,
    planned,
    acceptances,
  }: {
    readonly area: Subject;
    readonly tallies: readonly CommunityTally[];
    readonly planned: { readonly grids: number; readonly asOf: string; readonly source: string } | null;
    readonly acceptances: readonly Acceptance[];
  },
  policy: Policy,
): Finding[] {
  const { on } = policy;
  const tallies = given.toSorted(by(({ community }) => community.id));
  const printed = printedKinds[area.code];
  const findings = [
    mapsFinding(area, tallies, policy),
    ...(planned === null ? [] : [areaPlannedFinding(area, tallies, planned)]),
    ...(printed === undefined
      ? []
      : (["urban", "rural"] as const).map((kind) => areaKindFinding(area, tallies, kind, printed[kind], policy))),
    sizesFinding(area, tallies, policy),
    ...(isCounty(area) ? [demonstrationFinding(area, tallies, policy)] : []),
  ];
  return withAcceptances(findings, acceptances, on);
}

const tallied = (
  tallies: readonly CommunityTally[],
  name: Text,
  of: (tally: CommunityTally) => number,
): FindingInput[] =>
  tallies.map((tally) => ({
    name: { zh: `${tally.community.name}${name.zh}`, en: `${tally.community.name}, ${name.en}` },
    value: tally.drawn ? of(tally) : null,
    asOf: tally.on,
    source: `grid map ${tally.community.code}`,
  }));
const undrawn = (tallies: readonly CommunityTally[]): number => tallies.filter(({ drawn }) => !drawn).length;
const total = (tallies: readonly CommunityTally[], of: (tally: CommunityTally) => number): number =>
  sum(tallies.map(of));
const gridsOf = ({ urban, rural }: CommunityTally): number => urban + rural;
const undrawnStep = (tallies: readonly CommunityTally[]): Text => ({
  zh: `${tallies.length} 个社区中 ${undrawn(tallies)} 个没有网格图`,
  en: `Communities: ${tallies.length}, without a map: ${undrawn(tallies)}`,
});

function mapsFinding(area: Subject, tallies: readonly CommunityTally[], policy: Policy): Finding {
  const observed = undrawn(tallies);
  return {
    rule: "area.maps",
    clause: "2.2.1",
    verdict: observed > 0 ? "cannot-tell" : "meets",
    subject: subjectOf(area),
    title: {
      zh: `${area.name}：${tallies.length} 个社区中 ${observed} 个没有网格图`,
      en: `${area.name}: communities without a map: ${observed} of ${tallies.length}`,
    },
    observed,
    expected: 0,
    difference: observed,
    inputs: tallied(tallies, { zh: "现有网格", en: "live grids" }, gridsOf),
    steps: [
      undrawnStep(tallies),
      ...(observed > 0
        ? [
            {
              zh: `这 ${observed} 个社区的网格无从判断`,
              en: `Nothing can be told of the grids of these ${observed}`,
            },
            deadlineStep("2.2.1", policy),
          ]
        : []),
    ],
    parameters: observed === 0 ? [] : parametersUsed(["clause.2.2.1.deadline"], policy),
  };
}

function areaPlannedFinding(
  area: Subject,
  tallies: readonly CommunityTally[],
  planned: { readonly grids: number; readonly asOf: string; readonly source: string },
): Finding {
  const observed = total(tallies, gridsOf);
  const { verdict, explanation } = judgePlanned(observed, planned.grids, undrawn(tallies) === 0);
  return {
    rule: "area.grids",
    clause: "A2",
    verdict,
    subject: subjectOf(area),
    title: {
      zh: `${area.name}：已划网格 ${observed} 个，附件2为 ${planned.grids} 个`,
      en: `${area.name}: ${observed} grids drawn, ${planned.grids} in annex 2`,
    },
    observed,
    expected: planned.grids,
    difference: observed - planned.grids,
    inputs: [
      {
        name: { zh: "网格数量（附件2）", en: "planned grids (annex 2)" },
        value: planned.grids,
        asOf: planned.asOf,
        source: planned.source,
      },
      ...tallied(tallies, { zh: "现有网格", en: "live grids" }, gridsOf),
    ],
    steps: [
      additionStep({ zh: "各社区网格之和", en: "Sum of the communities' grids" }, tallies.map(gridsOf), observed),
      undrawnStep(tallies),
      explanation,
    ],
    parameters: [],
  };
}

/** Urban grids draw equipment money (A4), so one more or fewer has its price; rural ones draw none as annex 4 is read. */
function areaKindFinding(
  area: Subject,
  tallies: readonly CommunityTally[],
  kind: Grid["kind"],
  id: ParameterId,
  policy: Policy,
): Finding {
  const label = kindText[kind];
  const observed = total(tallies, (tally) => tally[kind]);
  const expected = policy.value(id) as number;
  const { verdict, explanation } = judgePlanned(observed, expected, undrawn(tallies) === 0);
  const difference = observed - expected;
  const priced = kind === "urban" || policy.value("policy.villages.rural-grids") === "all";
  const price = policy.value("grid.equipment");
  const costs = priced && verdict !== "cannot-tell";
  return {
    rule: `area.grids-${kind}`,
    clause: "A2",
    verdict,
    subject: subjectOf(area),
    title: {
      zh: `${area.name}：${label.zh}网格 ${observed} 个，附件2附注为 ${expected} 个`,
      en: `${area.name}: ${observed} ${label.en} grids, ${expected} in the note of annex 2`,
    },
    observed,
    expected,
    difference,
    ...(costs && { moneyFen: difference * price }),
    inputs: tallied(tallies, { zh: `${label.zh}网格`, en: `${label.en} grids` }, (tally) => tally[kind]),
    steps: [
      additionStep(
        { zh: `各社区${label.zh}网格之和`, en: `Sum of the communities' ${label.en} grids` },
        tallies.map((tally) => tally[kind]),
        observed,
      ),
      undrawnStep(tallies),
      explanation,
      ...(costs
        ? [
            {
              zh: `办公设备费：${difference} × ${yuan(price)} 元 = ${yuan(difference * price)} 元`,
              en: `Office equipment: ${difference} × ${yuan(price)} yuan = ${yuan(difference * price)} yuan`,
            },
          ]
        : []),
    ],
    parameters: parametersUsed(costs ? [id, "grid.equipment", "policy.villages.rural-grids"] : [id], policy),
  };
}

const bandText: Readonly<Record<SizeBand, Text>> = {
  below: { zh: "不足", en: "below" },
  within: { zh: "合 2.2.1", en: "within 2.2.1" },
  wide: { zh: "只合 2.1", en: "within 2.1 only" },
  above: { zh: "超出", en: "above" },
  unknown: { zh: "不明", en: "not known" },
};

/** How many of an area's grids have the size asked for; the verdict is that of its worst grid. */
function sizesFinding(area: Subject, tallies: readonly CommunityTally[], policy: Policy): Finding {
  const expected = total(tallies, gridsOf);
  const band = (name: SizeBand) => total(tallies, ({ bands }) => bands[name]);
  const within = (clause: SizeClause) => band("within") + (clause === "2.1" ? band("wide") : 0);
  const clause = policy.value("policy.grid.size");
  const judge = (reading: SizeClause): Judged => {
    const count = (verdict: Verdict) => total(tallies, ({ verdicts }) => verdicts[reading][verdict]);
    const found = (["meets", "deviates", "breaches", "cannot-tell"] as const).filter((verdict) => count(verdict) > 0);
    const range = rangeText(policy.value(sizeOf[reading]));
    const missing = undrawn(tallies) > 0 || expected === 0;
    return {
      verdict: gravest(missing ? [...found, "cannot-tell"] : found),
      explanation: {
        zh: `按 ${reading}（${range} 户）：${expected} 个网格中 ${within(reading)} 个符合，偏离 ${count("deviates")}，不符 ${count("breaches")}，不明 ${count("cannot-tell")}`,
        en: `By ${reading} (${range} households): grids ${expected}, within ${within(reading)}, deviations ${count("deviates")}, breaches ${count("breaches")}, unknown ${count("cannot-tell")}`,
      },
    };
  };
  const { verdict, explanation } = judge(clause);
  const observed = within(clause);
  const named = Object.entries(bandText).map(([name, text]) => ({ text, count: band(name as SizeBand) }));
  return {
    rule: "area.grid-sizes",
    clause,
    verdict,
    subject: subjectOf(area),
    title: {
      zh: `${area.name}：${expected} 个网格中 ${observed} 个户数符合`,
      en: `${area.name}: grids of the size asked for: ${observed} of ${expected}`,
    },
    observed,
    expected,
    difference: observed - expected,
    inputs: tallied(
      tallies,
      { zh: "户数符合的网格", en: "grids of the size asked for" },
      ({ bands }) => bands.within + (clause === "2.1" ? bands.wide : 0),
    ),
    steps: [
      undrawnStep(tallies),
      {
        zh: `按户数：${named.map(({ text, count }) => `${text.zh} ${count}`).join("，")}`,
        en: `By households: ${named.map(({ text, count }) => `${text.en} ${count}`).join(", ")}`,
      },
      readingStep("policy.grid.size", policy),
      explanation,
    ],
    parameters: parametersUsed(["policy.grid.size", "grid.households", "layout.grid-households"], policy),
    otherReading: underOtherReadings("policy.grid.size", policy, judge),
  };
}

/** @source plan 2.3.2: led by a bureau of the county, so counted over the county. Missing maps can only add to the count. */
function demonstrationFinding(area: Subject, tallies: readonly CommunityTally[], policy: Policy): Finding {
  const range = policy.value("grid.demonstration");
  const observed = total(tallies, ({ demonstration }) => demonstration);
  const difference = outside(observed, range);
  const missing = undrawn(tallies);
  const verdict: Verdict =
    missing > 0 && difference <= 0 ? "cannot-tell" : difference === 0 ? "meets" : whenMissed("grid.demonstration");
  return {
    rule: "area.demonstration-grids",
    clause: "2.3.2",
    verdict,
    subject: subjectOf(area),
    title: {
      zh: `${area.name}：示范网格 ${observed} 个，应为 ${rangeText(range)} 个`,
      en: `${area.name}: ${observed} demonstration grids, ${rangeText(range)} expected`,
    },
    observed,
    expected: range,
    difference,
    inputs: tallied(tallies, { zh: "示范网格", en: "demonstration grids" }, ({ demonstration }) => demonstration),
    steps: [
      additionStep(
        { zh: "各社区示范网格之和", en: "Sum of the communities' demonstration grids" },
        tallies.map(({ demonstration }) => demonstration),
        observed,
      ),
      undrawnStep(tallies),
      verdict === "cannot-tell"
        ? {
            zh: `${observed} 个，其余社区划分后只会增加，尚无法判断`,
            en: `${observed} so far; the other communities can only add to it, so it cannot be told yet`,
          }
        : {
            zh: `${observed} 个与 ${rangeText(range)} 个相比，相差 ${difference}`,
            en: `${observed} against ${rangeText(range)}: difference ${difference}`,
          },
    ],
    parameters: parametersUsed(["grid.demonstration"], policy),
  };
}

// ----------------------------------------------------------------------------------------------- departments' own grids

/** A grid that a department had drawn for itself. */
export interface DepartmentalGrid {
  readonly id: string;
  readonly department: string;
  readonly name: string;
  /** The registered places it covered, as far as known. */
  readonly places: readonly string[];
  /** The grids it belongs to now. */
  readonly mappedTo: readonly string[];
  /** The first day it no longer held; null: it still holds. */
  readonly withdrawnOn: string | null;
}

/**
 * Whether each of a department's own grids is withdrawn and mapped to the new ones; by id.
 * @source plan 2.2.1: both are demanded without reserve
 */
export function departmentalVerdicts(
  {
    area,
    entries,
    acceptances,
  }: {
    readonly area: Subject;
    readonly entries: readonly DepartmentalGrid[];
    readonly acceptances: readonly Acceptance[];
  },
  policy: Policy,
): Finding[] {
  const { on } = policy;
  const findings = entries.toSorted(by(({ id }) => id)).map((entry): Finding => {
    const { id, department, name, withdrawnOn } = entry;
    const withdrawn = withdrawnOn !== null && withdrawnOn <= on;
    const [grids, places] = [entry.mappedTo.toSorted(), entry.places.toSorted()];
    const mapped = grids.length > 0;
    const state: Text = {
      zh: `归入新网格 ${grids.length} 个，${withdrawn ? `${withdrawnOn} 起撤销` : "未撤销"}`,
      en: `grids it is mapped to: ${grids.length}, ${withdrawn ? `withdrawn on ${withdrawnOn}` : "not withdrawn"}`,
    };
    const source = { asOf: on, source: `departmental grid ${id}` };
    return {
      rule: "departmental.withdrawn",
      clause: "2.2.1",
      verdict: mapped && withdrawn ? "meets" : "breaches",
      subject: { id, code: area.code, name },
      title: { zh: `${department}“${name}”：${state.zh}`, en: `${department}, ${name}: ${state.en}` },
      observed: state,
      expected: { zh: "归入新网格（至少 1 个）并撤销", en: "mapped to at least 1 grid and withdrawn" },
      difference: null,
      inputs: [
        { name: { zh: "部门", en: "department" }, value: department, ...source },
        { name: { zh: "所含小区、村庄", en: "places it covered" }, value: places.join(", "), ...source },
        { name: { zh: "归入的网格", en: "grids it is mapped to" }, value: grids.join(", "), ...source },
        { name: { zh: "撤销日期", en: "day of withdrawal" }, value: withdrawnOn, ...source },
      ],
      steps: [
        {
          zh: `所含 ${places.length} 处，归入 ${grids.length} 个新网格：${mapped ? "已归入" : "未归入"}`,
          en: `Places it covered: ${places.length}, grids it is mapped to: ${grids.length} (${mapped ? "done" : "not done"})`,
        },
        withdrawnOn === null
          ? { zh: "没有撤销日期", en: "There is no day of withdrawal" }
          : {
              zh: `撤销日期 ${withdrawnOn}，判断日 ${on}：${withdrawn ? "已撤销" : "尚未撤销"}`,
              en: `Day of withdrawal ${withdrawnOn}, day of this verdict ${on}: ${withdrawn ? "withdrawn" : "not yet withdrawn"}`,
            },
        deadlineStep("2.2.1", policy),
      ],
      parameters: parametersUsed(["clause.2.2.1.deadline"], policy),
    };
  });
  return withAcceptances(findings, acceptances, on);
}
