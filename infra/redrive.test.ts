import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ListDeadLetterSourceQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, test } from "vitest";
import { redrive } from "./redrive.ts";

const DEAD = "https://sqs.cn-north-1.amazonaws.com.cn/queues/dead";
const SOURCE = "https://sqs.cn-north-1.amazonaws.com.cn/queues/source";

/** Two queues as the service keeps them: a received letter is hidden until it is deleted or given back. */
function queues(letters: number, sources = [SOURCE]) {
  const dead = new Map(
    Array.from({ length: letters }, (_, n) => [`h${n}`, { body: `{"detail-type":"grids.t","n":${n}}`, hidden: false }]),
  );
  const sent: string[] = [];
  const client = new SQSClient({ region: "cn-north-1" });
  const sqs = mockClient(client);
  sqs.on(ListDeadLetterSourceQueuesCommand, { QueueUrl: DEAD }).resolves({ queueUrls: sources });
  sqs.on(ReceiveMessageCommand, { QueueUrl: DEAD }).callsFake(({ MaxNumberOfMessages }) => {
    const seen = [...dead].filter(([, { hidden }]) => !hidden).slice(0, MaxNumberOfMessages);
    for (const [, letter] of seen) letter.hidden = true;
    return { Messages: seen.map(([id, { body }]): Message => ({ MessageId: id, ReceiptHandle: id, Body: body })) };
  });
  sqs.on(SendMessageCommand, { QueueUrl: SOURCE }).callsFake(({ MessageBody }) => void sent.push(MessageBody));
  sqs.on(DeleteMessageCommand, { QueueUrl: DEAD }).callsFake(({ ReceiptHandle }) => void dead.delete(ReceiptHandle));
  sqs.on(ChangeMessageVisibilityCommand, { QueueUrl: DEAD, VisibilityTimeout: 0 }).callsFake(({ ReceiptHandle }) => {
    dead.get(ReceiptHandle)!.hidden = false;
  });
  const told: string[] = [];
  const run = (move: boolean, most = 100) =>
    redrive(client, { deadLetters: DEAD, move, most, tell: (line) => told.push(line) });
  return { sqs, dead, sent, told, run };
}

describe("redrive", () => {
  test("tells first, moves nothing, and gives every letter back", async () => {
    const { dead, sent, told, run } = queues(23);
    expect(await run(false)).toBe(23);
    expect([sent.length, dead.size, [...dead.values()].some(({ hidden }) => hidden)]).toEqual([0, 23, false]);
    expect(told[0]).toBe("h0 grids.t");
  });

  test("sends each letter back once, as it was, and empties the queue", async () => {
    const { dead, sent, run } = queues(23);
    expect(await run(true)).toBe(23);
    expect(dead.size).toBe(0);
    expect(sent.map((body) => JSON.parse(body).n)).toEqual(Array.from({ length: 23 }, (_, n) => n));
  });

  test("stops at the most that was asked for, also when letters keep coming back", async () => {
    const { dead, sent, run } = queues(23);
    expect(await run(true, 12)).toBe(12);
    expect([sent.length, dead.size]).toEqual([12, 11]);
  });

  test("keeps a letter that could not be sent, and ends with the reason", async () => {
    const { sqs, dead, sent, run } = queues(3);
    sqs.on(SendMessageCommand, { MessageBody: '{"detail-type":"grids.t","n":1}' }).rejects(new Error("throttled"));
    await expect(run(true)).rejects.toThrow("throttled");
    expect([sent.length, [...dead.keys()]]).toEqual([1, ["h1", "h2"]]);
  });

  test("a letter that was sent and could not be deleted is there twice, and not lost", async () => {
    const { sqs, dead, sent, run } = queues(1);
    sqs.on(DeleteMessageCommand).rejects(new Error("cut off"));
    await expect(run(true)).rejects.toThrow("cut off");
    expect([sent.length, dead.size]).toEqual([1, 1]);
  });

  test.each([[[]], [[SOURCE, `${SOURCE}2`]]])(
    "refuses a queue with %j behind it, before it receives",
    async (sources) => {
      const { sqs, run } = queues(1, sources);
      await expect(run(true)).rejects.toThrow(`${sources.length} queues give up`);
      expect(sqs.commandCalls(ReceiveMessageCommand)).toHaveLength(0);
    },
  );
});
