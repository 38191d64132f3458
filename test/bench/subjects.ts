import { setTimeout as sleep } from "node:timers/promises";
import { GRANTS_CLAIM, type Grant, writeGrant } from "@county/contracts/access.ts";
import { type Route, routeKey } from "@county/contracts/api.ts";
import { assessments } from "@county/contracts/assessments.ts";
import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import { client } from "@county/contracts/client.ts";
import { funding } from "@county/contracts/funding.ts";
import { grids } from "@county/contracts/grids.ts";
import { policy } from "@county/contracts/policy.ts";
import { property } from "@county/contracts/property.ts";
import { staffing } from "@county/contracts/staffing.ts";
import type { Platform } from "@county/local/platform.ts";

/** A call, as the gateway hands it to a function. */
export interface GatewayEvent {
  readonly routeKey: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A service whose bundle is measured: one read and one command of it, on the data the local platform starts with. */
export interface Subject {
  readonly name: string;
  /** From the repository's root. */
  readonly entry: string;
  /** The two calls, and the record that `get` answers with: the baseline is given the same to answer. */
  readonly prepare: (platform: Platform) => Promise<{ get: GatewayEvent; post: GatewayEvent; record: object }>;
}

const COUNTY = "370725";
const CIVIL_AFFAIRS = { role: "county.civil-affairs", area: COUNTY } as const;
const POLITICAL_LEGAL = { role: "county.political-legal", area: COUNTY } as const;
const PROPERTY_CENTRE = { role: "county.property-centre", area: COUNTY } as const;
const STREET = { role: "street.admin", area: `${COUNTY}002` } as const;

/** What the register tells comes by events; ours, so that what never comes is told and not waited for. */
const MOST_WAITED = 60_000;
/** Until a list is there. @throws the problem it last had */
async function untilTold(list: () => Promise<unknown>): Promise<void> {
  for (const until = Date.now() + MOST_WAITED; ; await sleep(50)) {
    try {
      await list();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

/** Each service as it joins the platform. */
export const subjects: readonly Subject[] = [
  {
    name: "grids",
    entry: "services/grids/main.ts",
    prepare: async (platform) => {
      const token = await platform.token([CIVIL_AFFAIRS]);
      const register = client(grids, { baseUrl: platform.url, token: () => token });
      const { body } = await register.listPlaces({ query: { area: COUNTY, limit: 1 } });
      const place = body.items[0]!;
      const community = await register.getCommunity({ params: { community: place.community.id } });
      const { getCommunity, createPlace } = grids.routes;
      return {
        record: community.body,
        get: eventOf(getCommunity, CIVIL_AFFAIRS, { params: { community: place.community.id } }),
        post: eventOf(createPlace, CIVIL_AFFAIRS, {
          body: {
            community: place.community.id,
            name: "量测小区",
            kind: "compound",
            households: 480,
            population: 1500,
            workUnits: 3,
            floorArea: 52_000,
            builtYear: 2012,
            propertyCompany: null,
            invented: true,
            reason: "量测",
          },
        }),
      };
    },
  },
  {
    name: "policy",
    entry: "services/policy/main.ts",
    prepare: async (platform) => {
      const token = await platform.token([POLITICAL_LEGAL]);
      const parameters = client(policy, { baseUrl: platform.url, token: () => token });
      const draft = (from: string) => ({
        area: COUNTY,
        parameter: "grid.households",
        value: { min: 400, max: 700 },
        from,
        reason: "量测",
      });
      const { body } = await parameters.draftParameterChange({ key: "bench-prepared", body: draft("2099-01-01") });
      const params = { change: body.id };
      // With the effect that the other services tell, as whoever approves it reads it.
      let change = body;
      while (change.awaited.length > 0) {
        await sleep(50);
        change = (await parameters.getParameterChange({ params })).body;
      }
      const { getParameterChange, draftParameterChange } = policy.routes;
      return {
        record: change,
        get: eventOf(getParameterChange, POLITICAL_LEGAL, { params }),
        post: eventOf(draftParameterChange, POLITICAL_LEGAL, { body: draft("2099-07-01") }),
      };
    },
  },
  {
    name: "staffing",
    entry: "services/staffing/main.ts",
    prepare: async (platform) => {
      const token = await platform.token([STREET]);
      const people = client(staffing, { baseUrl: platform.url, token: () => token });
      const body = (name: string) => ({
        area: STREET.area,
        name,
        phone: "13800000001",
        payee: "BENCH-1",
        origin: "street-recruit" as const,
        reason: "量测",
      });
      const query = { area: STREET.area };
      await untilTold(() => people.listPeople({ query }));
      const { body: person } = await people.createPerson({ key: "bench-prepared", body: body("量测甲") });
      const { getPerson, createPerson } = staffing.routes;
      return {
        record: person,
        get: eventOf(getPerson, STREET, { params: { person: person.id } }),
        post: eventOf(createPerson, STREET, { body: body("量测乙") }),
      };
    },
  },
  {
    name: "funding",
    entry: "services/funding/main.ts",
    prepare: async (platform) => {
      const token = await platform.token([STREET]);
      const money = client(funding, { baseUrl: platform.url, token: () => token });
      const body = (code: string) => ({
        area: STREET.area,
        name: "量测收款方",
        kind: "company" as const,
        code,
        reason: "量测",
      });
      const query = { area: STREET.area };
      await untilTold(() => money.listPayees({ query }));
      const { body: payee } = await money.registerPayee({ key: "bench-prepared", body: body("BENCH-1") });
      const { getPayee, registerPayee } = funding.routes;
      return {
        record: payee,
        get: eventOf(getPayee, STREET, { params: { payee: payee.id } }),
        post: eventOf(registerPayee, STREET, { body: body("BENCH-2") }),
      };
    },
  },
  {
    name: "property",
    entry: "services/property/main.ts",
    prepare: async (platform) => {
      const token = await platform.token([PROPERTY_CENTRE]);
      const companies = client(property, { baseUrl: platform.url, token: () => token });
      const body = (name: string) => ({ area: COUNTY, name, kind: "legal-person" as const, reason: "量测" });
      const query = { area: COUNTY };
      await untilTold(() => companies.listCompanies({ query }));
      const { body: company } = await companies.registerCompany({ key: "bench-prepared", body: body("量测物业甲") });
      const { getCompany, registerCompany } = property.routes;
      return {
        record: company,
        get: eventOf(getCompany, PROPERTY_CENTRE, { params: { company: company.id } }),
        post: eventOf(registerCompany, PROPERTY_CENTRE, { body: body("量测物业乙") }),
      };
    },
  },
  {
    name: "assessments",
    entry: "services/assessments/main.ts",
    prepare: async (platform) => {
      const token = await platform.token([PROPERTY_CENTRE]);
      const methods = client(assessments, { baseUrl: platform.url, token: () => token });
      const content: SchemeContent = {
        title: "量测办法",
        assesses: "project",
        clause: "2.4",
        begins: "2099-01-01",
        items: [{ kind: "scored", id: "clean", title: "保洁", weight: 10_000, panel: "site", evidence: [] }],
        panels: [{ id: "site", title: "现场组", role: null, scorers: null }],
        spread: null,
        assessors: [{ id: "county", weight: 100 }],
        credit: null,
        release: null,
        scheduled: false,
      };
      const body = { area: COUNTY, content, reason: "量测" };
      const query = { area: COUNTY };
      await untilTold(() => methods.listSchemes({ query }));
      const { body: scheme } = await methods.draftScheme({ key: "bench-prepared", body });
      const { draftScheme, getScheme } = assessments.routes;
      return {
        record: scheme,
        get: eventOf(getScheme, PROPERTY_CENTRE, { params: { scheme: scheme.id } }),
        post: eventOf(draftScheme, PROPERTY_CENTRE, { body }),
      };
    },
  },
];

/** An event of the gateway for a route, from a caller with this grant. */
export function eventOf(
  route: Route,
  grant: Grant,
  input: { params?: Record<string, string>; body?: object },
): GatewayEvent {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(input.params![name]!));
  const event = {
    version: "2.0",
    routeKey: routeKey(route),
    rawPath: path,
    rawQueryString: "",
    headers: {
      accept: "application/json",
      "accept-language": "zh-CN",
      ...(input.body && { "content-type": "application/json" }),
      ...(route.idempotent && { "idempotency-key": "bench-00000000" }),
    },
    requestContext: {
      accountId: "000000000000",
      apiId: "bench",
      domainName: "localhost",
      http: { method: route.method, path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "bench" },
      requestId: "bench-request",
      routeKey: routeKey(route),
      stage: "$default",
      time: "01/Jun/2020:08:00:00 +0000",
      timeEpoch: 1_590_998_400_000,
      authorizer: {
        jwt: { claims: { iss: "https://bench", sub: "bench", [GRANTS_CLAIM]: `[${writeGrant(grant)}]` }, scopes: null },
      },
    },
    ...(input.params && { pathParameters: input.params }),
    ...(input.body && { body: JSON.stringify(input.body) }),
    isBase64Encoded: false,
  };
  return event;
}
