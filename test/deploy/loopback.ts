import dns from "node:dns";

// `*.localhost` is this machine (RFC 6761), but not every system's resolver has heard of it. The deployed API is told
// from others by such a name.
const { lookup } = dns;
dns.lookup = ((name: string, ...rest: Parameters<typeof lookup> extends [unknown, ...infer R] ? R : never) =>
  lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest)) as typeof lookup;
