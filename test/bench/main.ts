import { parseArgs } from "node:util";
import { bundles } from "./bundles.ts";
import { isMet, type Section, tableOf } from "./figures.ts";
import { host } from "./host.ts";
import { ledger } from "./ledger.ts";
import { pay } from "./pay.ts";
import { copiesOf, proposals } from "./proposals.ts";
import { round } from "./round.ts";
import { verdicts } from "./verdicts.ts";

// `npm run bench`: what the platform costs, compared in one run with what it is measured against. It reports; it does not
// judge: an aim that is missed does not fail the run, because machines differ.

const { values: options } = parseArgs({
  options: { json: { type: "boolean" }, only: { type: "string" }, long: { type: "boolean" } },
});
const sections: readonly Section[] = [
  bundles,
  host,
  verdicts,
  pay,
  ledger,
  round,
  proposals(copiesOf(options.long ?? false)),
];
const chosen = sections.filter(({ name }) => options.only === undefined || options.only === name);
if (chosen.length === 0) {
  console.error(`--only takes one of: ${sections.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const results = [];
for (const { name, title, run } of chosen) {
  const { note, figures } = await run((progress) => console.error(`${name}: ${progress}`));
  results.push({ name, title, note, figures: figures.map((figure) => ({ ...figure, met: isMet(figure) })) });
  if (!options.json) console.log(`\n${title}\n${note}\n\n${tableOf(figures).join("\n")}`);
}
if (options.json) {
  const { version, arch, platform } = process;
  console.log(JSON.stringify({ node: version, platform, arch, sections: results }, null, 2));
}
