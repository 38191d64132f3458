import { createHash, createPrivateKey, randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role } from "@county/contracts/access.ts";
import { type Platform, startPlatform } from "@county/local/platform.ts";
import { dateOf } from "@county/platform/clock.ts";
import { type TestOptions, vi } from "vitest";
import { type Claims, signedToken } from "./token.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Why a case was skipped. */
    notRun?: string;
  }
}

/** A platform as its users reach it. */
export interface Reached {
  /** Address of the API, without a trailing slash. */
  readonly baseUrl: string;
  /** A token that grants every pair of these roles and areas. Each subject is an account of its own. */
  token(roles: readonly Role[], areas: readonly string[], subject?: string): Promise<string>;
}

/** The platform under test. */
export interface Target extends Reached {
  /** The issuer's signature under any claims and header: for what it would never say. */
  signed(claims: Claims, header: Claims): Promise<string>;
  /** Behind the cloud's gateway, which refuses in its own words whom it does not let through to a service. */
  readonly cloud: boolean;
  /** As the options of a test or a group: runs it only where the target has all of this, and else says why not. */
  needs(...abilities: Ability[]): TestOptions;
  /** The day it is there: this process's own, or the one that was set. */
  today(): string;
  /** Sets this day, where `target` was given a first one and the platform keeps this process's time; elsewhere it does nothing. */
  travel(day: string): void;
  /** Waits until what the clock starts by now, and all that follows from it, is done, where the day is set. */
  caughtUp(): Promise<void>;
  /** Only where the platform runs in this process; absent when `TEST_TARGET` names one elsewhere. */
  readonly inProcess?: { readonly platform: Platform; readonly dataDir: string };
  stop(): Promise<void>;
}

/** What a case may need that not every target has. */
export type Ability =
  /** To look into the platform's own process. */
  | "inside"
  /** A day that the case sets. */
  | "own calendar"
  /** An issuer that signs whatever it is given. */
  | "signatures"
  /** The gateway of `packages/local`, which says more than the cloud's. */
  | "own gateway"
  /** Tokens are refused that have no end, or say they are signed in a way the issuer does not sign. */
  | "strict tokens";

/**
 * `TEST_TARGET` where it is set, else a platform of its own in this process. Tokens come from `TEST_TOKEN_URL`, or, of
 * another `npm start`, from where it gives them. `TEST_LACKS` says in JSON which abilities that target lacks, and why.
 * @param first the day it begins on, for a case that takes a year; a platform elsewhere keeps its own time
 */
export async function target(first?: string): Promise<Target> {
  const { TEST_TARGET, TEST_TOKEN_URL, TEST_LACKS = "{}" } = process.env;
  const elsewhere = TEST_TARGET?.replace(/\/$/, "");
  if (elsewhere !== undefined) {
    const cloud = TEST_TOKEN_URL !== undefined;
    const tokens = TEST_TOKEN_URL ?? `${elsewhere}/dev/token`;
    const lacks: Partial<Record<Ability, string>> = {
      inside: "it looks into the process that serves it",
      "own calendar": "it sets the day, and a platform elsewhere keeps its own time",
      ...(cloud
        ? { "own gateway": "the cloud's gateway has its own words, and no status 405" }
        : { signatures: "its issuer signs only what it says itself" }),
      ...(JSON.parse(TEST_LACKS) as object),
    };
    return {
      baseUrl: elsewhere,
      token: tokensFrom(tokens),
      signed: async (claims, header) => await askForToken(`${tokens}/signed`, { claims, header }),
      cloud,
      today: dayHere,
      travel: () => {},
      caughtUp: async () => {},
      needs: (...abilities): TestOptions => {
        const notRun = abilities.map((ability) => lacks[ability]).find((lack) => lack !== undefined);
        return notRun === undefined ? {} : { skip: true, meta: { notRun } };
      },
      stop: async () => {},
    };
  }
  const dataDir = mkdtempSync(join(tmpdir(), "county-e2e-"));
  // Before any service is loaded, and of all that tells the time nothing but the day: what waits goes on waiting as long as it does.
  if (first !== undefined) {
    vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true, now: Date.parse(`${first}T02:00:00Z`) });
  }
  const platform = await startPlatform({ port: 0, dataDir, dataset: "empty" });
  const baseUrl = platform.url.replace("localhost", "127.0.0.1");
  return {
    baseUrl,
    token: tokensFrom(`${baseUrl}/dev/token`),
    signed: async (claims, header) => {
      const key = JSON.parse(readFileSync(join(dataDir, "issuer.json"), "utf8"));
      return signedToken(claims, header, createPrivateKey({ key, format: "jwk" }));
    },
    cloud: false,
    today: dayHere,
    travel: (day) => {
      if (first !== undefined && dayHere() !== day) vi.setSystemTime(Date.parse(`${day}T02:00:00Z`));
    },
    caughtUp: async () => {
      await platform.schedules.check();
      await platform.bus.settle();
    },
    needs: () => ({}),
    inProcess: { platform, dataDir },
    stop: async () => {
      await platform.stop();
      vi.useRealTimers();
      rmSync(dataDir, { recursive: true });
    },
  };
}

const dayHere = (): string => dateOf(new Date().toISOString());

export const tokensFrom =
  (url: string): Reached["token"] =>
  async (roles, areas, subject = "tester") =>
    await askForToken(url, { roles, areas, subject });

async function askForToken(url: string, body: object): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { token: string }).token;
}

let counties = 0;
/** Whole hundreds: each file counts on from a `first` of its own, below a hundred. */
const shift =
  process.env.TEST_TARGET === undefined || process.env.TEST_FRESH !== undefined ? 0 : 100 * randomInt(1_500);

/**
 * The code of a county that nobody has set up: counted on from `first`, which elsewhere is moved at random, unless
 * `TEST_FRESH` says that nothing is there yet.
 */
export const freshCountyCode = (first: number): string => String(first - shift + counties++);

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
