import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPlatform } from "@county/local/platform.ts";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The tour in the READMEs, run as printed: each `sh` block in one shell after the other, its answer held against the `json` below it. */
const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const blocks = (text: string) =>
  [...text.matchAll(/^```(sh|json)\n([\s\S]*?)^```$/gm)].map(([, kind, code]) => ({ kind, code: code as string }));

/** The part of an answer that the README prints: of an object its printed fields, of a list as many items as it prints. */
function printed(answer: unknown, like: unknown): unknown {
  if (Array.isArray(like)) return like.map((one, i) => printed((answer as unknown[] | undefined)?.[i], one));
  if (like === null || typeof like !== "object") return answer;
  const fields = answer as Record<string, unknown> | undefined;
  return Object.fromEntries(Object.entries(like).map(([name, value]) => [name, printed(fields?.[name], value)]));
}

let dataDir: string;
let platform: Awaited<ReturnType<typeof startPlatform>>;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "county-readme-"));
  platform = await startPlatform({ port: 0, dataDir, dataset: "changle-2020-demo" });
});
afterAll(async () => {
  await platform.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test("the tour's calls give the answers it prints", async () => {
  const tour = blocks(read("README.md"));
  const marker = "-- answer --";
  const script = tour
    .filter(({ kind }) => kind === "sh")
    .map(({ code }) => `${code.replaceAll("localhost:3000", platform.url.replace("http://", ""))}\necho "${marker}"`)
    .join("\n");
  // `npm run` finds its scripts from the checkout, where whoever follows the tour stands.
  const checkout = `npm() { command npm --prefix '${fileURLToPath(new URL("../..", import.meta.url))}' "$@"; }`;
  writeFileSync(join(dataDir, "tour.sh"), `${checkout}\n${script}`);
  const { stdout } = await promisify(execFile)("bash", ["tour.sh"], { cwd: dataDir });
  const answers = stdout.split(marker);
  let shell = -1;
  let compared = 0;
  for (const { kind, code } of tour) {
    if (kind === "sh") shell++;
    else {
      const like: unknown = JSON.parse(code);
      expect(printed(JSON.parse((answers[shell] as string).trim()), like)).toEqual(like);
      compared++;
    }
  }
  expect(compared).toBeGreaterThanOrEqual(9);
});

test("both READMEs show the same calls and answers", () => {
  expect(blocks(read("README.zh-CN.md"))).toEqual(blocks(read("README.md")));
});
