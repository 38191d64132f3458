import type { AnswerTable } from "@county/rules/asks-and-gives.ts";
import type { Finding, Verdict } from "@county/rules/finding.ts";
import { esc, pageOf } from "@county/tables/page.ts";
import {
  cellText,
  certaintyNames,
  clauseText,
  counted,
  countsOf,
  difference,
  type Group,
  gravestOf,
  grouped,
  headingOf,
  heldText,
  type Lang,
  money,
  moneyOf,
  mostTold,
  observation,
  otherReadingText,
  outright,
  parameterText,
  placeOf,
  placeText,
  type Report,
  type Section,
  sectionsOf,
  verdictNames,
  verdicts,
  words,
} from "./format.ts";

const badge = (verdict: Verdict, lang: Lang): string =>
  `<span class="badge ${verdict}">${verdictNames[verdict][lang]}</span>`;

/**
 * The report as one page that needs nothing else: no script, no request, and every text in it escaped. It prints on A4.
 * Same input, same bytes.
 */
export function reportHtml(report: Report): string {
  const { lang, findings, sources, on } = report;
  const counts = countsOf(findings);
  const { files, answers } = sectionsOf(report);
  const numbers = new Map<Finding, number>(
    [...files, ...answers].flatMap(({ findings: own }) => own).map((finding, at) => [finding, at + 1]),
  );
  const t = (key: keyof typeof words) => words[key][lang];
  const chapters = [
    ...files.map((section, at) => ({ id: `t${at + 1}`, ...section })),
    ...answers.map((section, at) => ({ id: `a${at + 1}`, ...section })),
  ];
  return pageOf(
    lang,
    report.title[lang],
    STYLE,
    `<header>
<h1>${esc(report.title[lang])}</h1>
<p class="day">${t("on")} ${esc(on)}</p>
</header>
<main>
<section aria-labelledby="summary">
<h2 id="summary">${t("summary")}</h2>
<ul class="counts">${verdicts.map((verdict) => `<li class="${verdict}"><b>${counts[verdict]}</b>${verdictNames[verdict][lang]}</li>`).join("")}</ul>
<p>${heldText(findings, lang)}</p>
<p class="small">${t("how")} ${t("notAdded")}</p>
${gravestTables([...files, ...answers], numbers, lang)}
<h3>${t("sources")}</h3>
<table class="wide sources"><tbody>${sources
      .map(
        ({ file, digest, title }) =>
          `<tr><td>${esc(title?.[lang] ?? file)}</td><td>${title ? esc(file) : ""}</td><td class="digest">sha256 ${esc(digest)}</td></tr>`,
      )
      .join("\n")}</tbody></table>
</section>
<nav aria-labelledby="contents"><h3 id="contents">${t("contents")}</h3><ol>${chapters
      .map(({ id, title, findings: own }) => `<li><a href="#${id}">${esc(title)}</a> ${tally(own, lang)}</li>`)
      .join("\n")}</ol></nav>
<h2>${t("byTable")}</h2>
${chapters
  .slice(0, files.length)
  .map((section) => chapter(section, numbers, lang))
  .join("\n")}
${answers.length > 0 ? `<h2 class="break">${t("asked")}</h2>` : ""}
${chapters
  .slice(files.length)
  .map((section) => chapter(section, numbers, lang))
  .join("\n")}
</main>`,
  );
}

function gravestTables(sections: readonly Section[], numbers: ReadonlyMap<Finding, number>, lang: Lang): string {
  const groups = gravestOf(sections.flatMap(({ findings }) => findings));
  if (groups.length === 0) return "";
  return `<h3>${words.first[lang]}</h3>
${groups.map((group) => gravestTable(group, numbers, lang)).join("\n")}`;
}

