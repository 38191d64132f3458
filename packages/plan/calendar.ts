import arrangements from "chinese-days/dist/chinese-days.json" with { type: "json" };

// Days are plain `YYYY-MM-DD` strings in the county's own calendar; arithmetic is done in UTC, so the machine's time zone never matters.
// The State Council's arrangements are taken as data from chinese-days. They stay inside the functions below, so that a
// bundle which only adds days does not carry them.

const DAY = 86_400_000;

/** The last day there is: years have four digits. */
export const LAST_DAY = "9999-12-31";

/** Whether the text is a day that exists, written `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // Date.parse rolls 30 February over into March, so the day must come back unchanged.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/**
 * The day so many calendar days later, or earlier when negative.
 * @throws RangeError if the date is no date, the count no integer, or the result leaves the years 0000–9999
 */
export function addDays(date: string, days: number): string {
  if (!Number.isSafeInteger(days)) throw new RangeError(`Not a whole number of days: ${days}`);
  const sum = new Date(timeOf(date) + days * DAY);
  const text = Number.isNaN(sum.getTime()) ? "" : sum.toISOString().slice(0, 10);
  if (!isDate(text)) throw new RangeError(`${days} days from ${date} is outside the years 0000–9999`);
  return text;
}

/**
 * How many calendar days lie after the first day up to and including the second; negative when the second comes first.
 * @throws RangeError if a date is no date
 */
export function daysBetween(after: string, until: string): number {
  return (timeOf(until) - timeOf(after)) / DAY;
}

/**
 * The last day of a month `YYYY-MM`.
 * @throws RangeError if the month is no month
 */
export function lastDayOfMonth(month: string): string {
  if (!isDate(`${month}-01`)) throw new RangeError(`Not a month YYYY-MM: ${month}`);
  const day = ["31", "30", "29", "28"].find((candidate) => isDate(`${month}-${candidate}`));
  return `${month}-${day}`;
}

/** A calendar quarter, by its months and days, all included. */
export interface Quarter {
  readonly id: string;
  readonly year: number;
  readonly firstMonth: string;
  readonly lastMonth: string;
  readonly first: string;
  readonly last: string;
}

export const MONTHS_A_QUARTER = 3;
const two = (number: number): string => String(number).padStart(2, "0");

/** @throws RangeError if the text is none of `2020q1` to `2020q4` */
export function quarterOf(id: string): Quarter {
  const [, year, number] = /^(\d{4})q([1-4])$/.exec(id) ?? [];
  if (year === undefined || number === undefined) throw new RangeError(`Not a quarter 2020q1: ${id}`);
  const end = Number(number) * MONTHS_A_QUARTER;
  const [firstMonth, lastMonth] = [`${year}-${two(end - 2)}`, `${year}-${two(end)}`];
  return { id, year: Number(year), firstMonth, lastMonth, first: `${firstMonth}-01`, last: lastDayOfMonth(lastMonth) };
}

/** The quarter that a day lies in. */
export const quarterWith = (day: string): Quarter =>
  quarterOf(`${day.slice(0, 4)}q${Math.ceil(Number(day.slice(5, 7)) / MONTHS_A_QUARTER)}`);

/** The quarters that have ended before a day, from the one on in which another day lies. */
export function endedQuarters(since: string, on: string): Quarter[] {
  const quarters: Quarter[] = [];
  for (let next = quarterWith(since); next.last < on; next = quarterWith(addDays(next.last, 1))) quarters.push(next);
  return quarters;
}

/**
 * Whether people work on this day: Monday to Friday without the public holidays, and the weekend days worked in exchange.
 *
 * Years the calendar does not know are refused rather than guessed. The New Year arrangement of the following year may still
 * change the last days of December of the newest known year.
 * @source State Council holiday notices; for 2020 国办发明电〔2019〕16号 and 〔2020〕1号 (Spring Festival extended to 2 February)
 * @throws RangeError if the date is no date, or lies in a year whose arrangement is not known
 */
export function isWorkingDay(date: string): boolean {
  const weekday = new Date(timeOf(date)).getUTCDay();
  const year = date.slice(0, 4);
  // 1 January is a holiday every year, so its entry tells whether that year's notice is in the data.
  if (!Object.hasOwn(arrangements.holidays, `${year}-01-01`))
    throw new RangeError(`The working-day calendar does not know the year ${year}`);
  if (Object.hasOwn(arrangements.holidays, date)) return false;
  if (Object.hasOwn(arrangements.workdays, date)) return true;
  return weekday !== 0 && weekday !== 6;
}

/**
 * The day on which a period of so many working days ends. The starting day does not count: the first working day after it
 * is day one. With 0 the answer is the day itself, or the next working day if nobody works on it. Always a working day.
 * @throws RangeError if the count is negative or no integer, or the period reaches a year the calendar does not know
 */
export function addWorkingDays(date: string, count: number): string {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`Not a number of working days: ${count}`);
  let day = date;
  let works = isWorkingDay(day);
  for (let left = count; left > 0 || !works; ) {
    day = addDays(day, 1);
    works = isWorkingDay(day);
    if (works) left -= 1;
  }
  return day;
}

/**
 * How many working days lie after the first day up to and including the second; negative when the second comes first.
 * `workingDaysBetween(d, addWorkingDays(d, n))` is `n` for every n ≥ 1, and for 0 when d is a working day.
 * @throws RangeError if a date is no date, or the span touches a year the calendar does not know
 */
export function workingDaysBetween(after: string, until: string): number {
  // Subtracted, because a minus sign would make an empty span −0.
  if (until < after) return 0 - workingDaysBetween(until, after);
  let count = 0;
  isWorkingDay(after); // refuses a first day that is no date or lies in an unknown year
  for (let day = after; day < until; ) {
    day = addDays(day, 1);
    if (isWorkingDay(day)) count += 1;
  }
  return count;
}

function timeOf(date: string): number {
  if (!isDate(date)) throw new RangeError(`Not a date YYYY-MM-DD: ${date}`);
  return Date.parse(`${date}T00:00:00Z`);
}
