/** The middle and the ends of repeated measurements. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("nothing was measured");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

/** One line of the report. */
export interface Figure {
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly value: Spread;
  /** The same of what it is compared with, and the ratio of the two, taken pair by pair as they were measured. */
  readonly baseline?: Spread;
  readonly ratio?: Spread;
  /** The most that the median of the ratio, or of the value where there is no ratio, should be. */
  readonly aim?: number;
}

export interface Section {
  readonly name: string;
  readonly title: string;
  /** `note` says how it was measured on this machine. */
  readonly run: (say: (progress: string) => void) => Promise<{ note: string; figures: readonly Figure[] }>;
}

/** A figure compared with the baseline, from values that were measured in turns. */
export function compared(
  about: Pick<Figure, "service" | "name" | "unit" | "aim">,
  values: readonly number[],
  baseline: readonly number[],
): Figure {
  return {
    ...about,
    value: spreadOf(values),
    baseline: spreadOf(baseline),
    ratio: spreadOf(values.map((value, i) => value / baseline[i]!)),
  };
}

export function isMet({ aim, ratio, value }: Figure): boolean | undefined {
  return aim === undefined ? undefined : (ratio ?? value).median <= aim;
}

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const times = (value: number) => `${value.toFixed(3)}×`;

/** The figures as lines of a table, for people. */
export function tableOf(figures: readonly Figure[]): string[] {
  const head = ["service", "figure", "unit", "ours", "baseline", "ratio", "min … max", "aim", ""];
  const rows = figures.map((figure) => {
    const { service, name, unit, value, baseline, ratio, aim } = figure;
    const met = isMet(figure);
    return [
      service,
      name,
      unit,
      number.format(value.median),
      baseline ? number.format(baseline.median) : "",
      ratio ? times(ratio.median) : "",
      ratio ? `${times(ratio.min)} … ${times(ratio.max)}` : `${number.format(value.min)} … ${number.format(value.max)}`,
      aim === undefined ? "" : `≤ ${ratio ? `${aim.toFixed(2)}×` : number.format(aim)}`,
      met === undefined ? "" : met ? "met" : "not met",
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const numeric = (column: number) => column > 2 && column < 8;
  return [head, ...rows].map((row) =>
    row
      .map((cell, i) => (numeric(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}
