import { readdirSync, readFileSync } from "node:fs";
import { isFile, type Route } from "@county/contracts/api.ts";
import type { Service } from "@county/platform/service.ts";
import { cloudCron } from "../cron.ts";
import { files, habits, milliseconds, relay, sentBy, slower, starts, work } from "./usage.ts";

/** What the model needs of a service. */
export type Counted = Pick<Service, "name" | "api" | "events" | "consumers" | "schedules">;

export interface Units {
  readonly read: number;
  readonly write: number;
}
/** Units of a call by service and route, as the units tests measured them. */
export type Measured = Readonly<Record<string, Readonly<Record<string, Units>>>>;

/** What the units tests left; a service or route that is not there counts with what its contract declares as the most. */
export function readMeasured(): Measured {
  const folder = `${import.meta.dirname}/units`;
  return Object.fromEntries(
    readdirSync(folder).map((file) => [
      file.replace(/\.json$/, ""),
      JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Record<string, Units>,
    ]),
  );
}

/** A year of one service in one county. Whole numbers only. */
export interface Year {
  readonly service: string;
  /** By `service.route`. */
  readonly calls: ReadonlyMap<string, number>;
  /** Those of them that residents call, evenings too. */
  readonly residents: ReadonlySet<string>;
  /** By `service.consumer`, and by `service.job`: a job's runs are the deployment's, however many counties there are. */
  readonly messages: ReadonlyMap<string, number>;
  readonly runs: ReadonlyMap<string, number>;
  /** Calls that write and are not a resident's look-up: each has an audit record and a run of the relay. */
  readonly commands: number;
  readonly events: number;
  readonly units: Units;
  /** Units of jobs, and of the deployment therefore. */
  readonly jobUnits: Units;
  /** Milliseconds that functions are kept: for requests, for messages, for jobs, for the relay. */
  readonly busy: { readonly http: number; readonly worker: number; readonly job: number; readonly relay: number };
  readonly objects: { readonly writes: number; readonly reads: number; readonly bytes: number };
  readonly answered: { readonly json: number; readonly file: number };
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0);

/** Calls a year by `service.route`. @throws Error when a habit calls what is no route, or no habit calls a route */
export function callsOf(services: readonly Pick<Counted, "name" | "api">[]): Map<string, number> {
  const calls = new Map(
    services.flatMap(({ name, api }) => Object.keys(api.routes).map((route) => [`${name}.${route}`, 0])),
  );
  for (const { who, people, days, calls: each } of habits) {
    for (const [route, times] of Object.entries(each)) {
      const before = calls.get(route);
      if (before === undefined) throw new Error(`usage: ${who.en} call ${route}, which is no route`);
      calls.set(route, before + people * days * times);
    }
  }
  for (const [route, times] of calls) {
    if (times === 0) {
      throw new Error(`usage: nobody calls ${route}; say in infra/cost/usage.ts who does, how often, and why`);
    }
  }
  return calls;
}

/** How often a job runs in a year, by its crontab line. */
export function runsAYear(cron: string): number {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = cloudCron(cron).slice("cron(".length).split(" ");
  const free = (field: string) => field === "*" || field === "?";
  const count = (field: string, every: number) => (free(field) ? every : field.split(",").length);
  const months = count(month, 12);
  const days = !free(weekday) ? 53 * weekday.split(",").length : !free(day) ? months * count(day, 31) : 365;
  return count(minute, 60) * count(hour, 24) * days;
}

const lasts = (key: string, route: Route): number =>
  slower[key] ??
  (isFile(route.response) || isFile(route.body)
    ? milliseconds.file
    : route.method === "GET"
      ? milliseconds.read
      : milliseconds.command);

/** @throws Error when a route, an event, a consumer or a job has no assumption in `usage.ts` */
export function yearOf(services: readonly Counted[], measured: Measured): Year[] {
  const everyCall = callsOf(services);
  const sent = new Map<string, number>();
  for (const type of services.flatMap(({ events }) => Object.keys(events))) {
    const by = sentBy[type];
    if (by === undefined) throw new Error(`usage: nothing sends ${type}; say in infra/cost/usage.ts which calls do`);
    const times = Object.entries(by).map(([route, each]) => {
      const calls = everyCall.get(route);
      if (calls === undefined) throw new Error(`usage: ${type} is sent by ${route}, which is no route`);
      return calls * each;
    });
    sent.set(type, sum(times));
  }
  const workOf = (key: string) => {
    const assumed = work[key];
    if (assumed === undefined) throw new Error(`usage: say in infra/cost/usage.ts what a run of ${key} takes`);
    return assumed;
  };

  return services.map(({ name, api, events, consumers, schedules }) => {
    const routes = Object.entries<Route>(api.routes).map(([route, is]) => {
      const key = `${name}.${route}`;
      const calls = everyCall.get(key) as number;
      return { key, is, calls, units: measured[name]?.[route] ?? is.units };
    });
    const messages = new Map(
      consumers.map((one) => [`${name}.${one.name}`, sum(one.hears.map((type) => sent.get(type) ?? 0))] as const),
    );
    const runs = new Map(schedules.map((one) => [`${name}.${one.name}`, runsAYear(one.cron)] as const));
    const worked = (times: ReadonlyMap<string, number>, what: "read" | "write" | "milliseconds") =>
      sum([...times].map(([key, n]) => n * workOf(key)[what]));
    const commands = sum(routes.map(({ is, calls }) => (is.permission !== "public" && is.units.write > 0 ? calls : 0)));
    const own = sum(Object.keys(events).map((type) => sent.get(type) ?? 0));
    // Starts are spread over all calls, rounded up.
    const started = Math.ceil(starts.milliseconds / starts.oneIn);
    const stored = (what: "writes" | "reads" | "bytes") =>
      sum(routes.map(({ key, calls }) => calls * (files[key]?.[what] ?? 0)));
    const answersFile = ({ is }: { is: Route }) => isFile(is.response);
    return {
      service: name,
      calls: new Map(routes.map(({ key, calls }) => [key, calls])),
      residents: new Set(routes.flatMap(({ key, is }) => (is.permission === "public" ? [key] : []))),
      messages,
      runs,
      commands,
      events: own,
      units: {
        read: sum(routes.map(({ calls, units }) => calls * units.read)) + worked(messages, "read") + own * relay.read,
        write: sum(routes.map(({ calls, units }) => calls * units.write)) + worked(messages, "write"),
      },
      jobUnits: { read: worked(runs, "read"), write: worked(runs, "write") },
      busy: {
        http: sum(routes.map(({ key, is, calls }) => calls * (lasts(key, is) + started))),
        worker: worked(messages, "milliseconds") + sum(messages.values()) * started,
        job: worked(runs, "milliseconds"),
        relay: (commands + sum(messages.values())) * (relay.milliseconds + started),
      },
      objects: { writes: stored("writes") + commands, reads: stored("reads"), bytes: stored("bytes") },
      answered: {
        json: sum(routes.filter((one) => !answersFile(one)).map(({ calls }) => calls)),
        file: sum(routes.filter(answersFile).map(({ calls }) => calls)),
      },
    };
  });
}
