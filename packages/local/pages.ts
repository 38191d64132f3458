import type { Text } from "@county/plan/text.ts";

/** Both pages work without the network: whatever they need comes from this host, and the browser is told to hold them to it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const page = (body: string) => ({
  statusCode: 200,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
    "cache-control": "no-cache",
  },
  body: `<!doctype html>\n<html lang="zh-CN">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n${body}\n</html>\n`,
});

const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Shell lines to try, in the order in which somebody new would. */
export const callsToTry = (url: string): { title: Text; command: string }[] => [
  {
    title: { zh: "22 个社区的台账", en: "the register of the 22 communities" },
    command: `curl -s -H "Authorization: Bearer $TOKEN" "${url}/communities?area=370725"`,
  },
  {
    title: { zh: "导出为工作簿", en: "the same as a workbook" },
    command: `curl -s -H "Authorization: Bearer $TOKEN" -o communities.xlsx "${url}/communities/export?area=370725"`,
  },
  {
    title: { zh: "换一个角色、换一个区域", en: "a token for another role and area" },
    command: `curl -s -H "Content-Type: application/json" -d '{"roles":["grid.worker"],"areas":["370725001"]}' ${url}/dev/token`,
  },
];

/** What this is and where to go from here. */
export const homePage = (url: string, dataset: string, services: readonly { name: string; title: Text }[]) =>
  page(`<title>县域社区平台 · County community platform</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem;line-height:1.3}pre{background:#f4f4f2;padding:.7rem;overflow:auto;border-radius:4px;margin:.3rem 0 1rem}
small{color:#666}a{color:#06c}</style>
<h1>县域社区平台<br><small>County community platform</small></h1>
<p>县级城市社区规范化建设的业务接口，此刻运行在这台电脑上，仅本机可访问。<br>
<small>The services on which a county runs its urban communities, running on this machine and for this machine only.</small></p>
<p><b><a href="/docs">接口文档与在线试用 · Read and try every call</a></b><br>
<a href="/openapi.json">openapi.json</a> · <a href="/healthz">healthz</a> · <a href="/dev/deadletters">dead letters 未能处理的事件</a></p>
<p>数据集 data set: <code>${escaped(dataset)}</code> · 服务 services: ${services
    .map(({ name, title }) => `${escaped(title.zh)} ${escaped(title.en)} <code>${escaped(name)}</code>`)
    .join(", ")}</p>
<p>在终端里试一试 · In a terminal</p>
<p>令牌（12 小时有效） <small>a token, good for 12 hours</small></p>
<pre>TOKEN=$(curl -s -H "Content-Type: application/json" -d '{"roles":["county.civil-affairs"],"areas":["370725"]}' ${url}/dev/token | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')</pre>
${callsToTry(url)
  .map(({ title, command }) => `<p>${title.zh} <small>${title.en}</small></p>\n<pre>${escaped(command)}</pre>`)
  .join("\n")}`);

/** The API reference. It fetches a token by itself, so that every call can be tried at once. */
export const docsPage = () =>
  page(`<title>接口文档 · API reference</title>
<body><div id="app"></div>
<script src="/docs/scalar.js"></script>
<script>
(async () => {
  const asked = { roles: ["county.civil-affairs"], areas: ["370725"] };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) };
  const [{ token }, document] = await Promise.all(["/dev/token", "/openapi.json"].map(async (path, i) => (await fetch(path, i ? {} : init)).json()));
  const schemes = Object.keys(document.components?.securitySchemes ?? {});
  Scalar.createApiReference("#app", {
    content: document,
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
    authentication: {
      preferredSecurityScheme: schemes[0],
      securitySchemes: Object.fromEntries(schemes.map((scheme) => [scheme, { token }])),
    },
  });
})();
</script></body>`);
