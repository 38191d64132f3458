import * as z from "zod/mini";

// Apart from the routes and what they show: events and stores need no more of the contract than these.

const id = (id: string, pattern: RegExp, description: string) =>
  z.string().check(z.regex(pattern), z.meta({ id, description }));

/** Whose scheme it is: a county or a street. */
const assessor = "[a-z0-9]{8}(\\.[a-z0-9]{8})?";
export const SchemeId = id("SchemeId", new RegExp(`^${assessor}\\.t[a-z0-9]{8}$`), "The assessor's id, .t, eight more");
export const RoundId = id(
  "RoundId",
  new RegExp(`^${assessor}\\.r[a-z0-9]{26}$`),
  "The assessor's id, .r, 26 more in the order of time",
);
/** Whether it is a street's own: its id has two parts, and the scheme's follows. Only such a one is tied to money and staff (3.3). */
export const isOfStreet = (scheme: string): boolean => scheme.split(".").length === 3;
/** What a subject came to in a period by a method: of all who assess it together. */
export const ResultId = id(
  "AssessmentResultId",
  new RegExp(`^${assessor}\\.t[a-z0-9]{8}\\.x[a-f0-9]{24}$`),
  "The method's id, .x, 24 hex digits of the period and the subject",
);
/** One subject's sheet in a round: exactly one. */
export const SheetId = id(
  "AssessmentSheetId",
  new RegExp(`^${assessor}\\.r[a-z0-9]{26}\\.s[a-f0-9]{24}$`),
  "The round's id, .s, 24 hex digits of the subject",
);
