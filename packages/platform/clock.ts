import { createHash, randomBytes } from "node:crypto";

/** The date in Asia/Shanghai (UTC+8, no summer time since 1991) of an ISO instant. */
export const dateOf = (instant: string): string =>
  new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 10);

/** Lower-case letters and digits only: some engines compare keys without regard to case. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** A random id of `length` characters, 5 bits each. */
export function randomId(length: number): string {
  let id = "";
  for (const byte of randomBytes(length)) id += ALPHABET[byte & 31];
  return id;
}

/** An id of up to 32 characters that the same text always gives, so that what makes it can be repeated. */
export function idFrom(text: string, length: number): string {
  let id = "";
  for (const byte of createHash("sha256").update(text).digest().subarray(0, length)) id += ALPHABET[byte & 31];
  return id;
}

/** A 26-character id that sorts by time: 10 characters of milliseconds, 16 random ones. */
export function timeId(instant: string): string {
  let time = Date.parse(instant);
  let prefix = "";
  for (let i = 0; i < 10; i++) {
    prefix = ALPHABET[time % 32] + prefix;
    time = Math.floor(time / 32);
  }
  return prefix + randomId(16);
}
