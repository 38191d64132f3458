import { crc32 } from "node:zlib";

/** A picture without anything in it but the picture. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly contentType: "image/jpeg" | "image/png";
}

/**
 * The same picture, pixel for pixel, without where, when, by whom and with what it was taken: of a JPEG or PNG only the parts
 * are copied that a decoder needs, so that neither a forgotten kind of metadata nor something appended comes along. The
 * orientation a camera notes goes with the rest.
 * @returns undefined: no JPEG or PNG, or a damaged one
 */
export const strippedPicture = (bytes: Uint8Array): Picture | undefined =>
  startsWith(bytes, JPEG) ? strippedJpeg(bytes) : startsWith(bytes, PNG) ? strippedPng(bytes) : undefined;

const JPEG = [0xff, 0xd8, 0xff];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);
const ascii = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const be16 = (bytes: Uint8Array, at: number): number => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);

// ---------------------------------------------------------------------------------------------------------------- JPEG

const APP0 = 0xe0;
const APP14 = 0xee;
const COMMENT = 0xfe;
const SCAN = 0xda;
const END = 0xd9;
/** Tables and settings of the decoder: Huffman, arithmetic, quantisation, number of lines, restart interval, hierarchy. */
const tables = [0xc4, 0xcc, 0xdb, 0xdc, 0xdd, 0xde, 0xdf];
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const isApplication = (marker: number) => marker >= 0xe0 && marker <= 0xef;
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** Segment after segment to the end of the image; what comes behind it is left out. */
function strippedJpeg(bytes: Uint8Array): Picture | undefined {
  const parts: Uint8Array[] = [bytes.subarray(0, 2)];
  let frame = false;
  let scan = false;
  for (let at = 2; ; ) {
    if (bytes[at] !== 0xff) return undefined;
    // Any number of 0xff may fill up before a marker.
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === undefined) return undefined;
    if (marker === END) {
      parts.push(Uint8Array.of(0xff, END));
      return frame && scan ? { bytes: Buffer.concat(parts), contentType: "image/jpeg" } : undefined;
    }
    if (at + 2 > bytes.length) return undefined;
    const next = at + be16(bytes, at);
    if (next < at + 2 || next > bytes.length) return undefined;
    const content = bytes.subarray(at + 2, next);
    at = next;
    if (isApplication(marker)) {
      const kept = keptApplication(marker, content);
      if (kept) parts.push(segment(marker, kept));
    } else if (marker === SCAN) {
      if (!frame) return undefined;
      const end = endOfScan(bytes, at);
      if (end === undefined) return undefined;
      parts.push(segment(marker, content), bytes.subarray(at, end));
      scan = true;
      at = end;
    } else if (isFrame(marker) || tables.includes(marker)) {
      frame ||= isFrame(marker);
      parts.push(segment(marker, content));
    } else if (marker !== COMMENT) return undefined;
  }
}

/** The two segments that say what the colours mean, each cut to the length it is defined with. */
function keptApplication(marker: number, content: Uint8Array): Uint8Array | undefined {
  if (marker === APP0 && content.length >= 14 && ascii(content.subarray(0, 5)) === "JFIF\0") {
    // Without the small picture that may follow: it has a width and a height of nothing.
    return Uint8Array.of(...content.subarray(0, 12), 0, 0);
  }
  if (marker === APP14 && content.length >= 12 && ascii(content.subarray(0, 5)) === "Adobe")
    return content.subarray(0, 12);
  return undefined;
}

const segment = (marker: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of(0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 0xff), content]);

/** Where the next marker begins; inside a scan 0xff is followed by a zero, or restarts it. */
function endOfScan(bytes: Uint8Array, from: number): number | undefined {
  for (let end = bytes.indexOf(0xff, from); end !== -1; ) {
    let next = end + 1;
    while (bytes[next] === 0xff) next++;
    const marker = bytes[next];
    if (marker === undefined) return undefined;
    if (marker !== 0 && !isRestart(marker)) return end;
    end = bytes.indexOf(0xff, next + 1);
  }
  return undefined;
}

// ----------------------------------------------------------------------------------------------------------------- PNG

/** The chunks every decoder knows, and those that say what the colours mean; a profile is not among them, it holds texts. */
const critical = ["IHDR", "PLTE", "IDAT", "IEND"];
const colours = ["tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "bKGD", "pHYs"];
/** Length, type and checksum of a chunk. */
const FRAME_BYTES = 12;

/** Chunk after chunk to the last; what comes behind it is left out. */
function strippedPng(bytes: Uint8Array): Picture | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [bytes.subarray(0, PNG.length)];
  let data = false;
  for (let at = PNG.length; at + FRAME_BYTES <= bytes.length; ) {
    const next = at + FRAME_BYTES + view.getUint32(at);
    if (next > bytes.length) return undefined;
    const type = ascii(bytes.subarray(at + 4, at + 8));
    const chunk = bytes.subarray(at, next);
    if (crc32(chunk.subarray(4, -4)) !== view.getUint32(next - 4)) return undefined;
    if ((at === PNG.length) !== (type === "IHDR")) return undefined;
    // A capital first letter: no decoder may pass over what it does not know.
    if (/^[A-Z]/.test(type) && !critical.includes(type)) return undefined;
    if (critical.includes(type) || colours.includes(type)) parts.push(chunk);
    data ||= type === "IDAT";
    if (type === "IEND") return data ? { bytes: Buffer.concat(parts), contentType: "image/png" } : undefined;
    at = next;
  }
  return undefined;
}
