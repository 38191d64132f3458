import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { permissions, roles } from "@county/contracts/access.ts";
import { describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { services } from "./county.ts";
import { regions } from "./region.ts";
import { routeClasses, stageContext, stageOf } from "./stage.ts";
import { synthesise } from "./synthesised.ts";

const root = resolve(import.meta.dirname, "..");
const pages = ["operations", "security"] as const;
const fileOf = (page: string) => join(root, "docs", `${page}.md`);
const textOf = (page: string) => readFileSync(fileOf(page), "utf8");
const both = pages.map(textOf).join("\n");

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const shown = (["dev", "staging", "prod"] as const).map((stage) => stageOf({ stage }));
const stages = () =>
  table(
    ["", ...shown.map(({ name }) => `\`${name}\``)],
    [
      ["data outlives its stack", ...shown.map(({ keepsData }) => (keepsData ? "yes" : "no"))],
      ["days a table can be set back", ...shown.map(({ recoveryDays }) => `${recoveryDays}`)],
      ["days imported tables are kept", ...shown.map(({ importDays }) => `${importDays}`)],
      ["audit copies locked", ...shown.map(({ audit }) => `${audit.days} days, ${audit.mode}`)],
      ["days of function logs", ...shown.map(({ logs }) => `${logs.work}`)],
      ["days of gateway logs", ...shown.map(({ logs }) => `${logs.access}`)],
      ...routeClasses.map((one) => [
        `calls a second of a ${one} route (burst)`,
        ...shown.map(({ throttle }) => `${throttle[one].rateLimit} (${throttle[one].burstLimit})`),
      ]),
      ["messages of a queue in work at once", ...shown.map(({ queueConcurrency }) => `${queueConcurrency}`)],
      [
        "budget of a month",
        ...shown.map(({ monthlyBudget }) => `${monthlyBudget.aws} USD or ${monthlyBudget["aws-cn"]} CNY`),
      ],
      [
        "goes without",
        ...shown.map(({ off }) =>
          Object.entries(off)
            .map(([what, why]) => `${what}: ${why}`)
            .join("; "),
        ),
      ],
    ],
  );

const regionTable = () =>
  table(
    ["region", "partition", "bill", "lacks, and what is done instead", "before the first deployment"],
    regions.map(({ name, title, partition, currency, lacks, before }) => [
      `\`${name}\` ${title.zh} ${title.en}`,
      partition,
      currency,
      Object.values(lacks)
        .map(({ en }) => en)
        .join("<br>") || "nothing",
      before.map(({ en }) => en).join("<br>") || "nothing",
    ]),
  );

/** A consumer or a job gives its name to several alarms, and its summary to what they say. */
const workers = services.flatMap(({ consumers, schedules }) => [...consumers, ...schedules]);
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const alarmKinds = (): Map<string, { says: Set<string>; names: string[] }> => {
  const kinds = new Map<string, { says: Set<string>; names: string[] }>();
  for (const { resources } of Object.values(synthesise({ stage: "prod" }, "us-east-1").stacks)) {
    for (const { Type, Properties } of Object.values(resources)) {
      if (Type !== "AWS::CloudWatch::Alarm") continue;
      const [, part, own] = /^county-prod-([a-z]+)-(.+)$/.exec(Properties.AlarmName)!;
      const worker = workers.find(({ name }) => own!.startsWith(`${kebab(name)}-`));
      const whole = part === "api" ? `api-${own}` : worker ? `…${own!.slice(kebab(worker.name).length)}` : own!;
      // What watches more than one alarm takes is several, told apart by a number.
      const kind = whole.replace(/-\d+$/, "");
      let says: string = Properties.AlarmDescription.split("\n")[1];
      for (const { en } of [...services.map(({ title }) => title), ...workers.map(({ summary }) => summary)]) {
        says = says.replace(`"${en}"`, "“…”");
      }
      const found = kinds.get(kind) ?? { says: new Set(), names: [] };
      found.says.add(says.replace(/\b\d+ seconds it is given/, "… seconds it is given"));
      found.names.push(`${part}-${own}`);
      kinds.set(kind, found);
    }
  }
  return kinds;
};
const alarms = () =>
  table(
    ["alarm", "what the mail says", "of"],
    [...alarmKinds()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, { says, names }]) => [`\`${kind}\``, [...says].join("<br>"), names.sort().join(", ")]),
  );

const permissionTable = () =>
  table(
    ["permission", "", ""],
    Object.entries(permissions).map(([id, { zh, en }]) => [`\`${id}\``, zh, en]),
  );
const roleTable = () =>
  table(
    ["role", "", "", "may"],
    Object.entries(roles).map(([id, { title, may }]) => [
      `\`${id}\``,
      title.zh,
      title.en,
      [...may]
        .sort()
        .map((one) => `\`${one}\``)
        .join(" ") || "nothing yet",
    ]),
  );

/** What stands between `<!-- name -->` and `<!-- end -->` on a page, made from what it tells of. */
const made: Readonly<Record<(typeof pages)[number], Readonly<Record<string, () => string>>>> = {
  operations: { stages, regions: regionTable, alarms },
  security: { permissions: permissionTable, roles: roleTable },
};

