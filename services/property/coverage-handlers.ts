import { areasFor, type Caller } from "@county/contracts/access.ts";
import { covers } from "@county/contracts/area.ts";
import type { Finding } from "@county/contracts/findings.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { property } from "@county/contracts/property.ts";
import type { CoverageRow, coverageRoutes, PlaceCoverage } from "@county/contracts/property-coverage.ts";
import { LAST_DAY } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import { communityOf, countyOf, officeScope } from "@county/platform/areas.ts";
import { type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { type Context, forbidden, type Handlers } from "@county/platform/context.ts";
import { pageOfGroups } from "@county/platform/cursor.ts";
import type { Action } from "@county/platform/table.ts";
import { isLonger, servingOn, type WhyNot, whyNotTerm } from "@county/rules/coverage.ts";
import { countyOfCompany } from "./companies.ts";
import { type CoverageState, projectIdOf, type Span } from "./coverage.ts";
import { type Covered, communitiesIn, coveredIn, coveredOf, nameOf, termOf } from "./covered.ts";
import { findingsOf, groupOfSubject, groupsOf, type Named } from "./findings.ts";
import type { Deps } from "./handlers.ts";
import { areaAt, missing, refOf } from "./registrars.ts";

const wrongField = (error: FieldError): Problem => new Problem("invalid-request", undefined, { errors: [error] });
const refused = (zh: string, en: string): Problem => new Problem("refused", { zh: `（2.4）${zh}`, en: `(2.4) ${en}` });

/** The parameters of the plan begin with its year. @throws Problem `invalid-request` */
function dayOf(on: string | undefined, today: string): string {
  const day = on ?? today;
  if (day >= "2020-01-01") return day;
  const detail = { zh: "方案自 2020-01-01 起适用", en: "the plan applies from 2020-01-01" };
  throw wrongField({ parameter: "on", reason: "value", detail });
}

/** Companies' credit is not for everybody who reads the register of property; as an office does, by one grant. */
const readsCredit = (caller: Caller, codes: readonly string[]): boolean =>
  areasFor(caller, "credit.read", "property.read").some((granted) => codes.some((code) => covers(granted, code)));

/** A day that is far off is the caller's slip, what cannot stand as things are a refusal. @throws Problem */
function refuseTerm(why: WhyNot | undefined) {
  if (why === undefined) return;
  const { field, reason, ...detail } = why;
  throw reason === "range" ? wrongField({ pointer: `/${field}`, reason, detail }) : new Problem("refused", detail);
}

/** Who serves each place, changed and told; and what the rules find. */
export function coverageHandlers(deps: Deps): Pick<Handlers<typeof property>, keyof typeof coverageRoutes> {
  const { store } = deps;
  const { areas, companies, coverage, places } = store;

  const placeAnswer = ({ place, community, version }: Covered): Omit<CoverageRow, "term"> => ({
    place: {
      id: place.id,
      name: place.name,
      kind: place.kind,
      households: place.households,
      status: place.active ? "active" : "withdrawn",
    },
    community: refOf(community),
    version,
  });
  const answerOf = (covered: Covered, today: string): PlaceCoverage => ({
    ...placeAnswer(covered),
    terms: covered.spans.map((span) => termOf(span, today)),
  });
  const replyOf = (covered: Covered, today: string) => ({ body: answerOf(covered, today), version: covered.version });

  const load = async (id: string, context: Context) => {
    const [place, document] = await Promise.all([places.place(id), coverage.coverage(communityOf(id))]);
    if (place === undefined) throw missing("没有这个小区或村庄", "There is no such place");
    const community = await areas.community(place.community);
    if (community === undefined) throw new Error(`property: nothing is known of the community of ${id}`);
    context.permit(community.codes);
    return { document, covered: coveredOf(place, community, document?.state) };
  };

  /** The place's spans become others, on condition of the version that was read. */
  const changeSpans = async (
    id: string,
    context: Context,
    change: ChangeOf,
    decide: (covered: Covered) => Promise<readonly Span[]>,
    key?: Action<"key">,
  ) =>
    await settled(async () => {
      // Before any company is read: one that is renamed or withdrawn meanwhile is looked at again.
      const asTheyAre = await companies.asTheyAre(countyOf(id), change);
      const { document, covered } = await load(id, context);
      if (document === undefined || !covered.known) {
        throw refused(
          "该小区以前的物业服务情况还没有从小区台账转入，请稍后再试",
          "What the register said of who served the place is not taken over yet: try again soon",
        );
      }
      const home = communityOf(id);
      const spans = await decide(covered);
      const state: CoverageState = {
        ...document.state,
        spans: [...document.state.spans.filter(({ place }) => place !== id), ...spans],
        versions: { ...document.state.versions, [id]: covered.version },
      };
      const { code } = home === covered.community.id ? covered.community : await areaAt(areas, home);
      const write = { community: home, area: code, before: document, state };
      const saved = await coverage.save(write, change, [id], [asTheyAre, ...(key ? [key] : [])]);
      return saved ? replyOf(coveredOf(covered.place, covered.community, state), context.today) : undefined;
    });

  const findingAnswer = (finding: Named): Finding => finding as unknown as Finding;

  return {
    async listCoverage({ query: { area, on, served, company, kind, limit, cursor } }, { today }) {
      const day = on ?? today;
      const scope = await officeScope(areas, area);
      const wanted = ({ place, spans }: Covered) => {
        const span = servingOn(spans, day);
        const how = span === undefined ? "none" : span.company === null ? "fallback" : "company";
        return (
          place.active &&
          (kind === undefined || place.kind === kind) &&
          (served === undefined || served === how) &&
          (company === undefined || span?.company === company)
        );
      };
      const communities = await communitiesIn(store, scope);
      const { items, next } = await pageOfGroups(
        communities.map((community) => ({ id: community.id, communities: 1, community })),
        async (group) => (await coveredIn(store, group.community)).filter(wanted),
        ({ place }) => place.id,
        { limit, cursor },
      );
      const rows = items.map((covered): CoverageRow => {
        const span = servingOn(covered.spans, day);
        return { ...placeAnswer(covered), term: span ? termOf(span, day) : null };
      });
      return { body: { items: rows, next } };
    },

    async getPlaceCoverage({ params }, context) {
      return replyOf((await load(params.place, context)).covered, context.today);
    },

    addTerm: {
      async run({ params, body: { service, from, to, reason } }, context) {
        const change = changeBy(context, reason, "addTerm");
        const spanNow = async (): Promise<Span> => {
          const by = service.kind === "company" ? await companies.company(service.company) : undefined;
          if (service.kind === "company") {
            const wrong = (zh: string, en: string) =>
              wrongField({ pointer: "/service/company", reason: "value", detail: { zh, en } });
            if (by === undefined || countyOfCompany(by.id) !== countyOf(params.place)) {
              throw wrong("本县没有这家物业企业", "the county has no such property company");
            }
            if (!by.active) throw wrong("该企业已注销", "the company is withdrawn");
          }
          return {
            place: params.place,
            project: by ? projectIdOf(params.place, by.id) : null,
            company: by?.id ?? null,
            name: by?.name ?? null,
            fallback: service.kind === "fallback" ? service.fallback : null,
            unit: service.kind === "fallback" ? service.unit : null,
            from,
            to,
            source: "here",
            changed: { by: change.by, at: change.at, reason },
          };
        };
        return await changeSpans(
          params.place,
          context,
          change,
          async ({ place, spans }) => {
            const span = await spanNow();
            const { today } = context;
            refuseTerm(whyNotTerm(span, spans, nameOf, { was: undefined, today, isThere: place.active }));
            return [...spans, span];
          },
          context.command.done(params.place),
        );
      },
      async replay(ref, context) {
        return replyOf((await load(ref, context)).covered, context.today);
      },
    },

    async changeTerm({ params, ifMatch, body: { from, to, struck, reason } }, context) {
      if (struck && (from !== undefined || to !== undefined)) {
        const detail = { zh: "撤销的服务不再改日期", en: "what is struck out has no other days" };
        throw wrongField({ pointer: "/struck", reason: "value", detail });
      }
      const change = changeBy(context, reason, "changeTerm");
      return await changeSpans(params.place, context, change, async (covered) => {
        expectVersion(covered, ifMatch);
        const span = covered.spans.find((one) => one.from === params.from);
        if (span === undefined) {
          throw missing(`没有从 ${params.from} 起的物业服务`, `Nobody's service begins on ${params.from}`);
        }
        const others = covered.spans.filter((one) => one !== span);
        if (struck) return others;
        const after: Span = {
          ...span,
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          source: "here",
          changed: { by: change.by, at: change.at, reason },
        };
        const { today } = context;
        refuseTerm(whyNotTerm(after, others, nameOf, { was: span, today, isThere: covered.place.active }));
        const by = after.company === null ? undefined : await companies.company(after.company);
        if (by?.active === false && isLonger(after, span)) {
          throw refused(`${by.name}已注销，不能再服务更多时日`, `${by.name} is withdrawn: it serves no more days`);
        }
        // One that serves is called as it is called now; what has ended keeps the name it had.
        const serves = after.to === null || after.to >= today;
        return [...others, by && serves ? { ...after, name: by.name } : after];
      });
    },

    async exportProjects({ query: { area } }) {
      const { projectWorkbook } = await import("./project-tables.ts");
      const communities = await communitiesIn(store, await officeScope(areas, area));
      const covered = await Promise.all(communities.map(async (one) => await coveredIn(store, one)));
      return { body: await projectWorkbook(covered.flat()) };
    },

    importProjects: {
      async run(input, context) {
        const { importProjects } = await import("./project-imports.ts");
        return { body: await importProjects(deps, input, context) };
      },
      async replay(ref, context) {
        const { importedAs } = await import("./project-imports.ts");
        const { area, result } = await importedAs(deps, ref);
        context.permit([area]);
        return { body: result };
      },
    },

    // ---------------------------------------------------------------------------------------------------------- findings

    async listPropertyFindings({ query: { area, on, rule, verdict, limit, cursor } }, { now, today, caller }) {
      const scope = await officeScope(areas, area);
      const policy = policyOn(dayOf(on, today), await store.policies.changes(area));
      const wanted = (finding: Named) =>
        (verdict === undefined ? finding.verdict !== "meets" : finding.verdict === verdict) &&
        (rule === undefined || finding.rule === rule || (rule.endsWith(".") && finding.rule.startsWith(rule)));
      const asked = { rule, credit: readsCredit(caller, [area]) };
      const { items, next } = await pageOfGroups(
        await groupsOf(store, scope, area, asked),
        async (group) => (await findingsOf(store, group, policy, now, rule)).filter(wanted),
        ({ id }) => id,
        { limit, cursor },
      );
      return { body: { items: items.map(findingAnswer), next } };
    },

    async getPropertyFinding({ params, query: { on } }, context) {
      const none = () => missing("没有这项核对发现", "There is no such finding");
      const [rule = "", subject = ""] = params.finding.split("~");
      // Who served a place is found where it was on that day, its owners where it is.
      const days = on === undefined ? [context.today] : [on, LAST_DAY];
      const groups = await Promise.all(days.map(async (day) => await groupOfSubject(store, subject, day)));
      let one: Named | undefined;
      for (const [i, group] of groups.entries()) {
        if (group === undefined) throw none();
        if (one || (i > 0 && group.id === groups[0]?.id)) continue;
        context.permit(group.codes);
        if (group.company && !readsCredit(context.caller, group.codes)) {
          throw forbidden(context.caller, "credit.read", group.codes[0]);
        }
        const policy = policyOn(dayOf(on, context.today), await store.policies.changes(group.codes[0] as string));
        one = (await findingsOf(store, group, policy, context.now, rule)).find(({ id }) => id === params.finding);
      }
      if (one === undefined) throw none();
      return { body: findingAnswer(one) };
    },
  };
}
