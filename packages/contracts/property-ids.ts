import * as z from "zod/mini";

// Apart from the routes and what they show: events and stores need no more of the contract than these.

const id = (id: string, pattern: RegExp, description: string) =>
  z.string().check(z.regex(pattern), z.meta({ id, description }));

/** A property company of the county, a branch or a legal person. */
export const CompanyId = id("CompanyId", /^[a-z0-9]{8}\.v[a-z0-9]{8}$/, "The county's id, .v, eight more");
/** A compound and the company that serves it. */
export const PropertyProjectId = id(
  "PropertyProjectId",
  /^[a-z0-9]{8}(\.[a-z0-9]{8}){2}\.z[a-z0-9]{8}$/,
  "The community's id, .z, eight more",
);
/** An owners' committee of a compound, one for each election. */
export const CommitteeId = id(
  "CommitteeId",
  /^[a-z0-9]{8}(\.[a-z0-9]{8}){2}\.o[a-z0-9]{26}$/,
  "The community's id, .o, 26 more in the order of time",
);
/** A vote of a compound's owners. */
export const OwnersVoteId = id(
  "OwnersVoteId",
  /^[a-z0-9]{8}(\.[a-z0-9]{8}){2}\.w[a-z0-9]{26}$/,
  "The community's id, .w, 26 more in the order of time",
);
/** A meeting: of a street, or of a community's four parties. */
export const MeetingId = id(
  "MeetingId",
  /^[a-z0-9]{8}(\.[a-z0-9]{8}){1,2}\.j[a-z0-9]{26}$/,
  "The area's id, .j, 26 more in the order of time",
);
/** An item of a company's credit: entered by hand, or an assessment's result. */
export const CreditItemId = id(
  "CreditItemId",
  /^[a-z0-9]{8}\.v[a-z0-9]{8}\.(c[a-z0-9]{26}|s[a-f0-9]{24})$/,
  "The company's id, .c and 26 more in the order of time, or .s and what it comes from",
);
