import { describe, expect, test } from "vitest";
import { holdsPrivateNumber, isPrivateNumber, namesSomebody, PAYEE_CODE } from "./private-numbers.ts";

describe("a note", () => {
  test.each([
    "110101199003070011",
    "身份证11010119900307001X，在册",
    "１１０１０１１９９００３０７００１ｘ",
    "110101 19900307 0011",
    "电话13800000001",
    "138-0000-0001",
    "138 0000 0001",
    "+8613800000001",
    "１３８０００００００１",
    "2号楼 101 13800010001",
    "13800010001 13900020002",
    "370725199001011234 13800010001",
    "2021-01-10 13800010001",
    "13800010001-2",
    "138/0001/0001",
    "138_0001_0001",
    "370725690101001",
    "370725 690101 001",
    "110101/19900307/001X",
    "370725199013451234",
  ])("that names somebody by number is told: %s", (note) => {
    expect(namesSomebody(note)).toBe(true);
  });
  test.each([
    "查看消防栓12处，隐患3处",
    "2020-06-01至2020-06-30入户120户",
    "编码370725001001",
    "0536-1234567",
    "12345678901234567890",
    "370725001001001",
    "入户150 2020-06-01",
    "150/2020/06/01",
    "2020-06-01 2020-06-30 12",
    "2020/06/15 2020/06/16 3户",
    "发放 13800.00 元，1200 1350 1400",
    "3/4 15/20",
    "",
  ])("without such a number is not: %s", (note) => {
    expect(namesSomebody(note)).toBe(false);
  });
});

describe("a reason or reference of the money", () => {
  test.each([
    "转入 6222020200000000123",
    "账号 6222 0202 0000 0000 123",
    "账号６２２２０２０２００００００００",
    "对公户 1607001209200012345",
    "经办人 13800001111",
    "110101199003070011",
  ])("holds no such number: %s", (text) => {
    expect(holdsPrivateNumber(text)).toBe(true);
  });
  test.each([
    "虚构文号〔2020〕12号",
    "流水 202006150001",
    "370725001001 社区，网格 370725001001001",
    "1200 1350 1400 1500",
    "2020-06-01 2020-06-30 2020-07-31",
  ])("may hold others: %s", (text) => {
    expect(holdsPrivateNumber(text)).toBe(false);
  });
});

test("a payee's code is neither a phone's nor an account's number", () => {
  expect(["PAYEE-1", "91370725MA3TEST0XX", "20200615"].every((code) => PAYEE_CODE.test(code))).toBe(true);
  expect(["13800001111", "6222020200000000123", "A/1", ""].some((code) => PAYEE_CODE.test(code))).toBe(false);
});

test("a reference may be a serial number of any length, but no identity, phone or card number", () => {
  for (const serial of ["2020060112345678", "TZ-2020-06-01-000123", "91370700123456789012345678"])
    expect(isPrivateNumber(serial), serial).toBe(false);
  for (const number of ["110101199003070011", "13800000001", "6222020200112233445"])
    expect(isPrivateNumber(number), number).toBe(true);
});
