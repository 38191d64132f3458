import type { Policy } from "@county/plan/policy.ts";
import type { AreaCopy, Scope } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Evidence, Finding, Subject } from "@county/rules/finding.ts";
import { meetingTasksVerdict } from "@county/rules/meetings.ts";
import { type JointMeetingFacts, jointMeetingVerdict } from "@county/rules/property.ts";
import { communitiesIn } from "./covered.ts";
import type { MeetingRecord } from "./meetings.ts";
import type { Store } from "./store.ts";

/** Whether each street's joint meeting was held as the plan asks, and whether what meetings resolved is done in time (2.4). */

const subjectOf = ({ id, code, name }: AreaCopy): Subject => ({ id, code, name });

/** What joint meetings and what they resolved are judged by: read once, judged by as many policies as it takes. */
export interface MeetingsFacts {
  readonly joint: readonly JointMeetingFacts[];
  readonly tasks: readonly Parameters<typeof meetingTasksVerdict>[0][];
}

/** Of a street its joint meetings, and its communities' tasks; of a community its own; a county's own has none. */
export async function meetingsFacts(store: Store, scope: Scope, asOf: string): Promise<MeetingsFacts> {
  const evidence: Evidence = { asOf, source: "property" };
  const communities = (await communitiesIn(store, scope)).filter(({ active }) => active);
  const streets = scope.community ? [] : scope.streets;
  const joint = await Promise.all(
    streets.map(async (street): Promise<JointMeetingFacts> => {
      const held = await store.meetings.held(street.id);
      // Where nothing was ever entered nobody can tell whether they met.
      const known = held.length > 0 || (await store.meetings.meetings(street.id, 1)).records.length > 0;
      const meetings = held.map(({ on, convener }) => ({
        on,
        convenedBy: convener === "deputy-in-charge" ? ("deputy-in-charge" as const) : ("other" as const),
      }));
      return { ...evidence, subject: subjectOf(street), meetings: known ? meetings : null };
    }),
  );
  const tasks = await Promise.all(
    [...streets, ...communities].map(async (organ) => {
      const open = (await store.meetings.open(organ.id)).flatMap((meeting) => tasksOf(meeting));
      return open.length === 0 ? [] : [{ ...evidence, subject: subjectOf(organ), tasks: open }];
    }),
  );
  return { joint, tasks: tasks.flat() };
}

/** Everything these facts come to, in a fixed order. */
export const judgedMeetings = ({ joint, tasks }: MeetingsFacts, policy: Policy): Finding[] => [
  ...joint.map((facts) => jointMeetingVerdict(facts, policy)),
  ...tasks.map((facts) => meetingTasksVerdict(facts, policy)),
];

export const meetingsFindings = async (store: Store, scope: Scope, policy: Policy, now: string): Promise<Finding[]> =>
  judgedMeetings(await meetingsFacts(store, scope, dateOf(now)), policy);

const tasksOf = ({ id, on, tasks }: MeetingRecord) =>
  tasks
    .filter(({ struck }) => !struck)
    .map(({ no, text, due, done }) => ({
      id: `${id}/${String(no).padStart(3, "0")}`,
      name: `${on} ${text}`,
      due,
      done,
    }));
