import { environment } from "@county/platform/environment.ts";
import { files } from "@county/platform/files.ts";
import { observer } from "@county/platform/observe.ts";
import { dynamo, table } from "@county/platform/table.ts";
import { store } from "./store.ts";

/** The service's connections, from its environment, once per process. */
const settings = environment("property");
export const ownTable = table(settings.table, dynamo(settings));
export const deps = { store: store(ownTable), files: files(settings) };
export const observed = observer("property", settings.LOG_LEVEL);
