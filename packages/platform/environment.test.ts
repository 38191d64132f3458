import { expect, test } from "vitest";
import { environment } from "./environment.ts";

const good = { AWS_REGION: "cn-north-1", FILES_BUCKET: "b", TABLE_GRIDS: "t", PATH: "/bin" };

test("a service's environment is read with its defaults, and nothing else of the process's", () => {
  expect(environment("grids", good)).toEqual({
    AWS_REGION: "cn-north-1",
    FILES_BUCKET: "b",
    AWS_PARTITION: "aws",
    LOG_LEVEL: "INFO",
    table: "t",
  });
  expect(environment("grids", { ...good, DYNAMODB_ENDPOINT: "http://127.0.0.1:8000" }).DYNAMODB_ENDPOINT).toBe(
    "http://127.0.0.1:8000",
  );
});

test.each([
  ["TABLE_GRIDS", undefined],
  ["TABLE_GRIDS", ""],
  ["AWS_REGION", undefined],
  ["FILES_BUCKET", undefined],
  ["DYNAMODB_ENDPOINT", "nowhere"],
  ["FILES_ENDPOINT", ""],
  ["LOG_LEVEL", "LOUD"],
])("a wrong %s (%j) stops the start and is named", (name, value) => {
  expect(() => environment("grids", { ...good, [name]: value })).toThrow(name);
});
