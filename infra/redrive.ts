import { parseArgs } from "node:util";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ListDeadLetterSourceQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

/** A letter is nobody else's for so long: time for one look and three calls. */
const HELD_SECONDS = 120;

/**
 * Sends the letters of a dead-letter queue back to the queue that gave them up, one by one, for regions whose queues
 * cannot do it themselves. A letter is deleted after it was sent: cut off in between it is there twice, which consumers
 * bear, and never gone.
 * @param move false only tells what it would do, and gives every letter back
 * @param most letters at most; a letter that fails again comes back here and must not be sent for ever
 * @returns how many letters were told, or moved
 * @throws Error when not exactly one queue gives up to this one: letters of a relay or a job are no messages of a queue
 */
export async function redrive(
  sqs: Pick<SQSClient, "send">,
  { deadLetters, move, most, tell }: { deadLetters: string; move: boolean; most: number; tell: (line: string) => void },
): Promise<number> {
  const { queueUrls = [] } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: deadLetters }));
  const [source] = queueUrls;
  if (source === undefined || queueUrls.length > 1) {
    throw new Error(`${queueUrls.length} queues give up to ${deadLetters}: letters go back where it is exactly one`);
  }
  const looked: Message[] = [];
  let done = 0;
  while (done < most) {
    const { Messages: letters = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetters,
        MaxNumberOfMessages: Math.min(10, most - done),
        VisibilityTimeout: HELD_SECONDS,
        // A short look asks some of the queue's servers only, and may see nothing where there is something.
        WaitTimeSeconds: 5,
      }),
    );
    if (letters.length === 0) break;
    for (const letter of letters) {
      const { MessageId, Body, ReceiptHandle } = letter;
      tell(`${MessageId} ${/"detail-type":"([^"]+)"/.exec(Body ?? "")?.[1] ?? "?"}`);
      if (move) {
        await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: Body }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetters, ReceiptHandle }));
      } else looked.push(letter);
      done++;
    }
  }
  for (const { ReceiptHandle } of looked) {
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: deadLetters, ReceiptHandle, VisibilityTimeout: 0 }));
  }
  return done;
}

/** `node infra/redrive.ts <address of the dead-letter queue> [--move] [--most 100]`, with the credentials of the shell. */
if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { move: { type: "boolean", default: false }, most: { type: "string", default: "100" } },
    allowPositionals: true,
  });
  const region = /^https:\/\/sqs\.([\w-]+)\.amazonaws\.com/.exec(positionals[0] ?? "")?.[1];
  if (!region || !/^[1-9]\d{0,4}$/.test(values.most)) {
    console.error("usage: redrive.ts https://sqs.<region>.amazonaws.com[.cn]/<account>/<queue> [--move] [--most 100]");
    process.exit(2);
  }
  const { move } = values;
  const deadLetters = positionals[0] as string;
  const count = await redrive(new SQSClient({ region }), {
    deadLetters,
    move,
    most: Number(values.most),
    tell: console.log,
  });
  console.log(move ? `${count} sent back` : `${count} would be sent back; --move does it`);
}
