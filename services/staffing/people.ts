import { Problem } from "@county/contracts/problem.ts";
import type { Person } from "@county/contracts/staffing-people.ts";
import { type AreaCopy, streetOf } from "@county/platform/areas.ts";
import { masked } from "./masking.ts";
import type { HeldPost, PersonRecord, Store } from "./store.ts";

/** People as they are found, shown, and judged for who may see or change them. */

/** What is known of the streets and communities that people belong to; each street's copy is read once. */
async function copiesOf({ copies }: Store, people: readonly PersonRecord[]): Promise<(id: string) => AreaCopy> {
  const ids = people.flatMap(({ id, posts }) => [id, ...posts.map(({ community }) => community)]).map(streetOf);
  const streets = await Promise.all([...new Set(ids)].map(async (id) => await copies.street(id)));
  const areas = streets.flatMap((street) => (street ? [street, ...street.communities] : []));
  const known = new Map(areas.map((area) => [area.id, area]));
  return (id) => {
    const copy = known.get(id);
    // Nobody is registered in a street, or appointed in a community, that was not told of before.
    if (copy === undefined) throw new Error(`people: nothing is known of ${id}`);
    return copy;
  };
}

const refOf = ({ id, code, name }: AreaCopy) => ({ id, code, name });

// --------------------------------------------------------------------------------------------------------------- answer

export async function personAnswers(store: Store, people: readonly PersonRecord[]): Promise<Person[]> {
  const copyOf = await copiesOf(store, people);
  return people.map(({ account, phone, ...person }) => ({
    ...person,
    street: refOf(copyOf(streetOf(person.id))),
    phone: phone === null ? null : masked(phone),
    bound: account !== null,
    posts: person.posts.map((post) => ({ ...post, community: refOf(copyOf(post.community)) })),
  }));
}

export async function personReply(store: Store, person: PersonRecord): Promise<{ body: Person; version: number }> {
  const [body] = await personAnswers(store, [person]);
  return { body: body as Person, version: person.version };
}

// --------------------------------------------------------------------------------------------------------------- access

const hasBegun = ({ pending, from }: HeldPost, today: string): boolean => !pending && from <= today;

/** The community that registered somebody who has not worked anywhere yet: by no post of his would he be known to it. */
export const registrarOf = ({ posts, registeredBy }: PersonRecord, today: string): string | undefined =>
  posts.some((post) => hasBegun(post, today)) ? undefined : registeredBy;

/**
 * Under which codes a person is known to the permissions: the street of registration, and the communities of his posts; until
 * one has begun, the community that registered him. So a community sees who works or worked in it, or will, and changes and
 * reveals the record of who works in it today: nobody comes by that by appointing somebody.
 */
export async function codesOfPeople(
  store: Store,
  people: readonly PersonRecord[],
  today: string,
  what: "read" | "change",
): Promise<string[][]> {
  const copyOf = await copiesOf(store, people);
  return people.map((person) => {
    const posts = person.posts.filter(
      (post) => what === "read" || (hasBegun(post, today) && (post.to === null || post.to >= today)),
    );
    const registrar = registrarOf(person, today) ?? [];
    const communities = new Set([posts.map(({ community }) => community), registrar].flat());
    return [streetOf(person.id), ...communities].flatMap((id) => copyOf(id).codes);
  });
}
export const codesOfPerson = async (
  store: Store,
  person: PersonRecord,
  today: string,
  what: "read" | "change",
): Promise<string[]> => (await codesOfPeople(store, [person], today, what)).flat();

/** Under which codes the street knows him: what he is paid by, who he is here, and that he has left, are the street's to say. */
export const codesOfStreet = async (store: Store, person: PersonRecord): Promise<readonly string[]> =>
  (await copiesOf(store, [person]))(streetOf(person.id)).codes;

/** @throws Problem `not-found` */
export async function loadPerson(store: Store, id: string): Promise<PersonRecord> {
  const person = await store.person(id);
  if (person) return person;
  throw new Problem("not-found", { zh: "没有这名人员", en: "There is no such person" });
}
