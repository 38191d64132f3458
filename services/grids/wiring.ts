import { environment } from "@county/platform/environment.ts";
import { files } from "@county/platform/files.ts";
import { observer } from "@county/platform/observe.ts";
import { dynamo, table } from "@county/platform/table.ts";
import { store } from "./store.ts";

/** The service's connections, from its environment, once per process. */
const settings = environment("grids");
export const registerTable = table(settings.table, dynamo(settings));
export const deps = { store: store(registerTable), files: files(settings) };
export const observed = observer("grids", settings.LOG_LEVEL);
