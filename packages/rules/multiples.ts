// Whether a column of figures is the same multiple of another, as printed: rounded. Whole numbers only.

/** Two figures of a row, and the last digit to which the second is printed (1 for a count, 1000 fen for 0.1 元 …). */
export interface Pair {
  readonly x: number;
  readonly y: number;
  readonly unit: number;
}

interface Multiple {
  /** The simplest fraction that fits. */
  readonly ratio: { readonly numerator: bigint; readonly denominator: bigint };
  /** Indexes of the pairs that follow it, and of those precise enough to tell. */
  readonly follow: ReadonlySet<number>;
  readonly usable: ReadonlySet<number>;
}

/** Below this many rows, or different figures among them, chance explains it; nor does a figure of one or two digits tell anything. */
const LEAST_ROWS = 5;
const LEAST_DIFFERENT = 3;
const LEAST_PRECISION = 50;

interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}
const order = (a: Fraction, b: Fraction): number => {
  const [left, right] = [a.n * b.d, b.n * a.d];
  return left < right ? -1 : left > right ? 1 : 0;
};

/**
 * The factor that most pairs share: y = x × factor within half of y's last printed digit. Null unless at least five rows and a
 * quarter of those precise enough share it.
 */
export function multipleOf(pairs: readonly Pair[]): Multiple | null {
  const spans = pairs.flatMap(({ x, y, unit }, index) =>
    x > 0 && y >= unit * LEAST_PRECISION
      ? [
          {
            index,
            low: { n: 2n * BigInt(y) - BigInt(unit), d: 2n * BigInt(x) },
            high: { n: 2n * BigInt(y) + BigInt(unit), d: 2n * BigInt(x) },
          },
        ]
      : [],
  );
  // Most overlap begins where some span begins: walk the ends in order and count how many are open.
  const ends = spans
    .flatMap(({ low, high }) => [
      { at: low, opens: true },
      { at: high, opens: false },
    ])
    .sort((a, b) => order(a.at, b.at) || Number(b.opens) - Number(a.opens));
  let open = 0;
  let most = 0;
  let best: Fraction | undefined;
  for (const { at, opens } of ends) {
    open += opens ? 1 : -1;
    if (open > most) {
      most = open;
      best = at;
    }
  }
  if (best === undefined || most < LEAST_ROWS || most * 4 < spans.length) return null;
  const at = best;
  const sharing = spans.filter(({ low, high }) => order(low, at) <= 0 && order(at, high) <= 0);
  if (new Set(sharing.map(({ index }) => pairs[index]?.x)).size < LEAST_DIFFERENT) return null;
  const low = sharing.map((span) => span.low).reduce((a, b) => (order(a, b) >= 0 ? a : b));
  const high = sharing.map((span) => span.high).reduce((a, b) => (order(a, b) <= 0 ? a : b));
  const { n, d } = simplest(low, high);
  return {
    ratio: { numerator: n, denominator: d },
    follow: new Set(sharing.map(({ index }) => index)),
    usable: new Set(spans.map(({ index }) => index)),
  };
}

/** The fraction with the smallest denominator from low to high, both included, by continued fractions. */
function simplest(low: Fraction, high: Fraction): Fraction {
  const floor = low.n / low.d;
  if (floor * low.d === low.n) return { n: floor, d: 1n };
  if ((floor + 1n) * high.d <= high.n) return { n: floor + 1n, d: 1n };
  const rest = simplest({ n: high.d, d: high.n - floor * high.d }, { n: low.d, d: low.n - floor * low.d });
  return { n: floor * rest.n + rest.d, d: rest.n };
}

/** A fraction as people write it: with its point where it ends, else as it is. */
export function decimal({ numerator, denominator }: Multiple["ratio"]): string {
  let rest = denominator;
  while (rest % 2n === 0n) rest /= 2n;
  while (rest % 5n === 0n) rest /= 5n;
  if (rest !== 1n) return `${numerator}/${denominator}`;
  let places = 0;
  while ((numerator * 10n ** BigInt(places)) % denominator !== 0n) places++;
  const digits = String((numerator * 10n ** BigInt(places)) / denominator).padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
