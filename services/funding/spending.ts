import { PaperKind, PayeeKind, RequestState } from "@county/contracts/funding-spending.ts";
import { streetOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { timeId } from "@county/platform/clock.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { folderOf } from "@county/platform/files.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import { uploadFields } from "@county/platform/uploads.ts";
import { type AccountId, personsOf } from "@county/rules/ledger.ts";
import * as z from "zod/mini";

/**
 * How spending lies in the table:
 * - by county or street, its **payees**, and which of them has a code: one,
 * - by holder, its **requests** and **projects** in the order of time, and beside each request its **papers**; the papers
 *   themselves are files.
 * What was reserved and paid is not kept here: a request is the cause of its entries, and their ids follow from it.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });

const PayeeRecord = z.object({
  id: z.string(),
  name: z.string(),
  kind: PayeeKind,
  /** In capitals: one code however it is typed. */
  code: z.string(),
  /** The account bound to it. */
  account: z.nullable(z.string()),
  /** Every account that is bound to it or was: none of them approves what is paid to it. */
  accounts: z.array(z.string()),
  closed: z.boolean(),
  changed: Done,
  version: z.int(),
});
export type PayeeRecord = z.infer<typeof PayeeRecord>;

const RequestRecord = z.object({
  id: z.string(),
  ledger: z.string(),
  purpose: z.string(),
  purposeTitle: z.object({ zh: z.string(), en: z.string() }),
  title: z.string(),
  payee: z.object({ id: z.string(), name: z.string(), kind: PayeeKind, code: z.string() }),
  fen: z.int(),
  project: z.nullable(z.string()),
  state: RequestState,
  approver: z.nullable(z.enum(["county", "street", "community"])),
  quotesDue: z.nullable(z.int()),
  drafted: Done,
  /** Everybody who wrote a part of it. */
  writers: z.array(z.string()),
  edited: z.nullable(Done),
  submitted: z.nullable(Done),
  supervised: z.nullable(Done),
  approved: z.nullable(z.object({ ...Done.shape, quotes: z.int() })),
  paid: z.nullable(
    z.object({ ...Done.shape, on: z.string(), fen: z.int(), reference: z.string(), voucher: z.boolean() }),
  ),
  accepted: z.nullable(Done),
  ended: z.nullable(Done),
  version: z.int(),
});
export type RequestRecord = z.infer<typeof RequestRecord>;

const PaperRecord = z.object({
  ...uploadFields,
  request: z.string(),
  kind: PaperKind,
  title: z.string(),
  offer: z.nullable(z.object({ from: z.string(), fen: z.int() })),
});
export type PaperRecord = z.infer<typeof PaperRecord>;

const ProjectRecord = z.object({
  id: z.string(),
  fund: z.string(),
  year: z.int(),
  title: z.string(),
  steps: z.array(z.object({ ...Done.shape, step: z.string(), on: z.string() })),
  opened: Done,
  version: z.int(),
});
export type ProjectRecord = z.infer<typeof ProjectRecord>;

// ----------------------------------------------------------------------------------------------------------------- keys

/** The id of the area whose request, project or payee it is: county, street or community. */
export const ownerOf = (id: string): string => id.slice(0, id.lastIndexOf("."));
/** The account that a payee is paid to: its own, or the one of all persons there. */
export const accountOfPayee = ({ id, kind }: Pick<PayeeRecord, "id" | "kind">): AccountId =>
  kind === "person" ? personsOf(ownerOf(id)) : id;
const tailOf = (id: string): string => id.slice(id.lastIndexOf(".") + 1);

const payees = (area: string) => `payees#${area}`;
const payeeKey = (id: string): Key => ({ pk: payees(ownerOf(id)), sk: `payee#${tailOf(id)}` });
/** Which payee of an area has a code. */
const codeKey = (area: string, code: string): Key => ({ pk: payees(area), sk: `code#${code}` });

const spending = (holder: string) => `spending#${holder}`;
const requestKey = (id: string): Key => ({ pk: spending(ownerOf(id)), sk: `request#${tailOf(id)}` });
const projectKey = (id: string): Key => ({ pk: spending(ownerOf(id)), sk: `project#${tailOf(id)}` });
const paperKey = ({ request, id }: Pick<PaperRecord, "request" | "id">): Key => ({
  pk: spending(ownerOf(request)),
  sk: `paper#${tailOf(request)}#${id.padStart(2, "0")}`,
});

/** As a paper was posted; its form can be posted again until it expires, so nothing but the check looks here. */
export const postedFileOf = ({ request, id }: Pick<PaperRecord, "request" | "id">): string =>
  `${folderOf("uploads", "funding")}papers/${request}/${id}`;

const when = (before: { version: number } | undefined) =>
  before === undefined ? ("absent" as const) : { version: before.version };

/** A request's next state, as part of a change. */
export const requestAction = (after: RequestRecord, before: RequestRecord | undefined): Action<"request"> => ({
  name: "request",
  put: kept(requestKey(after.id), after),
  when: when(before),
});
/** The audit of a change of whatever belongs to a holder, a county or a street. */
export const auditOf = (id: string, change: ChangeOf): Action<"audit"> => auditAction(change, ownerOf(id), [id]);

/** One page of a list, after an id. */
export interface PageAfter {
  readonly limit: number;
  readonly after?: string | undefined;
}

export type SpendingStore = ReturnType<typeof spendingStore>;

