import type { Table } from "./table.ts";

/** Lambda gives a start ten seconds and twice the processor; what is not done by then is done by the first call. */
const PATIENCE_MS = 2_000;

/**
 * One harmless read of the service's own table, to be awaited while a function starts: the connection is made, and the
 * client's code is run once, before anybody waits for it (a cold call at 256 MB then takes a third of the time). Whatever
 * goes wrong is left to the first call to meet again. Elsewhere than in Lambda nothing is read: there is no such start.
 */
export async function prime(table: Pick<Table, "get">, variables: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (variables.AWS_LAMBDA_FUNCTION_NAME === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  const read = table.get({ pk: "prime", sk: "prime" }).then(
    () => {},
    () => {},
  );
  await Promise.race([read, patience]);
  clearTimeout(timer);
}
