import type { Geometry } from "@county/contracts/grids.ts";

/** One place's outline and the grid that serves it; null: none. */
export interface Outline {
  readonly name: string;
  readonly grid: string | null;
  readonly geometry: Geometry;
}

const WIDTH = 960;
const MARGIN = 24;
const LEGEND_ROW = 20;

/**
 * A community's map as SVG: outlines coloured by grid, grey where no grid serves, a legend below. The same map gives
 * the same bytes. Longitude and latitude are drawn flat, true to scale at the middle latitude: enough for a few km.
 */
export function mapPicture(
  title: string,
  grids: readonly { id: string; number: string; label: string }[],
  outlines: readonly Outline[],
): string {
  const rings = outlines.map(({ geometry }) =>
    (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).flat(),
  );
  const points = rings.flat(2);
  const [west, east] = [Math.min(...points.map(([x]) => x as number)), Math.max(...points.map(([x]) => x as number))];
  const [south, north] = [
    Math.min(...points.map(([, y]) => y as number)),
    Math.max(...points.map(([, y]) => y as number)),
  ];
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (WIDTH - 2 * MARGIN) / Math.max((east - west) * shrink, north - south, 1e-9);
  const at = ([x, y]: readonly number[]) =>
    `${(MARGIN + ((x as number) - west) * shrink * scale).toFixed(1)},${(MARGIN + 24 + (north - (y as number)) * scale).toFixed(1)}`;
  const top = MARGIN + 24 + (north - south) * scale + MARGIN;
  const colours = new Map(grids.map(({ id }, i) => [id, `hsl(${Math.round((i * 137.5) % 360)} 60% 72%)`]));
  const colourOf = (grid: string | null) => (grid === null ? "#d9d9d9" : (colours.get(grid) ?? "#d9d9d9"));
  const shapes = outlines.map(
    ({ name, grid }, i) =>
      `<path d="${(rings[i] ?? []).map((ring) => `M${ring.map(at).join("L")}Z`).join("")}" fill="${colourOf(grid)}" fill-rule="evenodd" stroke="#555" stroke-width="1"><title>${escaped(name)}</title></path>`,
  );
  const labels = outlines.flatMap(({ grid }, i) => {
    const label = grids.find(({ id }) => id === grid)?.number;
    const ring = rings[i]?.[0] ?? [];
    const [x, y] = [0, 1].map((axis) => ring.reduce((sum, point) => sum + (point[axis] as number), 0) / ring.length);
    return label === undefined
      ? []
      : [
          `<text x="${at([x as number, y as number]).replace(",", '" y="')}" text-anchor="middle" font-size="11">${label}</text>`,
        ];
  });
  const legend = [
    ...grids.map(({ id, label }) => ({ label, colour: colourOf(id) })),
    ...(outlines.some(({ grid }) => grid === null) ? [{ label: "未划入网格", colour: colourOf(null) }] : []),
  ].map(
    ({ label, colour }, i) =>
      `<rect x="${MARGIN}" y="${(top + i * LEGEND_ROW).toFixed(1)}" width="14" height="14" fill="${colour}" stroke="#555"/><text x="${MARGIN + 22}" y="${(top + i * LEGEND_ROW + 12).toFixed(1)}">${escaped(label)}</text>`,
  );
  const height = Math.ceil(top + legend.length * LEGEND_ROW + MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 4}" font-size="17">${escaped(title)}</text>`,
    ...shapes,
    ...labels,
    ...legend,
    "</svg>",
  ].join("\n");
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
