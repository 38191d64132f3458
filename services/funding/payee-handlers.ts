import { tierOf } from "@county/contracts/area.ts";
import type { funding } from "@county/contracts/funding.ts";
import type { Payee } from "@county/contracts/funding-spending.ts";
import { Problem } from "@county/contracts/problem.ts";
import { type AreaCopy, streetOf } from "@county/platform/areas.ts";
import { changeBy, expectVersion } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { payeeBarred } from "@county/rules/spending.ts";
import { refOf } from "./accounts.ts";
import { readersOf } from "./funds-handlers.ts";
import type { Deps } from "./handlers.ts";
import { forbidBarred, missing } from "./parts.ts";
import { ownerOf, type PayeeRecord } from "./spending.ts";
import { type SpendingGround, shownName } from "./spending-parts.ts";

type Routes = "registerPayee" | "listPayees" | "getPayee" | "changePayee";

/** Whom money is paid to: registered with the county or a street, and known to the bank by a code. */
export function payeeHandlers(
  { store: { spending } }: Deps,
  ground: SpendingGround,
): Pick<Handlers<typeof funding>, Routes> {
  /** The area that payees of a code's area are registered with. */
  const registrarBy = async (code: string, where: { pointer: string } | { parameter: string }): Promise<AreaCopy> => {
    const area = await ground.holderBy(code, where);
    return tierOf(area.code) === "community" ? await ground.areaAt(streetOf(area.id)) : area;
  };
  const load = async (id: string): Promise<{ payee: PayeeRecord; area: AreaCopy }> => {
    const payee = await spending.payee(id);
    if (payee === undefined) throw missing("没有这个收款方", "There is no such payee");
    return { payee, area: await ground.areaAt(ownerOf(id)) };
  };
  const answerOf = (
    { account, accounts: _, ...payee }: PayeeRecord,
    area: AreaCopy,
    { caller }: Pick<Context, "caller">,
  ): Payee => ({
    ...payee,
    name: shownName(payee, caller, readersOf(area, { caller })),
    area: refOf(area),
    bound: account !== null,
  });
  const replyOf = (payee: PayeeRecord, area: AreaCopy, context: Context) => ({
    body: answerOf(payee, area, context),
    version: payee.version,
  });

  return {
    registerPayee: {
      async run({ body: { area: code, reason, ...asked } }, context) {
        const area = await registrarBy(code, { pointer: "/area" });
        const change = changeBy(context, reason, "registerPayee");
        const payee: PayeeRecord = {
          ...asked,
          code: asked.code.toUpperCase(),
          accounts: asked.account === null ? [] : [asked.account],
          id: `${area.id}.y${context.newId(8)}`,
          closed: false,
          changed: { by: change.by, at: change.at, reason },
          version: 1,
        };
        const failed = await spending.addPayee(payee, change, context.command.done(payee.id));
        if (failed === "code") {
          throw new Problem("conflict", {
            zh: `编码 ${payee.code} 已登记给另一个收款方`,
            en: `The code ${payee.code} is another payee's`,
          });
        }
        if (failed) throw new Error(`spending: ${payee.id} was there`);
        return replyOf(payee, area, context);
      },
      async replay(ref, context) {
        const { payee, area } = await load(ref);
        context.permit(readersOf(area, context));
        return replyOf(payee, area, context);
      },
    },

    async listPayees({ query: { area: code, ...page } }, context) {
      const area = await registrarBy(code, { parameter: "area" });
      const { items, next } = await filledPage(
        async (limit, after) => await spending.payees(area.id, { limit, after }),
        () => true,
        { ...page, isOne: (id) => ownerOf(id) === area.id },
      );
      return { body: { items: items.map((payee) => answerOf(payee, area, context)), next } };
    },

    async getPayee({ params }, context) {
      const { payee, area } = await load(params.payee);
      // Whoever may ask for money to be paid to it may see it: the communities of its street, the whole of its county.
      context.permit(readersOf(area, context));
      return replyOf(payee, area, context);
    },

    async changePayee({ params, ifMatch, body: { reason, name, account, closed } }, context) {
      const { payee, area } = await load(params.payee);
      context.permit(area.codes);
      // Who is paid would bind somebody else, and approve his own money next.
      forbidBarred(payeeBarred(context.account, payee.accounts));
      expectVersion(payee, ifMatch);
      const change = changeBy(context, reason, "changePayee");
      const after: PayeeRecord = {
        ...payee,
        ...(name !== undefined && { name }),
        ...(account !== undefined && {
          account,
          accounts: [...new Set([...payee.accounts, ...(account === null ? [] : [account])])],
        }),
        ...(closed !== undefined && { closed }),
        changed: { by: change.by, at: change.at, reason },
        version: payee.version + 1,
      };
      if ((await spending.changePayee(payee, after, change)) !== undefined) {
        // Somebody came in between: what was read is not the present one any more.
        expectVersion({ version: ifMatch + 1 }, ifMatch);
      }
      return replyOf(after, area, context);
    },
  };
}
