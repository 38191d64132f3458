import { daysBetween } from "@county/plan/calendar.ts";
import type { Item, ParameterId, ParameterValue } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { centreDeadlineVerdict } from "./deadlines.ts";
import { canonical, type Done, days, doneBy, hundredths, leastOf, portion, whole } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  type FindingInput,
  inputOf,
  type Judged,
  outside,
  parametersUsed,
  readingStep,
  type Subject,
  underOtherReadings,
  type Verdict,
  whenMissed,
  within,
} from "./finding.ts";

// Verdicts on places to serve from: service centres (plan 2.3.1), service rooms of compounds and grid stations (2.3.2).
// Floor areas are whole square decimetres. Order of what is given never matters.

/** The plan prints m²; areas are kept in dm². */
const DM2 = 100;

const metres = (area: number | null): Text =>
  area === null ? { zh: "不明", en: "not known" } : { zh: `${hundredths(area)} 平方米`, en: `${hundredths(area)} m²` };

/** An area against a lower limit, with the arithmetic. */
const against = (area: number, least: number): Text => {
  const difference = hundredths(area - least);
  return {
    zh: `${hundredths(area)} − ${hundredths(least)} = ${difference} 平方米`,
    en: `${hundredths(area)} − ${hundredths(least)} = ${difference} m²`,
  };
};

const areaInput = (name: Text, area: number | null, evidence: Evidence): FindingInput =>
  inputOf({ zh: `${name.zh}（平方分米）`, en: `${name.en} (dm²)` }, area, evidence);

// --------------------------------------------------------------------------------------------------------------- centres

/** A community's service centre. What is null is not known. */
export interface CentreFacts extends Evidence {
  /** The community the centre serves, under its full name. */
  readonly subject: Subject;
  /** Whether it is newly built, rebuilt or extended, or neither. */
  readonly standing: "new" | "rebuilt" | "existing" | null;
  /** Floor area of the centre, in dm². */
  readonly area: number | null;
  /** Where the area comes from, if not from where the rest does: annex 3 prints it. */
  readonly areaFrom?: Evidence | undefined;
  /** Floor area of the service hall, in dm². */
  readonly hallArea: number | null;
  /** Ids of `centre.signs`. */
  readonly signs: readonly string[] | null;
  /** Each room with the ids of `centre.rooms` it is used for: one room may have several uses. */
  readonly rooms: readonly { readonly name: string; readonly uses: readonly string[] }[] | null;
  /** What the general window of its hall takes. */
  readonly window: "every-matter" | "some-matters" | "none" | null;
  /** When the work annex 3 pays for was finished. */
  readonly finished: Done;
  /** The years for which annex 3 lists cost of this centre. */
  readonly costYears: (Evidence & { readonly years: readonly number[] }) | null;
}

