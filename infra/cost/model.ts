import type { Stage } from "../stage.ts";
import type { Templates } from "../upgrade.ts";
import { type Cloud, type Item, items, nanoOf, type Price } from "./prices.ts";
import { countsOf } from "./resources.ts";
import type { Year } from "./traffic.ts";
import {
  bytes,
  KEY_REQUESTS_A_YEAR,
  LOG_MONTHS,
  MAILS_A_YEAR,
  METRICS_EACH,
  OFFICE_HOURS_A_YEAR,
  POLLS_A_YEAR,
  YEARS,
} from "./usage.ts";

/**
 * One line of the bill: so many units of an item a year, of each county; of the deployment, whatever it serves; or of
 * each county up to what a year can hold, as a metric is paid by the hour however many write it.
 */
export type Line = { readonly service: string; readonly item: Item; readonly quantity: bigint } & (
  | { readonly of: "county" | "deployment" }
  | { readonly of: "county-up-to"; readonly most: bigint }
);

/** `own`: each county in an account of its own, as the stages are made. `shared`: one deployment that serves them all. */
export const hostings = ["own", "shared"] as const;
export type Hosting = (typeof hostings)[number];

/** What belongs to no service alone. */
export const TOGETHER = "together";
const HOURS_A_YEAR = 8_760;
const SECONDS_A_YEAR = HOURS_A_YEAR * 3_600;
const MONTHS_A_YEAR = 12;

/** @param tracing whether the region has it */
export function linesOf(years: readonly Year[], templates: Templates, stage: Stage, tracing: boolean): Line[] {
  const lines: Line[] = [];
  for (const year of years) {
    const { service, calls, residents, messages, runs, commands, events, units, jobUnits, busy, objects, answered } =
      year;
    const add = (of: "county" | "deployment", item: Item, quantity: number) =>
      lines.push({ service, item, of, quantity: BigInt(quantity) });
    const upTo = (item: Item, quantity: number, most: number) =>
      lines.push({ service, item, of: "county-up-to", quantity: BigInt(quantity), most: BigInt(most) });
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0);
    const [called, heard, ran] = [sum(calls.values()), sum(messages.values()), sum(runs.values())];
    // A consumer writes in a transaction too, so the relay runs for it as well.
    const invoked = called + heard + (commands + heard);

    add("county", "httpRequest", called);
    add("county", "lambdaRequest", invoked);
    add("deployment", "lambdaRequest", ran);
    const { http, worker, relay } = stage.memory;
    add("county", "lambdaCompute", busy.http * http + busy.worker * worker + busy.relay * relay);
    add("deployment", "lambdaCompute", busy.job * worker);
    if (tracing) {
      // Lambda traces one run a second of each function, and one in twenty of the others.
      const sampled = Math.ceil(invoked / 20);
      add("county", "trace", sampled);
      const { functions } = countsOf(templates[service] ?? { Resources: {} });
      upTo("trace", invoked - sampled, SECONDS_A_YEAR * functions);
      add("deployment", "trace", ran);
    }

    add("county", "readUnit", units.read);
    add("deployment", "readUnit", jobUnits.read);
    add("county", "writeUnit", units.write);
    add("deployment", "writeUnit", jobUnits.write);
    // A transaction counts each kilobyte twice; nothing is taken as overwritten or expired.
    const stored = units.write * 512 * YEARS * MONTHS_A_YEAR;
    add("county", "tableStorage", stored);
    add("county", "tableRecovery", stored);

    add("county", "event", events);
    add("county", "queueRequest", heard * 3);
    add("deployment", "schedule", ran);
    add("county", "objectWrite", objects.writes);
    add("county", "objectRead", objects.reads);
    add("county", "objectStorage", (objects.bytes + commands * bytes.audit) * YEARS * MONTHS_A_YEAR);

    const logged = invoked * bytes.log + called * bytes.access;
    add("county", "logIngest", logged);
    add("county", "logStorage", logged * LOG_MONTHS);
    add("deployment", "logIngest", ran * bytes.log);
    add("deployment", "logStorage", ran * bytes.log * LOG_MONTHS);
    // Our metrics are the service's, not a route's: an hour in which anything ran is paid once.
    const jobHours = Math.min(ran, HOURS_A_YEAR);
    const hours = residents.size > 0 ? HOURS_A_YEAR : OFFICE_HOURS_A_YEAR;
    add("deployment", "metricHour", jobHours * METRICS_EACH);
    upTo("metricHour", (called + heard) * METRICS_EACH, Math.max(0, hours - jobHours) * METRICS_EACH);
    add("county", "dataOut", answered.json * bytes.answer + answered.file * bytes.file);
  }

  for (const [stack, template] of Object.entries(templates)) {
    const service = years.some((year) => year.service === stack) ? stack : TOGETHER;
    const { functions, keys, dashboards, metricFilters, alarmedMetrics, polledQueues } = countsOf(template);
    const add = (item: Item, quantity: number) =>
      lines.push({ service, item, of: "deployment", quantity: BigInt(quantity) });
    add("key", keys * MONTHS_A_YEAR);
    add("keyRequest", functions * KEY_REQUESTS_A_YEAR);
    add("dashboard", dashboards * MONTHS_A_YEAR);
    add("alarm", alarmedMetrics * MONTHS_A_YEAR);
    add("metricHour", metricFilters * HOURS_A_YEAR);
    add("queueRequest", polledQueues * POLLS_A_YEAR);
  }
  lines.push({ service: TOGETHER, item: "mail", of: "deployment", quantity: BigInt(MAILS_A_YEAR) });
  return lines.filter(({ quantity }) => quantity > 0n);
}

/** A month's money in billionths of the region's currency. */
export interface Bill {
  readonly total: bigint;
  readonly byCloud: ReadonlyMap<Cloud, bigint>;
  readonly byService: ReadonlyMap<string, bigint>;
}

const least = (one: bigint, other: bigint) => (one < other ? one : other);

/** Each line is rounded up to a billionth once, for one county; all that follows multiplies and adds whole numbers. */
export function billOf(
  lines: readonly Line[],
  prices: Readonly<Record<Item, Price>>,
  counties: number,
  hosting: Hosting,
): Bill {
  const n = BigInt(counties);
  const byCloud = new Map<Cloud, bigint>();
  const byService = new Map<string, bigint>();
  let total = 0n;
  for (const line of lines) {
    const month = (quantity: bigint) => nanoOf(line.item, quantity, prices[line.item].amount, BigInt(MONTHS_A_YEAR));
    const alone = line.of === "county-up-to" ? least(line.quantity, line.most) : line.quantity;
    const nano =
      hosting === "own" || line.of === "county"
        ? n * month(alone)
        : month(line.of === "county-up-to" ? least(n * line.quantity, line.most) : line.quantity);
    const { cloud } = items[line.item];
    byCloud.set(cloud, (byCloud.get(cloud) ?? 0n) + nano);
    byService.set(line.service, (byService.get(line.service) ?? 0n) + nano);
    total += nano;
  }
  return { total, byCloud, byService };
}
