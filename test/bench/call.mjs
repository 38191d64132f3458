// The process that is measured: a bundle as Lambda's runtime would hold it. Plain JavaScript, or stripping types would be
// counted with it. Arguments: the bundle, how far to go (`import`, `first`, `stay`), the events as JSON {get, post}.
const [, , file, until, events] = process.argv;
const context = {
  functionName: "bench",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:local:000000000000:function:bench",
  memoryLimitInMB: "512",
  awsRequestId: "00000000-0000-4000-8000-000000000000",
  getRemainingTimeInMillis: () => 30_000,
};
let calls = 0;

async function call(event) {
  // A command that was sent before would be a replay.
  if ("idempotency-key" in event.headers)
    event.headers["idempotency-key"] = `bench-${String(++calls).padStart(8, "0")}`;
  const answer = await handler(event, context);
  if (!(answer.statusCode < 300)) throw new Error(`${event.routeKey} answered ${JSON.stringify(answer)}`);
  return answer;
}

const { handler } = await import(file);
const { get, post } = JSON.parse(events);
if (until !== "import") await call(get);
if (until !== "stay") {
  const { user, system } = process.cpuUsage();
  if (process.env.TELL_CPU) process.stderr.write(`cpu ${user + system}\n`);
  process.exit();
}

process.on("message", async ({ route, count }) => {
  const before = process.cpuUsage();
  let answer;
  for (let i = 0; i < count; i++) answer = await call(route === "get" ? get : post);
  const { user, system } = process.cpuUsage(before);
  process.send({ microseconds: (user + system) / count, body: answer.body });
});
process.on("disconnect", () => process.exit());
process.send({ rss: process.memoryUsage.rss() });
