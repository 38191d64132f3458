import { crc32, createInflateRaw } from "node:zlib";
import { type Budget, TableError } from "./table.ts";

// Own reading of the zip directory: fflate sizes its output by the declared sizes and checks no checksum, and the file
// must neither choose our memory nor hand us changed figures. zlib inflates in small pieces, so the count stops it.

export interface ZipEntry {
  encrypted: boolean;
  method: number;
  checksum: number;
  packedSize: number;
  headerAt: number;
}

/**
 * The entries of a zip file by lower-case name (package part names ignore case).
 * @throws TableError damaged (zip64 too: no workbook within the limits needs it), too-many-entries
 */
export function zipEntries(bytes: Uint8Array, limit: number): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  const lowest = Math.max(0, end - 0xffff);
  while (end >= lowest && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < lowest) throw new TableError("damaged");
  const count = view.getUint16(end + 10, true);
  if (count > limit) throw new TableError("too-many-entries", { limit });
  const entries = new Map<string, ZipEntry>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw new TableError("damaged");
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const name = new TextDecoder()
      .decode(bytes.subarray(at + 46, nameEnd))
      .replaceAll("\\", "/")
      .toLowerCase();
    // Two parts of one name: programs differ in which they show.
    if (nameEnd > end || entries.has(name)) throw new TableError("damaged");
    entries.set(name, {
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      headerAt: view.getUint32(at + 42, true),
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/**
 * One part as text, counted against the budget while it is inflated.
 * @throws TableError encrypted, damaged, forbidden-xml, too-large, out-of-time
 */
export async function readPart(bytes: Uint8Array, entry: ZipEntry, budget: Budget): Promise<string> {
  const { encrypted, method, checksum, packedSize, headerAt } = entry;
  if (encrypted) throw new TableError("encrypted");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (headerAt + 30 > bytes.length || view.getUint32(headerAt, true) !== 0x04034b50) throw new TableError("damaged");
  const start = headerAt + 30 + view.getUint16(headerAt + 26, true) + view.getUint16(headerAt + 28, true);
  if (start + packedSize > bytes.length || (method !== 0 && method !== 8)) throw new TableError("damaged");
  const packed = bytes.subarray(start, start + packedSize);
  // UTF-8 alone: a part in another encoding could hide from the check below what an XML parser would find in it.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let found = 0;
  try {
    for await (const piece of method === 0 ? [packed] : inflate(packed)) {
      budget.unpack(piece.length);
      found = crc32(piece, found);
      text += decoder.decode(piece, { stream: true });
    }
    text += decoder.decode();
  } catch (cause) {
    throw cause instanceof TableError ? cause : new TableError("damaged", {}, { cause });
  }
  if (found !== checksum) throw new TableError("damaged");
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new TableError("forbidden-xml");
  return text;
}

function inflate(packed: Uint8Array): AsyncIterable<Uint8Array> {
  const stream = createInflateRaw({ chunkSize: 65_536 });
  stream.end(packed);
  return stream;
}
