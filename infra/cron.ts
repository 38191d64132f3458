/** The least and the most of each crontab field; a weekday is 0 to 7, where both ends are Sunday. */
const FIELDS = [
  ["minute", 0, 59],
  ["hour", 0, 23],
  ["day", 1, 31],
  ["month", 1, 12],
  ["weekday", 0, 7],
] as const;
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/**
 * A five-field crontab line as the cloud's six fields: every five minutes becomes `cron(0,5,…,55 * * * ? *)`. Steps and
 * ranges are written out, because the two dialects count them differently; weekdays by name, because the cloud's begin
 * with 1. Names of months and weekdays are not read.
 * @throws RangeError when it is no crontab line, or names both a day and a weekday: crontab means either of them, which
 *   the cloud cannot say
 */
export function cloudCron(crontab: string): string {
  const texts = crontab.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) throw new RangeError(`cron: five fields, not "${crontab}"`);
  const [minute, hour, day, month, weekday] = FIELDS.map(([name, least, most], i) =>
    valuesOf(name, texts[i] as string, least, most),
  );
  if (day && weekday) throw new RangeError(`cron: a day or a weekday, not both: "${crontab}"`);
  const write = (values: readonly (number | string)[] | undefined) => values?.join(",") ?? "*";
  const names = weekday && [...new Set(weekday.map((number) => number % 7))].sort().map((n) => WEEKDAYS[n] as string);
  return `cron(${write(minute)} ${write(hour)} ${weekday ? "?" : write(day)} ${write(month)} ${names ? write(names) : "?"} *)`;
}

/** The values a field names, in order; undefined for every one. */
function valuesOf(name: string, text: string, least: number, most: number): number[] | undefined {
  if (text === "*") return undefined;
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, star, from, to, step] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    const first = star ? least : Number(from);
    // As in crontab, `5/10` runs to the end of the range, and `*` on weekdays is seven days.
    const last = to ? Number(to) : star || step ? (name === "weekday" ? 6 : most) : first;
    const by = Number(step ?? 1);
    if (!(first >= least && last <= most && first <= last && by >= 1)) {
      throw new RangeError(`cron: "${part}" is no ${name} from ${least} to ${most}`);
    }
    for (let value = first; value <= last; value += by) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}