/**
 * What the plan asks of one centre: area, hall, signs, rooms, window and deadline (the finding that the list of deadlines has), in this order.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export const centreVerdicts = (centre: CentreFacts, policy: Policy): Finding[] => [
  centreAreaFinding("centre.area", centre, policy),
  centreAreaFinding("centre.hall-area", centre, policy),
  completeFinding("centre.signs", centre, centre.signs, policy),
  completeFinding("centre.rooms", centre, centre.rooms?.flatMap(({ uses }) => uses) ?? null, policy),
  windowFinding(centre),
  centreDeadlineVerdict(
    {
      community: centre.subject,
      rebuildingYears: centre.costYears?.years ?? null,
      yearsFrom: centre.costYears ?? undefined,
      done: centre.finished && (centre.finished.on === null ? "not-yet" : { on: centre.finished.on }),
      asOf: centre.asOf,
      source: centre.source,
      place: centre.place,
    },
    policy,
  ).finding,
];

const standings = {
  new: { zh: "新建", en: "new" },
  rebuilt: { zh: "改扩建", en: "rebuilt or extended" },
  existing: { zh: "既非新建也非改扩建", en: "neither new nor rebuilt" },
} as const satisfies Record<Exclude<CentreFacts["standing"], null>, Text>;

function judgeCentreArea(
  area: number | null,
  least: number,
  standing: CentreFacts["standing"],
  scope: ParameterValue<"policy.centre.scope">,
): Judged {
  const kind =
    standing === null ? { zh: "是否新建或改扩建不明", en: "new or rebuilt or not: unknown" } : standings[standing];
  if (scope === "new-or-rebuilt" && standing === "existing") {
    const sum = area === null ? { zh: "面积不明", en: "The area is not known" } : against(area, least);
    return {
      verdict: "meets",
      explanation: { zh: `${sum.zh}；${kind.zh}，不受面积要求约束`, en: `${sum.en}; ${kind.en}: it is not bound` },
    };
  }
  if (area === null)
    return {
      verdict: "cannot-tell",
      explanation: { zh: "面积不明，无法判断", en: "The area is not known: it cannot be told" },
    };
  const sum = against(area, least);
  if (area >= least) return { verdict: "meets", explanation: { zh: `${sum.zh}，达到`, en: `${sum.en}: reached` } };
  if (scope === "new-or-rebuilt" && standing === null)
    return {
      verdict: "cannot-tell",
      explanation: {
        zh: `${sum.zh}，不足；${kind.zh}，无法判断是否适用`,
        en: `${sum.en}: short; ${kind.en}, so whether it binds cannot be told`,
      },
    };
  return {
    verdict: "breaches",
    explanation: { zh: `${sum.zh}，不足（${kind.zh}）`, en: `${sum.en}: short (${kind.en})` },
  };
}

const centreFloors = {
  "centre.area": { zh: "总面积", en: "floor area" },
  "centre.hall-area": { zh: "便民服务大厅面积", en: "hall area" },
} as const satisfies Partial<Record<ParameterId, Text>>;

/** @source plan 2.3.1: it asks this of new and rebuilt centres; whether of every centre too is `policy.centre.scope` */
function centreAreaFinding(rule: keyof typeof centreFloors, centre: CentreFacts, policy: Policy): Finding {
  const { subject, standing } = centre;
  const name = centreFloors[rule];
  const area = whole(rule === "centre.area" ? centre.area : centre.hallArea);
  const least = policy.value(rule) * DM2;
  const judge = (scope: ParameterValue<"policy.centre.scope">) => judgeCentreArea(area, least, standing, scope);
  const { verdict, explanation } = judge(policy.value("policy.centre.scope"));
  return {
    rule,
    clause: "2.3.1",
    verdict,
    subject,
    title: {
      zh: `${subject.name}服务中心${name.zh} ${metres(area).zh}，下限 ${metres(least).zh}`,
      en: `${subject.name}, service centre: ${name.en} ${metres(area).en}, at least ${metres(least).en}`,
    },
    observed: area,
    expected: { min: least, max: null },
    unit: "square-decimetre",
    difference: area === null ? null : outside(area, { min: least, max: null }),
    inputs: [
      areaInput(name, area, (rule === "centre.area" ? centre.areaFrom : undefined) ?? centre),
      inputOf({ zh: "新建、改扩建或都不是", en: "new, rebuilt or neither" }, standing, centre),
    ],
    steps: [readingStep("policy.centre.scope", policy), explanation],
    parameters: parametersUsed([rule, "policy.centre.scope"], policy),
    otherReading: underOtherReadings("policy.centre.scope", policy, judge),
  };
}

const titles = (items: readonly Item[]): Text => ({
  zh: items.map(({ title }) => title.zh).join("、"),
  en: items.map(({ title }) => title.en).join("; "),
});

const completeness = {
  "centre.signs": { zh: "牌子和标识", en: "signs" },
  "centre.rooms": { zh: "功能用房", en: "uses of rooms" },
} as const satisfies Partial<Record<ParameterId, Text>>;

/** @source plan 2.3.1: every sign, and a room for every use; rooms themselves are not counted, as one may have several uses */
function completeFinding(
  rule: keyof typeof completeness,
  centre: CentreFacts,
  held: readonly string[] | null,
  policy: Policy,
): Finding {
  const { subject, rooms } = centre;
  const what = completeness[rule];
  const asked: readonly Item[] = policy.value(rule);
  const has = new Set(held);
  const missing = asked.filter(({ id }) => !has.has(id));
  const observed = held && asked.length - missing.length;
  const roomSteps =
    rule === "centre.rooms" && rooms !== null
      ? canonical(rooms).map(({ name, uses }): Text => {
          const used = titles(asked.filter(({ id }) => uses.includes(id)));
          return {
            zh: `${name}：${used.zh || "不在所列用途内"}`,
            en: `${name}: ${used.en || "none of the uses asked for"}`,
          };
        })
      : [];
  return {
    rule,
    clause: "2.3.1",
    ...within(observed, { min: asked.length, max: null }, whenMissed(rule)),
    subject,
    title: {
      zh: `${subject.name}服务中心${what.zh}：应有 ${asked.length} 项，已有 ${observed ?? "不明"} 项`,
      en: `${subject.name}, service centre, ${what.en}: ${observed ?? "an unknown number"} of ${asked.length}`,
    },
    unit: "item",
    inputs: [inputOf(what, held && [...has].toSorted().join(", "), centre)],
    steps: [
      ...roomSteps,
      held === null
        ? { zh: "没有查到情况，无法判断", en: "Nothing is recorded: it cannot be told" }
        : missing.length === 0
          ? { zh: `${titles(asked).zh}：齐全`, en: `${titles(asked).en}: complete` }
          : { zh: `缺：${titles(missing).zh}`, en: `Missing: ${titles(missing).en}` },
    ],
    parameters: parametersUsed([rule], policy),
  };
}

