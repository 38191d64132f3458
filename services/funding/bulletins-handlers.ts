import { areasFor, type Caller, type Role, roles } from "@county/contracts/access.ts";
import { HTML, XLSX } from "@county/contracts/api.ts";
import { covers, tierOf } from "@county/contracts/area.ts";
import type { funding } from "@county/contracts/funding.ts";
import {
  type Bulletin,
  type BulletinContent,
  type BulletinRow,
  type bulletinsRoutes,
  type Objection,
  type PublicBulletin,
  type PublicBulletinRow,
  type PublicObjection,
  ZIP,
} from "@county/contracts/funding-bulletins.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import { addDays, quarterOf } from "@county/plan/calendar.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, officeScope, type Scope, streetOf } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { replyDue } from "@county/rules/bulletin.ts";
import { refOf } from "./accounts.ts";
import { contentOf, figuresIn, type Told } from "./bulletin-drafting.ts";
import {
  type BulletinRecord,
  bulletinIdOf,
  bulletinOf,
  digestOf,
  MOST_EDITIONS,
  type ObjectionRecord,
  partsOfBulletin,
} from "./bulletins.ts";
import type { Deps } from "./handlers.ts";
import { refused } from "./parts.ts";

type Routes = keyof typeof bulletinsRoutes;

/** The plan's parameters begin with its year. */
const FIRST_DAY = "2020-01-01";
/** Objections that the page shows; the others are read page by page. Ours. */
const OBJECTIONS_ON_PAGE = 50;

const wrongField = (error: FieldError) => new Problem("invalid-request", undefined, { errors: [error] });
const loadSheets = async () => await import("./bulletin-sheets.ts");

/**
 * The role as which an account signs off: of a community's bulletin the one that the policy names, held for that community; of a
 * street's, for which no body of its residents exists, any that may sign there. That it is another account than who drafted it holds for both.
 */
function signingRole(caller: Caller, { area, community }: Told, policy: Policy): Role | undefined {
  const wanted = policy.value("publication.sign-off");
  return caller.grants.find(
    ({ role, area: granted }) =>
      (community === undefined
        ? areasFor({ ...caller, grants: [{ role, area: granted }] }, "bulletins.sign").length > 0
        : role === wanted) && area.codes.some((code) => covers(granted, code)),
  )?.role;
}

