import { relay } from "@county/platform/relay.ts";
import { service } from "./service.ts";

export const handler = relay(service);