const windows = {
  "every-matter": { zh: "一个窗口受理所有事项", en: "one window takes every matter" },
  "some-matters": { zh: "窗口只受理部分事项", en: "the window takes some matters only" },
  none: { zh: "没有全科窗口", en: "there is no general window" },
} as const satisfies Record<Exclude<CentreFacts["window"], null>, Text>;

/** @source plan 2.3.1: one window of the hall takes every matter */
function windowFinding({ subject, window, ...evidence }: CentreFacts): Finding {
  const observed = window && windows[window];
  const told = observed ?? { zh: "窗口情况不明", en: "what its window takes is not known" };
  return {
    rule: "centre.window",
    clause: "2.3.1",
    verdict: window === null ? "cannot-tell" : window === "every-matter" ? "meets" : "breaches",
    subject,
    title: { zh: `${subject.name}服务中心：${told.zh}`, en: `${subject.name}, service centre: ${told.en}` },
    observed,
    expected: windows["every-matter"],
    difference: null,
    inputs: [inputOf({ zh: "全科窗口", en: "general window" }, window, evidence)],
    steps: [told],
    parameters: [],
  };
}

// --------------------------------------------------------------------------------------------------------- service rooms

/** How an old compound without enough rooms is helped: idle building allotted, built, built jointly, served by a neighbour. */
export interface RoomsRemedy {
  readonly kind: "allot" | "add" | "joint" | "neighbour";
  readonly carriedOut: boolean | null;
  /** Floor area it gives the compound, in dm²; of a neighbour's rooms, theirs. */
  readonly area: number | null;
}

/** The community service rooms of one compound. What is null is not known; areas in dm². */
export interface ServiceRoomsFacts extends Evidence {
  readonly subject: Subject;
  /** What it was when the plan came: one new, building or unbuilt stays so when it is accepted later. */
  readonly stage: "new" | "building" | "unbuilt" | "accepted" | "old" | null;
  /** Total residential floor area of the project. */
  readonly residentialArea: number | null;
  /** Service rooms as built, or as designed as long as they are not. */
  readonly area: number | null;
  /** Acceptance on completion. */
  readonly accepted: Done;
  readonly handedOver: Done;
  readonly clearTitle: boolean | null;
  /** What the owners' committee and the community hold of the rooms. */
  readonly ownersArea: number | null;
  readonly communityArea: number | null;
  /** null: not looked into; empty: none. */
  readonly remedies: readonly RoomsRemedy[] | null;
}

const stages = {
  new: { zh: "新建", en: "new" },
  building: { zh: "在建", en: "being built" },
  unbuilt: { zh: "未建成", en: "unbuilt" },
  accepted: { zh: "已经验收", en: "already accepted" },
  old: { zh: "老旧小区", en: "old" },
} as const satisfies Record<Exclude<ServiceRoomsFacts["stage"], null>, Text>;

/**
 * What the plan asks of a compound's service rooms: their area, and for what was not yet accepted the hand-over and the two parts.
 * An old compound has one finding, on how its want is settled.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function serviceRoomsVerdicts(rooms: ServiceRoomsFacts, policy: Policy): Finding[] {
  switch (rooms.stage) {
    case "old":
      return [remedyFinding(rooms, policy)];
    case null:
      return [roomsAreaFinding(rooms, policy)];
    case "accepted":
      return [roomsAreaFinding(rooms, policy), splitFinding(rooms, policy)];
    default:
      return [roomsAreaFinding(rooms, policy), handoverFinding(rooms, policy), splitFinding(rooms, policy)];
  }
}

/**
 * The least floor area of service rooms, in dm²: both the share of the residential area and the fixed area.
 * @param residentialArea in dm²; null: not known, so that only the fixed area can be told
 * @source plan 2.3.2
 */
