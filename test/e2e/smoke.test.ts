import { afterAll, test } from "vitest";
import { target } from "./target.ts";
import { newCounty, dryRun, csvBytes, annex2, commit } from "./county.ts";
const here = await target();
afterAll(here.stop);
test("x", async () => {
  const c = await newCounty(here, 990101);
  const i = await dryRun(c.office, c.baocheng, csvBytes(annex2.baocheng));
  console.log(JSON.stringify(i.summary), i.findings.map(f=>[f.rule,f.observed,f.difference]), i.rows[0]);
  console.log(await commit(c.office, i).then(x=>x.state));
  const j = await dryRun(c.office, c.baodu, csvBytes(annex2.baodu));
  console.log(JSON.stringify(j.summary), j.findings.map(f=>[f.rule,f.observed,f.difference]));
});
