import type { Text } from "@county/plan/text.ts";
import { clean } from "./format.ts";

/** What a command needs of the world around it. */
export interface Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The folder that names of files are relative to. */
  readonly folder: string;
}

/** What whoever calls a command can mend; told in both languages. */
export class Refused extends Error {
  readonly told: Text;
  constructor(zh: string, en: string) {
    super(en);
    this.told = { zh, en };
  }
}

/** Arguments that are none. @param error what `parseArgs` threw */
export function wrongUsage(error: unknown): Refused {
  const reason = clean(error instanceof Error ? error.message : String(error));
  return new Refused(`用法有误（说明见 --help）：${reason}`, `Wrong usage (see --help): ${reason}`);
}
