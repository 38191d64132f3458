import { startPlatform } from "@county/local/platform.ts";
import { services } from "@county/local/services.ts";

// The process whose memory is measured: the platform with the services that are named, and nobody who asks for anything.
// Arguments: the data folder, the services. Says when it is there, and ends with who started it.
const [, , dataDir = "", ...names] = process.argv;
const loaded = await Promise.all(services.map(async (one) => ({ one, name: (await one.service()).service.name })));
const platform = await startPlatform({
  port: 0,
  dataDir,
  dataset: "empty",
  services: loaded.filter(({ name }) => names.includes(name)).map(({ one }) => one),
});
process.on("disconnect", () => void platform.stop().then(() => process.exit()));
process.send?.("ready");
