import { EVIDENCE_BYTES } from "@county/contracts/staffing-duties.ts";
import { folderOf } from "@county/platform/files.ts";
import { strippedPicture } from "@county/platform/pictures.ts";
import { checkUpload } from "@county/platform/uploads.ts";
import { postedFileOf } from "./duties.ts";
import type { Deps } from "./handlers.ts";

/** What the queue's worker does with a picture that is said to be there: keeps it without where and when it was taken. */
export async function checkPosted({ store, files }: Deps, log: string, id: string, now: string): Promise<void> {
  await checkUpload(
    files,
    {
      record: await store.duties.evidence(log, id),
      posted: postedFileOf,
      folder: `${folderOf("kept", "staffing")}evidence/${log}/`,
      most: EVIDENCE_BYTES,
      keep: strippedPicture,
      refused: { zh: "不是完整的 JPEG 或 PNG 照片，已删除", en: "It was no whole JPEG or PNG picture, and is deleted" },
      change: { id: `${log}.${id}.checked`, action: "evidence" },
      save: store.duties.saveEvidence,
    },
    now,
  );
}
