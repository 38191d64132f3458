import { createHash } from "node:crypto";
import { PAPER_BYTES, PDF } from "@county/contracts/funding-spending.ts";
import type { Text } from "@county/plan/text.ts";
import { type Files, folderOf } from "@county/platform/files.ts";
import { strippedPicture } from "@county/platform/pictures.ts";
import type { Deps } from "./handlers.ts";
import { type PaperRecord, postedFileOf } from "./spending.ts";

/**
 * What the queue's worker does with a paper that is said to be there: keeps it, a picture without where and when it was taken,
 * or says why not. Safe to be called twice, at once, or after having been cut off anywhere: one of the calls writes what came of it,
 * and the next clears away what was posted.
 */
export async function checkPaper({ store, files }: Deps, request: string, id: string, now: string): Promise<void> {
  const record = await store.spending.paper(request, id);
  if (record?.posted == null) return;
  if (record.state === "checking") {
    const found = await posted(files, record);
    const digest = "problem" in found ? null : createHash("sha256").update(found.bytes).digest("hex");
    // Its name tells its content: whatever else is posted meanwhile, what the record names stays as it was checked.
    const file = digest && `${folderOf("kept", "funding")}papers/${request}/${digest}`;
    if (file && !("problem" in found)) await files.put(file, found.bytes, found.contentType);
    const outcome =
      "problem" in found
        ? { state: "refused" as const, problem: found.problem }
        : { state: "kept" as const, contentType: found.contentType, bytes: found.bytes.length };
    const after: PaperRecord = { ...record, ...outcome, file, digest, checkedAt: now, version: record.version + 1 };
    // What stands in the way can only be another delivery of the same message, which was faster.
    await store.spending.savePaper(record, after, {
      id: `${request}.${id}.checked`,
      at: now,
      by: record.posted.by,
      reason: after.state,
      action: "paper",
    });
  }
  // Whatever comes later under its form is never looked at, and gone within days.
  await files.delete(postedFileOf(record));
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** What was posted, as it may be kept. */
async function posted(files: Files, record: PaperRecord): Promise<Kept | { readonly problem: Text }> {
  try {
    const bytes = await files.get(postedFileOf(record), PAPER_BYTES);
    if (bytes === undefined) return { problem: { zh: "没有收到文件", en: "No file has arrived" } };
    return strippedPicture(bytes) ?? (isPdf(bytes) ? { bytes, contentType: PDF } : NO_PAPER);
  } catch (error) {
    // Larger than its form allowed: as little a paper as an empty file.
    if (error instanceof RangeError) return NO_PAPER;
    throw error;
  }
}

/** Begins and ends as a PDF does; what is in it nobody here reads. */
function isPdf(bytes: Uint8Array): boolean {
  const text = (part: Uint8Array) => Buffer.from(part).toString("latin1");
  return /^%PDF-[12]\.\d/.test(text(bytes.subarray(0, 8))) && text(bytes.subarray(-1024)).includes("%%EOF");
}

const NO_PAPER = {
  problem: {
    zh: "不是完整的 JPEG、PNG 或 PDF 文件，已删除",
    en: "It was no whole JPEG, PNG or PDF file, and is deleted",
  },
};
