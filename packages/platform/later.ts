import type { Api, Route } from "@county/contracts/api.ts";
import type { Context, Handlers } from "./context.ts";

type Any = (input: unknown, context: Context) => Promise<never>;
type AnyHandler = Any & { readonly run: Any; readonly replay: (ref: string, context: Context) => Promise<never> };

/**
 * Handlers whose code is loaded when the first of them is called: a function starts with what most calls need, and
 * reads the rest of its bundle when somebody asks for it.
 * @param load called once
 */
export function later<Routes extends Record<string, Route>, Name extends keyof Routes & string>(
  api: Api<Routes>,
  names: readonly Name[],
  load: () => Promise<Pick<Handlers<Api<Routes>>, Name>>,
): Pick<Handlers<Api<Routes>>, Name> {
  let loading: ReturnType<typeof load> | undefined;
  const handlerOf = async (name: Name) => {
    loading ??= load();
    return (await loading)[name] as unknown as AnyHandler;
  };
  return Object.fromEntries(
    names.map((name) => [
      name,
      api.routes[name]?.idempotent
        ? {
            run: async (input: unknown, context: Context) => await (await handlerOf(name)).run(input, context),
            replay: async (ref: string, context: Context) => await (await handlerOf(name)).replay(ref, context),
          }
        : async (input: unknown, context: Context) => await (await handlerOf(name))(input, context),
    ]),
  ) as unknown as Pick<Handlers<Api<Routes>>, Name>;
}
