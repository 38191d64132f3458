import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isDate } from "@county/plan/calendar.ts";
import { county } from "@county/plan/county.ts";
import { policyOn } from "@county/plan/policy.ts";
import { ruleCatalogue } from "@county/rules/catalogue.ts";
import { defaultLimits, detectFormat, readTable, TableError } from "@county/tables/read.ts";
import { whyUnreadable } from "@county/tables/unreadable.ts";
import { type ExaminedFile, examine, planFilesWithDigests, sha256, TooManyTables } from "./examine.ts";
import { clean, type Lang, verdicts } from "./format.ts";
import { reportHtml } from "./html.ts";
import { Refused, type Surroundings, wrongUsage } from "./terminal.ts";
import { reportText } from "./text.ts";

/** The tables are of 2020, and this is the first day after the plan's first deadlines. */
const DAY = "2020-06-01";

/** Of all files together. The plan's six have under a hundred; what thousands of them give nobody can read any more. */
const MOST_ROWS = 10_000;

const HELP = `用法 usage: npm run report -- [选项 options] [文件 files …]

  核对附件2至附件4的各表，并比较计划所要求的与表中所给的。文件为 CSV 或 XLSX；不给文件则核对计划本身的六张表。
  Checks the tables of annexes 2 to 4, and what the plan asks against what they give. Files are CSV or XLSX;
  without any, the plan's own six tables are checked.

  --lang zh|en           语言，默认中文 · language, Chinese by default
  --json                 标准输出只有 {"findings":[…]} · nothing but {"findings":[…]} on standard output
  --html FILE            另存为一个可打印的网页 · one page to print and hand round
  --on YYYY-MM-DD        按哪一天的参数判断，默认 ${DAY} · the day of the parameters, ${DAY} by default
  --only PREFIX          只要规则名以此开头的，可重复 · only rules that begin so; may be repeated
  --verdict V            只要此类结论，可重复 · only these verdicts; may be repeated:
                         ${verdicts.join(", ")}
  --alone                不用计划的其他各表对照 · without the plan's own other tables beside the files
  --fail-on breach|deviation
                         （所列结论中）有不符、或有不符或偏离时退出码为 1
                         exit with 1 when the findings shown hold a breach, or a breach or deviation
  --help                 本说明 · this text

  退出码 exit codes: 0 完成 done · 1 见 see --fail-on · 2 用法有误、文件读不了、其中没有可核对的表或表过多
                     wrong usage, or a file that cannot be read, holds no such table or too many
`;

/** Runs the command. Answers the exit code; what is wrong with the arguments or files goes to `err` in both languages. */
export async function run(args: readonly string[], { out, err, folder }: Surroundings): Promise<number> {
  try {
    const asked = argumentsOf(args);
    if (asked === "help") {
      out(HELP);
      return 0;
    }
    const policy = policyOn(asked.on);
    const files: ExaminedFile[] = [];
    for (const file of asked.files) {
      const opened = await open(file, folder, asked.on);
      // The same table under two names would double every figure as well.
      const same = files.find(({ digest }) => digest === opened.digest);
      if (same === undefined) files.push(opened);
      else
        err(
          `${clean(file)}：与 ${clean(same.file)} 内容相同，不再核对 · the same bytes as ${clean(same.file)}, not read again\n`,
        );
    }
    const rows = files.flatMap(({ sheets }) => sheets).reduce((sum, sheet) => sum + sheet.rows.length, 0);
    if (rows > MOST_ROWS)
      throw new Refused(
        `共 ${rows} 行，一次最多核对 ${MOST_ROWS} 行`,
        `${rows} rows in all; ${MOST_ROWS} is the most for one report`,
      );
    const found = examine(files.length > 0 ? files : planFilesWithDigests(), policy, asked.alone);
    const findings = found.findings.filter(
      ({ rule, verdict }) =>
        (asked.only.length === 0 || asked.only.some((prefix) => rule.startsWith(prefix))) &&
        (asked.verdicts.length === 0 || asked.verdicts.includes(verdict)),
    );
    const report = {
      title: {
        zh: `${county.name.zh}城市社区规范化建设：附表核对报告`,
        en: `${county.name.en}, urban communities: check of the plan's tables`,
      },
      on: asked.on,
      lang: asked.lang,
      findings,
      tables: found.answers.filter(
        ({ rules }) =>
          asked.only.length === 0 || rules.some((rule) => asked.only.some((prefix) => rule.startsWith(prefix))),
      ),
      sources: found.sources,
    };
    if (asked.html !== undefined) {
      await save(asked.html, folder, reportHtml(report));
      err(`已写入 written: ${clean(asked.html)}\n`);
    }
    if (asked.json) out(`${JSON.stringify({ findings })}\n`);
    else if (asked.html === undefined) out(reportText(report));
    const empty = files.filter(({ file }) => !found.tables.some((table) => table.file === file));
    for (const { file } of empty) {
      err(`${clean(file)}：没有可核对的表（附件2、3、4） · holds no table of annex 2, 3 or 4\n`);
    }
    if (empty.length > 0) return 2;
    return findings.some(({ verdict }) => asked.failOn.includes(verdict)) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof TooManyTables)) throw error;
    err(`${error.told.zh}\n${error.told.en}\n`);
    return 2;
  }
}

