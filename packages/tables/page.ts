/** A page that needs nothing else: no script, no request. It is looked at, printed and handed round. */

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** What shows nothing, or turns a line around: controls (but tab and line breaks), marks of direction, of no width. */
const STEERING = /[^\P{Cc}\t\n\r]|\p{Cs}|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
/** Any text as it may stand in an element or a quoted attribute. */
export const esc = (text: string): string =>
  text.replace(STEERING, "\ufffd").replace(/[&<>"']/g, (character) => escapes[character] ?? "");

/**
 * The whole page.
 * @param title plain text
 * @param style CSS of our own, never with text from outside
 * @param body HTML in which every text is escaped
 */
export const pageOf = (lang: "zh" | "en", title: string, style: string, body: string): string => `<!doctype html>
<html lang="${lang === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${esc(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
