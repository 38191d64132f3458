import { createHash } from "node:crypto";
import { EVIDENCE_BYTES } from "@county/contracts/staffing-duties.ts";
import type { Text } from "@county/plan/text.ts";
import { type Files, folderOf } from "@county/platform/files.ts";
import { type Picture, strippedPicture } from "@county/platform/pictures.ts";
import { type EvidenceRecord, postedFileOf } from "./duties.ts";
import type { Deps } from "./handlers.ts";

/**
 * What the queue's worker does with a picture that is said to be there: keeps it without where and when it was taken, or says
 * why not. Safe to be called twice, at once, or after having been cut off anywhere: one of the calls writes what came of it,
 * and the next clears away what was posted.
 */
export async function checkPosted({ store, files }: Deps, log: string, id: string, now: string): Promise<void> {
  const record = await store.duties.evidence(log, id);
  if (record?.posted == null) return;
  if (record.state === "checking") {
    const found = await posted(files, record);
    const digest = "problem" in found ? null : createHash("sha256").update(found.bytes).digest("hex");
    // Its name tells its content: whatever else is posted meanwhile, what the record names stays as it was checked.
    const file = digest && `${folderOf("kept", "staffing")}evidence/${log}/${digest}`;
    if (file && !("problem" in found)) await files.put(file, found.bytes, found.contentType);
    const outcome =
      "problem" in found
        ? { state: "refused" as const, problem: found.problem }
        : { state: "kept" as const, contentType: found.contentType, bytes: found.bytes.length };
    const after: EvidenceRecord = { ...record, ...outcome, file, digest, checkedAt: now, version: record.version + 1 };
    // What stands in the way can only be another delivery of the same message, which was faster.
    await store.duties.saveEvidence(record, after, {
      id: `${log}.${id}.checked`,
      at: now,
      by: record.posted.by,
      reason: after.state,
      action: "evidence",
    });
  }
  // Whatever comes later under its form is never looked at, and gone within days.
  await files.delete(postedFileOf(record));
}

/** What was posted, as it may be kept. */
async function posted(files: Files, record: EvidenceRecord): Promise<Picture | { readonly problem: Text }> {
  try {
    const bytes = await files.get(postedFileOf(record), EVIDENCE_BYTES);
    if (bytes === undefined) return { problem: { zh: "没有收到文件", en: "No file has arrived" } };
    return strippedPicture(bytes) ?? NO_PICTURE;
  } catch (error) {
    // Larger than its form allowed: as little a picture as an empty file.
    if (error instanceof RangeError) return NO_PICTURE;
    throw error;
  }
}

const NO_PICTURE = {
  problem: { zh: "不是完整的 JPEG 或 PNG 照片，已删除", en: "It was no whole JPEG or PNG picture, and is deleted" },
};
