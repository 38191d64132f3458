import type { assessments } from "@county/contracts/assessments.ts";
import type { SchemeContent, schemesRoutes } from "@county/contracts/assessments-schemes.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Misfit } from "@county/plan/acceptable.ts";
import { policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, officeScope } from "@county/platform/areas.ts";
import { type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { pageOf } from "@county/platform/cursor.ts";
import { whyNotScheme } from "@county/rules/assessment.ts";
import { areaAt, assessorBy, assessorsIn, conflict, forbidden, missing, refOf, wrong, wrongBy } from "./ground.ts";
import type { Deps } from "./handlers.ts";
import { assessorOf, type PublishedScheme, type SchemeRecord } from "./schemes.ts";

type Routes = keyof typeof schemesRoutes;

/** Methods that a county or a street may have, versions aside; ours. */
const MOST_SCHEMES = 100;
/** Bytes of a public page: methods are long. */
const MOST_BYTES = 1_000_000;

/** Methods of assessment: written by one, published by another, and never changed then. */
export function schemesHandlers({ store }: Deps): Pick<Handlers<typeof assessments>, Routes> {
  const { schemes, areas, policies } = store;

  const load = async (id: string, { permit }: Context): Promise<{ record: SchemeRecord; area: AreaCopy }> => {
    const record = await schemes.scheme(id);
    if (record === undefined) throw missing("没有这份考核办法", "There is no such method");
    const area = await areaAt(store, assessorOf(id));
    permit(area.codes);
    return { record, area };
  };
  const reply = async (record: SchemeRecord, area: AreaCopy, version?: number) => ({
    body: { ...rowOf(record, area), content: await contentOf(record, version) },
    version: record.version,
  });
  const replyDraft = (record: SchemeRecord, area: AreaCopy, content: SchemeContent) => ({
    body: { ...rowOf(record, area), content: { ...content, version: (record.published.at(-1)?.version ?? 0) + 1 } },
    version: record.version,
  });
  /** @throws Problem `busy` where it is being changed just now */
  const contentOf = async (record: SchemeRecord, version: number | undefined) => {
    const { id, draft, published } = record;
    const last = published.at(-1)?.version ?? 0;
    if (draft && (version === undefined || version === last + 1)) {
      const content = await schemes.draft(record);
      if (content === undefined) throw changing();
      return { ...content, version: last + 1 };
    }
    const found = await schemes.version(id, version ?? last);
    if (found === undefined) throw missing("没有这一版", "There is no such version");
    return withoutId(found);
  };

  return {
    draftScheme: {
      async run({ body: { area: code, content, reason } }, context) {
        const area = await assessorBy(store, code, { pointer: "/area" });
        context.permit(area.codes);
        refuse(whyNotFor(area, content));
        if ((await schemes.schemesOf(area.id)).length >= MOST_SCHEMES)
          throw conflict(`最多 ${MOST_SCHEMES} 份办法`, `There are ${MOST_SCHEMES} methods already, which is the most`);
        const change = changeBy(context, reason, "draftScheme");
        const record: SchemeRecord = {
          id: `${area.id}.t${context.newId(8)}`,
          title: content.title,
          assesses: content.assesses,
          published: [],
          draft: { drafted: doneBy(change), edited: null, writers: [change.by] },
          listed: false,
          version: 1,
        };
        const failed = await schemes.saveScheme(undefined, record, change, [context.command.done(record.id)], content);
        if (failed) throw new Error(`schemes: ${record.id} was there`);
        return replyDraft(record, area, content);
      },
      replay: async (ref, context) => {
        const { record, area } = await load(ref, context);
        return await reply(record, area);
      },
    },

    async listSchemes({ query: { area: code, ...page } }) {
      const scope = await officeScope(areas, code);
      const all = await Promise.all(
        assessorsIn(scope).map(async (id) => {
          const area = await areaAt(store, id);
          return (await schemes.schemesOf(id)).map((record) => rowOf(record, area));
        }),
      );
      const { items, next } = await pageOf(all.flat(), ({ id }) => id, page);
      return { body: { items, next } };
    },

    async getScheme({ params, query }, context) {
      return await settled(async () => {
        const record = await schemes.scheme(params.scheme);
        if (record === undefined) throw missing("没有这份考核办法", "There is no such method");
        const area = await areaAt(store, assessorOf(record.id));
        // A county's method is read by whoever is assessed by it.
        context.permit([...area.codes, ...(await grantedWithin(context, area))]);
        return await reply(record, area, query.version);
      }, true);
    },

    async editScheme({ params, body: { content, reason }, ifMatch }, context) {
      const change = changeBy(context, reason, "editScheme");
      return await settled(async () => {
        const { record, area } = await load(params.scheme, context);
        expectVersion(record, ifMatch);
        refuse(whyNotFor(area, content));
        if (content.assesses !== record.assesses)
          throw wrong(
            "/content/assesses",
            "fixed",
            "考核对象不变，另行起草",
            "stays what it was: draft another method",
          );
        const { draft } = record;
        const after: SchemeRecord = {
          ...record,
          title: content.title,
          draft: {
            drafted: draft?.drafted ?? doneBy(change),
            edited: draft ? doneBy(change) : null,
            writers: [...new Set([...(draft?.writers ?? []), change.by])],
          },
          version: record.version + 1,
        };
        const failed = await schemes.saveScheme(record, after, change, [], content);
        return failed === undefined ? replyDraft(after, area, content) : undefined;
      });
    },

    publishScheme: {
      async run({ params, body: { reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "publishScheme");
        return await settled(async () => {
          const { record, area } = await load(params.scheme, context);
          expectVersion(record, ifMatch);
          const { draft } = record;
          if (draft === null) throw conflict("没有草稿", "There is no draft");
          const content = await schemes.draft(record);
          // Somebody edits it just now: it is decided again on what stands there then.
          if (content === undefined) return undefined;
          const clause = content.clause;
          if (draft.writers.includes(change.by))
            throw forbidden(
              `（${clause}）起草、修改过的人不能公布，请由另一人办理`,
              `(${clause}) Who wrote a part of it cannot publish it: somebody else must`,
            );
          const last = record.published.at(-1)?.version ?? 0;
          const before = last === 0 ? null : ((await schemes.version(record.id, last)) ?? null);
          const version = { ...content, id: record.id, version: last + 1 } as PublishedScheme;
          const policy = policyOn(context.today, await policies.changes(area.code));
          // The draft is not in the body: what is wrong is told by its place in the draft.
          refuse(whyNotFor(area, content) ?? whyNotScheme(version, before, policy));
          const after: SchemeRecord = {
            ...record,
            title: version.title,
            published: [
              ...record.published,
              {
                version: version.version,
                title: version.title,
                begins: version.begins,
                published: doneBy(change),
              },
            ],
            draft: null,
            listed: record.listed || version.scheduled,
            version: record.version + 1,
          };
          const key = context.command.done(record.id);
          const failed = await schemes.publish(record, after, version, change, key);
          return failed === undefined ? await reply(after, area) : undefined;
        });
      },
      replay: async (ref, context) => {
        const { record, area } = await load(ref, context);
        return await reply(record, area);
      },
    },

    async listPublicSchemes({ query: { area: code, scheme, ...page } }) {
      const area = await assessorBy(store, code, { parameter: "area" });
      const rows = (await schemes.schemesOf(area.id))
        .filter(({ id }) => scheme === undefined || id === scheme)
        .flatMap(({ id, published }) => published.toReversed().map((one) => ({ id, ...one })));
      let bytes = 0;
      const items = [];
      const found = await pageOf(rows, ({ id, version }) => `${id}#${version}`, page);
      for (const { id, version, published } of found.items) {
        const content = await schemes.version(id, version);
        if (content === undefined) throw new Error(`schemes: version ${version} of ${id} is gone`);
        const { version: _, ...shown } = withoutId(content);
        const { at, reason } = published;
        items.push({ id, area: refOf(area), version, published: { at, reason }, content: shown });
        bytes += JSON.stringify(shown).length;
        if (bytes > MOST_BYTES) break;
      }
      // A page that came short goes on behind its last.
      const short = items.length < found.items.length;
      const next = short
        ? (await pageOf(rows, ({ id, version }) => `${id}#${version}`, { ...page, limit: items.length })).next
        : found.next;
      return { body: { items, next } };
    },
  };
}

/** The areas of a caller that lie within one: under whose codes what is the whole area's is read. */
export async function grantedWithin({ caller }: Context, { codes }: AreaCopy): Promise<string[]> {
  return caller.grants.map(({ area }) => area).filter((area) => codes.some((code) => area.startsWith(code)));
}

const changing = () =>
  new Problem(
    "busy",
    { zh: "草稿正在修改，请稍后再试", en: "The draft is just being changed; try again" },
    {
      retryAfterSeconds: 1,
    },
  );

const doneBy = ({ by, at, reason }: ChangeOf) => ({ by, at, reason });
const rowOf = ({ id, title, assesses, published, draft, version }: SchemeRecord, area: AreaCopy) => ({
  id,
  area: refOf(area),
  title,
  assesses,
  published,
  draft: draft && {
    version: (published.at(-1)?.version ?? 0) + 1,
    drafted: draft.drafted,
    edited: draft.edited,
  },
  version,
});
const withoutId = ({ id: _, ...content }: PublishedScheme) => content as unknown as SchemeContent & { version: number };

function refuse(misfit: Misfit | undefined): void {
  if (misfit) throw wrongBy({ ...misfit, at: `/content${misfit.at}` });
}

/** Why a method cannot be this area's: who assesses whom; how a fact is measured. */
function whyNotFor({ id }: AreaCopy, { assesses, assessors, items }: SchemeContent): Misfit | undefined {
  const isStreet = id.includes(".");
  if (isStreet && assesses === "street")
    return {
      at: "/assesses",
      why: { zh: "（3.3）街道不考核街道", en: "(3.3) a street assesses no street" },
    };
  const other = assessors.findIndex((one) => (one.id === "street" ? assesses === "street" : isStreet));
  if (other >= 0)
    return {
      at: `/assessors/${other}/id`,
      why: {
        zh: "街道的办法只由街道考核，考核街道的只由县考核",
        en: "by a street's method the street alone assesses, and streets are assessed by the county alone",
      },
    };
  for (const [i, item] of items.entries()) {
    const fact = item.kind === "measured" ? item.fact : item.kind === "veto" && "fact" in item.by ? item.by.fact : null;
    const scales = fact && scalesOf(fact, assesses);
    const wanted = item.kind === "measured" ? item.scale.kind : "yes-no";
    if (scales && !scales.includes(wanted))
      return {
        at: item.kind === "measured" ? `/items/${i}/scale/kind` : `/items/${i}/by/fact`,
        why: {
          zh: `该数据只能按 ${scales.join("、")} 计`,
          en: `what is known of it is for the scale ${scales.map((scale) => `"${scale}"`).join(" or ")}`,
        },
      };
  }
  return undefined;
}
type ScaleKind = Extract<SchemeContent["items"][number], { kind: "measured" }>["scale"]["kind"];
/** The scales that what is known of a fact fits; null: nothing is known yet. */
function scalesOf(fact: string, assesses: SchemeContent["assesses"]): readonly ScaleKind[] | null {
  if (fact === "committee") return assesses === "project" ? ["yes-no"] : ["share"];
  if (["joint-tasks", "coverage"].includes(fact)) return ["share"];
  return fact === "objections" ? ["bands", "deduct"] : null;
}
