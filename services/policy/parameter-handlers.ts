import { isDeepStrictEqual } from "node:util";
import { may } from "@county/contracts/access.ts";
import { covers } from "@county/contracts/area.ts";
import type { ChangeState, ParameterChange, ParameterChangeRow, policy } from "@county/contracts/policy.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import { whyNot } from "@county/plan/acceptable.ts";
import { addDays } from "@county/plan/calendar.ts";
import { units } from "@county/plan/clauses.ts";
import { measures } from "@county/plan/measures.ts";
import { ownerOf } from "@county/plan/owners.ts";
import {
  isParameterId,
  listParameters,
  type Parameter,
  type ParameterId,
  parameters,
} from "@county/plan/parameters.ts";
import { type ParameterChange as Decided, policyOn } from "@county/plan/policy.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { type Context, forbidden, type Handlers } from "@county/platform/context.ts";
import { filledPage, pageOf } from "@county/platform/cursor.ts";
import { parametersUsed } from "@county/rules/finding.ts";
import { awaitedOf, awaitedUntil } from "./effects.ts";
import {
  type ChangeRecord,
  countyOf,
  type Effect,
  NOTHING_DECIDED,
  type ParametersState,
  type Store,
} from "./store.ts";

type ParameterRoutes =
  | "listParameters"
  | "getParameter"
  | "draftParameterChange"
  | "listParameterChanges"
  | "getParameterChange"
  | "approveParameterChange"
  | "withdrawParameterChange";

