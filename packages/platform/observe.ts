import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Units } from "./table.ts";

/** What is known of a request before it is answered. */
export interface Seen {
  readonly began: number;
  readonly route: string;
  readonly units: Units;
}

/** Tells what happened: one log line and a few metrics per request, nothing of its content and nobody's name. */
export interface Observer {
  request(seen: Seen, status: number, now: number, error?: Error): void;
  /** A message or a job that was worked. */
  work(name: string, seen: Seen, now: number, error?: Error): void;
}

export function observer(service: string, level: "DEBUG" | "INFO" | "WARN" | "ERROR"): Observer {
  const logger = new Logger({ serviceName: service, logLevel: level });
  const metrics = new Metrics({ namespace: "County", serviceName: service });
  // By service alone: each value of a further dimension is paid as a metric of its own, and by route they would cost more than
  // everything else together. What a route costs stands in its log lines.
  const measure = (seen: Seen, now: number, failed: boolean) => {
    metrics.addMetric("latency", MetricUnit.Milliseconds, now - seen.began);
    metrics.addMetric("readUnits", MetricUnit.Count, seen.units.read);
    metrics.addMetric("writeUnits", MetricUnit.Count, seen.units.write);
    metrics.addMetric("faults", MetricUnit.Count, failed ? 1 : 0);
    metrics.publishStoredMetrics();
  };
  return {
    request(seen, status, now, error) {
      const line = { route: seen.route, status, milliseconds: now - seen.began, units: seen.units };
      // The caller's mistakes are no errors of ours: they are told without a stack.
      if (status >= 500) logger.error("request", { ...line, error: error as Error });
      else logger.info("request", line);
      measure(seen, now, status >= 500);
    },
    work(name, seen, now, error) {
      const line = { work: name, milliseconds: now - seen.began, units: seen.units };
      if (error) logger.error("work", { ...line, error });
      else logger.info("work", line);
      measure(seen, now, error !== undefined);
    },
  };
}