export const serviceRoomsNeeded = (residentialArea: number | null, policy: Policy): number =>
  Math.max(
    policy.value("rooms.area") * DM2,
    leastOf(residentialArea ?? 0, { numerator: policy.value("rooms.share"), denominator: 1000, over: false }),
  );

/** Short for sure even where the residential area is unknown; enough only where it is known. */
function roomsVerdict(
  area: number | null,
  least: number,
  residentialArea: number | null,
): "short" | "enough" | "unknown" {
  if (area === null) return "unknown";
  if (area < least) return "short";
  return residentialArea === null ? "unknown" : "enough";
}

function neededStep(residentialArea: number | null, least: number, policy: Policy): Text {
  const [share, fixed] = [policy.value("rooms.share"), policy.value("rooms.area")];
  if (residentialArea === null)
    return {
      zh: `住宅总建筑面积不明，${share}‰ 无从计算；至少 ${fixed} 平方米`,
      en: `The residential area is not known, so ${share}‰ of it is not either; at least ${fixed} m²`,
    };
  const part = leastOf(residentialArea, { numerator: share, denominator: 1000, over: false });
  const equation = `${hundredths(residentialArea)} × ${share} ÷ 1000 → ${hundredths(part)}`;
  return {
    zh: `${equation} 平方米（进到 0.01）；与 ${fixed} 平方米取大者：${hundredths(least)} 平方米`,
    en: `${equation} m² (up to the next 0.01); the larger of it and ${fixed} m²: ${hundredths(least)} m²`,
  };
}

const roomsInputs = (rooms: ServiceRoomsFacts): FindingInput[] => [
  inputOf({ zh: "小区建设阶段", en: "stage of the compound" }, rooms.stage, rooms),
  areaInput({ zh: "住宅总建筑面积", en: "residential floor area" }, whole(rooms.residentialArea), rooms),
  areaInput({ zh: "社区服务用房面积", en: "area of service rooms" }, whole(rooms.area), rooms),
];

/** @source plan 2.3.2: not yet accepted, they are built to this area; already accepted, the developer is brought to top up */
function roomsAreaFinding(rooms: ServiceRoomsFacts, policy: Policy): Finding {
  const { subject, stage } = rooms;
  const [area, residentialArea] = [whole(rooms.area), whole(rooms.residentialArea)];
  const least = serviceRoomsNeeded(residentialArea, policy);
  const state = roomsVerdict(area, least, residentialArea);
  const verdict: Verdict =
    state === "enough" ? "meets" : state === "unknown" || stage === null ? "cannot-tell" : whenMissed("rooms.area");
  const conclusion = (): Text => {
    if (area === null)
      return { zh: "用房面积不明，无法判断", en: "The area of the rooms is not known: it cannot be told" };
    const sum = against(area, least);
    if (state === "enough") return { zh: `${sum.zh}，达到`, en: `${sum.en}: enough` };
    if (state === "unknown")
      return {
        zh: `${sum.zh}，达到下限，但按比例是否足够无法判断`,
        en: `${sum.en}: the fixed area is reached, the share cannot be told`,
      };
    if (stage === null)
      return {
        zh: `${sum.zh}，不足；小区属哪一阶段不明，由谁解决无法判断`,
        en: `${sum.en}: short; the stage of the compound is not known, so who is to make it good cannot be told`,
      };
    const short = hundredths(least - area);
    return stage === "accepted"
      ? { zh: `${sum.zh}：由开发企业补足 ${short} 平方米`, en: `${sum.en}: the developer is to top up ${short} m²` }
      : { zh: `${sum.zh}：${stages[stage].zh}小区少配 ${short} 平方米`, en: `${sum.en}: ${short} m² too few` };
  };
  return {
    rule: "rooms.area",
    clause: "2.3.2",
    verdict,
    subject,
    title: {
      zh: `${subject.name}社区服务用房 ${metres(area).zh}，应不少于 ${metres(least).zh}`,
      en: `${subject.name}: service rooms ${metres(area).en}, at least ${metres(least).en}`,
    },
    observed: area,
    expected: { min: least, max: null },
    unit: "square-decimetre",
    difference: area === null ? null : outside(area, { min: least, max: null }),
    inputs: roomsInputs(rooms),
    steps: [neededStep(residentialArea, least, policy), conclusion()],
    parameters: parametersUsed(["rooms.share", "rooms.area"], policy),
  };
}

