/** A piece of work done again and again, never twice at once. */
export interface Loop {
  /** Have it done after `delay` ms at the latest; at once without one. */
  nudge(delay?: number): void;
  /** Does it once from beginning to end, starting after this call. */
  run(): Promise<void>;
  /** No run begins after this; the promise waits for the one under way. */
  stop(): Promise<void>;
}

/** After a failure the work is tried again so much later. */
const AFTER_FAILURE_MS = 1_000;

/**
 * @param work answers after how many milliseconds it wants to run again; undefined: when nudged
 * @param failed is told what it throws; the loop goes on
 */
export function loop(work: () => Promise<number | undefined>, failed: (error: unknown) => void): Loop {
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  const runs = async () => {
    let delay: number | undefined;
    do {
      again = false;
      try {
        delay = await work();
      } catch (error) {
        failed(error);
        delay = AFTER_FAILURE_MS;
      }
    } while (again && !stopped);
    running = undefined;
    if (delay !== undefined) nudge(delay);
  };
  const run = (): Promise<void> => {
    if (stopped) return running ?? Promise.resolve();
    if (running !== undefined) again = true;
    running ??= runs();
    return running;
  };
  const nudge = (delay = 0) => {
    const at = Date.now() + delay;
    if (stopped || at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => {
      due = Number.POSITIVE_INFINITY;
      void run();
    }, delay);
  };
  return {
    nudge,
    run,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
