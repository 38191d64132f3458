import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { strippedPicture } from "./pictures.ts";

const text = (words: string) => Buffer.from(words, "latin1");
const be32 = (n: number) => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);

// ------------------------------------------------------------------------------------------------ pictures, made by hand

const segment = (marker: number, content: Uint8Array) =>
  Buffer.concat([Buffer.from([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255]), content]);

const JFIF = segment(0xe0, Buffer.from([...text("JFIF\0"), 1, 1, 0, 0, 72, 0, 72, 0, 0]));
const ADOBE = segment(0xee, Buffer.from([...text("Adobe"), 0, 100, 0, 0, 0, 0, 1]));
const QUANTISATION = segment(0xdb, Buffer.alloc(65, 1));
const FRAME = segment(0xc0, Buffer.from([8, 0, 1, 0, 1, 1, 1, 0x11, 0]));
const HUFFMAN = segment(0xc4, Buffer.alloc(20, 0));
const scanOf = (data: readonly number[]) =>
  Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])), Buffer.from(data)]);
/** Stuffed zeros and restarts among the data. */
const SCAN = scanOf([1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0, 5]);

/** Where a picture was taken, as a camera writes it: an Exif segment with a directory of coordinates. */
const exif = (words: string) => segment(0xe1, Buffer.concat([text("Exif\0\0II*\0\x08\0\0\0"), text(words)]));
const GPS = exif("GPSLatitude 36.70");

const START = Buffer.from([0xff, 0xd8]);
const END = Buffer.from([0xff, 0xd9]);
const jpeg = (...parts: readonly Uint8Array[]) => Buffer.concat([START, ...parts, END]);
const PLAIN_JPEG = jpeg(JFIF, QUANTISATION, FRAME, HUFFMAN, SCAN);

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const chunk = (type: string, data: Uint8Array = Buffer.alloc(0)) => {
  const body = Buffer.concat([text(type), data]);
  return Buffer.concat([be32(data.length), body, be32(crc32(body))]);
};
const HEADER = chunk("IHDR", Buffer.concat([be32(1), be32(1), Buffer.from([8, 2, 0, 0, 0])]));
const PIXELS = chunk("IDAT", deflateSync(Buffer.from([0, 1, 2, 3])));
const GAMMA = chunk("gAMA", be32(45455));
const png = (...chunks: readonly Uint8Array[]) => Buffer.concat([SIGNATURE, HEADER, ...chunks, chunk("IEND")]);
const PLAIN_PNG = png(GAMMA, PIXELS);

const strippedOf = (bytes: Uint8Array) => Buffer.from(strippedPicture(bytes)?.bytes ?? []);

// ------------------------------------------------------------------------------------------------------------- examples

describe("a JPEG", () => {
  test("loses where it was taken, and keeps every byte of the picture", () => {
    const found = strippedPicture(jpeg(JFIF, GPS, QUANTISATION, FRAME, HUFFMAN, SCAN));
    expect(found?.contentType).toBe("image/jpeg");
    expect(Buffer.from(found?.bytes ?? [])).toEqual(PLAIN_JPEG);
    expect(ascii(found?.bytes)).not.toContain("GPS");
  });

  test("keeps what says how its colours are meant, cut to its own length", () => {
    expect(strippedOf(jpeg(ADOBE, QUANTISATION, FRAME, SCAN))).toEqual(jpeg(ADOBE, QUANTISATION, FRAME, SCAN));
    const longer = segment(0xee, Buffer.concat([ADOBE.subarray(4), text("hidden")]));
    expect(strippedOf(jpeg(longer, FRAME, SCAN))).toEqual(jpeg(ADOBE, FRAME, SCAN));
    // A small picture inside: one pixel of it is left out, and said to be none.
    const small = Buffer.concat([JFIF.subarray(4, -2), Buffer.from([1, 1, 9, 9, 9])]);
    expect(strippedOf(jpeg(segment(0xe0, small), FRAME, SCAN))).toEqual(jpeg(JFIF, FRAME, SCAN));
    expect(strippedOf(jpeg(segment(0xe0, text("JFXX\0....")), FRAME, SCAN))).toEqual(jpeg(FRAME, SCAN));
    expect(strippedOf(jpeg(segment(0xee, text("Other words")), FRAME, SCAN))).toEqual(jpeg(FRAME, SCAN));
  });

  test("loses comments, all application segments, and what hangs behind its end", () => {
    const applications = Array.from({ length: 16 }, (_, n) => segment(0xe0 + n, text(`application ${n}`)));
    const full = jpeg(...applications, segment(0xfe, text("comment")), FRAME, SCAN, GPS);
    expect(strippedOf(Buffer.concat([full, PLAIN_JPEG, text("more")]))).toEqual(jpeg(FRAME, SCAN));
  });

  test("in several scans, with filling before a marker, is read to its end", () => {
    const filled = jpeg(FRAME, SCAN, Buffer.from([0xff, 0xff]), HUFFMAN, GPS, SCAN);
    expect(strippedOf(filled)).toEqual(jpeg(FRAME, SCAN, HUFFMAN, SCAN));
  });

  test.each([
    ["no end", Buffer.concat([START, FRAME, SCAN])],
    ["no frame", jpeg(JFIF, SCAN)],
    ["no scan", jpeg(JFIF, FRAME)],
    ["a segment that is longer than the file", Buffer.concat([START, Buffer.from([0xff, 0xdb, 0xff, 0xff, 1])])],
    ["a segment shorter than its own length", jpeg(Buffer.from([0xff, 0xdb, 0, 1]), FRAME, SCAN)],
    ["a marker of no kind", jpeg(segment(0xf3, text("?")), FRAME, SCAN)],
    ["bytes between segments", jpeg(text("?"), FRAME, SCAN)],
    ["filling to the end", Buffer.concat([START, FRAME, SCAN, Buffer.from([0xff, 0xff])])],
    ["a marker without a length", Buffer.concat([START, Buffer.from([0xff, 0xdb, 0])])],
  ])("with %s is refused", (_, bytes) => {
    expect(strippedPicture(bytes)).toBeUndefined();
  });
});