/** @source plan 2.3.2: handed over at acceptance, its title clear */
function handoverFinding(rooms: ServiceRoomsFacts, policy: Policy): Finding {
  const { subject, clearTitle } = rooms;
  const accepted = doneBy(rooms.accepted, policy.on);
  const handedOver = doneBy(rooms.handedOver, policy.on);
  const judge = (): Judged => {
    if (accepted === false)
      return {
        verdict: "meets",
        explanation: { zh: "尚未竣工验收，移交未到期", en: "Not accepted yet: nothing is due" },
      };
    if (accepted === null)
      return {
        verdict: "cannot-tell",
        explanation: { zh: "是否竣工验收不明", en: "Whether it is accepted is not known" },
      };
    if (handedOver === false)
      return {
        verdict: "breaches",
        explanation: {
          zh: `${accepted} 验收，至 ${policy.on} 未移交`,
          en: `Accepted on ${accepted}, not handed over by ${policy.on}`,
        },
      };
    if (clearTitle === false)
      return { verdict: "breaches", explanation: { zh: "产权没有明晰", en: "The title is not clear" } };
    if (handedOver !== null && handedOver > accepted) {
      const late = daysBetween(accepted, handedOver);
      return {
        verdict: "breaches",
        explanation: {
          zh: `${accepted} 验收，${handedOver} 移交，晚 ${late} 天`,
          en: `Accepted on ${accepted}, handed over on ${handedOver}: ${days(late)} late`,
        },
      };
    }
    if (handedOver === null || clearTitle === null)
      return {
        verdict: "cannot-tell",
        explanation: {
          zh: `${accepted} 验收，${handedOver === null ? "是否移交" : "产权"}不明`,
          en: `Accepted on ${accepted}; ${handedOver === null ? "whether handed over" : "the title"} is not known`,
        },
      };
    return {
      verdict: "meets",
      explanation: {
        zh: `${accepted} 验收，${handedOver} 移交，产权明晰`,
        en: `Accepted on ${accepted}, handed over on ${handedOver}, title clear`,
      },
    };
  };
  const { verdict, explanation } = judge();
  return {
    rule: "rooms.handover",
    clause: "2.3.2",
    verdict,
    subject,
    title: {
      zh: `${subject.name}社区服务用房移交：${explanation.zh}`,
      en: `${subject.name}, hand-over of service rooms: ${explanation.en}`,
    },
    observed: explanation,
    expected: { zh: "验收时移交，产权明晰", en: "handed over at acceptance, title clear" },
    difference: null,
    inputs: [
      inputOf({ zh: "竣工验收日期", en: "accepted on" }, rooms.accepted?.on ?? null, rooms),
      inputOf({ zh: "移交日期", en: "handed over on" }, rooms.handedOver?.on ?? null, rooms),
      inputOf({ zh: "产权明晰", en: "title clear" }, clearTitle, rooms),
    ],
    steps: [explanation],
    parameters: [],
  };
}

/** The two parts of service rooms, in whole dm². `remainder`: what neither share claims, which either may hold. */
export function serviceRoomsParts(
  area: number,
  policy: Policy,
): { readonly owners: number; readonly community: number; readonly remainder: number } {
  const part = (id: "rooms.owners-share" | "rooms.community-share") =>
    portion(area, { numerator: policy.value(id), denominator: 100 });
  const [owners, community] = [part("rooms.owners-share"), part("rooms.community-share")];
  return { owners, community, remainder: area - owners - community };
}

