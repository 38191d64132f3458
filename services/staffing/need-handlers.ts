import { tierOf } from "@county/contracts/area.ts";
import type { Finding } from "@county/contracts/findings.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import type { Need, needRoutes, Recruitment } from "@county/contracts/staffing-needs.ts";
import { policyOn } from "@county/plan/policy.ts";
import {
  type AreaCopy,
  type CommunityCopy,
  communityOf,
  type Scope,
  type StreetCopy,
  scopeOf,
  streetOf,
} from "@county/platform/areas.ts";
import type { Handlers } from "@county/platform/context.ts";
import { type Group, pageOf, pageOfGroups, placed } from "@county/platform/cursor.ts";
import { communityPostNeeds, gridPostNeeds, recruitment, totalNeeds } from "@county/rules/need.ts";
import { activeOf, factsOf, judged, recruitsPlanned, staffOf } from "./findings.ts";
import type { Deps } from "./handlers.ts";
import type { Store } from "./store.ts";

/** Who is needed and who is there, and what the rules find. */

const badParameter = (parameter: string, zh: string, en: string) =>
  new Problem("invalid-request", undefined, { errors: [{ parameter, reason: "value", detail: { zh, en } }] });

/** The plan's parameters begin with its year. */
function dayOf(on: string | undefined, today: string): string {
  const day = on ?? today;
  if (day < "2020-01-01") throw badParameter("on", "方案自 2020-01-01 起适用", "the plan applies from 2020-01-01");
  return day;
}

// -------------------------------------------------------------------------------------------------------------- groups

interface Part {
  readonly street: StreetCopy;
  readonly communities: readonly CommunityCopy[];
}

/** The streets of a scope, each with those of its communities that are in it. */
async function partsOf({ copies }: Store, { streets, community }: Scope): Promise<Part[]> {
  const found = await Promise.all(streets.map(async ({ id }) => await copies.street(id)));
  return found
    .filter((street) => street !== undefined)
    .map((street) => ({ street, communities: community ? [community] : activeOf(street) }));
}

const order = ["grid", "community", "street", "county"] as const;
type By = (typeof order)[number];

interface NeedGroup extends Group {
  readonly subject: AreaCopy;
  readonly members: readonly { readonly street: StreetCopy; readonly community: CommunityCopy }[];
}

/** What is added up to one subject each; by grid and by community that is one community. */
function groupsBy(by: By, county: AreaCopy, parts: readonly Part[]): NeedGroup[] {
  const members = ({ street, communities }: Part) => communities.map((community) => ({ street, community }));
  const group = (subject: AreaCopy, of: NeedGroup["members"]): NeedGroup => ({
    id: subject.id,
    subject,
    members: of,
    communities: of.length,
  });
  if (by === "county") return [group(county, parts.flatMap(members))];
  if (by === "street") return parts.map((part) => group(part.street, members(part)));
  return parts.flatMap((part) => members(part).map((one) => group(one.community, [one])));
}

/** The last three digits of a grid's code; undefined of any other. */
const numberIn = (area: string): string | undefined => (tierOf(area) === "grid" ? area.slice(12) : undefined);
const isOfGrid = (code: string, number: string | undefined): boolean =>
  number === undefined || code.slice(12) === number;

const noSuchFinding = () => new Problem("not-found", { zh: "没有这项核对发现", en: "There is no such finding" });

/** As the contract has it: the same fields, only that the rules promise to change none of them. */
const answerOf = (finding: object) => finding as Finding;

