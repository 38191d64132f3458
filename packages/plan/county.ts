import type { Text } from "./text.ts";

/** A place of the first two tiers: its national division code, its name, and the short name the tables use. */
export interface PlanArea {
  readonly code: string;
  readonly name: Text;
  readonly short: Text;
}

/** The county the plan was written for. */
export const county = {
  code: "370725",
  name: { zh: "昌乐县", en: "Changle County" },
  short: { zh: "昌乐", en: "Changle" },
} as const satisfies PlanArea;

/**
 * The two streets the plan names and its annexes describe. Other towns and streets may follow the plan (clause 3.4), so nothing
 * may take this list for all the streets of the county.
 */
export const streets = [
  {
    code: "370725001",
    name: { zh: "宝都街道", en: "Baodu Street" },
    short: { zh: "宝都", en: "Baodu" },
  },
  {
    code: "370725002",
    name: { zh: "宝城街道", en: "Baocheng Street" },
    short: { zh: "宝城", en: "Baocheng" },
  },
] as const satisfies readonly PlanArea[];
