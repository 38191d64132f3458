import type { Finding } from "@county/contracts/findings.ts";
import { lastDayOfMonth } from "@county/plan/calendar.ts";
import { type ParameterChange, policyOn } from "@county/plan/policy.ts";
import type { AreaCopy } from "@county/platform/areas.ts";
import { annex4Comparison, type PayLine, payrollFindings, printedStaff } from "@county/rules/payroll.ts";
import { planTables } from "@county/rules/plan-tables.ts";
import type { SubsidyPost } from "@county/rules/subsidies.ts";
import type { RunRecord } from "./runs.ts";
import type { Store } from "./store.ts";

/** What whoever checks a run has to know, and how the street's people of the month's last day compare with annex 4. */
export async function payRunFindings(
  { runs }: Store,
  record: RunRecord,
  { id, code, name }: AreaCopy,
): Promise<Finding[]> {
  const [frame, contents] = await Promise.all([runs.frame(record), runs.contents(record)]);
  const on = lastDayOfMonth(record.month);
  const policy = policyOn(on, frame.changes as ParameterChange[]);
  const subject = { id, code, name };
  const evidence = { asOf: on, source: `pay/${record.id}` };
  const lines = contents.flatMap((content) => content.lines);
  const found = [
    ...payrollFindings({ subject, month: record.month, lines, ...evidence }, policy),
    ...annex4Comparison(
      { street: subject, posts: postsOn(on, lines), printed: printedStaff(planTables(), code), ...evidence },
      policy,
    ),
  ];
  // The rules promise to change none of them; the contract does not say so.
  return found.map((finding) => finding as Finding);
}

/** The posts paid for on a day: of several that a person holds in a grid, the leader's, and then the first. */
function postsOn(on: string, lines: readonly PayLine[]): SubsidyPost[] {
  const posts = new Map<string, SubsidyPost>();
  for (const { person, correction, parts } of lines) {
    const part = correction === 0 ? parts.find(({ from, to }) => from <= on && on <= to) : undefined;
    if (!part?.grid) continue;
    const { duty, policeAssistant, compounds } = part;
    const key = `${person} ${part.grid.id}`;
    // Of a post that is paid by another the part says nothing of what is served.
    if (compounds.length > 0 && (!posts.has(key) || duty === "leader")) {
      posts.set(key, { gridKind: part.grid.kind, duty, policeAssistant, compounds });
    }
  }
  return [...posts.values()];
}