/** @source plan 2.3.2: on completion half to the owners' committee, half to the community */
function splitFinding(rooms: ServiceRoomsFacts, policy: Policy): Finding {
  const { subject, stage } = rooms;
  const [area, owners, community] = [whole(rooms.area), whole(rooms.ownersArea), whole(rooms.communityArea)];
  const parts = area === null ? null : serviceRoomsParts(area, policy);
  const completed = stage === "accepted" || doneBy(rooms.accepted, policy.on);
  const judge = (reading: ParameterValue<"policy.rooms.accepted-split">): Judged => {
    if (stage === "accepted" && reading === "area-only")
      return {
        verdict: "meets",
        explanation: {
          zh: "已经验收的只补足面积，不要求对半分",
          en: "Already accepted: only the area is topped up, no parts are asked for",
        },
      };
    if (completed === false)
      return {
        verdict: "meets",
        explanation: { zh: "尚未建成，未到分配时", en: "Not completed yet: nothing is to be divided" },
      };
    if (completed === null)
      return {
        verdict: "cannot-tell",
        explanation: { zh: "是否建成不明", en: "Whether it is completed is not known" },
      };
    if (parts === null || area === null || owners === null || community === null)
      return {
        verdict: "cannot-tell",
        explanation: { zh: "用房面积或双方所得面积不明", en: "The area of the rooms or of a part is not known" },
      };
    const held = owners + community;
    const equation = `${hundredths(owners)} + ${hundredths(community)} = ${hundredths(held)}`;
    if (held !== area)
      return {
        verdict: held > area ? "cannot-tell" : "breaches",
        explanation: {
          zh: `双方所得 ${equation}，用房共 ${hundredths(area)} 平方米，相差 ${hundredths(held - area)}${held > area ? "，数据有误" : ""}`,
          en: `The parts, ${equation}; the rooms have ${hundredths(area)} m²; difference ${hundredths(held - area)}${held > area ? ": the figures cannot be right" : ""}`,
        },
      };
    const right = owners >= parts.owners && community >= parts.community;
    return {
      verdict: right ? "meets" : "breaches",
      explanation: {
        zh: `双方所得 ${equation} 平方米，${right ? "与应得相符" : `业主委员会相差 ${hundredths(owners - parts.owners)}，社区相差 ${hundredths(community - parts.community)}`}`,
        en: `The parts, ${equation} m²: ${right ? "as they should be" : `committee ${hundredths(owners - parts.owners)}, community ${hundredths(community - parts.community)} against its part`}`,
      },
    };
  };
  const { verdict, explanation } = judge(policy.value("policy.rooms.accepted-split"));
  const [ofOwners, ofCommunity] = [policy.value("rooms.owners-share"), policy.value("rooms.community-share")];
  const due: Text | null = parts && {
    zh: `业主委员会 ${ofOwners}% 即 ${hundredths(parts.owners)}，社区 ${ofCommunity}% 即 ${hundredths(parts.community)}，余 ${hundredths(parts.remainder)} 平方米归哪方都可以`,
    en: `Owners' committee ${ofOwners}%: ${hundredths(parts.owners)}; community ${ofCommunity}%: ${hundredths(parts.community)}; left over, for either: ${hundredths(parts.remainder)} m²`,
  };
  const read = stage === "accepted";
  return {
    rule: "rooms.split",
    clause: "2.3.2",
    verdict,
    subject,
    title: {
      zh: `${subject.name}社区服务用房分配：业主委员会 ${metres(owners).zh}，社区 ${metres(community).zh}`,
      en: `${subject.name}, parts of the service rooms: owners' committee ${metres(owners).en}, community ${metres(community).en}`,
    },
    observed: {
      zh: `业主委员会 ${metres(owners).zh}，社区 ${metres(community).zh}`,
      en: `owners' committee ${metres(owners).en}, community ${metres(community).en}`,
    },
    expected: due,
    difference: null,
    inputs: [
      areaInput({ zh: "社区服务用房面积", en: "area of service rooms" }, area, rooms),
      areaInput({ zh: "交业主委员会面积", en: "area of the owners' committee" }, owners, rooms),
      areaInput({ zh: "交社区面积", en: "area of the community" }, community, rooms),
      inputOf({ zh: "竣工验收日期", en: "accepted on" }, rooms.accepted?.on ?? null, rooms),
    ],
    steps: [...(read ? [readingStep("policy.rooms.accepted-split", policy)] : []), ...(due ? [due] : []), explanation],
    parameters: parametersUsed(
      ["rooms.owners-share", "rooms.community-share", ...(read ? (["policy.rooms.accepted-split"] as const) : [])],
      policy,
    ),
    ...(read && { otherReading: underOtherReadings("policy.rooms.accepted-split", policy, judge) }),
  };
}

const remedyNames = {
  allot: { zh: "划拨闲置房屋", en: "idle building allotted" },
  add: { zh: "增建", en: "rooms added" },
  joint: { zh: "合建", en: "rooms built jointly" },
  neighbour: { zh: "由邻近小区的用房服务", en: "served from a neighbouring compound's rooms" },
} as const satisfies Record<RoomsRemedy["kind"], Text>;

