import { readdirSync, readFileSync } from "node:fs";
import { clauses, units } from "@county/plan/clauses.ts";
import { isParameterId, parameters } from "@county/plan/parameters.ts";
import { policyOn } from "@county/plan/policy.ts";
import { describe, expect, test } from "vitest";
import { asksAndGives } from "./asks-and-gives.ts";
import { type CataloguedRule, clausesNotJudged, notJudged, ruleCatalogue, rulesByFile } from "./catalogue.ts";
import { deadlineVerdicts } from "./deadlines.ts";
import { planTables } from "./plan-tables.ts";
import { reconcile } from "./reconciliation.ts";

// The catalogue is held against the sources: an id is a string literal or a template there, so its text can be found.

const HERE = new URL(".", import.meta.url);
const read = (file: string) =>
  readFileSync(new URL(file, HERE), "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/.*$/gm, "");
const sources = new Map(
  readdirSync(HERE)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "catalogue.ts")
    .map((file) => [file, read(file)]),
);

/** An id or the pattern of some ids: `a.b-${kind}` stands for each word in the place of `${kind}`. */
interface Written {
  readonly text: string;
  readonly matches: (id: string) => boolean;
}
const written = (text: string): Written => {
  const pattern = new RegExp(
    `^${text
      .split(/\$\{[^}]*\}/)
      .map((part) => part.replaceAll(".", "\\."))
      .join("[A-Za-z0-9.-]+")}$`,
  );
  return { text, matches: (id) => pattern.test(id) };
};
const found = (source: string, pattern: RegExp): Written[] =>
  [...new Set([...source.matchAll(pattern)].map(([, text]) => text!))].map(written);

