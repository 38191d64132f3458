import { isDate } from "./calendar.ts";
import {
  type DatedValue,
  isParameterId,
  type Parameter,
  type ParameterId,
  type ParameterValue,
  parameters,
  type Reading,
  type Value,
} from "./parameters.ts";

/** A value the county has put in force for a parameter, from a day on, by a decision that can be looked up under its id. */
export interface ParameterChange {
  readonly id: ParameterId;
  readonly from: string;
  readonly value: Value;
  readonly decision: string;
}

/** A parameter's value with the day from which it holds; `decision` where the county set it, absent where this system came with it. */
export interface InForce extends DatedValue {
  readonly decision?: string | undefined;
}

/** The parameters as they hold on one day. What a rule needs to know of the date and of the policy, and all it needs to know. */
export interface Policy {
  /** The day, `YYYY-MM-DD`. */
  readonly on: string;
  /**
   * The value in force, in the parameter's `unit`.
   * @throws RangeError if the parameter was not yet in force on the day
   */
  readonly value: <Id extends ParameterId>(id: Id) => ParameterValue<Id>;
  /** The same with the day it holds from and the decision behind it. @throws RangeError as `value` */
  readonly inForce: (id: ParameterId) => InForce;
  /** The readings that are not in force, for a trace to show what they would give. Empty where the plan is clear. */
  readonly otherReadings: (id: ParameterId) => readonly Reading[];
}

/**
 * The policy of a day: the plan's own values, and over them the county's decisions that have begun by then.
 * From the same day the later one in the list counts.
 * @throws RangeError if the day is no date
 */
export function policyOn(on: string, changes: readonly ParameterChange[] = []): Policy {
  if (!isDate(on)) throw new RangeError(`Not a date YYYY-MM-DD: ${on}`);
  const decided = new Map<ParameterId, ParameterChange>();
  for (const change of changes) {
    const held = decided.get(change.id);
    if (change.from <= on && (held === undefined || held.from <= change.from)) decided.set(change.id, change);
  }
  const inForce = (id: ParameterId): InForce => {
    if (!isParameterId(id)) throw new RangeError(`There is no parameter ${id}`);
    const { values }: Parameter = parameters[id];
    const own = values.findLast(({ from }) => from <= on);
    const change = decided.get(id);
    // A law that comes into force later than the county's decision stands over it.
    const chosen = change !== undefined && (own === undefined || own.from <= change.from) ? change : own;
    if (chosen === undefined) throw new RangeError(`Parameter ${id} is not in force on ${on}`);
    return chosen;
  };
  return {
    on,
    value: <Id extends ParameterId>(id: Id) => inForce(id).value as ParameterValue<Id>,
    inForce,
    otherReadings: (id) => {
      const { value } = inForce(id);
      const { readings }: Parameter = parameters[id];
      return (readings ?? []).filter((reading) => reading.value !== value);
    },
  };
}

/** The policy with one parameter read another way, whatever is in force: to work out what another reading gives. */
export const readAs = (policy: Policy, id: ParameterId, value: Value): Policy => ({
  ...policy,
  value: <Id extends ParameterId>(asked: Id) => (asked === id ? (value as ParameterValue<Id>) : policy.value(asked)),
});

/** The policy, and the parameters that it is asked for, so that a trace names what an answer rests on and nothing else. */
export function traced(policy: Policy): { readonly policy: Policy; readonly asked: () => ParameterId[] } {
  const ids = new Set<ParameterId>();
  const value = <Id extends ParameterId>(id: Id) => {
    ids.add(id);
    return policy.value(id);
  };
  return { policy: { ...policy, value }, asked: () => [...ids].sort() };
}
