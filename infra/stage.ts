import { daysOfYear } from "@county/platform/service.ts";
import { RetentionDays } from "aws-cdk-lib/aws-logs";

/** What may be left out of a stage, each with its reason. */
export const switches = ["alias", "canary", "budget", "sums", "stream"] as const;
export type Switch = (typeof switches)[number];

/** What a call of the API is, for its limit. */
export const routeClasses = ["public", "read", "command", "upload"] as const;
export type RouteClass = (typeof routeClasses)[number];

/** Calls a second of one route, and the burst above it. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

/** What differs between the deployments of one county; the rest is the same everywhere. */
export interface Stage {
  readonly name: "dev" | "staging" | "prod" | "emulator";
  /** Issuer of the tokens the gateway accepts (any OIDC issuer), and the audience they must name. */
  readonly issuer: string;
  readonly audience: string;
  /** A pool of the platform's own in place of them; only where the region has one. */
  readonly pool?: true;
  /** Addresses of the web frontends: what a browser may call the API and the file bucket from. */
  readonly origins: readonly string[];
  /** Who is told of alarms, by mail; they confirm it once. */
  readonly operators: readonly string[];
  /** The API's own host name and the ARN of its certificate in the same region; without it the gateway's name is used. */
  readonly domain?: { readonly name: string; readonly certificate: string };
  /** Only of the emulator: the one address of all that is a region's own otherwise. */
  readonly endpoint?: string;
  /** What this stage goes without, and why. */
  readonly off: Readonly<Partial<Record<Switch, string>>>;
  /** Data outlives its stack, and neither stack nor table can be deleted by mistake. */
  readonly keepsData: boolean;
  /** Days to which a table can be set back; the service's range is 1 to 35. */
  readonly recoveryDays: number;
  /** Days uploaded tables and their results are kept. */
  readonly importDays: number;
  /**
   * The bucket with the copies of the audit: days for which nobody changes or deletes one. Under `GOVERNANCE` a person
   * with a permission of its own may all the same; under `COMPLIANCE` not even the account's owner.
   */
  readonly audit: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number };
  /**
   * How long logs are kept, by what they hold: `work` what functions did, without content and names; `access` the calls
   * of the gateway, without who called. What people did stands in the audit, and is kept as that is.
   */
  readonly logs: { readonly work: RetentionDays; readonly access: RetentionDays };
  readonly logLevel: "DEBUG" | "INFO";
  /** MB of a function: of requests, of queues and jobs (they hold a whole workbook), of the relay. */
  readonly memory: { readonly http: number; readonly worker: number; readonly relay: number };
  /** The two days of the year on which rounds of assessment open, `MM-DD,MM-DD`, in Asia/Shanghai; absent: the platform's own. */
  readonly assessmentDays?: string;
  /** Most messages of one queue in work at once: a full queue must not take the account's functions from the requests. */
  readonly queueConcurrency: number;
  /**
   * Functions set aside for each service's requests. Absent: 100 of an account's quota must stay free, and a new account
   * has 10 in all, so a reservation is named (`-c reserved=…`) when the county's quota is known to be raised.
   */
  readonly reserved?: number;
  readonly throttle: Readonly<Record<RouteClass, Throttle>>;
  /** What a month may cost, in the partition's currency (dollars, or yuan in China), before the operators are told. */
  readonly monthlyBudget: { readonly aws: number; readonly "aws-cn": number };
}

/**
 * An issuer and frontends that nobody has (RFC 2606): a county names its own, here or with `-c issuer=… -c audience=…
 * -c origins=…,…`, or asks for a pool of accounts with `-c issuer=cognito`. Until then templates are made and compared,
 * but nothing is deployed: the gateway is refused an issuer that does not answer.
 */
const unnamed = (host: string) => ({
  issuer: `https://login.${host}.example`,
  audience: "county",
  origins: [`https://${host}.example`],
  operators: [],
});

/** Limits in proportion: a proposal or an import costs a hundred reads, and a public route has no account to hold to. */
const throttled = (reads: number): Stage["throttle"] => {
  const share = (part: number) => ({ rateLimit: reads * part, burstLimit: 2 * reads * part });
  return { public: share(0.4), read: share(1), command: share(0.4), upload: share(0.1) };
};

const AT_ONCE = "changes are tried here: all calls go to the new version at once";

/** Of one deployment, with `-c canary=off`. */
const MENDING = "asked for: while an alarm rings, the very version that mends it would be taken back";
/** Of one deployment, with `-c stream=off`. */
const RETURNING = "asked for: a table that comes back has another stream, and none may be held while they change";

const dev: Stage = {
  name: "dev",
  ...unnamed("dev.county"),
  origins: ["http://localhost:3000", "http://localhost:5173"],
  off: { canary: AT_ONCE },
  keepsData: false,
  recoveryDays: 1,
  importDays: 30,
  // Half a year is the least anywhere, so that no stage with real people in it falls below the law's line by accident.
  audit: { mode: "GOVERNANCE", days: 185 },
  logs: { work: RetentionDays.ONE_MONTH, access: RetentionDays.SIX_MONTHS },
  logLevel: "DEBUG",
  memory: { http: 512, worker: 1024, relay: 256 },
  queueConcurrency: 2,
  throttle: throttled(50),
  monthlyBudget: { aws: 50, "aws-cn": 350 },
};

