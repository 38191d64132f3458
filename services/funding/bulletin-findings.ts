import { addDays, quarterOf } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type AreaCopy, type Scope, type StreetCopy, streetOf } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import { agreesVerdict, bulletinVerdicts, replyVerdict } from "@county/rules/bulletin.ts";
import type { Finding } from "@county/rules/finding.ts";
import { type AccountId, heldOf, partsOfLedger } from "@county/rules/ledger.ts";
import { publicationVerdicts } from "@county/rules/organisation.ts";
import { type BulletinRecord, partsOfBulletin } from "./bulletins.ts";
import { legReader, type ReadLegs } from "./matching.ts";
import type { Store } from "./store.ts";

/** What the rules say of the bulletins of an area: late, missing, not signed off, not answered, outgrown by the ledger. */

/** Days for which the objections to a bulletin are looked at after it was published. Ours: it bounds what one answer reads. */
const LOOK_BACK_DAYS = 400;

/** A ledger, and the accounts it has. */
interface Opened {
  readonly ledger: string;
  readonly accounts: ReadonlySet<AccountId>;
}

type Reading = Pick<Store, "areas" | "ledgers" | "bulletins">;

export async function bulletinFindings(store: Reading, scope: Scope, policy: Policy): Promise<Finding[]> {
  const { county, streets, community } = scope;
  const [ledgers, copies] = await Promise.all([
    store.ledgers.ledgersOf(county),
    Promise.all(streets.map(async ({ id }) => await store.areas.street(id))),
  ]);
  const opened = await Promise.all(
    ledgers.map(async (ledger): Promise<Opened> => {
      const heads = await store.ledgers.heads(ledger);
      return { ledger, accounts: new Set(heads.map(({ account }) => account)) };
    }),
  );
  const read = legReader(store);
  const all = await Promise.all(
    copies
      .filter((street): street is StreetCopy => street !== undefined)
      .map(async (street) => {
        const records = await store.bulletins.allBulletins(street.id);
        const areas: AreaCopy[] = community === undefined ? [street, ...street.communities] : [community];
        return await Promise.all(
          areas.map(async (area) => {
            const own = records.filter(({ id }) => partsOfBulletin(id).area === area.id);
            return await ofArea(store, area, own, opened, policy, read);
          }),
        );
      }),
  );
  return all.flat(2);
}

async function ofArea(
  store: Reading,
  area: AreaCopy,
  records: readonly BulletinRecord[],
  ledgers: readonly Opened[],
  policy: Policy,
  read: ReadLegs,
): Promise<Finding[]> {
  const subject = { id: area.id, code: area.code, name: area.name };
  const evidence = { asOf: policy.on, source: "funding" };
  const moneySince = await sinceOf(area.id, ledgers, policy.on, read);
  const published = records.filter(({ published: done }) => done !== null && done.on <= policy.on);
  const due = bulletinVerdicts(
    {
      ...{ subject, moneySince },
      ...evidence,
      bulletins: records
        .filter(({ drafted }) => dateOf(drafted.at) <= policy.on)
        .map(({ quarter, edition, signed, published: done }) => {
          const on = done !== null && done.on <= policy.on ? done.on : null;
          const state =
            on !== null ? "published" : signed && dateOf(signed.at) <= policy.on ? "signed" : ("drafted" as const);
          return { quarter, edition, state, on };
        }),
    },
    policy,
  );
  // The cycle, the sign-off and the time for objections are asked of communities; of a street's bulletin only that it comes.
  const publication =
    area.id === streetOf(area.id)
      ? []
      : publicationVerdicts(
          {
            ...{ subject, moneySince },
            ...evidence,
            published: published.map(({ published: done, signed }) => ({
              on: done?.on ?? "",
              signedOff: signed && { by: signed.as, on: dateOf(signed.at) },
              objectionsUntil: done?.objectionsUntil ?? null,
            })),
          },
          policy,
          // The rule names a publication by its day after a space; a finding is asked for by a name without any.
        ).map((finding) => ({ ...finding, subject: { ...finding.subject, id: finding.subject.id.replace(" ", ":") } }));
  const [replies, agreeing] = await Promise.all([
    Promise.all(
      published
        .filter(({ published: done }) => addDays(done?.on ?? "", LOOK_BACK_DAYS) >= policy.on)
        .map(async ({ id }) => {
          const objections = await store.bulletins.allObjections(id);
          return objections
            .filter(({ at }) => dateOf(at) <= policy.on)
            .map((one) => {
              const answered = one.reply && dateOf(one.reply.at);
              const answeredOn = answered !== null && answered <= policy.on ? answered : null;
              const about = { ...subject, id: one.id };
              return replyVerdict({ subject: about, receivedOn: dateOf(one.at), answeredOn, ...evidence }, policy);
            });
        }),
    ),
    Promise.all(
      latest(published).map(async (record) => {
        const late = await lateEntries(store, area.id, record, ledgers, policy.on, read);
        const name = `${area.name} ${record.quarter}`;
        return agreesVerdict({ subject: { ...subject, id: record.id, name }, ...late, ...evidence });
      }),
    ),
  ]);
  return [...due, ...publication, ...replies.flat(), ...agreeing];
}

/** Of several editions of a quarter the last. */
const latest = (records: readonly BulletinRecord[]): BulletinRecord[] => [
  ...new Map(records.toSorted((a, b) => a.edition - b.edition).map((record) => [record.quarter, record])).values(),
];

/** The day the first money came to an area: the first leg of an account that is never below zero is a receipt. */
async function sinceOf(area: string, all: readonly Opened[], until: string, read: ReadLegs): Promise<string | null> {
  const years = [...new Set(all.map(({ ledger }) => partsOfLedger(ledger).year))].sort((a, b) => a - b);
  for (const year of years) {
    const first = await Promise.all(
      all
        .filter(({ ledger, accounts }) => partsOfLedger(ledger).year === year && accounts.has(area))
        .map(async ({ ledger }) => (await read(ledger, area))[0]?.on ?? []),
    );
    const [day] = first.flat().sort();
    if (day !== undefined) return day <= until ? day : null;
  }
  return null;
}

/** What was booked into a bulletin's quarter, or before it, behind the legs that it was drafted from, or in ledgers that it does not tell of. */
async function lateEntries(
  store: Reading,
  area: string,
  record: BulletinRecord,
  ledgers: readonly Opened[],
  until: string,
  read: ReadLegs,
): Promise<{ entries: number; fen: number }> {
  const { lastMonth, year: of } = quarterOf(record.quarter);
  const { funds } = await store.bulletins.content(record);
  const late = new Map<string, number>();
  const behind = async ({ ledger, accounts }: Opened, account: string, pinned: number | null): Promise<void> => {
    if (!accounts.has(account)) return;
    for (const { entry, seq, at, period, fen } of await read(ledger, account)) {
      const isBehind = pinned === null ? at > record.drafted.at : seq > pinned;
      if (isBehind && period <= lastMonth && dateOf(at) <= until)
        late.set(entry, Math.max(late.get(entry) ?? 0, Math.abs(fen)));
    }
  };
  await Promise.all(
    ledgers.flatMap((opened) => {
      const told = funds.find(({ ledger }) => ledger === opened.ledger);
      // Where the quarter was closed before it was read, nothing comes behind it.
      if (told ? told.closed : partsOfLedger(opened.ledger).year > of) return [];
      return [
        behind(opened, area, told?.pin.legs ?? null),
        behind(opened, heldOf(area), told?.pin.reservedLegs ?? null),
      ];
    }),
  );
  return { entries: late.size, fen: [...late.values()].reduce((sum, fen) => sum + fen, 0) };
}
