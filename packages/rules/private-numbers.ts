// Numbers that free text must not hold: whom they are of is found by them alone.

/** 18 places, or of old 15: a grid's code has 15 as well, but who has such a number was born from 1920 on. */
const IDENTITY =
  /(?<!\d)\d{6}((19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]|[2-9]\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3})(?!\d)/;
const EIGHTEEN = /(?<!\d)\d{17}[\dXx](?!\d)/;
const MOBILE = /(?<!\d)(\+?86)?1[3-9]\d{9}(?!\d)/;
const DATE = /(?<!\d)20\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)/g;
const joined = (text: string): string => text.replace(/(?<=\d)[\s\-–—.·/_]+(?=[\dXx])/g, "");

/**
 * Whether a text holds what looks like an identity number (18 places, of old 15) or a mobile phone's (11 digits): the work log
 * keeps no files on residents. Neither width, nor what is put inside a number, nor another number beside it hides one; a count
 * beside a date makes none.
 */
export function namesSomebody(text: string): boolean {
  const plain = text.normalize("NFKC");
  return (
    EIGHTEEN.test(plain) ||
    [plain, joined(plain)].some((one) => IDENTITY.test(one)) ||
    [plain, joined(plain.replace(DATE, "|"))].some((one) => MOBILE.test(one))
  );
}

/** An account's: 16 digits or more, which an area's code (12) and a grid's (15) have not; of a card also in groups. */
const ACCOUNT = /\d{16}/;
const CARD = /(?<!\d)62\d{14,17}(?!\d)/;

/** Whether a text holds what looks like an identity, mobile phone or bank account number: none is kept with the money's records. */
export function holdsPrivateNumber(text: string): boolean {
  const plain = text.normalize("NFKC");
  return namesSomebody(plain) || ACCOUNT.test(plain) || CARD.test(joined(plain.replace(DATE, "|")));
}

/**
 * The same of a reference, which may be a bank's serial number of any length: only what has the form of an identity number with its
 * day of birth, of a mobile phone's or of a bank card's is refused.
 */
export function isPrivateNumber(reference: string): boolean {
  const plain = reference.normalize("NFKC");
  return [IDENTITY, MOBILE, CARD].some((one) => one.test(plain));
}

/** What a bank knows a payee by. Neither a phone's nor an account's number: so many digits in a row are none. */
export const PAYEE_CODE = /^(?!.*\d{11})[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;
