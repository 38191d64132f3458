import { cronOf, type Schedule, TIME_ZONE } from "@county/platform/service.ts";
import type { Table } from "@county/platform/table.ts";
import { Cron } from "croner";
import { type Hosted, type JobHandler, lambdaContext } from "./services.ts";

export interface Schedules {
  /** Runs whatever is due by the clock now, and waits for it. For a clock that was set on. */
  check(): Promise<void>;
  /** Nothing starts after this; the promise waits for the jobs under way. */
  stop(): Promise<void>;
}

export interface SchedulesOptions {
  readonly services: readonly Hosted[];
  /** Keeps when each job last ran. */
  readonly state: Table;
  readonly clock: () => Date;
  readonly log: (line: string) => void;
  /** Called after each run with the service's name: jobs write events. */
  readonly ran?: (service: string) => void;
}

interface Job {
  readonly name: string;
  readonly service: string;
  readonly schedule: Schedule;
  readonly cron: Cron;
  readonly work: JobHandler;
  next: number;
  running: Promise<void> | undefined;
}

/** The clock is looked at this often at least, because a laptop sleeps and a test sets it on. */
const LOOK_EVERY_MS = 30_000;

/**
 * Runs the services' jobs by the clock in Asia/Shanghai. A job never overlaps itself. What was missed while the
 * platform was off, or while an earlier run took its time, is caught up by one run, for the latest of the missed times.
 */
export async function startSchedules({ services, state, clock, log, ran }: SchedulesOptions): Promise<Schedules> {
  const now = clock().getTime();
  const jobs: Job[] = services.flatMap(({ service, jobs: exported }) =>
    service.schedules.map((schedule) => {
      const work = exported[schedule.name];
      if (work === undefined) throw new Error(`${service.name}: jobs.ts has no export ${schedule.name}`);
      const days = schedule.yearly && process.env[schedule.yearly.days];
      const cron = new Cron(cronOf(schedule, days), { timezone: TIME_ZONE, mode: "5-part", paused: true });
      const name = `${service.name}.${schedule.name}`;
      return { name, service: service.name, schedule, cron, work, next: following(cron, now), running: undefined };
    }),
  );
  const lastKey = (job: Job) => ({ pk: "schedules", sk: job.name });
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function run(job: Job, time: number): Promise<void> {
    const { timeoutSeconds } = job.schedule;
    const overrun = setTimeout(() => log(`${job.name}: not done after ${timeoutSeconds} s`), timeoutSeconds * 1_000);
    try {
      await job.work({ time: new Date(time).toISOString() }, lambdaContext(job.name, timeoutSeconds));
    } catch (error) {
      log(`${job.name}: failed, next try at ${new Date(job.next).toISOString()}: ${String(error)}`);
    }
    clearTimeout(overrun);
    try {
      // After the run, also a failed one: a run that a kill cut short is caught up at the next start.
      await state.write({ name: "last", set: { ...lastKey(job), at: new Date(time).toISOString() }, when: "present" });
    } catch (error) {
      log(`${job.name}: its last run could not be recorded: ${String(error)}`);
    }
    ran?.(job.service);
  }
  const begin = (job: Job, time: number) => {
    job.running ??= run(job, time).finally(() => {
      job.running = undefined;
    });
  };

  function beginDue(): void {
    const now = clock().getTime();
    for (const job of jobs) {
      if (job.next > now || job.running !== undefined) continue;
      job.next = following(job.cron, now);
      begin(job, latest(job.cron, now));
    }
  }
  function look(): void {
    if (stopped) return;
    beginDue();
    const soonest = Math.min(...jobs.map((job) => job.next)) - clock().getTime();
    timer = setTimeout(look, Math.max(250, Math.min(soonest, LOOK_EVERY_MS)));
    timer.unref();
  }

  await Promise.all(
    jobs.map(async (job) => {
      const known = await state.get(lastKey(job));
      if (known === undefined) {
        const at = new Date(now).toISOString();
        await state.write({ name: "first", put: { ...lastKey(job), at }, when: "absent" });
      }
      const missed = known !== undefined && following(job.cron, Date.parse(String(known.at))) <= now;
      if (missed) begin(job, latest(job.cron, now));
      else if (job.schedule.atStart) begin(job, now);
    }),
  );
  look();

  return {
    async check() {
      beginDue();
      await Promise.all(jobs.map((job) => job.running));
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.all(jobs.map((job) => job.running));
    },
  };
}

/** The first time after `instant`; infinitely far where the pattern never comes (30 February). */
const following = (cron: Cron, instant: number): number =>
  cron.nextRun(new Date(instant))?.getTime() ?? Number.POSITIVE_INFINITY;
/** The last time at or before `instant`. */
const latest = (cron: Cron, instant: number): number =>
  cron.previousRuns(1, new Date(instant + 1))[0]?.getTime() ?? instant;
