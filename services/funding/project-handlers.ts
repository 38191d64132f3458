import type { Finding } from "@county/contracts/findings.ts";
import type { funding } from "@county/contracts/funding.ts";
import type { Project } from "@county/contracts/funding-spending.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { AreaCopy } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { projectVerdict } from "@county/rules/steps.ts";
import { refOf } from "./accounts.ts";
import type { Deps } from "./handlers.ts";
import { missing, permitOffice, refused, wrong } from "./parts.ts";
import { ownerOf, type ProjectRecord } from "./spending.ts";
import type { SpendingGround } from "./spending-parts.ts";

type Routes = "openProject" | "listProjects" | "getProject" | "recordProjectStep";

/** Steps recorded of a project; ours. */
const MOST_STEPS = 60;

/** What the rules say of a project's steps: it is finished with the last of the list. */
export function projectFinding({ id, title, steps }: ProjectRecord, code: string, policy: Policy) {
  const last = policy.value("fund.party-service.steps").at(-1)?.id;
  return projectVerdict(
    {
      subject: { id, code, name: title },
      closedOn: steps.findLast(({ step }) => step === last)?.on ?? null,
      done: steps,
      asOf: policy.on,
      source: `projects/${id}`,
    },
    policy,
  );
}

/** Projects on Party-service money, and on any other fund that is spent so: each step as it was taken. */
export function projectHandlers(
  { store: { spending } }: Deps,
  ground: SpendingGround,
): Pick<Handlers<typeof funding>, Routes> {
  const load = async (id: string, context: Context): Promise<{ project: ProjectRecord; holder: AreaCopy }> => {
    const project = await spending.project(id);
    if (project === undefined) throw missing("没有这个项目", "There is no such project");
    const holder = await ground.areaAt(ownerOf(id));
    context.permit(holder.codes);
    return { project, holder };
  };
  const answerOf = (project: ProjectRecord, holder: AreaCopy): Project => ({ ...project, holder: refOf(holder) });
  const replyOf = (project: ProjectRecord, holder: AreaCopy) => ({
    body: answerOf(project, holder),
    version: project.version,
  });
  const replay = async (ref: string, context: Context) => {
    const { project, holder } = await load(ref, context);
    return replyOf(project, holder);
  };

  return {
    openProject: {
      async run({ body: { area, reason, ...asked } }, context) {
        const holder = await ground.holderBy(area, { pointer: "/area" });
        permitOffice(holder, "spending.request", context);
        await ground.fundOf(holder.id, asked.fund, asked.year, context.today);
        const change = changeBy(context, reason, "openProject");
        const project: ProjectRecord = {
          ...asked,
          id: `${holder.id}.j${context.newTimeId()}`,
          steps: [],
          opened: { by: change.by, at: change.at, reason },
          version: 1,
        };
        const failed = await spending.saveProject(undefined, project, change, context.command.done(project.id));
        if (failed) throw new Error(`spending: ${project.id} was there`);
        return replyOf(project, holder);
      },
      replay,
    },

    async listProjects({ query: { area, fund, year, ...page } }) {
      const { items, next } = await ground.pageOver(
        area,
        spending.projectsOf,
        (one) => (fund === undefined || one.fund === fund) && (year === undefined || one.year === year),
        page,
      );
      return { body: { items: items.map(({ record, holder }) => answerOf(record, holder)), next } };
    },

    async getProject({ params }, context) {
      const { project, holder } = await load(params.project, context);
      const policy = await ground.policyOf(holder, context.today);
      const finding = projectFinding(project, holder.code, policy) as Finding;
      return { body: { ...answerOf(project, holder), finding }, version: project.version };
    },

    recordProjectStep: {
      async run({ params, ifMatch, body: { step, on, reason } }, context) {
        const change = changeBy(context, reason, "recordProjectStep");
        return await settled(async () => {
          const { project, holder } = await load(params.project, context);
          permitOffice(holder, "spending.request", context);
          expectVersion(project, ifMatch);
          const policy = await ground.policyOf(holder, context.today);
          if (!policy.value("fund.party-service.steps").some(({ id }) => id === step))
            throw wrong("/step", "unknown-step", "不是所列的步骤", "is no step of the list");
          if (on > context.today || on < `${project.year - 1}-01-01`)
            throw wrong(
              "/on",
              "date",
              "应在上一年初与今天之间",
              "from the year before the money's on, and not after today",
            );
          if (project.steps.length >= MOST_STEPS)
            throw refused(
              "3.2.2",
              `一个项目最多登记 ${MOST_STEPS} 步`,
              `A project has at most ${MOST_STEPS} steps recorded`,
            );
          const after: ProjectRecord = {
            ...project,
            steps: [...project.steps, { step, on, by: change.by, at: change.at, reason }],
            version: project.version + 1,
          };
          const failed = await spending.saveProject(project, after, change, context.command.done(project.id));
          return failed === undefined ? replyOf(after, holder) : undefined;
        });
      },
      replay,
    },
  };
}
