import { EVIDENCE_BYTES } from "@county/contracts/assessments-sheets.ts";
import type { Text } from "@county/plan/text.ts";
import { settled } from "@county/platform/change.ts";
import { folderOf } from "@county/platform/files.ts";
import { checkUpload, keptPaper, NO_PAPER } from "@county/platform/uploads.ts";
import type { Deps } from "./handlers.ts";
import { postedFileOf } from "./sheets.ts";

const TOO_LATE: Text = {
  zh: "核对前结果已经告知，不再收材料，已删除",
  en: "The result was told before it was checked: no evidence after that, and it is deleted",
};
/** The sheet came in between; what was posted is still there. */
class Moved extends Error {}

/** What the queue's worker does with evidence that is said to be there: none is kept once the sheet was told. */
export async function checkEvidence({ store, files }: Deps, sheet: string, id: string, now: string): Promise<void> {
  await settled(async () => {
    const [record, of] = await Promise.all([store.sheets.evidence(sheet, id), store.sheets.sheet(sheet)]);
    const isTold = of?.proceedings.notice != null;
    try {
      await checkUpload(
        files,
        {
          record,
          posted: postedFileOf,
          folder: `${folderOf("kept", "assessments")}evidence/${sheet}/`,
          most: EVIDENCE_BYTES,
          keep: isTold ? () => undefined : keptPaper,
          refused: isTold ? TOO_LATE : NO_PAPER,
          change: { id: `${sheet}.${id}.checked`, action: "evidence" },
          save: async (before, after, change) => {
            const same = of && after.state === "kept" ? [store.sheets.unchanged(of)] : [];
            if ((await store.sheets.saveEvidence(before, after, change, same)) === "other") throw new Moved();
          },
        },
        now,
      );
    } catch (error) {
      if (error instanceof Moved) return undefined;
      throw error;
    }
    return true;
  });
}
