import { describe, expect, test } from "vitest";
import { readAnnex } from "./annexes.ts";
import { isDate } from "./calendar.ts";
import { type Clause, type ClauseId, clause, clauses, midJune, type Unit, unitNamed, units } from "./clauses.ts";

// The brackets of the plan as printed: lead, then cooperating units.
const brackets: Partial<Record<ClauseId, [string, string]>> = {
  "2.1": ["县民政局", "县自然资源和规划局 棚改办 宝都街道 宝城街道"],
  "2.2.1": ["县委政法委", "县委组织部 县公安局 自然资源和规划局 宝都街道 宝城街道"],
  "2.2.2": ["县委政法委", "县委组织部 县公安局 司法局 自然资源和规划局 宝都街道 宝城街道"],
  "2.3.1": [
    "宝都街道 宝城街道",
    "县委组织部 县委政法委 县教育和体育局 公安局 民政局 人社局 卫健局 审批服务局 大数据中心",
  ],
  "2.3.2": ["县住建局", "县民政局 财政局 自然资源和规划局 审批服务局 房产发展促进中心 宝都街道 宝城街道"],
  "2.4": ["宝都街道 宝城街道", "县委组织部 县民政局 财政局 住建局 房产发展促进中心"],
  "2.5": [
    "宝都街道 宝城街道",
    "县委政法委 县教育和体育局 公安局 民政局 司法局 财政局 文化和旅游局 信访局 审批服务局 大数据中心",
  ],
  "2.6": ["县委组织部", "县民政局 财政局 农业农村局 房产发展促进中心 现代农业发展中心 宝都街道 宝城街道"],
  "3.2.1": ["县人社局", "县委政法委 县公安局 民政局 宝都街道 宝城街道"],
  "3.2.2": ["县财政局", "县委组织部 县委政法委 县公安局 民政局 住建局 城投公司 宝都街道 宝城街道"],
  "3.3": ["县委县政府督查局", "县委组织部 县委政法委 县公安局 民政局 司法局 财政局 宝都街道 宝城街道"],
};

describe("clauses", () => {
  test("are the plan's, each once and in its order", () => {
    expect(clauses.map(({ id }) => id).join(" ")).toBe(
      "1 2.1 2.2.1 2.2.2 2.3.1 2.3.2 2.4 2.5 2.6 3.1 3.2.1 3.2.2 3.3 3.4 A2 A3 A4",
    );
  });

  test.each(clauses.map((one: Clause) => [one.id, one] as const))("%s names the units of its bracket", (id, one) => {
    const [lead, cooperating] = brackets[id as ClauseId] ?? ["", ""];
    const ids = (names: string) => names.split(" ").filter(Boolean).map(unitNamed);
    expect(one.cooperating).toEqual(ids(cooperating));
    // The goal and the leading group have no bracket: the county itself leads.
    expect(one.lead).toEqual(["1", "3.1"].includes(id) ? ["county"] : ids(lead));
  });

  test("have deadlines that are days of 2020, explained in words", () => {
    const dated = clauses.filter((one) => "deadline" in one);
    expect(dated.map((one) => [one.id, one.deadline.on])).toEqual([
      ["1", "2020-12-31"],
      ["2.1", "2020-05-31"],
      ["2.2.1", "2020-05-31"],
      ["2.2.2", "2020-05-31"],
      ["2.3.1", "2020-05-31"],
      ["2.4", "2020-06-30"],
      ["2.5", "2020-12-31"],
      ["2.6", "2020-06-20"],
    ]);
    for (const one of clauses) expect("deadlineNote" in one).toBe("deadline" in one);
    for (const day of Object.values(midJune)) expect(isDate(day)).toBe(true);
  });

  test("give 恒盛 its own day and the other centres their year in annex 3", () => {
    const deadline = clause("2.3.1").deadline;
    expect(deadline?.others).toEqual({ annex: 3 });
    expect(readAnnex("annex2-baodu").map((row) => row[1])).toContain(deadline?.only?.zh);
  });

  test("refuse a number the plan does not have", () => {
    expect(() => clause("2.7" as ClauseId)).toThrow(RangeError);
  });
});

describe("units", () => {
  test("are known by every name they are written with, and by no other unit's", () => {
    for (const [id, unit] of Object.entries<Unit>(units))
      for (const name of [unit.name.zh, ...unit.aliases]) expect(unitNamed(name), name).toBe(id);
    expect(unitNamed("县卫生院")).toBeUndefined();
  });

  test("tell the housing bureau from the property centre", () => {
    expect(unitNamed("住建")).toBe("county.construction");
    expect(unitNamed("房产部门")).toBe("county.property-centre");
  });
});
