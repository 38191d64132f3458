import { defineApi } from "./api.ts";
import { dutyListRoutes, logRoutes, taskRoutes } from "./staffing-duties.ts";
import { needRoutes } from "./staffing-needs.ts";
import { payRoutes } from "./staffing-pay.ts";
import { peopleRoutes } from "./staffing-people.ts";
import { postRoutes } from "./staffing-posts.ts";
import { scoreRoutes } from "./staffing-scores.ts";

/** Who works in the grids and communities, what they do, how well, and what they are paid (plan 2.2.2, 3.2.1, 3.3, A4). */
export const staffing = defineApi(
  "staffing",
  { zh: "人员与补贴", en: "Staff and their pay" },
  {
    ...peopleRoutes,
    ...postRoutes,
    ...dutyListRoutes,
    ...taskRoutes,
    ...logRoutes,
    ...payRoutes,
    ...needRoutes,
    ...scoreRoutes,
  },
);
