import type { Table } from "@county/platform/table.ts";
import { CannotStart } from "./lock.ts";

/** What a data folder can be filled with at its first start. */
export const DATASETS = ["changle-2020", "changle-2020-demo", "empty"] as const;
export type Dataset = (typeof DATASETS)[number];

/** What a data set is loaded with: the platform's own API, as any other client would. */
export interface Loading {
  readonly baseUrl: string;
  readonly token: () => Promise<string>;
  readonly progress: (done: number, total: number) => void;
}

/** A start with the data present does not wait for what only reads tables. */
const changle = () => import("./changle.ts");

/**
 * Each may have been cut off at any point by a kill and is then run again from its beginning, so each call it makes
 * must be safe to make twice: commands carry an `Idempotency-Key` that is fixed by what they load.
 */
const loaders: Record<Dataset, (loading: Loading) => Promise<void>> = {
  "changle-2020": async (loading) => {
    const { loadTables } = await changle();
    await loadTables(loading);
  },
  "changle-2020-demo": async (loading) => {
    const { loadInventedPlaces, loadTables } = await changle();
    await loadTables(loading);
    await loadInventedPlaces(loading);
  },
  empty: async () => {},
};

const KEY = { pk: "datasets", sk: "loaded" };

/**
 * Reserves a data folder for one data set.
 * @returns whether it has been loaded to its end
 * @throws CannotStart when the folder was begun with another
 */
export async function claimDataset(state: Table, name: Dataset, dataDir: string): Promise<boolean> {
  await state.write({ name: "claim", put: { ...KEY, dataset: name, finished: false }, when: "absent" });
  const claim = await state.get(KEY);
  if (claim?.dataset !== name) {
    throw new CannotStart(
      `数据目录 ${dataDir} 装的是 ${claim?.dataset}，不是 ${name}。请设置 COUNTY_DATASET=${claim?.dataset}，或用 DATA_DIR 换一个目录。\n` +
        `The data folder ${dataDir} holds ${claim?.dataset}, not ${name}. Set COUNTY_DATASET=${claim?.dataset}, or another DATA_DIR.`,
    );
  }
  return claim.finished === true;
}

/** Loads the data set and records that it is complete. */
export async function loadDataset(state: Table, name: Dataset, loading: Loading): Promise<void> {
  await loaders[name](loading);
  await state.write({ name: "finished", set: { ...KEY, finished: true }, when: { dataset: name } });
}