function gravestTable({ title, findings }: Group, numbers: ReadonlyMap<Finding, number>, lang: Lang): string {
  const t = (key: keyof typeof words) => words[key][lang];
  const rows = findings.slice(0, mostTold).map((finding) => {
    const number = numbers.get(finding);
    const { title: told, observed, expected, unit, certainty } = finding;
    return `<tr><td class="n"><a href="#f${number}">${number}</a></td><td>${esc(told[lang])}</td><td class="n">${esc(observation(observed, unit, lang))}</td><td class="n">${esc(observation(expected, unit, lang))}</td><td class="n">${esc(moneyOf(finding, lang))}</td><td>${certainty ? certaintyNames[certainty][lang] : "—"}</td></tr>`;
  });
  return `<h4 class="group">${counted(title[lang], findings.length, lang)}</h4>
<table class="wide gravest"><thead><tr><th scope="col" class="n">#</th><th scope="col">${t("finding")}</th><th scope="col" class="n">${t("printed")}</th><th scope="col" class="n">${t("follows")}</th><th scope="col" class="n">${t("money")}</th><th scope="col">${t("certainty")}</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table>${findings.length > mostTold ? `\n<p class="small">… +${findings.length - mostTold}</p>` : ""}`;
}

const tally = (findings: readonly Finding[], lang: Lang): string => {
  const counts = countsOf(findings);
  return verdicts
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `<span class="tally ${verdict}">${verdictNames[verdict][lang]} ${counts[verdict]}</span>`)
    .join(" ");
};

function chapter(
  { id, title, table, findings }: Section & { readonly id: string },
  numbers: ReadonlyMap<Finding, number>,
  lang: Lang,
): string {
  const held = findings.filter(({ verdict }) => verdict === "meets");
  const wrong = findings.filter(({ verdict }) => verdict !== "meets");
  const open = table === undefined ? wrong : wrong.filter(({ verdict }) => outright.includes(verdict));
  const rest = wrong.filter((finding) => !open.includes(finding));
  const list = (of: readonly Finding[]) =>
    of.map((finding) => card(finding, numbers.get(finding) ?? 0, lang)).join("\n");
  const fold = (word: string, of: readonly Finding[]) =>
    of.length === 0
      ? ""
      : `<details class="more"><summary>${counted(word, of.length, lang)}</summary>\n${list(of)}\n</details>`;
  return `<section class="chapter" id="${id}">
<h3>${esc(title)} ${tally(findings, lang)}</h3>
${table?.chart ? chart(table, lang) : ""}
${table ? answerTable(table, lang) : ""}
${table === undefined && open.length === 0 ? `<p class="small">${words.none[lang]}</p>` : list(open)}
${fold(words.findings[lang], rest)}
${fold(words.holding[lang], held)}
</section>`;
}

function card(finding: Finding, number: number, lang: Lang): string {
  const { verdict, title, clause, rule, unit, certainty, steps, inputs, parameters, otherReading = [] } = finding;
  const place = placeOf(finding);
  const facts = [
    [words.printed, observation(finding.observed, unit, lang)],
    [words.follows, observation(finding.expected, unit, lang)],
    [words.difference, difference(finding, lang)],
    [words.money, moneyOf(finding, lang)],
    [words.certainty, certainty ? certaintyNames[certainty][lang] : "—"],
  ] as const;
  const list = (key: "steps" | "otherReading" | "inputs" | "parameters", items: readonly string[]) => {
    const tag = key === "steps" ? "ol" : "ul";
    if (items.length === 0) return "";
    return `<div class="${key}"><h5>${words[key][lang]}</h5><${tag}>${items.map((item) => `<li>${item}</li>`).join("")}</${tag}></div>`;
  };
  return `<article class="${verdict}" id="f${number}">
<h4><span class="number">${number}</span>${badge(verdict, lang)}${esc(title[lang])}</h4>
<p class="where">${place ? `${esc(placeText(place, lang))} · ` : ""}${esc(clauseText(clause, lang))} · <code>${esc(rule)}</code></p>
<dl>${facts
    .filter(([, value]) => value !== "—")
    .map(([name, value]) => `<div><dt>${name[lang]}</dt><dd>${esc(value)}</dd></div>`)
    .join("")}</dl>
<details class="trace"><summary>${words.trace[lang]}</summary>
${list(
  "steps",
  steps.map((step) => esc(step[lang])),
)}${list(
  "otherReading",
  otherReading.map((other) => `${badge(other.verdict, lang)}${esc(otherReadingText(other, lang))}`),
)}${list(
  "inputs",
  inputs.map(
    ({ name, value, asOf, source, place: at }) =>
      `${esc(name[lang])}${lang === "zh" ? "：" : ": "}<b>${esc(value === null || value === "" ? "—" : String(value))}</b> <small>${esc(at ? placeText(at, lang) : source)}${lang === "zh" ? "，" : ", "}${words.asOf[lang]} ${esc(asOf)}</small>`,
  ),
)}${list(
  "parameters",
  parameters.map((parameter) => esc(parameterText(parameter, lang))),
)}</details>
</article>`;
}