const remedyState = (carriedOut: boolean | null): Text =>
  carriedOut === null
    ? { zh: "是否落实不明", en: "carried out or not: unknown" }
    : carriedOut
      ? { zh: "已落实", en: "carried out" }
      : { zh: "未落实", en: "not carried out" };

/** @source plan 2.3.2: one of three ways for an old compound with no or too few rooms; how far is `policy.rooms.old-remedy` */
function remedyFinding(rooms: ServiceRoomsFacts, policy: Policy): Finding {
  const { subject, remedies } = rooms;
  const [own, residentialArea] = [whole(rooms.area), whole(rooms.residentialArea)];
  const least = serviceRoomsNeeded(residentialArea, policy);
  const sorted = remedies && canonical(remedies);
  const judge = (reading: ParameterValue<"policy.rooms.old-remedy">): Judged => {
    const state = roomsVerdict(own, least, residentialArea);
    if (state === "enough")
      return {
        verdict: "meets",
        explanation: {
          zh: "用房已达标准，不需要另行解决",
          en: "The rooms are up to the standard: no remedy is needed",
        },
      };
    // A neighbour without rooms can serve nobody.
    const serves = ({ kind, area }: RoomsRemedy) => kind !== "neighbour" || whole(area) !== 0;
    const usable = (sorted ?? []).filter(serves);
    const carriedOut = usable.filter((one) => one.carriedOut === true);
    const undecided = sorted === null || usable.some((one) => one.carriedOut === null);
    const neighbour = carriedOut.filter(({ kind }) => kind === "neighbour");
    const proven = (all: readonly RoomsRemedy[]) => all.some(({ area }) => (whole(area) ?? 0) > 0);
    if (
      reading === "carried-out"
        ? carriedOut.some(({ kind }) => kind !== "neighbour") || proven(neighbour)
        : proven(neighbour)
    )
      return {
        verdict: "meets",
        explanation: { zh: "已落实的办法解决了问题", en: "A way that is carried out settles it" },
      };
    if (reading === "up-to-standard") {
      const gains = carriedOut.filter(({ kind }) => kind !== "neighbour").map(({ area }) => whole(area));
      const terms = [own, ...gains];
      const sum = terms.reduce<number>((total, term) => total + (term ?? 0), 0);
      const equation = terms.map((term) => (term === null ? "?" : hundredths(term))).join(" + ");
      const short = sum < least;
      const unknown = undecided || neighbour.length > 0 || (short ? terms.includes(null) : residentialArea === null);
      return {
        verdict: unknown ? "cannot-tell" : short ? "breaches" : "meets",
        explanation: {
          zh: `已有和落实的面积 ${equation} = ${hundredths(sum)}，标准 ${hundredths(least)} 平方米${unknown ? "，有数字不明，无法判断" : ""}`,
          en: `Area held and gained, ${equation} = ${hundredths(sum)}; the standard is ${hundredths(least)} m²${unknown ? "; a figure is not known, so it cannot be told" : ""}`,
        },
      };
    }
    if (undecided || neighbour.length > 0 || state === "unknown")
      return {
        verdict: "cannot-tell",
        explanation: {
          zh: "用房是否不足、办法是否落实不全清楚",
          en: "Whether the rooms are too few, or a way is carried out, is not all known",
        },
      };
    return usable.length === 0
      ? {
          verdict: "breaches",
          explanation: {
            zh: "用房没有或不足，也没有可行的办法",
            en: "There are no or too few rooms, and no way is found",
          },
        }
      : {
          verdict: "breaches",
          explanation: {
            zh: "用房没有或不足，办法还没有落实",
            en: "There are no or too few rooms, and no way is carried out",
          },
        };
  };
  const { verdict, explanation } = judge(policy.value("policy.rooms.old-remedy"));
  return {
    rule: "rooms.remedy",
    clause: "2.3.2",
    verdict,
    subject,
    title: {
      zh: `老旧小区${subject.name}社区服务用房 ${metres(own).zh}，标准 ${metres(least).zh}`,
      en: `${subject.name}, an old compound: service rooms ${metres(own).en}, the standard is ${metres(least).en}`,
    },
    observed: own,
    expected: { min: least, max: null },
    unit: "square-decimetre",
    difference: own === null ? null : outside(own, { min: least, max: null }),
    inputs: [
      ...roomsInputs(rooms),
      ...(sorted ?? []).map((one) => areaInput(remedyNames[one.kind], whole(one.area), rooms)),
    ],
    steps: [
      neededStep(residentialArea, least, policy),
      ...(sorted ?? []).map((one): Text => {
        const [name, state, area] = [remedyNames[one.kind], remedyState(one.carriedOut), metres(whole(one.area))];
        return { zh: `${name.zh}：${state.zh}，面积 ${area.zh}`, en: `${name.en}: ${state.en}, area ${area.en}` };
      }),
      readingStep("policy.rooms.old-remedy", policy),
      explanation,
    ],
    parameters: parametersUsed(["rooms.share", "rooms.area", "policy.rooms.old-remedy"], policy),
    otherReading: underOtherReadings("policy.rooms.old-remedy", policy, judge),
  };
}

