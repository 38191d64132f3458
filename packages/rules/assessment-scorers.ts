import { type Text, text } from "@county/plan/text.ts";

/** Who is not to score what, though he may score in the area (plan 2.4, 3.3). */

/** What is scored, as far as it says whose it is. */
export interface Scored {
  readonly kind: "company" | "project" | "community" | "street";
  /** The code of the area it is, or lies in, under every code it has had. */
  readonly codes: readonly string[];
}
/** Where somebody holds a role, and whether it is to act for a company there. */
export interface Held {
  readonly area: string;
  readonly forCompany: boolean;
}

const within = (outer: string, inner: string): boolean => inner.startsWith(outer);

/**
 * Why somebody may not score a subject because it is his own; null: it is not.
 *
 * A street or a community is its own officers', and those of what lies in it: whoever holds a role there. Companies and their
 * projects are not scored by who acts for a company in the same area, for its own or for a rival's.
 */
export function whyOwn({ kind, codes }: Scored, held: readonly Held[]): Text | null {
  if (kind === "community" || kind === "street") {
    const own = held.some(({ area }) => codes.some((code) => within(code, area)));
    return own ? text("（3.3）不得给本单位评分", "(3.3) Nobody scores the area he works for") : null;
  }
  const acts = held.some(
    ({ forCompany, area }) => forCompany && codes.some((code) => within(area, code) || within(code, area)),
  );
  return acts
    ? text(
        "（2.4）物业企业经办人不得给企业、项目评分",
        "(2.4) Who acts for a property company scores no company and no project",
      )
    : null;
}
