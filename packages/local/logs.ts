import { mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A log file larger than this is put aside at the next start; the one put aside before is dropped. */
const MOST_BYTES = 20 * 1024 * 1024;

export interface LogFile {
  readonly path: string;
  write(line: string): void;
  /** Gives the console back to the process. */
  release(): void;
}

/**
 * The services' structured logs and metrics, in a file. Services log as they do in the cloud: one JSON object per
 * line, straight to the process's output. A person at a terminal wants to read something else there, so what is a JSON
 * object goes to the file and everything else stays.
 */
export function structuredLogsTo(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true });
  try {
    if (statSync(path).size > MOST_BYTES) renameSync(path, `${path}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const file = openSync(path, "a");
  const write = (text: string) => void writeSync(file, text.endsWith("\n") ? text : `${text}\n`);
  const streams = [process.stdout, process.stderr].map((stream) => {
    const original = stream.write;
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      if (typeof chunk !== "string" || !chunk.startsWith('{"')) {
        return (original as (...args: unknown[]) => boolean).call(stream, chunk, ...rest);
      }
      write(chunk);
      const done = rest.at(-1);
      if (typeof done === "function") done();
      return true;
    }) as typeof stream.write;
    return { stream, original };
  });
  return {
    path,
    write,
    release: () => {
      for (const { stream, original } of streams) stream.write = original;
    },
  };
}
