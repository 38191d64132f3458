import { tierOf } from "@county/contracts/area.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { property } from "@county/contracts/property.ts";
import type { Company, companiesRoutes } from "@county/contracts/property-companies.ts";
import { CompanyId } from "@county/contracts/property-ids.ts";
import { officeScope } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import * as z from "zod/mini";
import { type CompanyObstacle, type CompanyRecord, countyOfCompany } from "./companies.ts";
import { servedBy } from "./covered.ts";
import type { Deps } from "./handlers.ts";
import { areaAt, missing, permitInCounty, refOf } from "./registrars.ts";

const wrongField = (error: FieldError): Problem => new Problem("invalid-request", undefined, { errors: [error] });
const refused = (zh: string, en: string): Problem => new Problem("refused", { zh: `（2.4）${zh}`, en: `(2.4) ${en}` });

/** What another of the county has already. */
const taken = (what: Exclude<CompanyObstacle, "company" | "changes">, { name, registration }: CompanyRecord): Problem =>
  new Problem(
    "conflict",
    {
      name: { zh: `本县已有名为“${name}”的物业企业`, en: `The county has a company called "${name}" already` },
      registration: {
        zh: `登记编码 ${registration} 已属于另一家企业`,
        en: `${registration} is another company's code`,
      },
      agent: { zh: "有账号已是另一家企业的经办人", en: "One of the accounts is another company's agent" },
    }[what],
  );

