import type { Ability } from "../e2e/target.ts";

// What an emulator cannot show, each with its reason. All of it is printed at every run: nothing is passed over in silence.

/** Files of end-to-end cases about the platform on one machine, which a deployment is not. */
export const LOCAL_ONLY: Readonly<Record<string, string>> = {
  "crash.test.ts": "it kills the platform's process, which a deployment has not",
  "restart.test.ts": "it starts the platform again on the data of an older start",
  "readme.test.ts": "it follows the README on npm start",
};

/** What the emulator's gateway lacks of what cases need. */
export const LACKS: Readonly<Partial<Record<Ability, string>>> = {
  "strict tokens":
    "the emulator's gateway takes a token without an end, and does not look at the name of its algorithm",
};

/** What no case can ask the emulator about, because nothing of it is there. */
export const NOT_SHOWN: Readonly<Record<string, string>> = {
  "throttles of the gateway": "the emulator keeps them and never answers 429",
  "access logs of the gateway": "the emulator writes none",
  "bytes that are no UTF-8, sent as text": "the cloud's gateway makes text of them before any service sees them",
  "retention and expiry": "the emulator sweeps neither logs, nor files, nor items past their time",
  "pages of other addresses (CORS)": "the emulator forgets the addresses that the template allows",
  "the lock on copies of the audit": "the emulator forgets the lock that the template asks for",
  "dead letters after the last try":
    "the tries of one message take a quarter of an hour; the queues' own settings are looked at",
  "the time zone of schedules": "the emulator takes every schedule for UTC; every five minutes is the same in both",
  "the daily telling of how far register and maps have come":
    "it is due at ten past midnight; the cases have it told by asking, as a draft of a month does",
  tracing: "the emulator keeps no traces",
  "encryption at rest": "the emulator keeps the key, and everything in the clear",
  "restore to a point in time": "the emulator keeps no history of a table",
  "throttling and transaction conflicts of the database": "the emulator has neither; the fault tests make them",
  "alarms that ring": "the emulator counts few of the metrics they watch",
  "cold starts, memory and prices": "functions are processes of this machine here",
  arm64: "functions run on this machine's own processor",
  "the partition aws-cn": "the emulator is always the partition aws; npm run synth checks those templates",
  "an own domain": "it needs a certificate and a filing; the API is called by the gateway's name",
};