export function spendingStore(table: Table) {
  const one = async <S extends z.ZodMiniType>(schema: S, key: Key): Promise<z.output<S> | undefined> => {
    const found = await table.get(key);
    return found && readKept(schema, found);
  };
  const page = async <S extends z.ZodMiniType>(
    schema: S,
    pk: string,
    prefix: string,
    limit: number,
    after: string | undefined,
  ): Promise<{ records: z.output<S>[]; more: boolean }> => {
    const { items, more } = await table.queryPage(pk, prefix, { limit, after });
    return { records: items.map((item) => readKept(schema, item)), more };
  };
  /** Everything of a kind that was begun since an instant: ids are in the order of time. */
  const since = async <S extends z.ZodMiniType>(
    schema: S,
    pk: string,
    kind: "request#q" | "paper#q" | "project#j",
    instant: string,
  ): Promise<z.output<S>[]> => {
    const found: z.output<S>[] = [];
    let after: string | undefined = `${kind}${timeId(instant).slice(0, 10)}`;
    do {
      const { items, more } = await table.queryPage(pk, kind, { limit: 1_000, after });
      found.push(...items.map((item) => readKept(schema, item)));
      after = more ? items.at(-1)?.sk : undefined;
    } while (after !== undefined);
    return found;
  };

  return {
    // --------------------------------------------------------------------------------------------------------- payees
    payee: async (id: string): Promise<PayeeRecord | undefined> => await one(PayeeRecord, payeeKey(id)),
    /** A county's or a street's own, in the order of their ids. */
    payees: async (area: string, { limit, after }: PageAfter) =>
      await page(PayeeRecord, payees(area), "payee#", limit, after && payeeKey(after).sk),
    /** @returns `code`: another payee of the area has it */
    async addPayee(payee: PayeeRecord, change: ChangeOf, key: Action<"key">) {
      return await save<"payee" | "code" | "audit">(table, [
        { name: "code", put: { ...codeKey(ownerOf(payee.id), payee.code), payee: payee.id }, when: "absent" },
        { name: "payee", put: kept(payeeKey(payee.id), payee), when: "absent" },
        auditOf(payee.id, change),
        key,
      ]);
    },
    async changePayee(before: PayeeRecord, after: PayeeRecord, change: ChangeOf) {
      return await save<"payee" | "audit">(table, [
        { name: "payee", put: kept(payeeKey(after.id), after), when: when(before) },
        auditOf(after.id, change),
      ]);
    },

    // ------------------------------------------------------------------------------------------------------- requests
    request: async (id: string): Promise<RequestRecord | undefined> => await one(RequestRecord, requestKey(id)),
    /** A holder's, in the order in which they were drafted. @param holder the id of the county, street or community */
    requestsOf: async (holder: string, { limit, after }: PageAfter) =>
      await page(RequestRecord, spending(holder), "request#", limit, after && requestKey(after).sk),
    requestsSince: async (holder: string, instant: string) =>
      await since(RequestRecord, spending(holder), "request#q", instant),
    /** A request's next state where no money moves. */
    async saveRequest(
      before: RequestRecord | undefined,
      after: RequestRecord,
      change: ChangeOf,
      more: readonly Action<"key" | "project">[],
    ) {
      return await save<"request" | "audit" | "project">(table, [
        requestAction(after, before),
        auditOf(after.id, change),
        ...more,
      ]);
    },

    // --------------------------------------------------------------------------------------------------------- papers
    paper: async (request: string, id: string): Promise<PaperRecord | undefined> =>
      await one(PaperRecord, paperKey({ request, id })),
    papersOf: async (request: string): Promise<PaperRecord[]> =>
      (await table.queryAll(spending(ownerOf(request)), `paper#${tailOf(request)}#`)).map((item) =>
        readKept(PaperRecord, item),
      ),
    papersSince: async (holder: string, instant: string) =>
      await since(PaperRecord, spending(holder), "paper#q", instant),
    /**
     * A paper's next state.
     * @param more the command's record, and the fact that it waits to be checked
     */
    async savePaper(
      before: PaperRecord | undefined,
      after: PaperRecord,
      change: ChangeOf,
      more: readonly Action<"key" | "event">[] = [],
    ) {
      return await save<"paper" | "audit" | "event">(table, [
        { name: "paper", put: kept(paperKey(after), after), when: when(before) },
        auditAction(change, ownerOf(after.request), [after.request, after.id]),
        ...more,
      ]);
    },
    /** The fact that a paper is said to be there. @param area the holder's code */
    posted: ({ request, id }: PaperRecord, area: string, at: string): Action<"event"> =>
      outboxAction({
        type: "funding.paper-posted",
        service: "funding",
        area,
        at,
        id: `${request}.${id}.posted`,
        detail: JSON.stringify({ request, paper: id }),
      }),

    // ------------------------------------------------------------------------------------------------------- projects
    project: async (id: string): Promise<ProjectRecord | undefined> => await one(ProjectRecord, projectKey(id)),
    projectsOf: async (holder: string, { limit, after }: PageAfter) =>
      await page(ProjectRecord, spending(holder), "project#", limit, after && projectKey(after).sk),
    projectsSince: async (holder: string, instant: string) =>
      await since(ProjectRecord, spending(holder), "project#j", instant),
    async saveProject(before: ProjectRecord | undefined, after: ProjectRecord, change: ChangeOf, key: Action<"key">) {
      return await save<"project" | "audit">(table, [
        { name: "project", put: kept(projectKey(after.id), after), when: when(before) },
        auditOf(after.id, change),
        key,
      ]);
    },
  };
}

/** Whether a payee's area holds this holder: its own street, or the county. */
export const servesHolder = (payee: string, holder: string): boolean => {
  const area = ownerOf(payee);
  return holder.split(".").length === 1 ? area === holder : area === streetOf(holder) || area === holder.split(".")[0];
};
