import { createHash } from "node:crypto";
import { areasFor } from "@county/contracts/access.ts";
import { tierOf } from "@county/contracts/area.ts";
import type { Finding } from "@county/contracts/findings.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { property } from "@county/contracts/property.ts";
import {
  type CreditGrade,
  type CreditItem,
  type creditRoutes,
  MOST_EVIDENCE,
} from "@county/contracts/property-credit.ts";
import { CompanyId } from "@county/contracts/property-ids.ts";
import { addDays } from "@county/plan/calendar.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type CountyCopy, officeScope } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { folderOf } from "@county/platform/files.ts";
import { keptPaper } from "@county/platform/uploads.ts";
import {
  creditAppealUntil,
  creditCourse,
  creditItemState,
  type Disputed,
  knownItems,
  knownWords,
  LONGEST_ITEM_LIFE,
  whyNotCreditAppeal,
  whyNotCreditDecision,
  whyNotCreditEvidence,
  whyNotCreditItem,
} from "@county/rules/credit.ts";
import { creditItemEnds, creditOn, creditVerdict, nextCreditChange } from "@county/rules/property.ts";
import * as z from "zod/mini";
import { type CompanyRecord, countyOfCompany } from "./companies.ts";
import { BY_ASSESSMENTS, type CreditRecord, companyOfItem, recordedOf } from "./credit.ts";
import { creditFactsOf } from "./credit-findings.ts";
import type { Deps } from "./handlers.ts";
import { areaAt, missing, permitInCounty, refOf } from "./registrars.ts";
import { itemsOf, type Standing } from "./standings.ts";

const wrongField = (error: FieldError): Problem => new Problem("invalid-request", undefined, { errors: [error] });
const refuse = (why: Text | undefined): void => {
  if (why) throw new Problem("refused", why);
};
const notAllowed = (zh: string, en: string): Problem =>
  new Problem("forbidden", { zh: `（2.4）${zh}`, en: `(2.4) ${en}` });

/** The earliest day an item may name, and how far a forecast may look; ours, so that a slip of the pen is one. */
const FIRST_DAY = "1990-01-01";
const MOST_DAYS_AHEAD = 3_660;
/** How far back the course of a score goes. */
const COURSE_DAYS = 365;
/** Companies whose former standing one read of the public's list looks at; of as many as `filledPage` makes. Ours. */
const MOST_LOOKED_AT = 50;
/** A file is as large as a request may be. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The parameters of the plan begin with its year. @throws Problem `invalid-request` */
function dayOf(on: string | undefined, today: string, last: string): string {
  const day = on ?? today;
  if (day >= "2020-01-01" && day <= last) return day;
  const detail = { zh: `应在 2020-01-01 至 ${last} 之间`, en: `from 2020-01-01 to ${last}` };
  throw wrongField({ parameter: "on", reason: "range", detail });
}

const disputed = ({ appealUntil, appeal, decision }: CreditRecord): Disputed => ({
  appealUntil,
  appealed: appeal !== null,
  decided: decision !== null,
});
/** An account as the caller may see it: who acts for a company sees his own alone; null: another's. */
type Seen = (account: string) => string | null;
const seenBy =
  ({ account }: Context, office: boolean): Seen =>
  (by) =>
    office || by === account || by === BY_ASSESSMENTS ? by : null;
/** Whose hands a result went through is for the decision on an appeal alone. */
const assessmentAnswer = ({ hands: _, ...assessment }: NonNullable<CreditRecord["assessment"]>) => assessment;
const titleOf = ({ kind, id }: CreditRecord): string => `${kind} ${id}`;

