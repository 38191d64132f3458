import { areasFor, type Permission } from "@county/contracts/access.ts";
import { tierOf } from "@county/contracts/area.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import type { Text } from "@county/plan/text.ts";
import type { AreaCopy } from "@county/platform/areas.ts";
import type { Context } from "@county/platform/context.ts";
import type { AccountId } from "@county/rules/ledger.ts";

/** What every handler of the service has in common: how it refuses, who may act for an office, which account is whose. */

const citing = (clause: ClauseId, { zh, en }: Text): Text => ({ zh: `（${clause}）${zh}`, en: `(${clause}) ${en}` });

/** A refusal by a rule: nobody is refused without the clause it rests on. @param errors which field it is about */
export const refused = (clause: ClauseId, zh: string, en: string, errors?: readonly FieldError[]): Problem =>
  new Problem("refused", citing(clause, { zh, en }), errors && { errors });
export const missing = (zh: string, en: string): Problem => new Problem("not-found", { zh, en });
/** @param pointer where in the body */
export const wrong = (pointer: string, reason: string, zh: string, en: string): Problem =>
  new Problem("invalid-request", undefined, { errors: [{ pointer, reason, detail: { zh, en } }] });

/** Why a rule stands against something. */
interface Barred {
  readonly clause: ClauseId;
  readonly text: Text;
}
/** The text of the ledger's and the orders' rules names the clause itself; those of spending leave it to whoever tells it. */
const told = ({ clause, text }: Barred): Text => (text.zh.startsWith(`（${clause}）`) ? text : citing(clause, text));
/** What the rules refuse, with the clause. */
export const refusedBy = (barred: Barred): Problem => new Problem("refused", told(barred));
/** @throws Problem `refused` with its clause, if something stands against it */
export function refuseBarred(barred: Barred | null | undefined): void {
  if (barred) throw refusedBy(barred);
}
/** @throws Problem `forbidden` with its clause, if the account is not to do it */
export function forbidBarred(barred: Barred | null | undefined): void {
  if (barred) throw new Problem("forbidden", told(barred));
}

/**
 * Who decides has seen the record as it is.
 * @param state of the record now, in words
 * @throws Problem `stale-version` with the clause
 */
export function expectSeen({ version }: { readonly version: number }, ifMatch: number, state: Text): void {
  if (version === ifMatch) return;
  throw new Problem(
    "stale-version",
    citing("3.2.2", {
      zh: `您读到的是第 ${ifMatch} 版，现在是第 ${version} 版（${state.zh}），请重新读取后再办理`,
      en: `You read version ${ifMatch}; it is version ${version} now, ${state.en}: read it again before you decide`,
    }),
  );
}

/**
 * What belongs to a street or a community it does itself: that somebody above did it in its name would hide who withholds, and who
 * spent what. So the permission must have been given for that very area.
 * @throws Problem `forbidden`
 */
export function permitOffice(office: AreaCopy, permission: Permission, context: Context): void {
  context.permit(office.codes);
  if (tierOf(office.code) === "county") return;
  if (areasFor(context.caller, permission).some((granted) => office.codes.includes(granted))) return;
  throw new Problem(
    "forbidden",
    citing("3.2.2", {
      zh: `此项由${office.name}自己办理，不由上级代办`,
      en: `${office.name} does this itself, not somebody above it`,
    }),
  );
}

/** The account that an area has in every ledger. @param area its id */
export const accountOfHolder = (area: string): AccountId => (area.includes(".") ? area : "county");