function answerTable({ columns, rows, notes }: AnswerTable, lang: Lang): string {
  const isNumber = (kind: AnswerTable["columns"][number]["kind"]) => kind === "count" || kind === "fen";
  return `<table class="wide"><thead><tr>${columns.map((column) => `<th scope="col"${isNumber(column.kind) ? ' class="n"' : ""}>${esc(headingOf(column, lang))}</th>`).join("")}</tr></thead>
<tbody>${rows
    .map(
      (row) =>
        `<tr${row.sum ? ' class="sum"' : ""}>${columns
          .map((column, at) => {
            if (column.kind === "verdict") return `<td>${row.verdict ? badge(row.verdict, lang) : ""}</td>`;
            return `<td${isNumber(column.kind) ? ' class="n"' : ""}>${esc(cellText(row.cells[at] ?? null, column, lang))}</td>`;
          })
          .join("")}</tr>`,
    )
    .join("\n")}</tbody></table>
${notes.map((note) => `<p class="small">${esc(note[lang])}</p>`).join("\n")}`;
}

// ---------------------------------------------------------------------------------------------------------------- charts

const WIDTH = 720;
const LEFT = 120;
const RIGHT = 70;

/** A number of a cell as a chart draws it; of a span its lower end. */
const drawn = (cell: AnswerTable["rows"][number]["cells"][number] | undefined): number =>
  typeof cell === "number" ? cell : cell !== null && typeof cell === "object" && "min" in cell ? cell.min : 0;

/** Bars against ranges, one for each row; or, of several values, one bar for each column made of the rows' parts. */
function chart(table: AnswerTable, lang: Lang): string {
  const { chart: asked } = table;
  // More bars than a page holds say less than the table.
  if (asked === undefined || table.rows.length === 0 || table.rows.length > 120) return "";
  return asked.values.length === 1 ? barsAgainstRanges(table, asked, lang) : stackedBars(table, asked, lang);
}

type Chart = NonNullable<AnswerTable["chart"]>;
const figure = (title: string, height: number, body: string, legend: string): string =>
  `<figure><figcaption>${esc(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${esc(title)}">${body}</svg><p class="legend">${legend}</p></figure>`;
/** A share of the drawing's width, to a tenth, so that every machine writes the same digits. */
const scaled = (value: number, most: number): number => Math.round((value / most) * (WIDTH - LEFT - RIGHT) * 10) / 10;

function barsAgainstRanges(
  { rows, columns }: AnswerTable,
  { title, label, values, ranges }: Chart,
  lang: Lang,
): string {
  const [value = 0] = values;
  const shown = rows.filter(({ sum, cells }) => !sum && typeof cells[value] === "number");
  const most = Math.max(1, ...ranges.map(({ max }) => max), ...shown.map(({ cells }) => drawn(cells[value])));
  const height = shown.length * 20 + 26;
  const bands = ranges.map(
    ({ min, max }, at) =>
      `<rect class="range${at}" x="${LEFT + scaled(min, most)}" y="0" width="${scaled(max - min, most)}" height="${height - 22}"/>` +
      [min, max]
        .map((edge) => `<text class="tick" x="${LEFT + scaled(edge, most)}" y="${height - 8}">${grouped(edge)}</text>`)
        .join(""),
  );
  const bars = shown.map(({ cells, verdict }, at) => {
    const number = drawn(cells[value]);
    const name = esc(cellText(cells[label] ?? null, columns[label] ?? { kind: "text", title }, lang));
    return `<text class="name" x="${LEFT - 8}" y="${at * 20 + 15}">${name}</text><rect class="bar ${verdict ?? ""}" x="${LEFT}" y="${at * 20 + 4}" width="${scaled(number, most)}" height="13"/><text class="value" x="${LEFT + scaled(number, most) + 5}" y="${at * 20 + 15}">${grouped(number)}</text>`;
  });
  const legend = ranges
    .map(({ title: range }, at) => `<span class="key range${at}"></span>${esc(range[lang])}`)
    .join(" ");
  return figure(title[lang], height, bands.join("") + bars.join(""), legend);
}

