import { RetentionDays } from "aws-cdk-lib/aws-logs";

/** What differs between the deployments of one county; the rest is the same everywhere. */
export interface Stage {
  readonly name: "dev" | "staging" | "prod";
  /** Issuer of the tokens the gateway accepts (any OIDC issuer), and the audience they must name. */
  readonly issuer: string;
  readonly audience: string;
  /** Addresses of the web frontends: what a browser may call the API and the file bucket from. */
  readonly origins: readonly string[];
  /** Data outlives its stack, and neither stack nor table can be deleted by mistake. */
  readonly keepsData: boolean;
  /** Days to which a table can be set back; the service's range is 1 to 35. */
  readonly recoveryDays: number;
  /** Days uploaded tables and their results are kept. */
  readonly importDays: number;
  readonly logRetention: RetentionDays;
  readonly logLevel: "DEBUG" | "INFO";
  /** MB of a function: of requests, of queues and jobs (they hold a whole workbook), of the relay. */
  readonly memory: { readonly http: number; readonly worker: number; readonly relay: number };
  /** Requests a second over the whole API, and the burst above it. */
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number };
}

/**
 * An issuer and frontends that nobody has (RFC 2606): a county names its own, here or with `-c issuer=… -c audience=…
 * -c origins=…,…`. Until then the gateway refuses everybody.
 */
const unnamed = (host: string) => ({
  issuer: `https://login.${host}.example`,
  audience: "county",
  origins: [`https://${host}.example`],
});

const stages: Record<Stage["name"], Stage> = {
  dev: {
    name: "dev",
    ...unnamed("dev.county"),
    origins: ["http://localhost:3000", "http://localhost:5173"],
    keepsData: false,
    recoveryDays: 1,
    importDays: 30,
    logRetention: RetentionDays.ONE_MONTH,
    logLevel: "DEBUG",
    memory: { http: 512, worker: 1024, relay: 256 },
    throttle: { rateLimit: 50, burstLimit: 100 },
  },
  staging: {
    name: "staging",
    ...unnamed("staging.county"),
    keepsData: false,
    recoveryDays: 7,
    importDays: 90,
    logRetention: RetentionDays.THREE_MONTHS,
    logLevel: "INFO",
    memory: { http: 512, worker: 1769, relay: 256 },
    throttle: { rateLimit: 100, burstLimit: 200 },
  },
  prod: {
    name: "prod",
    ...unnamed("county"),
    keepsData: true,
    recoveryDays: 35,
    // Three yearly rounds: an auditor can still see the table a figure came from.
    importDays: 1_100,
    // The Cybersecurity Law (article 21) asks for at least six months of network logs.
    logRetention: RetentionDays.ONE_YEAR,
    logLevel: "INFO",
    memory: { http: 512, worker: 1769, relay: 256 },
    throttle: { rateLimit: 200, burstLimit: 400 },
  },
};

/** What the CLI hands over with `-c name=value`. */
export interface StageContext {
  readonly stage?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly origins?: string | undefined;
}

/** @throws Error when there is no such stage, or an address is none */
export function stageOf({ stage: name = "dev", issuer, audience, origins }: StageContext): Stage {
  if (!Object.hasOwn(stages, name)) {
    throw new Error(`stage: one of ${Object.keys(stages).join(", ")}, not "${name}"`);
  }
  const stage = stages[name as Stage["name"]];
  const named: Stage = {
    ...stage,
    ...(issuer && { issuer }),
    ...(audience && { audience }),
    ...(origins && { origins: origins.split(",") }),
  };
  if (!/^https:\/\//.test(named.issuer))
    throw new Error(`stage: the issuer is an https address, not "${named.issuer}"`);
  for (const origin of named.origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new Error(`stage: an origin is scheme, host and port, not "${origin}"`);
    }
  }
  return named;
}

/** Whether the stage still has the issuer that nobody has. */
export const isUnnamed = ({ issuer }: Stage): boolean => new URL(issuer).hostname.endsWith(".example");
