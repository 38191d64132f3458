import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Finding } from "./finding.ts";
import {
  type AreaOrganisation,
  areaOrganisationVerdicts,
  assessmentMethodVerdict,
  type CommunityOrganisation,
  communityOrganisationVerdicts,
  type LeadingGroup,
  leadingGroupVerdicts,
  type Publications,
  partyCommitteesVerdict,
  publicationVerdicts,
  rebuiltVillageVerdicts,
} from "./organisation.ts";

const policy = policyOn("2020-07-01");
const evidence = { asOf: "2020-06-30", source: "governance" };
const county = { id: "370725", code: "370725", name: "昌乐县" };
const missed = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.filter(({ verdict }) => verdict !== "meets").map(({ rule, verdict }) => [rule, verdict]));
const elected = { elected: true, byProcedure: true };
const community = (over: Partial<CommunityOrganisation> = {}): CommunityOrganisation => ({
  ...evidence,
  subject: { id: "c1", code: "370725001901", name: "恒盛社区" },
  partyCommittee: { posts: 5, filled: 5 },
  grids: [{ name: "中心城网格", branch: true }],
  buildings: [
    { name: "1号楼", eligible: true, group: true },
    { name: "2号楼", eligible: false, group: false },
  ],
  residentsCommittee: elected,
  supervisionCommittee: elected,
  ...over,
});
const judge = (over: Partial<CommunityOrganisation>) => missed(communityOrganisationVerdicts(community(over), policy));

describe("a community", () => {
  test("names the deadline that its steps tell", () => {
    for (const { parameters } of communityOrganisationVerdicts(community(), policy))
      expect(parameters.map(({ id }) => id)).toContain("clause.2.6.deadline");
  });

  test("with its whole chain meets the plan; a building that is not eligible needs no group", () => {
    expect(judge({})).toEqual({});
  });

  test("misses hard what is demanded and softly what depends on conditions", () => {
    expect(
      judge({
        partyCommittee: { posts: 5, filled: 4 },
        grids: [
          { name: "a", branch: true },
          { name: "b", branch: false },
        ],
        buildings: [{ name: "1号楼", eligible: true, group: false }],
        residentsCommittee: { elected: true, byProcedure: false },
        supervisionCommittee: { elected: false, byProcedure: null },
      }),
    ).toEqual({
      "organisation.party-committee": "breaches",
      "organisation.grid-branches": "breaches",
      "organisation.building-groups": "deviates",
      "organisation.residents-committee": "breaches",
      "organisation.supervision-committee": "breaches",
    });
    expect(judge({ partyCommittee: { posts: 0, filled: 0 } })).toEqual({ "organisation.party-committee": "breaches" });
  });

  test("of which nothing is known cannot be judged", () => {
    const nothing = {
      partyCommittee: null,
      grids: null,
      buildings: null,
      residentsCommittee: null,
      supervisionCommittee: null,
    };
    expect(Object.values(judge(nothing))).toEqual(Array(5).fill("cannot-tell"));
  });
});

test("the 22 committees are counted over the county", () => {
  const count = (complete: number, unknown = 0) =>
    partyCommitteesVerdict(
      {
        county,
        communities: Array.from({ length: complete + unknown }, (_, at) =>
          community(at < complete ? {} : { partyCommittee: null }),
        ),
      },
      policy,
    );
  expect(count(22)).toMatchObject({ verdict: "meets", observed: 22, expected: { min: 22, max: null } });
  expect(count(21)).toMatchObject({ verdict: "breaches", difference: -1 });
  expect(count(21, 1).verdict).toBe("cannot-tell");
  expect(count(23).verdict).toBe("meets");
});

describe("branches in companies and social organisations", () => {
  const area = (over: Partial<AreaOrganisation>) =>
    missed(
      areaOrganisationVerdicts(
        { ...evidence, subject: county, companies: [], socialOrganisations: [], ...over },
        policy,
      ),
    );

  test("one pilot will do; none is asked where no company is eligible", () => {
    expect(area({})).toEqual({});
    expect(area({ companies: [{ name: "甲", eligible: false, branch: false }] })).toEqual({});
    const companies = [
      { name: "甲", eligible: true, branch: false },
      { name: "乙", eligible: true, branch: true },
    ];
    expect(area({ companies })).toEqual({});
    expect(area({ companies: companies.slice(0, 1), socialOrganisations: [{ name: "丙", branch: false }] })).toEqual({
      "organisation.company-branches": "deviates",
      "organisation.social-organisation-branches": "deviates",
    });
    expect(Object.values(area({ companies: null, socialOrganisations: null }))).toEqual(["cannot-tell", "cannot-tell"]);
  });
});

test("a rebuilt village reforms, and passes over step by step", () => {
  const village = (rebuilt: boolean | null, reformDone: boolean | null, residentialManagement: boolean | null) =>
    missed(
      rebuiltVillageVerdicts({ ...evidence, subject: county, rebuilt, reformDone, residentialManagement }, policy),
    );
  expect(village(true, true, true)).toEqual({});
  expect(village(false, false, null)).toEqual({});
  expect(village(true, false, false)).toEqual({
    "organisation.village-reform": "breaches",
    "organisation.village-management": "deviates",
  });
  expect(village(null, false, true)).toEqual({ "organisation.village-reform": "cannot-tell" });
});

