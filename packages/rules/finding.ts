import type { Text } from "@county/plan/text.ts";

export type Verdict = "meets" | "deviates" | "breaches" | "ambiguous" | "cannot-tell";

/** One figure a verdict rests on: what it is, what it was, when it was true, and where it stands. */
export interface FindingInput {
  readonly name: Text;
  readonly value: string | number | boolean | null;
  readonly asOf: string;
  readonly source: string;
}

/** A verdict that explains itself: clause, inputs, steps. Same inputs give the same finding, word for word. */
export interface Finding {
  readonly rule: string;
  readonly clause: string;
  readonly verdict: Verdict;
  readonly subject: { readonly id: string; readonly code: string; readonly name: string };
  readonly title: Text;
  readonly observed: number | null;
  readonly expected: number | null;
  /** observed − expected */
  readonly difference: number | null;
  readonly inputs: readonly FindingInput[];
  readonly steps: readonly Text[];
}