function stackedBars({ rows, columns }: AnswerTable, { title, label, values }: Chart, lang: Lang): string {
  const parts = rows.filter(({ sum }) => !sum);
  const totals = values.map((value) => parts.reduce((all, { cells }) => all + drawn(cells[value]), 0));
  const most = Math.max(1, ...totals);
  const bars = values.map((value, at) => {
    let from = 0;
    const y = at * 34 + 4;
    const segments = parts.map(({ cells }, part) => {
      const [start, end] = [scaled(from, most), scaled(from + drawn(cells[value]), most)];
      from += drawn(cells[value]);
      const width = Math.round((end - start) * 10) / 10;
      return width <= 0 ? "" : `<rect class="part${part}" x="${LEFT + start}" y="${y}" width="${width}" height="24"/>`;
    });
    const total = totals[at] ?? 0;
    return `<text class="name" x="${LEFT - 8}" y="${y + 16}">${esc(columns[value]?.title[lang] ?? "")}</text>${segments.join("")}<text class="value" x="${LEFT + scaled(total, most) + 5}" y="${y + 16}">${esc(money(total, lang))}</text>`;
  });
  const legend = parts
    .map(({ cells }, part) => [cells, part] as const)
    .filter(([cells]) => values.some((value) => drawn(cells[value]) > 0))
    .map(
      ([cells, part]) =>
        `<span class="key part${part}"></span>${esc(cellText(cells[label] ?? null, columns[label] ?? { kind: "text", title }, lang))}`,
    )
    .join(" ");
  return figure(title[lang], values.length * 34 + 8, bars.join(""), legend);
}

