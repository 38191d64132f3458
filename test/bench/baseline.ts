import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

// What every figure is measured against: one plain handler on a raw client, no checks, no logs.
const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TABLE_NAME;

function answer(statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  if (event.routeKey === "GET /items/{id}") {
    const { Item } = await client.send(
      new GetCommand({ TableName, Key: { pk: event.pathParameters?.id, sk: "item" } }),
    );
    return Item ? answer(200, Item) : answer(404, { message: "not found" });
  }
  const item = { pk: crypto.randomUUID(), sk: "item", ...JSON.parse(event.body ?? "{}") };
  await client.send(new PutCommand({ TableName, Item: item }));
  return answer(201, item);
}
