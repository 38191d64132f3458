import type { CommunityRow } from "@county/local/invented.ts";
import { annexes, readAnnex } from "@county/plan/annexes.ts";

/** What the benchmarks invent counties from: the rows of annex 2, and one seed for all. */
export const SEED = 2020;
export const planRows: readonly CommunityRow[] = annexes
  .filter(({ annex }) => annex === 2)
  .flatMap(({ id, street }) => {
    const [headings = [], ...table] = readAnnex(id);
    const rural = headings.some((heading) => heading.includes("村庄"));
    return table
      .filter(([first]) => first !== "合计")
      .map(([, name = "", plannedGrids, places, households, population]) => ({
        id: name,
        name,
        street,
        rural,
        plannedGrids: Number(plannedGrids),
        places: Number(places),
        households: Number(households),
        population: Number(population),
      }));
  });