const PARTS = ["#27496d", "#b5532d", "#6a8d73", "#c9a227", "#7a5c86", "#4f9da6", "#8c8c8c", "#a23e48", "#5b7fbd"];
const STYLE = `
:root{--ink:#1c1f23;--soft:#5d656e;--line:#d5d9de;--paper:#fff;--tint:#f5f6f8;--breaches:#a4262c;--deviates:#8a5a00;--ambiguous:#5b4b9a;--cannot-tell:#57606a;--meets:#1f6f43;--range0:#e3e9f0;--range1:#bcd0e4;--bar:#27496d}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa3ad;--line:#3a4047;--paper:#16191d;--tint:#1f2429;--breaches:#f08a8f;--deviates:#e0b25a;--ambiguous:#b3a6ee;--cannot-tell:#a9b2bb;--meets:#7cc79c;--range0:#252c34;--range1:#34465a;--bar:#7fa6d0}}
*{box-sizing:border-box}
html{font-size:15px}
body{margin:0 auto;max-width:62rem;padding:2rem 1.25rem 4rem;color:var(--ink);background:var(--paper);line-height:1.6;font-family:"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3{font-family:"Noto Serif CJK SC","Source Han Serif SC","Songti SC","STSong","SimSun",Georgia,serif;line-height:1.3;font-weight:700}
h1{font-size:1.8rem;margin:0 0 .3rem}
h2{font-size:1.35rem;margin:2.6rem 0 .8rem;padding-bottom:.3rem;border-bottom:2px solid var(--ink)}
h3{font-size:1.1rem;margin:1.8rem 0 .6rem}
h4{font-size:1rem;margin:0;font-weight:600}
h5{font-size:.85rem;margin:.8rem 0 .2rem;color:var(--soft);font-weight:600}
a{color:inherit}
header{border-bottom:1px solid var(--line);padding-bottom:.8rem}
.day,.small,.where,.legend{color:var(--soft);font-size:.87rem;margin:.3rem 0}
.counts{display:flex;flex-wrap:wrap;gap:.6rem;list-style:none;padding:0;margin:.8rem 0}
.counts li{flex:1 1 7rem;border:1px solid var(--line);border-top:3px solid currentColor;padding:.5rem .8rem}
.counts b{display:block;font-size:1.7rem;line-height:1.2}
table.wide{width:100%;border-collapse:collapse;font-size:.85rem;margin:.6rem 0}
th,td{text-align:left;vertical-align:top;padding:.28rem .5rem;border-bottom:1px solid var(--line)}
thead th{border-bottom:1.5px solid var(--ink);font-weight:600;vertical-align:bottom}
.n{text-align:right}
tr.sum td{font-weight:700;border-top:1.5px solid var(--ink);background:var(--tint)}
.group{margin:1rem 0 .3rem}
.gravest td:nth-child(2){width:44%}
.sources .digest{font-family:ui-monospace,Consolas,monospace;font-size:.72rem;color:var(--soft);word-break:break-all}
nav ol{columns:2;column-gap:2rem;font-size:.9rem;padding-left:1.3rem}
nav li{break-inside:avoid;margin:.15rem 0}
.badge{display:inline-block;font-size:.76rem;font-weight:600;line-height:1.5;padding:0 .45em;margin-right:.5em;border:1px solid currentColor;border-radius:2px;white-space:nowrap}
.tally{font:600 .74rem/1.4 system-ui,sans-serif;white-space:nowrap;margin-left:.3em}
.badge.breaches,.tally.breaches,.counts .breaches{color:var(--breaches)}
.badge.deviates,.tally.deviates,.counts .deviates{color:var(--deviates)}
.badge.ambiguous,.tally.ambiguous,.counts .ambiguous{color:var(--ambiguous)}
.badge.cannot-tell,.tally.cannot-tell,.counts .cannot-tell{color:var(--cannot-tell)}
.badge.meets,.tally.meets,.counts .meets{color:var(--meets)}
article{border-left:3px solid var(--line);padding:.5rem 0 .5rem .9rem;margin:.8rem 0;break-inside:avoid}
article.breaches{border-color:var(--breaches)}article.deviates{border-color:var(--deviates)}article.ambiguous{border-color:var(--ambiguous)}article.cannot-tell{border-color:var(--cannot-tell)}article.meets{border-color:var(--meets)}
.number{color:var(--soft);font-weight:400;margin-right:.6em}
code{font-family:ui-monospace,Consolas,monospace;font-size:.92em}
dl{display:flex;flex-wrap:wrap;gap:.2rem 1.8rem;margin:.3rem 0;font-size:.92rem}
dl div{display:flex;gap:.5em}dt{color:var(--soft)}dd{margin:0;font-weight:600}
details{margin:.4rem 0}summary{cursor:pointer;color:var(--soft);font-size:.87rem}
details.trace ol,details.trace ul{margin:.2rem 0;padding-left:1.5rem;font-size:.88rem}
details.more{border-top:1px solid var(--line);padding-top:.4rem}
small{color:var(--soft)}
figure{margin:1rem 0;break-inside:avoid}figcaption{font-weight:600;font-size:.95rem;margin-bottom:.3rem}
svg{width:100%;height:auto;display:block;font-size:12px}
svg text{fill:var(--ink)}svg .name{text-anchor:end}svg .tick{text-anchor:middle;fill:var(--soft);font-size:10.5px}
svg .bar{fill:var(--bar)}svg .bar.meets{fill:var(--meets)}svg .bar.deviates{fill:var(--deviates)}svg .bar.breaches{fill:var(--breaches)}svg .bar.cannot-tell{fill:var(--cannot-tell)}svg .bar.ambiguous{fill:var(--ambiguous)}
.range0{fill:var(--range0);background:var(--range0)}.range1{fill:var(--range1);background:var(--range1)}
.key{display:inline-block;width:.9em;height:.9em;margin:0 .4em 0 .8em;vertical-align:-.08em;border:1px solid var(--line)}
${PARTS.map((colour, at) => `.part${at}{fill:${colour};background:${colour}}`).join("")}
@page{size:A4;margin:16mm 14mm 18mm}
@media print{html{font-size:11.5px}body{max-width:none;padding:0}h2,h3,h4{break-after:avoid}.break{break-before:page}tr{break-inside:avoid}thead{display:table-header-group}nav{display:none}a{text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
details.trace>summary,details.trace .inputs,details.trace .parameters{display:none}
details.trace::details-content{content-visibility:visible;display:block;block-size:auto}}
`;
