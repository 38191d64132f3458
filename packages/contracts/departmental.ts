import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import {
  AreaRef,
  CommunityId,
  GridId,
  IsoDate,
  Name,
  name,
  PlaceId,
  pageOf,
  paging,
  Reason,
  TextOf,
  versioned,
} from "./parts.ts";

/**
 * The grids that departments had drawn for themselves: withdrawn, and mapped to the new ones (plan 2.2.1). Part of the
 * grids service's contract. A withdrawn one is kept as an alias: it is still found by its old name.
 */

/** A departmental grid's id: its community's, then `.d` and eight letters or digits. */
export const DepartmentalId = z
  .string()
  .check(z.regex(/^[a-z0-9]{8}(\.[a-z0-9]{8}){2}\.d[a-z0-9]{8}$/), z.meta({ id: "DepartmentalId" }));

const Department = name(60).check(
  z.meta({
    id: "Department",
    description:
      "A unit of the plan by its id or any of its names (kept as its id), or another department as it is called",
  }),
);
const Places = z.array(PlaceId).check(z.maxLength(100));

/** open: still in use and mapped to no live grid; mapped: still in use; withdrawn: from its day of withdrawal on. */
const DepartmentalState = z.enum(["open", "mapped", "withdrawn"]);

/** A new grid that a departmental one was mapped to, as the map has it today. */
const MappedGrid = z
  .object({
    grid: GridId,
    /** Null where no map knows it: the change that drew it was undone. */
    name: z.nullable(z.string()),
    live: z.boolean(),
    /** Of a retired grid, the live ones that took over, however many steps lie between. */
    successors: z.array(GridId),
  })
  .register(z.globalRegistry, { id: "MappedGrid" });

export const DepartmentalGrid = z
  .object({
    id: DepartmentalId,
    community: AreaRef,
    /** The unit's id where the plan knows it, or else as it was written. */
    department: z.string(),
    departmentName: TextOf,
    name: z.string(),
    oldCode: z.nullable(z.string()),
    /** The registered places it covered, as far as known. */
    places: z.array(PlaceId),
    mappedTo: z.array(MappedGrid),
    /** The first day it no longer holds; null: none is set. */
    withdrawnOn: z.nullable(IsoDate),
    state: DepartmentalState,
    ...versioned,
  })
  .register(z.globalRegistry, { id: "DepartmentalGrid" });
export type DepartmentalGrid = z.infer<typeof DepartmentalGrid>;

const departmental = z.object({ departmental: DepartmentalId });

export const departmentalRoutes = {
  createDepartmentalGrids: {
    method: "POST",
    path: "/departmental-grids",
    summary: { zh: "批量登记部门原有网格", en: "Register departments' own grids, all or none" },
    permission: "grids.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      area: AreaCode,
      reason: Reason,
      rows: z
        .array(
          z.strictObject({
            department: Department,
            name: Name,
            oldCode: z.optional(name(40)),
            community: CommunityId,
            places: Places,
          }),
        )
        .check(z.minLength(1), z.maxLength(200)),
    }),
    /** In the order of the rows. */
    response: z.object({ items: z.array(DepartmentalGrid) }),
    status: 201,
    units: { read: 100, write: 700 },
  },
  listDepartmentalGrids: {
    method: "GET",
    path: "/departmental-grids",
    summary: { zh: "部门原有网格（可按原名、原编码查）", en: "Departments' own grids, also by their old name or code" },
    permission: "grids.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      department: z.optional(Department),
      /** Part of the old name or the old code; width, case and spaces do not matter. */
      q: z.optional(name(60)),
      state: z._default(z.enum([...DepartmentalState.options, "all"]), "all"),
      ...paging,
    }),
    response: pageOf(DepartmentalGrid),
    status: 200,
    units: { read: 40, write: 0 },
  },
  getDepartmentalGrid: {
    method: "GET",
    path: "/departmental-grids/{departmental}",
    summary: { zh: "部门原有网格详情", en: "One departmental grid, with the grids it is mapped to" },
    permission: "grids.read",
    area: "record",
    params: departmental,
    response: DepartmentalGrid,
    status: 200,
    units: { read: 8, write: 0 },
  },
  editDepartmentalGrid: {
    method: "PATCH",
    path: "/departmental-grids/{departmental}",
    summary: { zh: "归并、撤销部门原有网格", en: "Map a departmental grid to new ones, withdraw it, or correct it" },
    permission: "grids.write",
    area: "record",
    ifMatch: true,
    params: departmental,
    body: z
      .strictObject({
        reason: Reason,
        name: z.optional(Name),
        places: z.optional(Places),
        /** Grids that live on the day `on`; those it is mapped to already may stay, retired or not. */
        mappedTo: z.optional(z.array(GridId).check(z.maxLength(50))),
        /** The day whose map `mappedTo` is read from; today if left out. */
        on: z.optional(IsoDate),
        /** The first day it no longer holds; null takes a withdrawal back. */
        withdrawnOn: z.optional(z.nullable(IsoDate)),
      })
      .check(
        z.refine(({ reason: _, on: __, ...edit }) => Object.keys(edit).length > 0, { error: "nothing-to-change" }),
      ),
    response: DepartmentalGrid,
    status: 200,
    units: { read: 8, write: 250 },
  },
} as const satisfies Record<string, Route>;