const stages: Record<Stage["name"], Stage> = {
  dev,
  staging: {
    ...dev,
    name: "staging",
    ...unnamed("staging.county"),
    recoveryDays: 7,
    importDays: 90,
    logs: { work: RetentionDays.THREE_MONTHS, access: RetentionDays.SIX_MONTHS },
    logLevel: "INFO",
    memory: { http: 512, worker: 1769, relay: 256 },
    queueConcurrency: 5,
    throttle: throttled(100),
    monthlyBudget: { aws: 100, "aws-cn": 700 },
  },
  prod: {
    name: "prod",
    ...unnamed("county"),
    off: {},
    keepsData: true,
    recoveryDays: 35,
    // Three yearly rounds: an auditor can still see the table a figure came from.
    importDays: 1_100,
    audit: { mode: "COMPLIANCE", days: 1_100 },
    // The Cybersecurity Law (article 21) asks for at least six months of network logs.
    logs: { work: RetentionDays.ONE_YEAR, access: RetentionDays.ONE_YEAR },
    logLevel: "INFO",
    memory: { http: 512, worker: 1769, relay: 256 },
    queueConcurrency: 10,
    throttle: throttled(200),
    monthlyBudget: { aws: 300, "aws-cn": 2_100 },
  },
  emulator: {
    ...dev,
    name: "emulator",
    ...unnamed("emulator.county"),
    endpoint: "http://127.0.0.1:4566",
    off: {
      alias: "the emulator loses aliases when a function is updated: the gateway calls the function itself",
      canary: "the emulator has no CodeDeploy",
      budget: "the emulator has no bills",
      sums: "the emulator has no alarms over several metrics: throttles are not watched",
    },
  },
};

/** What the CLI hands over with `-c name=value`. */
export interface StageContext {
  readonly stage?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly origins?: string | undefined;
  readonly operators?: string | undefined;
  readonly domain?: string | undefined;
  readonly certificate?: string | undefined;
  readonly reserved?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly canary?: string | undefined;
  readonly stream?: string | undefined;
  readonly assessmentDays?: string | undefined;
}
export const stageContext = [
  "stage",
  "issuer",
  "audience",
  "origins",
  "operators",
  "domain",
  "certificate",
  "reserved",
  "endpoint",
  "canary",
  "stream",
  "assessmentDays",
] as const satisfies (keyof StageContext)[];

/** @throws Error when there is no such stage, or an address is none */
export function stageOf(context: StageContext): Stage {
  const {
    stage: name = "dev",
    issuer,
    audience,
    origins,
    operators,
    domain,
    certificate,
    reserved,
    endpoint,
    canary,
    stream,
    assessmentDays,
  } = context;
  if (!Object.hasOwn(stages, name)) {
    throw new Error(`stage: one of ${Object.keys(stages).join(", ")}, not "${name}"`);
  }
  if ((domain === undefined) !== (certificate === undefined)) {
    throw new Error("stage: a domain and its certificate are named together");
  }
  if (canary !== undefined && canary !== "off") throw new Error(`stage: a canary is "off", or not spoken of`);
  if (stream !== undefined && stream !== "off") throw new Error(`stage: a stream is "off", or not spoken of`);
  const named = stages[name as Stage["name"]];
  const stage: Stage = {
    ...named,
    off: { ...named.off, ...(canary && { canary: MENDING }), ...(stream && { stream: RETURNING }) },
    ...(issuer && (issuer === "cognito" ? { pool: true } : { issuer })),
    ...(audience && { audience }),
    ...(origins && { origins: origins.split(",") }),
    ...(operators && { operators: operators.split(",") }),
    ...(domain && certificate && { domain: { name: domain, certificate } }),
    ...(reserved && { reserved: Number(reserved) }),
    ...(endpoint && { endpoint }),
    ...(assessmentDays && { assessmentDays: daysOfYear("ASSESSMENT_DAYS", assessmentDays).join(",") }),
  };
  if (!/^https:\/\//.test(stage.issuer))
    throw new Error(`stage: the issuer is an https address, not "${stage.issuer}"`);
  for (const origin of stage.origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new Error(`stage: an origin is scheme, host and port, not "${origin}"`);
    }
  }
  for (const operator of stage.operators) {
    if (!/^[^@\s]+@[^@\s]+$/.test(operator)) throw new Error(`stage: an operator is a mail address, not "${operator}"`);
  }
  if (stage.reserved !== undefined && !(Number.isInteger(stage.reserved) && stage.reserved > 0)) {
    throw new Error(`stage: reserved is a number of functions, not "${reserved}"`);
  }
  if (endpoint && stage.name !== "emulator") throw new Error("stage: only the emulator has an endpoint of its own");
  return stage;
}

/** Whether the stage still has the issuer that nobody has. */
export const isUnnamed = ({ issuer, pool }: Stage): boolean =>
  pool === undefined && new URL(issuer).hostname.endsWith(".example");