const DOTTED = /["`]([a-z][a-z0-9-]*(?:\.(?:[A-Za-z0-9-]|\$\{[^}]*\})+)+)["`]/g;
/** Everything that has the shape of an id, templates of ids included. */
const ids = (file: string) => found(sources.get(file) ?? "", DOTTED).filter(({ text }) => !text.endsWith(".ts"));
/** What stands where a finding names its rule. */
const named = (file: string) => found(sources.get(file) ?? "", /\brule: ["`]([^"`]+)["`]/g);

/** A file with those of this package that it imports, and theirs. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  if (!seen.has(file)) {
    seen.add(file);
    for (const [, other] of (sources.get(file) ?? "").matchAll(/from "\.\/([^"]+)"/g)) withImports(other!, seen);
  }
  return seen;
}

const files = Object.keys(rulesByFile) as (keyof typeof rulesByFile)[];
const rulesOf = (file: string): readonly CataloguedRule[] =>
  file in rulesByFile ? rulesByFile[file as keyof typeof rulesByFile] : [];

describe("every rule id in the sources is in the catalogue", () => {
  test.each([...sources.keys()])("%s", (file) => {
    const rules = rulesOf(file).map(({ rule }) => rule);
    const missing = named(file).filter(({ matches }) => !rules.some(matches));
    expect(
      missing.map(({ text }) => text),
      `${file} gives these rules: add them to rulesByFile["${file}"]`,
    ).toEqual([]);
    // An id may reach its finding by another way: whatever is written like one has to be explained.
    const unexplained = ids(file).filter(
      ({ text }) =>
        !text.includes("$") &&
        !isParameterId(text) &&
        !(text in units) &&
        !ruleCatalogue.some(({ rule }) => rule === text),
    );
    expect(
      unexplained.map(({ text }) => text),
      `${file} writes these ids, which are no rule of the catalogue, no parameter and no unit`,
    ).toEqual([]);
  });
});

describe("every rule of the catalogue is in its file", () => {
  test.each(files)("%s", (file) => {
    expect([...sources.keys()]).toContain(file);
    const all = ids(file);
    const absent = rulesOf(file).filter(({ rule }) => !all.some(({ matches }) => matches(rule)));
    expect(
      absent.map(({ rule }) => rule),
      `${file} gives no finding with these rules`,
    ).toEqual([]);
  });

  test("and each id stands once", () => {
    const rules = ruleCatalogue.map(({ rule }) => rule);
    expect(rules.filter((rule, at) => rules.indexOf(rule) !== at)).toEqual([]);
  });
});

describe("the parameters of a file's rules are those its source speaks of", () => {
  const excused = new Set<string>(notJudged.map(([id]) => id));

  test.each(files)("%s", (file) => {
    const reached = [...withImports(file)];
    const listed = new Set(rulesOf(file).flatMap(({ parameters: used }): readonly string[] => used));
    const own = ids(file);
    // What a file works out it may do for the rules of those it imports, and of those that import it.
    const related = [...reached, ...files.filter((other) => withImports(other).has(file))];
    const explained = new Set<string>(
      related.flatMap(rulesOf).flatMap(({ rule, parameters: used }) => [rule, ...used]),
    );
    const unlisted = Object.keys(parameters).filter(
      (id) => own.some(({ matches }) => matches(id)) && !explained.has(id) && !excused.has(id),
    );
    expect(unlisted, `${file} speaks of these parameters, but no rule of it in the catalogue does`).toEqual([]);
    const spoken = reached.flatMap(ids);
    const unheard = [...listed].filter((id) => !spoken.some(({ matches }) => matches(id)));
    expect(unheard, `the catalogue names these parameters for ${file}, which never speaks of them`).toEqual([]);
  });
});

test("findings on the plan's own tables and clauses rest on what the catalogue says of their rules", () => {
  const policy = policyOn("2020-06-01");
  const findings = [
    ...reconcile(planTables(), policy).findings,
    ...asksAndGives(planTables(), policy).findings,
    ...deadlineVerdicts({ clauses: [], centres: [] }, policy).map(({ finding }) => finding),
  ];
  expect(findings.length).toBeGreaterThan(100);
  const beyond = findings.flatMap(({ rule, parameters: used }) => {
    const listed: readonly string[] = ruleCatalogue.find((one) => one.rule === rule)?.parameters ?? [];
    return used.filter(({ id }) => !listed.includes(id)).map(({ id }) => `${rule} rests on ${id}`);
  });
  expect([...new Set(beyond)], "the catalogue does not name these parameters for these rules").toEqual([]);
});

describe("nothing of the plan is left out", () => {
  test("every parameter serves a rule, or has a reason why not", () => {
    const judged = new Set<string>(ruleCatalogue.flatMap(({ parameters: ids }) => ids));
    const excused = new Set<string>(notJudged.map(([id]) => id));
    const idle = Object.keys(parameters).filter((id) => !judged.has(id) && !excused.has(id));
    expect(idle, "no rule of the catalogue rests on these parameters, and notJudged gives no reason").toEqual([]);
    expect(
      [...excused].filter((id) => judged.has(id) || !isParameterId(id)),
      "these are judged after all",
    ).toEqual([]);
  });

  test("every clause has a rule, or a reason why not", () => {
    const judged = new Set<string>(ruleCatalogue.map(({ clause }) => clause));
    const excused = new Set<string>(clausesNotJudged.map(([id]) => id));
    const silent = clauses.map(({ id }) => id).filter((id) => !judged.has(id) && !excused.has(id));
    expect(silent, "no rule of the catalogue speaks of these clauses, and clausesNotJudged gives no reason").toEqual(
      [],
    );
    expect(
      [...excused].filter((id) => judged.has(id)),
      "these are judged after all",
    ).toEqual([]);
  });

  test("titles are each rule's own, in both languages", () => {
    for (const language of ["zh", "en"] as const) {
      const titles = ruleCatalogue.map(({ title }) => title[language]);
      expect(titles.every((title) => title.trim() === title && title !== "")).toBe(true);
      expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
    }
  });
});
