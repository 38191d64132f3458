import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  areasFor,
  type Caller,
  type Grant,
  may,
  type Permission,
  permissions,
  type Role,
  readGrants,
  roles,
  writeGrant,
} from "./access.ts";
import { covers, tierOf } from "./area.ts";

const digits = (n: number) => fc.stringMatching(new RegExp(`^\\d{${n}}$`));
const area = fc.oneof(digits(6), digits(9), digits(12), digits(15));
const grant: fc.Arbitrary<Grant> = fc.record({ role: fc.constantFrom(...(Object.keys(roles) as Role[])), area });
const caller = (grants: readonly Grant[]): Caller => ({ issuer: "i", subject: "s", grants });

describe("grants in a claim", () => {
  test("are read from an array, and from the same flattened by a gateway", () => {
    const grants = [
      { role: "street.admin", area: "370725001" },
      { role: "auditor", area: "370725" },
    ];
    expect(readGrants(["street.admin@370725001", "auditor@370725"])).toEqual(grants);
    expect(readGrants("[street.admin@370725001 auditor@370725]")).toEqual(grants);
    expect(readGrants("street.admin@370725001,auditor@370725")).toEqual(grants);
    expect(readGrants("auditor@370725")).toEqual([grants[1]]);
  });

  test("survive writing and reading, in both shapes", () => {
    fc.assert(
      fc.property(fc.array(grant), (grants) => {
        expect(readGrants(grants.map(writeGrant))).toEqual(grants);
        expect(readGrants(`[${grants.map(writeGrant).join(" ")}]`)).toEqual(grants);
      }),
    );
  });

  test.each([
    [undefined],
    [null],
    [7],
    [{ role: "auditor", area: "370725" }],
    [""],
    ["[]"],
    ["auditor"],
    ["auditor@"],
    ["@370725"],
    ["nobody@370725"],
    ["auditor@370725@370725"],
    ["auditor@37072"],
    ["auditor@3707250"],
    ["auditor@county"],
    ["AUDITOR@370725"],
    ["constructor@370725"],
    ["__proto__@370725"],
    [["toString@370725", ["auditor"], null, { a: 1 }]],
  ])("that are junk grant nothing: %j", (claim) => {
    expect(readGrants(claim)).toEqual([]);
  });

  test("of any shape never throw, and name only known roles at whole tiers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.array(fc.string())), (claim) => {
        for (const { role, area } of readGrants(claim)) {
          expect(Object.keys(roles)).toContain(role);
          expect(() => tierOf(area)).not.toThrow();
        }
      }),
    );
  });
});

describe("what a caller may", () => {
  test("every role's permissions are known ones, and every role has a title in both languages", () => {
    for (const { title, may: held } of Object.values(roles)) {
      expect(title.zh).not.toBe("");
      expect(title.en).not.toBe("");
      for (const one of held as readonly Permission[]) expect(Object.keys(permissions)).toContain(one);
      expect(new Set(held).size).toBe(held.length);
    }
  });

  test("a grant reaches its own area and what lies in it, on whole tiers only", () => {
    const street = caller([{ role: "street.admin", area: "370725001" }]);
    expect(may(street, "register.write", ["370725001"])).toBe(true);
    expect(may(street, "register.write", ["370725001901"])).toBe(true);
    expect(may(street, "register.write", ["370725002"])).toBe(false);
    expect(may(street, "register.write", ["370725"])).toBe(false);
    fc.assert(
      fc.property(grant, area, (one, code) => {
        const permission = (roles[one.role].may as readonly Permission[])[0];
        fc.pre(permission !== undefined);
        const inside = code.length >= one.area.length && code.slice(0, one.area.length) === one.area;
        expect(may(caller([one]), permission as Permission, [code])).toBe(inside);
        expect(covers(one.area, code)).toBe(inside);
      }),
    );
  });

  test("a grant written before a re-coding still counts: any code of the record will do", () => {
    const community = caller([{ role: "community.admin", area: "370725001901" }]);
    expect(may(community, "register.write", ["370725001003", "370725001901"])).toBe(true);
    expect(may(community, "register.write", ["370725001003"])).toBe(false);
    expect(may(community, "register.write", [])).toBe(false);
  });

  test("role and area go in pairs: the role of one grant does not meet the area of another", () => {
    const two = caller([
      { role: "street.admin", area: "370725001" },
      { role: "auditor", area: "370725002" },
    ]);
    expect(may(two, "register.write", ["370725002"])).toBe(false);
    expect(areasFor(two, "register.read")).toEqual(["370725001", "370725002"]);
    expect(areasFor(two, "areas.write")).toEqual([]);
    const apart = caller([
      { role: "company.agent", area: "370725" },
      { role: "owners.committee", area: "370725" },
      { role: "auditor", area: "370725001" },
    ]);
    expect(areasFor(apart, "credit.read")).toEqual(["370725", "370725001"]);
    expect(areasFor(apart, "credit.read", "property.read")).toEqual(["370725001"]);
  });
});

test("a code's tier is told by its length, and no other length has one", () => {
  expect(["370725", "370725001", "370725001901", "370725001901001"].map(tierOf)).toEqual([
    "county",
    "street",
    "community",
    "grid",
  ]);
  for (const length of [0, 1, 5, 7, 8, 10, 14, 16]) expect(() => tierOf("1".repeat(length))).toThrow(RangeError);
});
