import { PAPER_BYTES } from "@county/contracts/funding-spending.ts";
import { folderOf } from "@county/platform/files.ts";
import { checkUpload, keptPaper, NO_PAPER } from "@county/platform/uploads.ts";
import type { Deps } from "./handlers.ts";
import { postedFileOf } from "./spending.ts";

/** What the queue's worker does with a paper that is said to be there. */
export async function checkPaper({ store, files }: Deps, request: string, id: string, now: string): Promise<void> {
  await checkUpload(
    files,
    {
      record: await store.spending.paper(request, id),
      posted: postedFileOf,
      folder: `${folderOf("kept", "funding")}papers/${request}/`,
      most: PAPER_BYTES,
      keep: keptPaper,
      refused: NO_PAPER,
      change: { id: `${request}.${id}.checked`, action: "paper" },
      save: store.spending.savePaper,
    },
    now,
  );
}