/** The credit of a county's companies: entered, proved, disputed, decided by another hand, and told on any day. */
export function creditHandlers({ store, files }: Deps): Pick<Handlers<typeof property>, keyof typeof creditRoutes> {
  const { areas, companies, credit, standings } = store;

  const countyAt = async (id: string): Promise<CountyCopy> => {
    const county = await areas.county(countyOfCompany(id));
    if (county === undefined) throw new Error(`property: nothing is known of the county of ${id}`);
    return county;
  };
  const companyAt = async (id: string): Promise<CompanyRecord> => {
    const record = await companies.company(id);
    if (record === undefined) throw missing("没有这家物业企业", "There is no such property company");
    return record;
  };
  const policyAt = async (county: CountyCopy, on: string): Promise<Policy> =>
    policyOn(on, await store.policies.changes(county.code));

  /** By one grant: who acts for a company and sits on an owners' committee holds both as well, and is no office for it. */
  const isOffice = ({ caller }: Context, county: CountyCopy): boolean =>
    areasFor(caller, "credit.read", "property.read").some((granted) =>
      county.codes.some((code) => granted.startsWith(code)),
    );
  const isAgent = async ({ account }: Context, company: string): Promise<boolean> =>
    (await companies.ofAgent(account))?.id === company;

  /** An office sees every company of its county, an agent his own. @throws Problem `forbidden` */
  const loadFor = async (id: string, context: Context) => {
    const [company, county] = await Promise.all([companyAt(id), countyAt(id)]);
    permitInCounty(context, "credit.read", county);
    const office = isOffice(context, county);
    if (!office && !(await isAgent(context, id))) {
      throw notAllowed("只能查看本企业的信用", "An agent sees his own company's credit alone");
    }
    return { company, county, seen: seenBy(context, office) };
  };

  const itemAt = async (id: string): Promise<CreditRecord> => {
    const record = await credit.item(id);
    if (record === undefined) throw missing("没有这项信用事项", "There is no such credit item");
    return record;
  };
  const codeOf = async ({ office }: CreditRecord): Promise<string> => (await areaAt(areas, office)).code;
  /** Of whoever answers for it: the office itself, and the county above a street. */
  const loadOffice = async (id: string, { permit }: Context): Promise<CreditRecord> => {
    const record = await itemAt(id);
    permit((await areaAt(areas, record.office)).codes);
    return record;
  };
  /** What evidence can be put to. @throws Problem `forbidden`, `refused` */
  const loadToProve = async (id: string, context: Context): Promise<CreditRecord> => {
    const record = await loadOffice(id, context);
    if (await isAgent(context, record.company)) {
      throw notAllowed("不能为本企业的信用事项举证", "Nobody puts evidence to items of his own company");
    }
    refuse(whyNotCreditEvidence(disputed(record), context.today));
    return record;
  };
  const loadOwn = async (id: string, context: Context): Promise<CreditRecord> => {
    const record = await itemAt(id);
    permitInCounty(context, "company.own", await countyAt(record.company));
    if (await isAgent(context, record.company)) return record;
    throw notAllowed("只有该企业自己的经办人可以申诉", "Only the company's own agent may appeal");
  };

  /** @param seen an account, as the caller may see it */
  const answersOf = async (
    records: readonly CreditRecord[],
    { id, name }: Pick<CompanyRecord, "id" | "name">,
    { on, policy, known, seen }: { on: string; policy: Policy; known?: string | undefined; seen: Seen },
  ): Promise<CreditItem[]> =>
    await Promise.all(
      records.map(async (one): Promise<CreditItem> => {
        const { evidence, office, assessment, entered, appeal, decision, ...record } = one;
        const told = ({ at }: { readonly at: string }) => known === undefined || dateOf(at) <= known;
        const shown = <D extends { readonly by: string }>(done: D) => ({ ...done, by: seen(done.by) });
        const [item] = knownItems([recordedOf(one)], known);
        if (item === undefined) throw new Error(`credit: ${record.id} was not known on ${known}`);
        return {
          ...record,
          company: { id, name },
          ends: creditItemEnds(one, policy),
          state: creditItemState(item, on, policy),
          office: refOf(await areaAt(areas, office)),
          assessment: assessment && assessmentAnswer(assessment),
          evidence: evidence
            .filter(({ added }) => told(added))
            .map(({ file: _, added, ...paper }) => ({ ...paper, added: shown(added) })),
          entered: shown(entered),
          appeal: appeal && told(appeal) ? shown(appeal) : null,
          decision: decision && told(decision) ? shown(decision) : null,
        };
      }),
    );
  const replyOf = async (
    record: CreditRecord,
    context: Context,
    known?: { readonly company: CompanyRecord; readonly policy: Policy },
  ) => {
    const county = await countyAt(record.company);
    const company = known?.company ?? (await companyAt(record.company));
    const policy = known?.policy ?? (await policyAt(county, context.today));
    const seen = seenBy(context, isOffice(context, county));
    const [body] = await answersOf([record], company, { on: context.today, policy, seen });
    return { body: body as CreditItem, version: record.version };
  };

  return {
    enterCreditItem: {
      async run({ body: { area, company: id, ...given } }, context) {
        if (!["county", "street"].includes(tierOf(area))) {
          const detail = { zh: "应为县或街道的编码", en: "a county's code, or a street's" };
          throw wrongField({ pointer: "/area", reason: "tier", detail });
        }
        const { county, streets } = await officeScope(areas, area, { pointer: "/area" });
        const company = countyOfCompany(id) === county ? await companies.company(id) : undefined;
        const wrong = (zh: string, en: string) =>
          wrongField({ pointer: "/company", reason: "value", detail: { zh, en } });
        if (company === undefined) throw wrong("本县没有这家物业企业", "the county has no such property company");
        if (!company.active) throw wrong("该企业已注销", "the company is withdrawn");
        for (const field of ["from", "until"] as const) {
          const day = given[field];
          if (day === null || (day >= FIRST_DAY && day <= addDays(context.today, MOST_DAYS_AHEAD))) continue;
          const detail = { zh: `应在 ${FIRST_DAY} 至今后十年之间`, en: `from ${FIRST_DAY} to ten years from now` };
          throw wrongField({ pointer: `/${field}`, reason: "range", detail });
        }
        refuse(whyNotCreditItem(given, context.today));
        if (company.agents.includes(context.account)) {
          throw notAllowed("不能登记本企业的信用事项", "Nobody enters items of his own company");
        }
        const policy = await policyAt(await countyAt(id), context.today);
        const itemId = `${id}.c${context.newTimeId()}`;
        const record: CreditRecord = {
          ...given,
          id: itemId,
          company: id,
          office: tierOf(area) === "county" ? county : (streets[0]?.id as string),
          assessment: null,
          evidence: [],
          entered: { by: context.account, at: context.now },
          appealUntil: creditAppealUntil(context.today, policy),
          appeal: null,
          decision: null,
          version: 1,
        };
        // Words that people wrote stay in the record: the audit says which item, and no more.
        const change = changeBy(context, titleOf(record), "enterCreditItem");
        if (!(await credit.enter(record, area, change, context.command.done(itemId)))) {
          throw new Error(`credit: ${itemId} was there`);
        }
        return await replyOf(record, context, { company, policy });
      },
      replay: async (ref, context) => await replyOf(await loadOffice(ref, context), context),
    },

    async listCreditItems({ params, query: { on, known, kind, state, appeal, limit, cursor } }, context) {
      const { company, county, seen } = await loadFor(params.company, context);
      const day = dayOf(on, context.today, addDays(context.today, MOST_DAYS_AHEAD));
      const policy = await policyAt(county, day);
      const { items } = await credit.of(company.id);
      const isWanted = (record: CreditRecord): boolean => {
        const [item] = knownItems([recordedOf(record)], known);
        return (
          item !== undefined &&
          (kind === undefined || record.kind === kind) &&
          (appeal === undefined || (item.appeal !== null && item.appeal.decided === null)) &&
          (state === undefined || creditItemState(item, day, policy) === state)
        );
      };
      const later = (a: CreditRecord, b: CreditRecord) =>
        a.from === b.from ? (a.id < b.id ? 1 : -1) : a.from < b.from ? 1 : -1;
      const all = items.toSorted(later);
      // From an item that the filter no longer has the list goes on all the same.
      const page = await filledPage(
        async (_, after) => ({ records: all.slice(all.findIndex(({ id }) => id === after) + 1), more: false }),
        isWanted,
        { limit, cursor, isOne: (id) => all.some((one) => one.id === id) },
      );
      const answers = await answersOf(page.items, company, { on: day, policy, known, seen });
      return { body: { items: answers, next: page.next } };
    },

    async getCredit({ params, query: { on, known } }, context) {
      const { company, county } = await loadFor(params.company, context);
      const day = dayOf(on, context.today, addDays(context.today, MOST_DAYS_AHEAD));
      const policy = await policyAt(county, day);
      const records = await credit.of(company.id);
      const facts = creditFactsOf(company, county.code, records, day, context.today, known);
      const { score, grade, badRecord, items } = creditOn(facts, day, policy);
      const next = nextCreditChange(facts, day, policy);
      return {
        body: {
          company: { id: company.id, name: company.name },
          ...{ on: day, score, grade, badRecord },
          enrolled: facts.enrolled,
          counting: items.length,
          forecast: next && { on: next.on, score: next.score, grade: next.grade },
          course: creditCourse(facts.items, knownWords(records.words, known), addDays(day, -COURSE_DAYS), policy),
          finding: creditVerdict(facts, policy) as unknown as Finding,
        },
      };
    },

    addCreditEvidence: {
      async run({ params, query: { title }, body }, context) {
        await loadToProve(params.item, context);
        const paper = keptPaper(body.bytes);
        if (paper === undefined) {
          throw new Problem("invalid-request", {
            zh: "不是完整的 JPEG、PNG 或 PDF 文件",
            en: "It is no whole JPEG, PNG or PDF file",
          });
        }
        await context.command.first();
        const digest = createHash("sha256").update(paper.bytes).digest("hex");
        // Its name tells its content: put there twice it is the same, and what no record names is nobody's evidence.
        const file = `${folderOf("kept", "property")}credit/${params.item}/${digest}`;
        await files.put(file, paper.bytes, paper.contentType);
        return await settled(async () => {
          const before = await loadToProve(params.item, context);
          if (before.evidence.length >= MOST_EVIDENCE) {
            refuse({
              zh: `（2.4）一项最多 ${MOST_EVIDENCE} 份材料`,
              en: `(2.4) An item has at most ${MOST_EVIDENCE} pieces of evidence`,
            });
          }
          const evidence = {
            id: String(before.evidence.length + 1),
            title,
            contentType: paper.contentType,
            bytes: paper.bytes.length,
            digest,
            file,
            added: { by: context.account, at: context.now },
          };
          const after: CreditRecord = {
            ...before,
            evidence: [...before.evidence, evidence],
            version: before.version + 1,
          };
          const change = changeBy(context, titleOf(after), "addCreditEvidence");
          const saved = await credit.save(before, after, await codeOf(before), change, context.command.done(after.id));
          return saved ? await replyOf(after, context) : undefined;
        });
      },
      replay: async (ref, context) => await replyOf(await loadOffice(ref, context), context),
    },

    async getCreditEvidence({ params }, context) {
      await loadFor(companyOfItem(params.item), context);
      const found = (await itemAt(params.item)).evidence.find(({ id }) => id === params.evidence);
      if (found === undefined) throw missing("没有这份材料", "There is no such evidence");
      const bytes = await files.get(found.file, MOST_BYTES);
      if (bytes === undefined) throw new Error(`credit: ${found.file} is gone`);
      return { body: { bytes, contentType: found.contentType } };
    },

    appealCreditItem: {
      async run({ params, ifMatch, body: { reason } }, context) {
        return await settled(async () => {
          const before = await loadOwn(params.item, context);
          expectVersion(before, ifMatch);
          refuse(whyNotCreditAppeal(disputed(before), context.today));
          const after: CreditRecord = {
            ...before,
            appeal: { by: context.account, at: context.now, reason },
            version: before.version + 1,
          };
          const change = changeBy(context, titleOf(after), "appealCreditItem");
          const saved = await credit.save(before, after, await codeOf(before), change, context.command.done(after.id));
          return saved ? await replyOf(after, context) : undefined;
        });
      },
      replay: async (ref, context) => await replyOf(await loadOwn(ref, context), context),
    },

    decideCreditItem: {
      async run({ params, ifMatch, body: { outcome, reason } }, context) {
        return await settled(async () => {
          const before = await loadOffice(params.item, context);
          const entered = [before.entered, ...before.evidence.map(({ added }) => added)].map(({ by }) => by);
          if (before.assessment?.hands.includes(context.account)) {
            throw notAllowed(
              "该考核的评分人、申诉处理人不能作决定，请由另一人办理",
              "Who scored the assessment, or decided the appeal against it, cannot decide: somebody else must",
            );
          }
          if (entered.includes(context.account)) {
            throw notAllowed(
              "登记或举证的人不能作决定，请由另一人办理",
              "Who entered it or put evidence to it cannot decide: somebody else must",
            );
          }
          if (before.appeal?.by === context.account || (await isAgent(context, before.company))) {
            throw notAllowed("不能处理本企业的事项", "Nobody decides what concerns his own company");
          }
          expectVersion(before, ifMatch);
          refuse(whyNotCreditDecision(disputed(before), outcome));
          const after: CreditRecord = {
            ...before,
            decision: { by: context.account, at: context.now, outcome, reason },
            version: before.version + 1,
          };
          const change = changeBy(context, titleOf(after), "decideCreditItem");
          const saved = await credit.save(before, after, await codeOf(before), change, context.command.done(after.id));
          return saved ? await replyOf(after, context) : undefined;
        });
      },
      replay: async (ref, context) => await replyOf(await loadOffice(ref, context), context),
    },

    async listCreditGrades({ query: { area, on, name, grade, limit, cursor } }, { today }) {
      const day = dayOf(on, today, today);
      const { county } = await officeScope(areas, area);
      const known = await areas.county(county);
      if (known === undefined) throw missing("没有这个县", "There is no such county");
      const policy = await policyAt(known, day);
      const isLong = policy.value("property.credit.item-life") > LONGEST_ITEM_LIFE;
      // As it was known at the end of the day, so that what was told of a day stays told.
      const graded = async (now: Standing) => {
        const stood = await standings.at(now, day);
        if (!stood?.active) return { id: now.id, stood: undefined, grade: null };
        const all = isLong ? (await credit.of(now.id)).items.map(recordedOf) : itemsOf(stood);
        const facts = { enrolled: stood.enrolled, items: knownItems(all, day) };
        return { id: now.id, stood, grade: creditOn(facts, day, policy).grade };
      };
      const { items, next } = await filledPage(
        async (most, after) => {
          const { records, more } = await standings.page(county, Math.min(most, MOST_LOOKED_AT), after);
          return { records: await Promise.all(records.map(graded)), more };
        },
        (one) =>
          one.stood !== undefined &&
          (name === undefined || one.stood.name.includes(name)) &&
          (grade === undefined || one.grade === grade),
        { limit, cursor, isOne: (id) => z.safeParse(CompanyId, id).success && countyOfCompany(id) === county },
      );
      return {
        body: {
          items: items.flatMap(({ id, stood, grade: own }): CreditGrade[] =>
            stood ? [{ company: { id, name: stood.name }, kind: stood.kind, on: day, grade: own }] : [],
          ),
          next,
        },
      };
    },
  };
}