/** A county's companies: registered, changed, their agents bound to them. */
export function companiesHandlers({
  store: { areas, companies, coverage, places },
}: Deps): Pick<Handlers<typeof property>, keyof typeof companiesRoutes> {
  const load = async (id: string): Promise<CompanyRecord> => {
    const record = await companies.company(id);
    if (record === undefined) throw missing("没有这家物业企业", "There is no such property company");
    return record;
  };
  const countyAt = async (id: string) => {
    const county = await areas.county(countyOfCompany(id));
    if (county === undefined) throw new Error(`property: nothing is known of the county of ${id}`);
    return county;
  };

  const answerOf = async ({ active, withdrawnOn: _, ...record }: CompanyRecord): Promise<Company> => {
    const [registrar, parent] = await Promise.all([
      areaAt(areas, record.registrar),
      record.of === null ? null : load(record.of),
    ]);
    return {
      ...record,
      of: parent && { id: parent.id, name: parent.name },
      status: active ? "active" : "withdrawn",
      registrar: refOf(registrar),
    };
  };
  const replyOf = async (record: CompanyRecord) => ({ body: await answerOf(record), version: record.version });

  /** A branch has a legal person of the county, a legal person is nobody's. @throws Problem */
  const judgeKind = async ({ id, kind, of }: Pick<CompanyRecord, "id" | "kind" | "of">): Promise<void> => {
    const at = (zh: string, en: string) => wrongField({ pointer: "/of", reason: "value", detail: { zh, en } });
    if (kind === "legal-person") {
      if (of !== null) throw at("法人企业不填所属法人", "a legal person belongs to no other");
      return;
    }
    if (of === null) throw at("分公司须填所属法人", "a branch names its legal person");
    const parent = of === id || countyOfCompany(of) !== countyOfCompany(id) ? undefined : await companies.company(of);
    if (parent === undefined) throw at("本县没有这家企业", "the county has no such company");
    if (parent.kind === "branch") {
      throw refused(
        `${parent.name}也是分公司，所属应为法人`,
        `${parent.name} is a branch itself: name its legal person`,
      );
    }
  };

  /** Who is gone serves nobody. @throws Problem `refused` naming a place that it serves */
  const refuseServing = async ({ id, name }: CompanyRecord, today: string): Promise<void> => {
    const span = await servedBy({ areas, coverage }, id, today);
    if (span === undefined) return;
    const place = (await places.place(span.place))?.name ?? span.place;
    throw refused(
      `${name}自 ${span.from} 起服务${place}${span.to === null ? "" : `至 ${span.to}`}：请先结束或撤销其在服务的和未起始的各项服务，再注销`,
      `${name} serves ${place} from ${span.from}${span.to === null ? "" : ` to ${span.to}`}: end or strike out all that it serves or will serve, then withdraw it`,
    );
  };

  return {
    registerCompany: {
      async run({ body: { area, reason, ...given } }, context) {
        if (!["county", "street"].includes(tierOf(area))) {
          const detail = { zh: "应为县或街道的编码", en: "a county's code, or a street's" };
          throw wrongField({ pointer: "/area", reason: "tier", detail });
        }
        const { county, streets } = await officeScope(areas, area, { pointer: "/area" });
        const registrar = tierOf(area) === "county" ? county : (streets[0]?.id as string);
        const change = changeBy(context, reason, "registerCompany");
        const record: CompanyRecord = {
          ...given,
          id: `${county}.v${context.newId(8)}`,
          active: true,
          registrar,
          agents: [],
          changed: { by: change.by, at: change.at, reason },
          version: 1,
        };
        await judgeKind(record);
        const failed = await companies.register(record, area, change, context.command.done(record.id));
        if (failed === "company" || failed === "changes") throw new Error(`companies: ${record.id} was there`);
        if (failed) throw taken(failed, record);
        return await replyOf(record);
      },
      async replay(ref, context) {
        const record = await load(ref);
        context.permit((await areaAt(areas, record.registrar)).codes);
        return await replyOf(record);
      },
    },

    async listCompanies({ query: { area, name, status, limit, cursor } }) {
      const { county } = await officeScope(areas, area);
      const { items, next } = await filledPage(
        async (most, after) => await companies.companies(county, most, after),
        (record) =>
          (name === undefined || record.name.includes(name)) &&
          (status === "all" || record.active === (status === "active")),
        {
          limit,
          cursor,
          isOne: (id) => z.safeParse(CompanyId, id).success && countyOfCompany(id) === county,
        },
      );
      return { body: { items: await Promise.all(items.map(answerOf)), next } };
    },

    async getCompany({ params }, context) {
      const record = await load(params.company);
      permitInCounty(context, "property.read", await countyAt(record.id));
      return await replyOf(record);
    },

    async changeCompany({ params, ifMatch, body: { reason, status, agents, ...given } }, context) {
      const change = changeBy(context, reason, "changeCompany");
      return await settled(async () => {
        const before = await load(params.company);
        const registrar = await areaAt(areas, before.registrar);
        context.permit(registrar.codes);
        expectVersion(before, ifMatch);
        const withdrawnOn = before.active ? context.today : before.withdrawnOn;
        const withdraws = before.active && status === "withdrawn";
        // Read before: who is given days to serve meanwhile is looked at again.
        const unserved = withdraws ? await companies.unserved(countyOfCompany(before.id)) : undefined;
        if (withdraws) await refuseServing(before, context.today);
        const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        const after: CompanyRecord = {
          ...before,
          ...(stated as Partial<CompanyRecord>),
          ...(status && { active: status === "active", withdrawnOn: status === "active" ? undefined : withdrawnOn }),
          ...(agents && { agents: [...new Set(agents)] }),
          changed: { by: change.by, at: change.at, reason },
          version: before.version + 1,
        };
        await judgeKind(after);
        if (after.kind === "branch" && before.kind === "legal-person") {
          const own = (await companies.all(countyOfCompany(after.id))).find(({ of }) => of === after.id);
          if (own) {
            throw refused(
              `${own.name}是它的分公司，不能改为分公司`,
              `${own.name} is a branch of it: it stays a legal person`,
            );
          }
        }
        const failed = await companies.change(after, before, registrar.code, change, unserved);
        if (failed && failed !== "company" && failed !== "changes") throw taken(failed, after);
        return failed === undefined ? await replyOf(after) : undefined;
      });
    },

    async getOwnCompany({ query: { area } }, context: Context) {
      const { county } = await officeScope(areas, area);
      const record = await companies.ofAgent(context.account);
      if (record === undefined || countyOfCompany(record.id) !== county) {
        throw missing(
          "您的账号没有绑定本县的物业企业，请联系登记机关",
          "Your account is no company's agent in this county: ask who registers it",
        );
      }
      // The accounts of offices and of other agents are not his to see.
      const { body, version } = await replyOf(record);
      const own = (account: string | null) => account === context.account;
      const changed = { ...body.changed, by: own(body.changed.by) ? body.changed.by : null };
      return { body: { ...body, agents: body.agents.filter(own), changed }, version };
    },
  };
}
