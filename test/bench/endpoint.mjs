// A DynamoDB that answers canned bytes at once, so that only the client's own work is measured. Plain JavaScript like
// `call.mjs`: a process that is counted must not pay for stripping types. `fork`ed with the answers in the environment.
import { createServer } from "node:http";

/** Operation → the JSON document it is answered with; an operation without one gets `{}`. */
const answers = new Map(
  Object.entries(JSON.parse(process.env.ANSWERS ?? "{}")).map(([name, body]) => [
    name,
    Buffer.from(JSON.stringify(body)),
  ]),
);
const empty = Buffer.from("{}");

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
    const body = answers.get(operation) ?? empty;
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.send?.(server.address().port));
process.on("disconnect", () => process.exit(0));