describe.each(pages)("docs/%s.md", (page) => {
  test("its tables are what the code makes; after a change `vitest run infra/docs.test.ts -u` writes them", async () => {
    let text = textOf(page);
    for (const [name, make] of Object.entries(made[page])) {
      const block = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);
      expect([name, block.test(text)]).toEqual([name, true]);
      text = text.replace(block, (_, before: string, after: string) => `${before}${make()}\n${after}`);
    }
    await expect(text).toMatchFileSnapshot(fileOf(page));
  });

  test("every file it names is there, and every test it cites is in its file", () => {
    const text = textOf(page);
    const files = [...text.matchAll(/`((?:infra|packages|services|test|docs)\/[\w./-]+)`/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    const cited = [...text.matchAll(/`([\w./-]+\.ts)`((?:,? \*[^*\n]+\*)+)/g)].flatMap(([, file, titles]) =>
      [...titles!.matchAll(/\*([^*]+)\*/g)].map(([, title]) => [file!, title!] as const),
    );
    if (page === "security") expect(cited.length).toBeGreaterThan(40);
    const wrong = cited.filter(([file, title]) => !readFileSync(join(root, file), "utf8").includes(`"${title}"`));
    expect(wrong).toEqual([]);
  });

  test("every command of ours is in package.json, and every script is there", () => {
    const text = textOf(page);
    const named = [...text.matchAll(/npm (?:run )?(?:--silent )?([a-z]+(?::[a-z]+)?)/g)].map(([, name]) => name!);
    const scripts = new Set([...Object.keys(packageJson.scripts), "start", "test"]);
    expect(named.filter((name) => !scripts.has(name))).toEqual([]);
    const run = [...text.matchAll(/launch\.mjs ([\w./-]+\.ts)/g)].map(([, script]) => script!);
    expect(run.filter((script) => !existsSync(join(root, script)))).toEqual([]);
  });

  test("the API's address is joined to a path as the output prints it", () => {
    const { Address } = synthesise({ stage: "prod" }, "us-east-1").stacks.api!.template.Outputs!;
    expect(JSON.stringify(Address!.Value)).toMatch(/\/"\]\]\}$/);
    expect(textOf(page)).not.toMatch(/\$\{?ADDRESS\}?\//);
  });

  test("no account, no path of one machine, no address of a real person", () => {
    const text = textOf(page);
    expect(text.match(/\b\d{12}\b|(?:^|[\s"'`(=])\/(?:work|home|Users|root|tmp|opt)\//gm)).toBeNull();
    const mails = (text.match(/[\w.-]+@[\w.-]*\.[a-z]{2,}/g) ?? []).filter((mail) => !/@[\w.-]*\.example$/.test(mail));
    expect(mails).toEqual([]);
  });

  test("begins with a part in Chinese", () => {
    const [, first] = textOf(page).split(/^## /m);
    expect(first).toMatch(/^[\u4e00-\u9fff]/);
    expect(first!.match(/[\u4e00-\u9fff]/g)!.length).toBeGreaterThan(150);
  });
});

describe("nothing is left out", () => {
  const operations = textOf("operations");

  test("every alarm has what to do", () => {
    const done = [...operations.matchAll(/^- ((?:`[^`]+`(?:, )?)+): \S/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
    );
    const kinds = [...alarmKinds().keys()];
    expect(kinds.length).toBeGreaterThan(10);
    expect(kinds.filter((kind) => !done.includes(kind))).toEqual([]);
    expect([...alarmKinds().values()].map(({ says }) => says.size)).toEqual(kinds.map(() => 1));
  });

  test("every setting of a deployment is told", () => {
    expect(stageContext.filter((name) => !operations.includes(`\`-c ${name}=`))).toEqual([]);
  });

  test.each([
    ["idempotency keys", "packages/platform/commands.ts", "KEY_DAYS", "days"],
    ["outbox items", "packages/platform/documents.ts", "OUTBOX_DAYS", "days"],
    ["lists of candidates", "services/staffing/candidates.ts", "CANDIDATE_DAYS", "days"],
    ["messages, dead letters", "infra/service-stack.ts", "QUEUE_DAYS", "days,"],
    ["messages, dead letters", "infra/service-stack.ts", "DEAD_LETTER_DAYS", "days"],
  ])("%s are kept as long as %s says: %s", (data, file, name, unit) => {
    const days = new RegExp(`const ${name} = (\\d+);`).exec(readFileSync(join(root, file), "utf8"))![1];
    const row = operations.split("\n").find((line) => line.startsWith(`| ${data} |`));
    expect(row).toContain(` ${days} ${unit}`);
  });

  test("all ten of OWASP's list, and every line of the three maps has a proof or a reason", () => {
    const security = textOf("security");
    for (let n = 1; n <= 10; n++) expect(security).toContain(`| API${n} `);
    const maps = security.slice(security.indexOf("## OWASP")).split("\n");
    const rows = maps.filter((line) => line.startsWith("| ") && !/^\| (?:---|risk|item|article)/.test(line));
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => !/`[\w./-]+\.ts` \*|Not covered: \S|The county's: \S/.test(row))).toEqual([]);
  });

  test("the pages stand alone: what they link to is there", () => {
    const links = [...both.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(join(root, "docs", link)))).toEqual([]);
  });
});
