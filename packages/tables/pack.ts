// The browser build starts no worker threads. Not node:zlib: its bytes differ from one kind of processor to another.
import { strToU8, zipSync } from "fflate/browser";

/** A zip file; the same texts give the same bytes. */
export function pack(files: Readonly<Record<string, string>>): Uint8Array {
  const parts = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)]));
  // A fixed time, the first that a zip can hold; fflate reads it in local time, so it is given in local time.
  // Level 3 takes a third less time than 6 and 1 % more room.
  return zipSync(parts, { mtime: new Date(1980, 0, 1), level: 3 });
}
