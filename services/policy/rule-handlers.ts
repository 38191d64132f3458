import type { policy } from "@county/contracts/policy.ts";
import { parameters } from "@county/plan/parameters.ts";
import type { Handlers } from "@county/platform/context.ts";
import { clausesNotJudged, notJudged, ruleCatalogue } from "@county/rules/catalogue.ts";

/** What the rules judge, and what none does. */
export const ruleHandlers = (): Pick<Handlers<typeof policy>, "listRules"> => ({
  async listRules({ query }) {
    const asked = (clause: string) => query.clause === undefined || query.clause === clause;
    const items = ruleCatalogue.filter(({ clause }) => asked(clause));
    return {
      body: {
        items: items.map((one) => ({ ...one, parameters: [...one.parameters] })),
        notJudged: {
          parameters: notJudged
            .filter(([id]) => asked(parameters[id].clause))
            .map(([parameter, why]) => ({ parameter, why })),
          clauses: clausesNotJudged.filter(([id]) => asked(id)).map(([clause, why]) => ({ clause, why })),
        },
      },
    };
  },
});