/** The plan's parameters, and their changes: drafted by one, shown with their effect, approved by another. */
export function parameterHandlers({
  store,
}: {
  readonly store: Store;
}): Pick<Handlers<typeof policy>, ParameterRoutes> {
  const decidedIn = async (county: string) => decidedOf((await store.parameters(county))?.state);

  const load = async (id: string, context: Context): Promise<ChangeRecord> => {
    const record = await store.change(id);
    if (record === undefined) throw new Problem("not-found", { zh: "没有这项参数调整", en: "There is no such change" });
    // A value holds in the whole county, so whoever may read the parameters of a part of it reads the change.
    const parts = context.caller.grants.map(({ area }) => area).filter((area) => covers(record.county, area));
    context.permit([record.county, ...parts]);
    return record;
  };

  const read = async (id: string, context: Context) => {
    const [record, effects] = await Promise.all([load(id, context), store.effects(id)]);
    return replyOf(record, effects, context);
  };

  return {
    async listParameters({ query: { area, on, clause, limit, cursor } }, { today }) {
      const decided = await decidedIn(countyOf(area));
      const wanted = listParameters().filter((one) => clause === undefined || one.clause === clause);
      const { items, next } = await pageOf(wanted, ({ id }) => id, { limit, cursor });
      const day = on ?? today;
      const body = items.map(({ id }) => {
        const values = valuesOf(id, decided);
        return {
          ...headOf(id),
          inForce: values.findLast(({ from }) => from <= day) ?? null,
          toCome: values.filter(({ from }) => from > day),
        };
      });
      return { body: { items: body, next } };
    },

    async getParameter({ params, query: { area } }) {
      const id = parameterId(params.parameter);
      const values = valuesOf(id, await decidedIn(countyOf(area)));
      const records = await Promise.all(values.map(({ decision }) => decision && store.change(decision)));
      return {
        body: {
          ...headOf(id),
          values: values.map((value, i) => {
            const next = values[i + 1];
            const { drafted, approved } = records[i] || {};
            return {
              ...value,
              until: next ? addDays(next.from, -1) : null,
              ...(drafted && { drafted }),
              ...(approved && { approved }),
            };
          }),
        },
      };
    },

    draftParameterChange: {
      async run({ body: { area: county, parameter, value, from, reason } }, context) {
        if (county.length !== 6) {
          throw wrong({
            pointer: "/area",
            reason: "tier",
            zh: "取值全县适用，请填县的代码",
            en: "a value holds for a whole county: its code",
          });
        }
        if (!isParameterId(parameter)) {
          throw wrong({
            pointer: "/parameter",
            reason: "unknown",
            zh: "没有这个参数",
            en: "there is no such parameter",
          });
        }
        permitOwner(parameter, county, context);
        if (from <= context.today) throw wrong({ pointer: "/from", reason: "date", ...tooLate });
        const misfit = whyNot(parameter, value);
        if (misfit) throw wrong({ pointer: `/value${misfit.at}`, reason: "unfit", ...misfit.why });
        const values = await store.parameters(county);
        const before = policyOn(from, decidedOf(values?.state)).value(parameter);
        if (isDeepStrictEqual(before, value)) {
          throw wrong({
            pointer: "/value",
            reason: "unchanged",
            zh: "那天本来就是这个值",
            en: "what holds on that day anyway",
          });
        }
        const change = changeBy(context, reason, "draftParameterChange");
        const record: ChangeRecord = {
          id: `${county}.c${change.id}`,
          county,
          parameter,
          before,
          value,
          from,
          drafted: { at: change.at, by: change.by, reason },
          version: 1,
        };
        const failed = await store.addDraft(record, values?.version ?? 0, change, context.command.done(record.id));
        if (failed) {
          throw new Problem("conflict", {
            zh: `该参数自 ${from} 起已有另一项调整，请先撤回`,
            en: `There is another change of it from ${from}: withdraw that first`,
          });
        }
        return replyOf(record, [], context);
      },
      replay: read,
    },

    async listParameterChanges({ query: { area, state, parameter, limit, cursor } }, { today }) {
      const county = countyOf(area);
      const { items, next } = await filledPage(
        async (most, after) => await store.changes(county, most, after),
        (record) =>
          (state === undefined || stateOf(record, today) === state) &&
          (parameter === undefined || record.parameter === parameter),
        { limit, cursor, isOne: (id) => id.startsWith(`${county}.c`) },
      );
      return { body: { items: items.map((record) => rowOf(record, today)), next } };
    },

    async getParameterChange({ params }, context) {
      return await read(params.change, context);
    },

    approveParameterChange: {
      async run({ params, body: { reason, withoutEffects }, ifMatch }, context) {
        const change = changeBy(context, reason, "approveParameterChange");
        return await settled(async () => {
          const record = await load(params.change, context);
          const parameter = parameterId(record.parameter);
          permitOwner(parameter, record.county, context);
          expectVersion(record, ifMatch);
          expectState(record, context.today, ["draft"]);
          if (record.drafted.by === context.account) {
            throw new Problem("refused", {
              zh: "起草的人不能批准，请由本单位另一人办理",
              en: "Who drafted it cannot approve it: somebody else of the department must",
            });
          }
          if (record.from <= context.today) {
            throw new Problem("refused", { zh: `${tooLate.zh}，请重新起草`, en: `${tooLate.en}: draft it again` });
          }
          // The rules may have learnt since what they cannot work with.
          const misfit = whyNot(parameter, record.value);
          if (misfit) throw new Problem("refused", misfit.why);
          const effects = await store.effects(record.id);
          const missing = awaitedOf(effects);
          if (missing.length > 0) refuseMissing(missing, awaitedUntil(record), context.now, withoutEffects);
          const values = await store.parameters(record.county);
          const state = values?.state ?? NOTHING_DECIDED(record.county);
          const decided = { id: record.parameter, from: record.from, value: record.value, decision: record.id };
          const after: ChangeRecord = {
            ...record,
            approved: { at: change.at, by: change.by, reason },
            ...(missing.length > 0 && { withoutEffects: missing }),
            version: record.version + 1,
          };
          const failed = await store.moveChange(record, after, change, context.command.done(record.id), {
            before: values,
            state: { ...state, changes: [...state.changes, decided] },
          });
          return failed === undefined ? replyOf(after, effects, context) : undefined;
        });
      },
      replay: read,
    },

    withdrawParameterChange: {
      async run({ params, body: { reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "withdrawParameterChange");
        return await settled(async () => {
          const record = await load(params.change, context);
          permitOwner(parameterId(record.parameter), record.county, context);
          expectVersion(record, ifMatch);
          expectState(record, context.today, ["draft", "approved"]);
          const after: ChangeRecord = {
            ...record,
            withdrawn: { at: change.at, by: change.by, reason },
            version: record.version + 1,
          };
          const values = record.approved && (await store.parameters(record.county));
          const failed = await store.moveChange(
            record,
            after,
            change,
            context.command.done(record.id),
            values && {
              before: values,
              state: {
                ...values.state,
                changes: values.state.changes.filter(({ decision }) => decision !== record.id),
              },
            },
          );
          return failed === undefined ? replyOf(after, await store.effects(after.id), context) : undefined;
        });
      },
      replay: read,
    },
  };
}

const tooLate = {
  zh: "生效日须在今天之后，过去的月份按当时的参数重算",
  en: "must be after today: past months keep the parameters of their time",
};

const wrong = ({ zh, en, ...error }: Omit<FieldError, "detail"> & { zh: string; en: string }) =>
  new Problem("invalid-request", undefined, { errors: [{ ...error, detail: { zh, en } }] });

/** @throws Problem `not-found` */
function parameterId(text: string): ParameterId {
  if (!isParameterId(text)) throw new Problem("not-found", { zh: "没有这个参数", en: "There is no such parameter" });
  return text;
}

const ownerOfParameter = (id: ParameterId) => {
  const role = ownerOf(parameters[id].clause);
  return { role, title: units[role].name };
};

/** Only the department that owns the clause, and for the whole county. */
function permitOwner(id: ParameterId, county: string, { caller }: Context): void {
  const { role, title } = ownerOfParameter(id);
  if (caller.grants.some((grant) => grant.role === role && covers(grant.area, county))) return;
  if (!may(caller, "policy.draft", [county])) throw forbidden(caller, "policy.draft", county);
  throw new Problem("forbidden", {
    zh: `该参数由${title.zh}决定`,
    en: `This parameter is decided by: ${title.en}`,
  });
}

function expectState(record: ChangeRecord, today: string, states: readonly ChangeState[]): void {
  const state = stateOf(record, today);
  if (states.includes(state)) return;
  const words = {
    draft: { zh: "尚未批准", en: "not approved yet" },
    approved: { zh: "已经批准", en: "approved already" },
    "in-force": { zh: "已经生效，须另行起草调整", en: "in force: draft another change instead" },
    withdrawn: { zh: "已经撤回", en: "withdrawn already" },
  }[state];
  throw new Problem("conflict", { zh: `这项调整${words.zh}`, en: `The change is ${words.en}` });
}

function refuseMissing(missing: readonly string[], until: string, now: string, withoutEffects: boolean): void {
  const names = missing.join(", ");
  if (now < until) {
    throw new Problem("refused", {
      zh: `尚待测算影响：${names}；最迟等到 ${until}`,
      en: `Effects still awaited: ${names}; until ${until} at the latest`,
    });
  }
  if (!withoutEffects) {
    throw new Problem("refused", {
      zh: `没有收到影响测算：${names}；仍要批准，请注明 withoutEffects: true`,
      en: `No effects were told: ${names}; to approve all the same, say withoutEffects: true`,
    });
  }
}

/** A county's decisions about parameters that there are. */
export const decidedOf = (state: ParametersState | undefined): Decided[] =>
  (state?.changes ?? []).filter((one): one is Decided => isParameterId(one.id));

const stateOf = ({ withdrawn, approved, from }: ChangeRecord, today: string): ChangeState =>
  withdrawn ? "withdrawn" : !approved ? "draft" : from > today ? "approved" : "in-force";

function replyOf(record: ChangeRecord, effects: readonly Effect[], { today }: Context) {
  const body: ParameterChange = {
    ...rowOf(record, today),
    effects: effects.map(({ service, toldAt, told: { on, digest, rows, summary } }) => ({
      service,
      toldAt,
      on,
      digest,
      rows,
      summary,
    })),
    awaited: awaitedOf(effects),
    awaitedUntil: awaitedUntil(record),
  };
  return { body, version: record.version };
}

function rowOf(record: ChangeRecord, today: string): ParameterChangeRow {
  const { clause, title, owner } = headOf(parameterId(record.parameter));
  const { county, approved = null, withdrawn = null, withoutEffects = [], ...rest } = record;
  return {
    ...rest,
    area: county,
    clause,
    title,
    owner,
    state: stateOf(record, today),
    approved,
    withdrawn,
    withoutEffects,
  };
}

function headOf(id: ParameterId) {
  const { clause, title, unit, soft, note, readings }: Parameter = parameters[id];
  return {
    id,
    clause,
    title,
    unit: { id: unit, title: measures[unit] },
    soft: soft ?? false,
    note: note ?? null,
    readings: readings ? [...readings] : null,
    owner: ownerOfParameter(id),
  };
}

/** Every value of a parameter that holds on some day, oldest first. */
function valuesOf(id: ParameterId, decided: readonly Decided[]) {
  const { values }: Parameter = parameters[id];
  const days = [...values, ...decided.filter((change) => change.id === id)].map(({ from }) => from);
  return [...new Set(days)].toSorted().flatMap((day) =>
    // What begins on the day counts; a value put aside by a law of the same time never held.
    parametersUsed([id], policyOn(day, decided))
      .filter(({ from }) => from === day)
      .map(({ value, from, source, verified, decision }) => ({
        value,
        from,
        source,
        verified,
        ...(decision !== undefined && { decision }),
      })),
  );
}