/** Bulletins: drafted, signed off, published; read by anyone; objected to and answered. */
export function bulletinsHandlers({ store }: Deps): Pick<Handlers<typeof funding>, Routes> {
  const { areas, bulletins } = store;

  const policyFor = async (area: AreaCopy, on: string): Promise<Policy> =>
    policyOn(on, await store.policies.changes(area.code));

  /** @throws when nothing is known of it: ours, no bulletin is drafted for an area that was not told of */
  const toldOf = async (id: string): Promise<Told> => {
    const street = await areas.street(streetOf(id));
    const community = street?.communities.find((one) => one.id === id);
    const area = street?.id === id ? street : community;
    if (street === undefined || area === undefined) throw new Error(`bulletins: nothing is known of ${id}`);
    return { area, county: street.county, street, community };
  };

  const noBulletin = () => new Problem("not-found", { zh: "没有这份公告", en: "There is no such bulletin" });
  const load = async (id: string, context: Context): Promise<{ record: BulletinRecord; told: Told }> => {
    const record = await bulletins.bulletin(id);
    if (record === undefined) throw noBulletin();
    const told = await toldOf(partsOfBulletin(id).area);
    context.permit(told.area.codes);
    return { record, told };
  };
  /** What is not published is not there for the public. */
  const loadPublished = async (id: string): Promise<Published> => {
    const record = await bulletins.bulletin(id);
    if (record === undefined || !isPublished(record)) throw noBulletin();
    return record;
  };

  const rowOf = (record: BulletinRecord, area: AreaCopy): BulletinRow => ({
    ...record,
    area: refOf(area),
  });
  const replyOf = async (
    record: BulletinRecord,
    { area }: Told,
    content?: BulletinContent,
  ): Promise<{ body: Bulletin; version: number }> => ({
    body: { ...rowOf(record, area), content: content ?? (await bulletins.content(record)) },
    version: record.version,
  });

  const publicRow = (record: Published, area: AreaCopy): PublicBulletinRow => {
    const { id, quarter, edition, published, signed, corrects, drafted, digest } = record;
    return {
      ...{ id, quarter, edition, corrects, digest },
      area: refOf(area),
      publishedOn: published.on,
      signedOff: { by: roles[signed.as as Role].title, on: dateOf(signed.at) },
      objectionsUntil: published.objectionsUntil,
      correction: corrects === null ? null : drafted.reason,
    };
  };
  /** The published edition that corrects one, if there is one. */
  const correctedBy = async ({ id }: BulletinRecord): Promise<string | null> => {
    const { area, quarter, edition } = partsOfBulletin(id);
    const next = await bulletins.bulletin(bulletinIdOf(area, quarter, edition + 1));
    return next && isPublished(next) ? next.id : null;
  };
  const publicBulletin = async (id: string): Promise<PublicBulletin> => {
    const record = await loadPublished(id);
    const [{ area }, later, content] = await Promise.all([
      toldOf(partsOfBulletin(id).area),
      correctedBy(record),
      bulletins.content(record),
    ]);
    return { ...publicRow(record, area), correctedBy: later, content };
  };

  const publicObjection = ({ id, at, reply }: ObjectionRecord, policy: Policy): PublicObjection => {
    const receivedOn = dateOf(at);
    return {
      ...{ id, receivedOn },
      due: replyDue(receivedOn, policy),
      reply: reply && { on: dateOf(reply.at), text: reply.text },
    };
  };
  const objectionAnswer = (record: ObjectionRecord, policy: Policy): Objection => ({
    ...publicObjection(record, policy),
    text: record.text,
    version: record.version,
  });
  const objectionsPage = async (bulletin: string, page: { limit: number; cursor?: string | undefined }) =>
    await filledPage(
      async (most, after) => await bulletins.objections(bulletin, most, after),
      () => true,
      { ...page, isOne: (id) => bulletinOf(id) === bulletin },
    );

  /** A page of an area's bulletins, newest quarter first. */
  const listed = async (
    { streets, community }: Scope,
    keep: (record: BulletinRecord) => boolean,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ items: { record: BulletinRecord; area: AreaCopy }[]; next: string | null }> => {
    const known = new Map<string, AreaCopy>();
    for (const copy of await Promise.all(streets.map(async ({ id }) => await areas.street(id)))) {
      for (const area of copy ? [copy, ...copy.communities] : []) known.set(area.id, area);
    }
    const wanted = (record: BulletinRecord) => {
      const { area } = partsOfBulletin(record.id);
      return known.has(area) && (community === undefined || area === community.id) && keep(record);
    };
    const named = (record: BulletinRecord) => ({
      record,
      area: known.get(partsOfBulletin(record.id).area) as AreaCopy,
    });
    const ids = streets.map(({ id }) => id);
    const { items, next } = await filledPage(
      async (most, after) => await bulletins.bulletins(ids, most, after),
      wanted,
      { ...page, isOne: (id) => /\.n\d{4}q\d-\d+$/.test(id) && ids.includes(streetOf(partsOfBulletin(id).area)) },
    );
    return { items: items.map(named), next };
  };

  /** Which edition a draft is, and which record it takes the place of. @throws Problem when it may not be drafted */
  const editionFor = async (
    area: string,
    quarter: string,
    { replaces, corrects }: { replaces?: number | undefined; corrects?: string | undefined },
  ): Promise<{ id: string; edition: number; corrects: string | null; before: BulletinRecord | undefined }> => {
    const last = (await bulletins.editions(area, quarter)).at(-1);
    if (last !== undefined && last.state !== "published") {
      if (replaces === undefined) {
        throw new Problem("conflict", {
          zh: `该季公告已有第 ${last.version} 版草稿，重新编制须写明替换哪一版`,
          en: `There is a draft, version ${last.version}: say that it is replaced`,
        });
      }
      expectVersion(last, replaces);
      if (corrects !== undefined && corrects !== last.corrects) throw wrongCorrection(last.corrects);
      return { id: last.id, edition: last.edition, corrects: last.corrects, before: last };
    }
    if (replaces !== undefined) {
      throw new Problem("stale-version", { zh: "没有可替换的草稿", en: "There is no draft to replace" });
    }
    if (corrects === undefined && last !== undefined) {
      throw new Problem("conflict", {
        zh: `（3.2.2）该季公告已公开，不能更改；更正须写明更正 ${last.id}`,
        en: `(3.2.2) The bulletin of that quarter is published and stays: say that ${last.id} is corrected`,
      });
    }
    if (corrects !== undefined && corrects !== last?.id) throw wrongCorrection(last?.id ?? null);
    const edition = (last?.edition ?? 0) + 1;
    if (edition > MOST_EDITIONS) throw refused("3.2.2", "该季公告更正次数过多", "The bulletin was corrected too often");
    return { id: bulletinIdOf(area, quarter, edition), edition, corrects: last?.id ?? null, before: undefined };
  };
  const wrongCorrection = (of: string | null) =>
    new Problem("conflict", {
      zh: of === null ? "没有已公开的公告可更正" : `应更正 ${of}`,
      en: of === null ? "Nothing is published that could be corrected" : `What is to be corrected is ${of}`,
    });

  return {
    draftBulletin: {
      async run({ body: { area: code, quarter: id, replaces, corrects, reason } }, context) {
        if (tierOf(code) !== "street" && tierOf(code) !== "community") {
          const detail = { zh: "应为街道或社区的编码", en: "a street's code, or a community's" };
          throw wrongField({ pointer: "/area", reason: "tier", detail });
        }
        const quarter = quarterOf(id);
        if (quarter.first < FIRST_DAY) {
          const detail = { zh: `方案自 ${FIRST_DAY} 起适用`, en: `the plan applies from ${FIRST_DAY}` };
          throw wrongField({ pointer: "/quarter", reason: "range", detail });
        }
        if (context.today <= quarter.last) {
          throw refused(
            "3.2.2",
            `${id} 要到 ${quarter.last} 才结束`,
            `The quarter ${id} is over on ${quarter.last} only`,
          );
        }
        const scope = await officeScope(areas, code, { pointer: "/area" });
        const told = await toldOf((scope.community ?? (scope.streets[0] as AreaCopy)).id);
        await context.command.first();
        const change = changeBy(context, reason, "draftBulletin");
        return await settled(async () => {
          const next = await editionFor(told.area.id, id, { replaces, corrects });
          const content = await contentOf(store, told, { quarter: id, edition: next.edition, corrects: next.corrects });
          if (next.corrects !== null) await refuseSame(next.corrects, content);
          const record: BulletinRecord = {
            id: next.id,
            quarter: id,
            edition: next.edition,
            state: "drafted",
            corrects: next.corrects,
            digest: digestOf(content),
            drafted: { by: change.by, at: change.at, reason },
            signed: null,
            published: null,
            version: (next.before?.version ?? 0) + 1,
          };
          await bulletins.stage(record, content);
          const failed = await bulletins.move(record, next.before, change, context.command.done(record.id));
          return failed === undefined ? await replyOf(record, told, content) : undefined;
        });
      },
      async replay(ref, context) {
        const { record, told } = await load(ref, context);
        return await replyOf(record, told);
      },
    },

    async listBulletins({ query: { area, quarter, state, ...page } }) {
      const scope = await officeScope(areas, area);
      const { items, next } = await listed(
        scope,
        (record) =>
          (quarter === undefined || record.quarter === quarter) && (state === undefined || record.state === state),
        page,
      );
      return { body: { items: items.map(({ record, area: of }) => rowOf(record, of)), next } };
    },

    async getBulletin({ params }, context) {
      const { record, told } = await load(params.bulletin, context);
      return await replyOf(record, told);
    },

    signBulletin: {
      async run({ params, body, ifMatch }, context) {
        const change = changeBy(context, body.reason, "signBulletin");
        return await settled(async () => {
          const { record, told } = await load(params.bulletin, context);
          expectVersion(record, ifMatch);
          expectState(record, "drafted");
          if (record.drafted.by === context.account) {
            throw new Problem("forbidden", {
              zh: "（3.2.2）编制的人不能审签自己的公告",
              en: "(3.2.2) Who drafted a bulletin does not sign it off",
            });
          }
          const as = signingRole(context.caller, told, await policyFor(told.area, context.today));
          if (as === undefined) {
            throw new Problem("forbidden", {
              zh: "（3.2.2）社区的公告由居务监督委员会审签",
              en: "(3.2.2) A community's bulletin is signed off by its supervision committee",
            });
          }
          const after: BulletinRecord = {
            ...record,
            state: "signed",
            signed: { by: change.by, at: change.at, reason: body.reason, as },
            version: record.version + 1,
          };
          const failed = await bulletins.move(after, record, change, context.command.done(record.id));
          return failed === undefined ? await replyOf(after, told) : undefined;
        });
      },
      async replay(ref, context) {
        const { record, told } = await load(ref, context);
        return await replyOf(record, told);
      },
    },

    publishBulletin: {
      async run({ params, body, ifMatch }, context) {
        await context.command.first();
        const change = changeBy(context, body.reason, "publishBulletin");
        return await settled(async () => {
          const { record, told } = await load(params.bulletin, context);
          expectVersion(record, ifMatch);
          expectState(record, "signed");
          const [signed, now, policy] = await Promise.all([
            bulletins.content(record),
            contentOf(store, told, record),
            policyFor(told.area, context.today),
          ]);
          if (digestOf(figuresIn(signed)) !== digestOf(figuresIn(now))) {
            throw refused(
              "3.2.2",
              "审签之后账目或名称有变，须重新编制、审签",
              "The ledger or a name has changed since it was drafted: draft it anew and have it signed off",
            );
          }
          const after: BulletinRecord = {
            ...record,
            state: "published",
            published: {
              ...{ by: change.by, at: change.at, reason: body.reason, on: context.today },
              objectionsUntil: addDays(context.today, policy.value("publication.objection")),
            },
            version: record.version + 1,
          };
          const failed = await bulletins.move(after, record, change, context.command.done(record.id));
          return failed === undefined ? await replyOf(after, told, signed) : undefined;
        });
      },
      async replay(ref, context) {
        const { record, told } = await load(ref, context);
        return await replyOf(record, told);
      },
    },

    async listObjections({ params, query }, context) {
      const { told } = await load(params.bulletin, context);
      const [{ items, next }, policy] = await Promise.all([
        objectionsPage(params.bulletin, query),
        policyFor(told.area, context.today),
      ]);
      return { body: { items: items.map((one) => objectionAnswer(one, policy)), next } };
    },

    replyToObjection: {
      async run({ params, body, ifMatch }, context) {
        // What the answer says stands with the objection; the audit says only that it was given.
        const change = changeBy(context, "答复异议", "replyToObjection");
        return await settled(async () => {
          const { record, told } = await loadObjection(params, context);
          expectVersion(record, ifMatch);
          if (record.reply !== null) throw refused("3.2.2", "这条异议已经答复", "This objection was answered before");
          const after: ObjectionRecord = {
            ...record,
            reply: { text: body.text, by: change.by, at: change.at },
            version: record.version + 1,
          };
          const failed = await bulletins.putObjection(after, record, change, context.command.done(record.id));
          return failed === undefined ? await objectionReply(after, told, context) : undefined;
        });
      },
      async replay(ref, context) {
        const { record, told } = await loadObjection({ bulletin: bulletinOf(ref), objection: ref }, context);
        return await objectionReply(record, told, context);
      },
    },

    async listPublicBulletins({ query: { area, quarter, ...page } }) {
      const scope = await officeScope(areas, area);
      const { items, next } = await listed(
        scope,
        (record) => isPublished(record) && (quarter === undefined || record.quarter === quarter),
        page,
      );
      return { body: { items: items.map(({ record, area: of }) => publicRow(record as Published, of)), next } };
    },

    async getPublicBulletin({ params }) {
      return { body: await publicBulletin(params.bulletin) };
    },

    async getPublicBulletinWorkbook({ params }, { language }) {
      const bulletin = await publicBulletin(params.bulletin);
      const { bulletinWorkbook } = await loadSheets();
      const bytes = await bulletinWorkbook(bulletin, language);
      return { body: { bytes, contentType: XLSX, fileName: `${bulletin.content.area.name} ${bulletin.quarter}.xlsx` } };
    },

    async getPublicBulletinPage({ params }, { language, today }) {
      const bulletin = await publicBulletin(params.bulletin);
      const [{ records, more }, policy, { bulletinPage }] = await Promise.all([
        bulletins.objections(params.bulletin, OBJECTIONS_ON_PAGE),
        policyFor({ ...bulletin.area, codes: [bulletin.area.code] }, today),
        loadSheets(),
      ]);
      const items = records.map((one) => publicObjection(one, policy));
      // Without a name it opens where it is asked for: it is there to be read.
      const bytes = new TextEncoder().encode(bulletinPage(bulletin, { items, more }, language));
      return { body: { bytes, contentType: `${HTML}; charset=utf-8` } };
    },

    async getPublicBulletinPackage({ params }) {
      const bulletin = await publicBulletin(params.bulletin);
      const { bulletinPackage } = await loadSheets();
      const fileName = `${bulletin.content.area.name} ${bulletin.quarter}.zip`;
      return { body: { bytes: bulletinPackage(bulletin), contentType: ZIP, fileName } };
    },

    async listPublicObjections({ params, query }, { today }) {
      const record = await loadPublished(params.bulletin);
      const { area } = await toldOf(partsOfBulletin(record.id).area);
      const [{ items, next }, policy] = await Promise.all([
        objectionsPage(params.bulletin, query),
        policyFor(area, today),
      ]);
      return { body: { items: items.map((one) => publicObjection(one, policy)), next } };
    },

    postObjection: {
      async run({ params, body }, context) {
        const record = await loadPublished(params.bulletin);
        const later = await correctedBy(record);
        if (later !== null) {
          throw refused(
            "3.2.2",
            `该公告已由 ${later} 更正，请对其提出`,
            `It was corrected by ${later}: object to that one`,
          );
        }
        const { objectionsUntil } = record.published;
        if (context.today > objectionsUntil) {
          throw refused("3.2.2", `异议期至 ${objectionsUntil} 止`, `Objections were taken until ${objectionsUntil}`);
        }
        await context.command.first();
        if (!(await bulletins.hasRoom(record.id, context.today, context.source))) {
          throw new Problem(
            "rate-limited",
            {
              zh: "该公告今天收到的异议过多（同一来源或合计），请明天再提",
              en: "The bulletin had too many objections today, from here or in all; come tomorrow",
            },
            { retryAfterSeconds: 3_600 },
          );
        }
        const objection: ObjectionRecord = {
          id: `${record.id}.c${context.newTimeId()}`,
          text: body.text,
          at: context.now,
          reply: null,
          version: 1,
        };
        const change = { ...changeBy(context, "提出异议", "postObjection"), by: "public" };
        const failed = await bulletins.putObjection(objection, undefined, change, context.command.done(objection.id));
        if (failed !== undefined) throw new Error(`bulletins: ${objection.id} failed at ${failed}`);
        return await publicReply(objection, context);
      },
      async replay(ref, context) {
        const record = await bulletins.objection(ref);
        if (record === undefined) throw noBulletin();
        return await publicReply(record, context);
      },
    },
  };

  /** @throws Problem `refused` when a correction would say what the edition before it says */
  async function refuseSame(corrected: string, content: BulletinContent): Promise<void> {
    const before = await bulletins.content((await bulletins.bulletin(corrected)) as BulletinRecord);
    const said = (one: BulletinContent) => digestOf(figuresIn(one).funds);
    if (said(before) === said(content)) {
      throw refused(
        "3.2.2",
        "账目与已公开的一致，没有可更正的",
        "The ledger says what was published: there is nothing to correct",
      );
    }
  }

  async function loadObjection({ bulletin, objection }: { bulletin: string; objection: string }, context: Context) {
    const { told } = await load(bulletin, context);
    const record = bulletinOf(objection) === bulletin ? await bulletins.objection(objection) : undefined;
    if (record === undefined) throw new Problem("not-found", { zh: "没有这条异议", en: "There is no such objection" });
    return { record, told };
  }
  async function objectionReply(record: ObjectionRecord, { area }: Told, { today }: Context) {
    return { body: objectionAnswer(record, await policyFor(area, today)), version: record.version };
  }
  async function publicReply(record: ObjectionRecord, { today }: Context) {
    const { area } = await toldOf(partsOfBulletin(bulletinOf(record.id)).area);
    return { body: publicObjection(record, await policyFor(area, today)) };
  }
}

interface Published extends BulletinRecord {
  readonly signed: NonNullable<BulletinRecord["signed"]>;
  readonly published: NonNullable<BulletinRecord["published"]>;
}
const isPublished = (record: BulletinRecord): record is Published =>
  record.state === "published" && record.signed !== null && record.published !== null;

const stateText = {
  drafted: { zh: "已编制", en: "drafted" },
  signed: { zh: "已审签", en: "signed" },
  published: { zh: "已公开", en: "published" },
} as const;
function expectState({ state }: BulletinRecord, wanted: BulletinRecord["state"]): void {
  if (state === wanted) return;
  throw refused(
    "3.2.2",
    `该公告${stateText[state].zh}，须为${stateText[wanted].zh}才能办理`,
    `The bulletin is ${stateText[state].en}; this is done when it is ${stateText[wanted].en}`,
  );
}