// -------------------------------------------------------------------------------------------------------------- stations

/** A grid's service station; area in dm², null: not known. */
export interface StationFacts extends Evidence {
  readonly subject: Subject;
  /** The id of its grid. */
  readonly grid: string;
  readonly area: number | null;
  readonly premises: "service-rooms" | "property-rooms" | "other" | null;
}

const premisesNames = {
  "service-rooms": { zh: "设在社区服务用房，计划允许", en: "In service rooms, as the plan allows" },
  "property-rooms": { zh: "设在物业管理用房，计划允许", en: "In property-management rooms, as the plan allows" },
  other: { zh: "设在其他房屋，计划不禁止", en: "In other rooms, which the plan does not forbid" },
} as const satisfies Record<Exclude<StationFacts["premises"], null>, Text>;

/**
 * Whether each grid has a station, then the area of each station; grids and stations by their ids.
 * @param grids the grids to serve, each once, as they were listed with `stations`; null: the stations were not listed
 */
export function stationVerdicts(
  {
    grids,
    stations,
    ...listed
  }: Evidence & { readonly grids: readonly Subject[]; readonly stations: readonly StationFacts[] | null },
  policy: Policy,
): Finding[] {
  const expected = { min: policy.value("station.per-grid"), max: null };
  const least = policy.value("station.area") * DM2;
  const listing = canonical(stations ?? [], ({ subject }) => subject.id);
  const byGrid = Map.groupBy(listing, ({ grid }) => grid);
  const perGrid = canonical(grids, ({ id }) => id).map((subject): Finding => {
    const own = stations && (byGrid.get(subject.id) ?? []);
    const observed = own?.length ?? null;
    return {
      rule: "station.per-grid",
      clause: "2.3.2",
      ...within(observed, expected, whenMissed("station.per-grid")),
      subject,
      title: {
        zh: `${subject.name}有服务站 ${observed ?? "不明"} 处`,
        en: `${subject.name}: stations, ${observed ?? "not known"}`,
      },
      unit: "place",
      inputs: [inputOf({ zh: "网格服务站数", en: "stations of the grid" }, observed, listed)],
      steps: [
        own === null
          ? { zh: "没有服务站清单，无法判断", en: "The stations are not listed: it cannot be told" }
          : {
              zh: `服务站 ${own.length} 处${own.map(({ subject: { name } }) => `，${name}`).join("")}；每个网格应有 ${expected.min} 处`,
              en: `Stations: ${[own.length, ...own.map(({ subject: { name } }) => name)].join(", ")}; each grid is to have ${expected.min}`,
            },
      ],
      parameters: parametersUsed(["station.per-grid"], policy),
    };
  });
  const perStation = listing.map((station): Finding => {
    const { subject, premises } = station;
    const area = whole(station.area);
    return {
      rule: "station.area",
      clause: "2.3.2",
      ...within(area, { min: least, max: null }, whenMissed("station.area")),
      subject,
      title: {
        zh: `${subject.name}面积 ${metres(area).zh}，下限 ${metres(least).zh}`,
        en: `${subject.name}: ${metres(area).en}, at least ${metres(least).en}`,
      },
      unit: "square-decimetre",
      inputs: [
        areaInput({ zh: "网格服务站面积", en: "area of the station" }, area, station),
        inputOf({ zh: "所用房屋", en: "rooms it uses" }, premises, station),
      ],
      steps: [
        premises === null ? { zh: "所用房屋不明", en: "Which rooms it uses is not known" } : premisesNames[premises],
        area === null
          ? { zh: "面积不明，无法判断", en: "The area is not known: it cannot be told" }
          : against(area, least),
      ],
      parameters: parametersUsed(["station.area"], policy),
    };
  });
  return [...perGrid, ...perStation];
}
