import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { DATASETS } from "./datasets.ts";
import { CannotStart } from "./lock.ts";
import { callsToTry } from "./pages.ts";
import type { Platform } from "./platform.ts";

/** A variable of the environment says something that cannot be. */
function refuse(variable: string, value: string, allowed: string): never {
  console.error(`${variable}=${value} 无效 is not valid: ${allowed}`);
  process.exit(2);
}

const { PORT = "3000", DATA_DIR = ".local", COUNTY_DATASET = "changle-2020", DYNAMODB_ENDPOINT } = process.env;
const port = /^\d{1,5}$/.test(PORT) && Number(PORT) <= 65_535 ? Number(PORT) : refuse("PORT", PORT, "0 … 65535");
const dataset =
  DATASETS.find((name) => name === COUNTY_DATASET) ?? refuse("COUNTY_DATASET", COUNTY_DATASET, DATASETS.join(", "));
if (DATA_DIR.trim() === "") refuse("DATA_DIR", DATA_DIR, "一个目录 a folder");
if (DYNAMODB_ENDPOINT !== undefined && !/^https?:\/\/[^\s/]+\/?$/.test(DYNAMODB_ENDPOINT)) {
  refuse("DYNAMODB_ENDPOINT", DYNAMODB_ENDPOINT, "http://127.0.0.1:8000");
}

// Half the start is the reading and compiling of modules, which do not change between two starts.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/compiled", import.meta.url)));

let platform: Platform | undefined;
let stopAsked: number | undefined;
async function stop(code: number): Promise<never> {
  await platform?.stop();
  process.exit(code);
}
/** Asked for once, it stops clean. Ctrl-C may arrive twice at once, by the terminal and by npm; later it means "now". */
function askToStop(): void {
  if (stopAsked !== undefined && Date.now() - stopAsked > 1_000) process.exit(130);
  if (stopAsked !== undefined) return;
  stopAsked = Date.now();
  console.log("\n正在停止 stopping …");
  // While it is still starting nothing has been promised to anybody: data survives a kill at any point.
  void stop(0);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, askToStop);
// The launcher was killed.
process.on("disconnect", askToStop);

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
try {
  // Imported only now: what is refused above is refused at once.
  const { startPlatform } = await import("./platform.ts");
  platform = await startPlatform({
    port,
    dataDir: DATA_DIR,
    dataset,
    endpoint: DYNAMODB_ENDPOINT,
    log: (line) => console.log(line),
    progress: (done, total) => {
      const line = `载入数据 load ${dataset}: ${done}/${total}`;
      if (process.stdout.isTTY) process.stdout.write(`\r${line}${done === total ? "\n" : ""}`);
      else if (done === total) console.log(line);
    },
  });
} catch (error) {
  console.error(error instanceof CannotStart ? error.message : error);
  process.exit(1);
}

const { url, timings } = platform;
const parts = [
  `数据库 engine ${seconds(timings.engine)}`,
  `表 tables ${seconds(timings.tables)}`,
  `服务 services ${seconds(timings.services)}`,
  `数据 data ${seconds(timings.data)}`,
];
const token = await platform.token([{ role: "county.civil-affairs", area: "370725" }]);
console.log(`
县域社区平台 County community platform

  地址 address    ${url}
  文档 docs       ${url}/docs
  数据 data       ${dataset}（${DATA_DIR}）
  启动 start      ${seconds(performance.now())}: ${parts.join(", ")}

在另一个终端里试一试 Try, in another terminal:

TOKEN=${token}
${callsToTry(url)
  .map(({ title, command }) => `\n# ${title.zh} ${title.en}\n${command}`)
  .join("\n")}

按 Ctrl-C 停止 Ctrl-C stops it.
`);

const reason = await platform.lost;
console.error(`数据库引擎意外退出，平台停止 The database engine ended unexpectedly; stopping: ${reason}`);
await stop(1);