test("the leading group has its office in the civil affairs bureau, with people of nine units", () => {
  const group: LeadingGroup = {
    ...evidence,
    subject: county,
    formed: true,
    office: "county.civil-affairs",
    seconded: [
      "county.organisation",
      "county.political-legal",
      "county.civil-affairs",
      "county.public-security",
      "county.finance",
      "county.hr",
      "county.property-centre",
      "street.baodu",
      "street.baocheng",
    ],
  };
  const judged = (over: Partial<LeadingGroup>) => missed(leadingGroupVerdicts({ ...group, ...over }, policy));
  expect(judged({})).toEqual({});
  expect(judged({ office: "county.finance", seconded: ["county.hr"] })).toEqual({
    "organisation.leading-group.office": "breaches",
    "organisation.leading-group.seconding": "breaches",
  });
  expect(judged({ formed: false, office: "none", seconded: null })).toEqual({
    "organisation.leading-group": "breaches",
    "organisation.leading-group.office": "breaches",
    "organisation.leading-group.seconding": "cannot-tell",
  });
});

test("a street's assessment method is tied to funds and to staff", () => {
  const method = (exists: boolean | null, tiedTo: string[] | null) =>
    assessmentMethodVerdict({ ...evidence, subject: county, exists, tiedTo }, policy).verdict;
  expect(method(true, ["staff", "funds"])).toBe("meets");
  expect(method(true, ["staff"])).toBe("breaches");
  expect(method(true, null)).toBe("cannot-tell");
  expect(method(false, null)).toBe("breaches");
});

describe("publication", () => {
  const quarterly = (over: Partial<Publications> = {}): Publications => ({
    ...evidence,
    subject: { id: "c1", code: "370725001901", name: "恒盛社区" },
    moneySince: "2020-02-10",
    published: [
      { on: "2020-04-10", signedOff: { by: "residents.supervision", on: "2020-04-08" }, objectionsUntil: "2020-04-17" },
      { on: "2020-07-15", signedOff: { by: "residents.supervision", on: "2020-07-15" }, objectionsUntil: "2020-07-31" },
    ],
    ...over,
  });
  const judged = (over: Partial<Publications>, on: string) =>
    missed(publicationVerdicts(quarterly(over), policyOn(on)));

  test("comes in each quarter after the money; the quarter that runs has time to its end", () => {
    expect(judged({}, "2020-08-01")).toEqual({});
    expect(judged({}, "2020-12-31")).toEqual({});
    expect(judged({}, "2021-01-01")).toEqual({ "publication.cycle": "deviates" });
    expect(judged({ published: [] }, "2020-06-30")).toEqual({});
    const [cycle] = publicationVerdicts(quarterly({ published: [] }), policyOn("2020-10-01"));
    expect(cycle).toMatchObject({ verdict: "deviates", observed: 0, expected: 2 });
    expect(cycle?.inputs.map(({ name }) => name.en)).toEqual(["2020-04-01 to 2020-06-30", "2020-07-01 to 2020-09-30"]);
    expect(judged({ moneySince: null, published: [] }, "2022-01-01")).toEqual({});
    expect(judged({ moneySince: "spring" }, "2020-08-01")).toEqual({ "publication.cycle": "cannot-tell" });
  });

  test("is signed off by the supervision committee beforehand, and open to objections for seven days", () => {
    const [first] = quarterly().published;
    const alone = (over: object) => judged({ published: [{ ...first!, ...over }] }, "2020-05-01");
    expect(alone({ signedOff: null })).toEqual({ "publication.sign-off": "deviates" });
    const told = JSON.stringify(publicationVerdicts(quarterly(), policyOn("2020-08-01")).map(({ steps }) => steps));
    expect(told).toContain("由居务监督委员会在公开当日或之前审签");
    expect(told).not.toContain("residents.supervision");
    expect(alone({ signedOff: { by: "community.clerk", on: "2020-04-01" } })).toEqual({
      "publication.sign-off": "deviates",
    });
    expect(alone({ signedOff: { by: "residents.supervision", on: "2020-04-11" } })).toEqual({
      "publication.sign-off": "deviates",
    });
    expect(alone({ objectionsUntil: "2020-04-16" })).toEqual({ "publication.objection": "deviates" });
    expect(alone({ objectionsUntil: null })).toEqual({ "publication.objection": "deviates" });
    expect(alone({ objectionsUntil: "later" })).toEqual({ "publication.objection": "cannot-tell" });
  });

  test("whatever it is given, it answers, does not mind the order, and one more publication never hurts the cycle", () => {
    const day = fc.oneof(
      {
        arbitrary: fc
          .integer({ min: 0, max: 800 })
          .map((n) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString().slice(0, 10)),
        weight: 9,
      },
      { arbitrary: fc.string({ maxLength: 10 }), weight: 1 },
    );
    const publication = fc.record({
      on: day,
      signedOff: fc.option(fc.record({ by: fc.constantFrom("residents.supervision", "x"), on: day })),
      objectionsUntil: fc.option(day),
    });
    fc.assert(
      fc.property(
        fc.option(day),
        fc.array(publication, { maxLength: 5 }),
        publication,
        (moneySince, published, more) => {
          const on = policyOn("2021-12-31");
          const told = publicationVerdicts(quarterly({ moneySince, published }), on);
          expect(publicationVerdicts(quarterly({ moneySince, published: published.toReversed() }), on)).toEqual(told);
          const [then] = publicationVerdicts(quarterly({ moneySince, published: [...published, more] }), on);
          expect(then?.observed).toBeGreaterThanOrEqual(told[0]?.observed as number);
        },
      ),
      { numRuns: 100 },
    );
  });
});