export function needHandlers({ store }: Deps): Pick<Handlers<typeof staffing>, keyof typeof needRoutes> {
  const countyOf = async ({ county }: Scope): Promise<AreaCopy> => {
    const copy = await store.copies.county(county);
    if (copy === undefined) throw new Error(`needs: nothing is known of ${county}`);
    return copy;
  };

  return {
    async listNeeds({ query: { area, on, by, limit, cursor } }, { today }) {
      const day = dayOf(on, today);
      if (order.indexOf(by) > order.indexOf(tierOf(area)))
        throw badParameter("by", "不能大于所查区域", "nothing wider than the area asked for");
      const [scope, changes] = await Promise.all([scopeOf(store.copies, area), store.policies.changes(area)]);
      const policy = policyOn(day, changes);
      const [parts, county] = await Promise.all([partsOf(store, scope), countyOf(scope)]);
      const number = numberIn(area);
      const load = async ({ subject: { id, code, name }, members }: NeedGroup): Promise<Need[]> => {
        const staffs = await Promise.all(
          members.map(async ({ street, community }) => await staffOf(store, street, community, day)),
        );
        if (by === "grid") {
          const needs = staffs.flatMap((staff) => gridPostNeeds(staff, policy));
          return needs.filter(({ subject }) => isOfGrid(subject.code, number)) as readonly object[] as Need[];
        }
        const needs = staffs.flatMap((staff) => [
          ...gridPostNeeds(staff, policy),
          ...communityPostNeeds(staff, policy),
        ]);
        return totalNeeds({ id, code, name }, needs) as readonly object[] as Need[];
      };
      const groups = groupsBy(by, county, parts);
      return {
        body: await pageOfGroups(groups, load, placed, { limit, cursor }),
      };
    },

    async listStaffFindings({ query: { area, on, rule, verdict, limit, cursor } }, { today }) {
      const day = dayOf(on, today);
      const [scope, changes] = await Promise.all([scopeOf(store.copies, area), store.policies.changes(area)]);
      const policy = policyOn(day, changes);
      const parts = await partsOf(store, scope);
      const number = numberIn(area);
      const groups = parts.map(({ street, communities: { length } }) => ({
        id: street.id,
        street,
        communities: length,
      }));
      const load = async ({ street }: { street: StreetCopy }) => {
        const found = judged(await factsOf(store, street, day, scope.community), policy);
        return found
          .map(({ finding }) => finding)
          .filter(
            (finding) =>
              isOfGrid(finding.subject.code, number) &&
              (verdict === undefined ? finding.verdict !== "meets" : finding.verdict === verdict) &&
              (rule === undefined || finding.rule === rule || (rule.endsWith(".") && finding.rule.startsWith(rule))),
          );
      };
      const { items, next } = await pageOfGroups(groups, load, ({ id }) => id, { limit, cursor });
      return { body: { items: items.map(answerOf), next } };
    },

    async getStaffFinding({ params, query: { on } }, { permit, today }) {
      const day = dayOf(on, today);
      const subject = params.finding.split("~")[1] as string;
      const street = await store.copies.street(streetOf(subject));
      if (street === undefined) throw noSuchFinding();
      // Two segments, or a person's id: what only the street as a whole can be asked.
      const community = street.communities.find(({ id }) => id === communityOf(subject));
      permit((community ?? street).codes);
      const changes = await store.policies.changes(street.code);
      const facts = await factsOf(store, street, day, community);
      const one = judged(facts, policyOn(day, changes)).find(({ finding }) => finding.id === params.finding);
      if (one === undefined) throw noSuchFinding();
      return { body: answerOf(one.finding) };
    },

    async listRecruitment({ query: { area, limit, cursor } }, { today }) {
      const [scope, changes] = await Promise.all([scopeOf(store.copies, area), store.policies.changes(area)]);
      if (scope.community)
        throw badParameter("area", "招聘计划属于街道，不分到社区", "recruits belong to a street, not to a community");
      const policy = policyOn(today, changes);
      const parts = await partsOf(store, scope);
      const rows = async ({ street }: Part): Promise<Recruitment[]> => {
        const { id, code, name } = street;
        // Withdrawn communities, too: who was recruited then was recruited.
        const rosters = await Promise.all(street.communities.map(async (one) => await store.roster(one.id)));
        const appointments = rosters.flatMap((roster) => roster?.state.appointments ?? []);
        return recruitment(recruitsPlanned(street), appointments, policy).map((one) => ({
          street: { id, code, name },
          ...one,
          readings: [...one.readings],
        }));
      };
      async function* all() {
        for (const part of parts) yield* await rows(part);
      }
      return { body: await pageOf(all(), ({ street, year }) => `${street.id} ${year}`, { limit, cursor }) };
    },
  };
}
