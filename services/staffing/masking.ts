import { type FieldError, Problem } from "@county/contracts/problem.ts";

/** Phone numbers as they are shown: whole only to who asks for one with a reason. What was masked is never written back. */

/** Below so many digits, three and four at the ends would leave nothing hidden that nobody could guess. */
const MOBILE_DIGITS = 11;

/** `138****0001`; of a short number the last two digits alone. */
export function masked(phone: string): string {
  const digits = phone.replace(/\D/g, "");
  return digits.length < MOBILE_DIGITS ? `****${digits.slice(-2)}` : `${digits.slice(0, 3)}****${digits.slice(-4)}`;
}

/** One number has one writing: without the blanks and hyphens that people put between. */
export const bare = (phone: string): string => phone.replace(/[ -]/g, "");

const isWhole = (phone: string): boolean => /^\+?\d{5,18}$/.test(phone);

/**
 * The number to be kept, of the one that was sent: a masked form of the number that is there stands for that number.
 * @param present what is known now
 * @returns undefined when it is neither a number nor the present one's mask
 */
export function written(sent: string, present: string | null): string | undefined {
  const phone = bare(sent);
  if (isWhole(phone)) return phone;
  return present !== null && phone === masked(present) ? present : undefined;
}

/** @throws Problem `invalid-request` for what is masked, or no number */
export function phoneToKeep(sent: string | null, present: string | null): string | null {
  if (sent === null) return null;
  const kept = written(sent, present);
  if (kept !== undefined) return kept;
  const error: FieldError = sent.includes("*")
    ? {
        pointer: "/phone",
        reason: "masked",
        detail: {
          zh: "电话带有 *，且与登记的号码不符；请填完整号码，或不填",
          en: "a masked number, and not the registered one's: send the whole number, or leave it out",
        },
      }
    : { pointer: "/phone", reason: "format", detail: { zh: "不是完整的电话号码", en: "not a whole phone number" } };
  throw new Problem("invalid-request", undefined, { errors: [error] });
}