describe("a PNG", () => {
  test("loses its Exif, texts, time and profile, and keeps every byte of the picture", () => {
    const told = ["eXIf", "tEXt", "zTXt", "iTXt", "tIME", "iCCP", "prVt"].map((type) => chunk(type, text("GPS 36.70")));
    const found = strippedPicture(png(...told, GAMMA, PIXELS, ...told));
    expect(found?.contentType).toBe("image/png");
    expect(Buffer.from(found?.bytes ?? [])).toEqual(PLAIN_PNG);
  });

  test("loses what hangs behind its end", () => {
    expect(strippedOf(Buffer.concat([PLAIN_PNG, text("more")]))).toEqual(PLAIN_PNG);
  });

  test.each([
    ["no end", Buffer.concat([SIGNATURE, HEADER, PIXELS])],
    ["no pixels", png(GAMMA)],
    ["no header first", Buffer.concat([SIGNATURE, PIXELS, HEADER, chunk("IEND")])],
    ["two headers", png(HEADER, PIXELS)],
    ["a checksum that is wrong", png(Buffer.concat([PIXELS.subarray(0, -1), Buffer.from([1])]))],
    ["a chunk longer than the file", Buffer.concat([SIGNATURE, HEADER, be32(0xffffffff), text("IDATabcd")])],
    ["a chunk no decoder may pass over", png(chunk("ZZZZ"), PIXELS)],
  ])("with %s is refused", (_, bytes) => {
    expect(strippedPicture(bytes)).toBeUndefined();
  });
});

const ascii = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("latin1");

// ----------------------------------------------------------------------------------------------------------- properties

const content = fc.uint8Array({ maxLength: 40 });
const metadata = fc
  .tuple(fc.constantFrom(0xe1, 0xe2, 0xe5, 0xed, 0xfe), content)
  .map(([marker, bytes]) => segment(marker, bytes));
/** Data of a scan, stuffed as the format asks. */
const scan = fc
  .uint8Array({ maxLength: 60 })
  .map((data) => scanOf([...data].flatMap((b) => (b === 255 ? [255, 0] : [b]))));
const ofPicture = fc.oneof(
  content.map((bytes) => segment(0xdb, bytes)),
  scan,
);
const chunks = fc.array(fc.tuple(fc.constantFrom("eXIf", "tEXt", "tIME", "IDAT", "pHYs", "abCd"), content));

describe("of any picture", () => {
  test("nothing but the metadata goes, and a second time nothing", () => {
    const mixed = fc.array(
      fc.oneof(
        metadata.map((bytes) => ({ bytes, kept: false })),
        ofPicture.map((bytes) => ({ bytes, kept: true })),
      ),
    );
    fc.assert(
      fc.property(mixed, (parts) => {
        const of = (some: typeof parts) => jpeg(FRAME, ...some.map(({ bytes }) => bytes), SCAN);
        const once = strippedOf(of(parts));
        expect(once).toEqual(of(parts.filter(({ kept }) => kept)));
        expect(strippedOf(once)).toEqual(once);
      }),
    );
    fc.assert(
      fc.property(chunks, (all) => {
        const of = (some: typeof all) => png(...some.map(([type, data]) => chunk(type, data)), PIXELS);
        const once = strippedOf(of(all));
        expect(once).toEqual(of(all.filter(([type]) => type === "IDAT" || type === "pHYs")));
        expect(strippedOf(once)).toEqual(once);
      }),
    );
  });

  test("random bytes are refused, and damage is refused or read, but never thrown", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => strippedPicture(bytes) === undefined));
    const damaged = fc.tuple(fc.constantFrom(PLAIN_JPEG, PLAIN_PNG), fc.nat(), fc.nat(255), fc.nat());
    fc.assert(
      fc.property(damaged, ([picture, at, byte, length]) => {
        const bytes = Buffer.from(picture);
        bytes[at % bytes.length] = byte;
        const once = strippedPicture(bytes.subarray(0, length % 2 === 0 ? bytes.length : length % bytes.length));
        if (once) expect(strippedPicture(once.bytes)).toEqual(once);
      }),
      { numRuns: 500 },
    );
    for (const start of [START, Buffer.concat([START, Buffer.from([255])]), SIGNATURE]) {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 200 }),
          (bytes) => strippedPicture(Buffer.concat([start, bytes])) === undefined,
        ),
      );
    }
  });
});
