import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the registry knows against a package, as the package manager answers it. */
export interface Advisory {
  readonly github_advisory_id: string;
  readonly module_name: string;
  readonly severity: string;
  readonly title: string;
  /** Each path begins with the part of ours that asks for the package: `services__grids>zod`. */
  readonly findings: readonly { readonly paths: readonly string[] }[];
}

/**
 * Advisories of what is deployed that stand for now, by their id, each with why nobody can use it here and what is waited
 * for. What the registry no longer tells of is said at every run, and goes.
 */
export const ACCEPTED: Readonly<Record<string, string>> = {};

const root = join(import.meta.dirname, "..");

/** The parts that functions are bundled from: the services, and of ours what they ask for. As paths of advisories name them. */
export function deployedParts(): ReadonlySet<string> {
  const folders = ["packages", "services"].flatMap((kind) =>
    readdirSync(join(root, kind)).map((one) => `${kind}/${one}`),
  );
  const manifests = new Map(
    folders.map((folder) => {
      const { name, dependencies = {} } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
        name: string;
        dependencies?: Record<string, string>;
      };
      return [name, { folder, asks: Object.keys(dependencies) }] as const;
    }),
  );
  const parts = new Set<string>();
  const add = (name: string) => {
    const part = manifests.get(name);
    if (part === undefined || parts.has(part.folder)) return;
    parts.add(part.folder);
    for (const asked of part.asks) add(asked);
  };
  for (const [name, { folder }] of manifests) if (folder.startsWith("services/")) add(name);
  return new Set([...parts].map((folder) => folder.replace("/", "__")));
}

/** A line for each advisory, and those that fail: grave ones of what is deployed, unless accepted. */
export function judgedAdvisories(
  all: readonly Advisory[],
  parts: ReadonlySet<string>,
  accepted: Readonly<Record<string, string>> = ACCEPTED,
): { readonly lines: readonly string[]; readonly wrong: readonly string[]; readonly deployed: number } {
  const isDeployed = ({ findings }: Advisory) =>
    findings.some(({ paths }) => paths.some((path) => parts.has(path.split(">")[0] as string)));
  const isGrave = ({ severity }: Advisory) => severity === "high" || severity === "critical";
  const told = new Set(all.map(({ github_advisory_id }) => github_advisory_id));
  return {
    lines: [
      ...all.map((one) => {
        const { severity, module_name, title, github_advisory_id: id } = one;
        const about = accepted[id] ? `accepted: ${accepted[id]}` : isDeployed(one) ? "deployed" : "not deployed";
        return `${severity.padEnd(9)} ${module_name}: ${title} (${id}, ${about})`;
      }),
      ...Object.keys(accepted)
        .filter((id) => !told.has(id))
        .map((id) => `${id} is accepted and no longer told of: take it out`),
    ],
    wrong: all
      .filter((one) => isGrave(one) && isDeployed(one) && accepted[one.github_advisory_id] === undefined)
      .map(({ module_name, title, github_advisory_id: id }) => `${module_name}: ${title} (${id})`),
    deployed: all.filter(isDeployed).length,
  };
}
