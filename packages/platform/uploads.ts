import { createHash } from "node:crypto";
import type { Text } from "@county/plan/text.ts";
import * as z from "zod/mini";
import type { ChangeOf } from "./change.ts";
import type { Files } from "./files.ts";
import { type Picture, strippedPicture } from "./pictures.ts";

// Pictures and papers that are laid beside a record: asked for, uploaded by a form, said to be there, and checked by a queue's worker.

const Asked = z.object({ by: z.string(), at: z.string() });

/** What a record of an upload holds beside what it belongs to. */
export const uploadFields = {
  /** Its number there. */
  id: z.string(),
  state: z.enum(["awaiting-upload", "checking", "kept", "refused"]),
  problem: z.nullable(z.object({ zh: z.string(), en: z.string() })),
  /** Where it is kept. */
  file: z.nullable(z.string()),
  contentType: z.nullable(z.string()),
  bytes: z.nullable(z.int()),
  /** SHA-256 of what is kept. */
  digest: z.nullable(z.string()),
  asked: Asked,
  posted: z.nullable(Asked),
  checkedAt: z.nullable(z.string()),
  version: z.int(),
};
const Upload = z.object(uploadFields);
export type Upload = z.infer<typeof Upload>;

/** One that is asked for. @param number from 1 */
export const newUpload = (number: number, by: string, at: string): Upload => ({
  ...{ id: String(number), state: "awaiting-upload", problem: null },
  ...{ file: null, contentType: null, bytes: null, digest: null },
  ...{ asked: { by, at }, posted: null, checkedAt: null, version: 1 },
});

/** One that is said to be there. @returns undefined: it was said before */
export const handedIn = <U extends Upload>(record: U, by: string, at: string): U | undefined =>
  record.state === "awaiting-upload"
    ? { ...record, state: "checking", posted: { by, at }, version: record.version + 1 }
    : undefined;

const FORM_MS = 3_600_000;
/** Whether the time of its form is over and nobody said that it was used. */
export const hasLapsed = ({ state, asked }: Upload, now: string): boolean =>
  state === "awaiting-upload" && Date.parse(now) - Date.parse(asked.at) > FORM_MS;
/** The form to upload it with, good for an hour. @param posted where it goes: see {@link Checking.posted} */
export function uploadForm(files: Files, posted: string, most: number, now: string) {
  const expiresAt = new Date(Date.parse(now) + FORM_MS).toISOString();
  return { ...files.uploadTarget(posted, most, now, expiresAt), expiresAt };
}

/** The file that was kept. @returns undefined: none was */
export async function keptFile(files: Files, { file, contentType }: Upload, most: number) {
  if (file === null || contentType === null) return undefined;
  const bytes = await files.get(file, most);
  if (bytes === undefined) throw new Error(`uploads: ${file} is gone`);
  return { bytes, contentType };
}

/** What may be kept of a file. */
export interface Kept {
  readonly bytes: Uint8Array;
  readonly contentType: Picture["contentType"] | "application/pdf";
}

export interface Checking<U extends Upload> {
  readonly record: U | undefined;
  /** Where it was posted; its form can be posted again until it expires, so nothing but the check looks there. */
  readonly posted: (record: U) => string;
  /** The folder it is kept in, ending with `/`. */
  readonly folder: string;
  /** The most bytes it may have. */
  readonly most: number;
  /** What of it is kept; undefined: nothing. */
  readonly keep: (bytes: Uint8Array) => Kept | undefined;
  /** What is said where nothing is. */
  readonly refused: Text;
  /** The id of the change, and its action. */
  readonly change: Pick<ChangeOf, "id" | "action">;
  readonly save: (record: U, after: U, change: ChangeOf) => Promise<unknown>;
}

/**
 * What the queue's worker does with an upload that is said to be there: keeps of it what may be kept, or says why nothing was. Safe
 * to be called twice, at once, or after having been cut off anywhere: one of the calls writes what came of it, and the next clears
 * away what was posted.
 */
export async function checkUpload<U extends Upload>(files: Files, checking: Checking<U>, now: string): Promise<void> {
  const { record, folder, change, save } = checking;
  if (record?.posted == null) return;
  if (record.state === "checking") {
    const found = await postedFile(files, record, checking);
    const digest = "problem" in found ? null : createHash("sha256").update(found.bytes).digest("hex");
    // Its name tells its content: whatever else is posted meanwhile, what the record names stays as it was checked.
    const file = digest && `${folder}${digest}`;
    if (file && !("problem" in found)) await files.put(file, found.bytes, found.contentType);
    const outcome =
      "problem" in found
        ? { state: "refused" as const, problem: found.problem }
        : { state: "kept" as const, contentType: found.contentType, bytes: found.bytes.length };
    const after: U = { ...record, ...outcome, file, digest, checkedAt: now, version: record.version + 1 };
    // What stands in the way can only be another delivery of the same message, which was faster.
    await save(record, after, { ...change, at: now, by: record.posted.by, reason: after.state });
  }
  // Whatever comes later under its form is never looked at, and gone within days.
  await files.delete(checking.posted(record));
}

/** What was posted, as it may be kept. */
async function postedFile<U extends Upload>(
  files: Files,
  record: U,
  { posted, most, keep, refused }: Checking<U>,
): Promise<Kept | { readonly problem: Text }> {
  try {
    const bytes = await files.get(posted(record), most);
    if (bytes === undefined) return { problem: { zh: "没有收到文件", en: "No file has arrived" } };
    return keep(bytes) ?? { problem: refused };
  } catch (error) {
    // Larger than its form allowed: as little to be kept as an empty file.
    if (error instanceof RangeError) return { problem: refused };
    throw error;
  }
}

/** What is kept of a paper: a picture without where and when it was taken, a PDF as it is. */
export const keptPaper = (bytes: Uint8Array): Kept | undefined =>
  strippedPicture(bytes) ?? (isPdf(bytes) ? { bytes, contentType: "application/pdf" } : undefined);
/** What is said of a file that is no paper. */
export const NO_PAPER: Text = {
  zh: "不是完整的 JPEG、PNG 或 PDF 文件，已删除",
  en: "It was no whole JPEG, PNG or PDF file, and is deleted",
};

/** Begins and ends as a PDF does; what is in it nobody here reads. */
function isPdf(bytes: Uint8Array): boolean {
  const text = (part: Uint8Array) => Buffer.from(part).toString("latin1");
  return /^%PDF-[12]\.\d/.test(text(bytes.subarray(0, 8))) && text(bytes.subarray(-1024)).includes("%%EOF");
}