const FAILING = { breach: ["breaches"], deviation: ["breaches", "deviates"] } as const;

function argumentsOf(args: readonly string[]) {
  const { values, positionals } = parsed(args);
  if (values.help) return "help";
  const { lang = "zh", on = DAY, verdict = [], only = [], html, json = false, alone = false } = values;
  const failOn = values["fail-on"];
  const choose = <T extends string>(option: string, value: string, from: readonly T[]): T => {
    const found = from.find((one) => one === value);
    if (found === undefined)
      throw new Refused(
        `--${option} 应为 ${from.join("、")} 之一，而不是“${clean(value)}”（说明见 --help）`,
        `--${option} must be one of ${from.join(", ")}, not "${clean(value)}" (see --help)`,
      );
    return found;
  };
  if (!isDate(on))
    throw new Refused(`--on 应为 YYYY-MM-DD，而不是“${clean(on)}”`, `--on must be YYYY-MM-DD, not "${clean(on)}"`);
  if (on < "2020-01-01")
    throw new Refused(
      `--on 不能早于 2020-01-01：计划那时还没有`,
      `--on cannot be before 2020-01-01: there was no plan yet`,
    );
  for (const prefix of only) {
    if (ruleCatalogue.some(({ rule }) => rule.startsWith(prefix))) continue;
    throw new Refused(
      `--only：没有以“${clean(prefix)}”开头的规则`,
      `--only: there is no rule that begins with "${clean(prefix)}"`,
    );
  }
  if (html === "") throw new Refused("--html 后面要有文件名", "--html needs the name of a file");
  return {
    lang: choose<Lang>("lang", lang, ["zh", "en"]),
    on,
    verdicts: verdict.flatMap((one) => one.split(",")).map((one) => choose("verdict", one, verdicts)),
    only,
    html,
    json,
    alone,
    failOn:
      failOn === undefined ? [] : (FAILING[choose("fail-on", failOn, ["breach", "deviation"])] as readonly string[]),
    // The same file named twice would double every figure.
    files: [...new Set(positionals)],
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        lang: { type: "string" },
        json: { type: "boolean" },
        html: { type: "string" },
        on: { type: "string" },
        only: { type: "string", multiple: true },
        verdict: { type: "string", multiple: true },
        alone: { type: "boolean" },
        "fail-on": { type: "string" },
      },
    });
  } catch (error) {
    throw wrongUsage(error);
  }
}

async function open(file: string, folder: string, asOf: string): Promise<ExaminedFile> {
  const refuse = (zh: string, en: string) => new Refused(`${clean(file)}：${zh}`, `${clean(file)}: ${en}`);
  let bytes: Uint8Array;
  try {
    const path = resolve(folder, file);
    const { size, isFile } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (!isFile) throw refuse("不是文件", "not a file");
    if (size > defaultLimits.bytes) {
      const most = defaultLimits.bytes / 2 ** 20;
      throw refuse(`大于 ${most} MB`, `larger than ${most} MB`);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw refuse(`打不开（${systemCode(error)}）`, `cannot be opened (${systemCode(error)})`);
  }
  if (bytes.length === 0) throw refuse("文件是空的", "the file is empty");
  try {
    const format = detectFormat(bytes);
    if (format === undefined) throw new TableError("not-a-workbook");
    return { file, asOf, sheets: await readTable(bytes, { format }), digest: sha256(bytes) };
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    const { zh, en } = whyUnreadable(error);
    throw refuse(zh, en);
  }
}

async function save(file: string, folder: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(folder, file), text);
  } catch (error) {
    throw new Refused(
      `${clean(file)}：写不进去（${systemCode(error)}）`,
      `${clean(file)}: cannot be written (${systemCode(error)})`,
    );
  }
}

const systemCode = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : clean(String(error));
