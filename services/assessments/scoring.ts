import { heldBy, may } from "@county/contracts/access.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { AreaCopy } from "@county/platform/areas.ts";
import type { Context } from "@county/platform/context.ts";
import { type SchemeItem, sheetScore } from "@county/rules/assessment.ts";
import { whyOwn } from "@county/rules/assessment-scorers.ts";
import { roundsBeside } from "./ending.ts";
import { areaAt, conflict, forbidden, withdrawn, wrong } from "./ground.ts";
import { assessorOf } from "./schemes.ts";
import { isHolders, type Loaded } from "./seeing.ts";
import { type SheetRecord, sheetIdOf, sheetOf } from "./sheets.ts";
import type { Store } from "./store.ts";

/** Who scores which sheet, and lays evidence before it. */

export const rolesAt = ({ codes }: AreaCopy, { caller }: Pick<Context, "caller">): string[] =>
  caller.grants.filter(({ area }) => codes.some((code) => code.startsWith(area))).map(({ role }) => role);

/** The panel that an item is for; null: it is measured. */
export const panelOf = (item: SchemeItem): string | null =>
  item.kind === "scored" ? item.panel : item.kind === "veto" && "panel" in item.by ? item.by.panel : null;

/** The caller as a scorer of one round, for one request: what several sheets ask for is read once. */
export function scorerIn(store: Store, context: Context) {
  const { account, caller } = context;
  const known = new Map<string, Promise<unknown>>();
  const once = async <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const found = known.get(key) ?? read();
    known.set(key, found);
    return (await found) as T;
  };

  /** The subject's sheets in the rounds of the others who assess it for the same days. */
  const otherSheets = async ({ sheet, ...ground }: Omit<Loaded, "area" | "policy">): Promise<SheetRecord[]> => {
    const beside = await once("beside", async () => await roundsBeside(store, ground));
    const rounds = beside.flatMap(({ round }) => round?.id ?? []);
    const found = await store.sheets.sheets(rounds.map((round) => sheetIdOf(round, sheet.subject.id)));
    return found.filter((one) => one !== undefined);
  };

  /**
   * Why the caller has nothing to say of a sheet for a panel, whatever he would give; undefined: he has.
   * @param id null: for what no panel scores
   */
  async function whyNotScorer(id: string | null, loaded: Omit<Loaded, "policy">): Promise<Problem | undefined> {
    const { sheet, area, round, scheme } = loaded;
    if (round.withdrawn) return withdrawn();
    const panel = id === null ? null : scheme.panels.find((one) => one.id === id);
    if (panel === undefined) return wrong("/panel", "unknown-panel", "没有这个评分组", "there is no such panel");
    const own = whyOwn({ kind: scheme.assesses, codes: area.codes }, heldBy(caller));
    if (own) return new Problem("forbidden", own);
    const isOwn = await once(
      `own ${sheet.subject.holder}`,
      async () => await isHolders(store, scheme, sheet.subject, context),
    );
    if (isOwn) return forbidden("（2.4）不得给本企业评分", "(2.4) Nobody scores the company he acts for");
    if (panel?.role != null && !rolesAt(area, context).includes(panel.role))
      return forbidden("您不属于这个评分组", "You do not belong to the panel");
    const named = round.scorers.filter((one) => id === null || one.panel === id);
    if (!named.some(({ accounts }) => accounts.includes(account))) {
      if (id !== null && named.length > 0)
        return forbidden("本轮指定了其他评分人", "The round names others to score for the panel");
      // A county's sheet is scored by the county, though its subject lies in a street: by others where the round names them.
      const assessor = assessorOf(round.id);
      const { codes } = await once(`area ${assessor}`, async () => await areaAt(store, assessor));
      if (!may(caller, "sheets.score", codes))
        return forbidden(
          `（${scheme.clause}）由本轮考核主体的人员或者本轮指定的人评分`,
          `(${scheme.clause}) It is scored by those of the area whose round it is, and by whom the round names`,
        );
    }
    const others = await otherSheets(loaded);
    return others.some(({ scores }) => scores.some(({ scorer }) => scorer === account))
      ? forbidden(
          `（${scheme.clause}）您已在另一考核主体的考核中评过同一对象`,
          `(${scheme.clause}) You have scored it in the round of another assessor: each scores by its own people`,
        )
      : undefined;
  }

  /** Why the caller is not to score for a panel, whatever he would give; undefined: he may. */
  async function whyBarred(id: string, loaded: Omit<Loaded, "policy">): Promise<Problem | undefined> {
    const why = await whyNotScorer(id, loaded);
    if (why) return why;
    return loaded.sheet.scores.some((one) => one.panel === id && one.scorer === account)
      ? conflict("您已经评过", "You have scored it already")
      : undefined;
  }

  return {
    whyNotScorer,
    whyBarred,
    otherSheets,
    /** Whether one of the panels of a sheet waits for the caller. */
    async isAwaited({ policy, ...loaded }: Loaded): Promise<boolean> {
      if (!may(caller, "sheets.score", loaded.area.codes)) return false;
      const { panels } = sheetScore(sheetOf(loaded.sheet), loaded.scheme, policy);
      for (const { panel, state } of panels)
        if (state !== "complete" && (await whyBarred(panel, loaded)) === undefined) return true;
      return false;
    },
  };
}
