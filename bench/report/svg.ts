import type { Plot } from './plot.ts';
import { formatted } from './table.ts';

const [width, height] = [720, 360];
const area = { left: 72, right: 560, top: 44, bottom: 300 };
const ticks = 4;
/** Colours that differ for people who are colour-blind, on light and on dark ground. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 5', '12 4'];

const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 14px; font-weight: 600; }
  .grid { stroke: #d1d9e0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .grid { stroke: #3d444d; }
  }
`;

/** A plot that follows the reader's choice of light or dark. Axes with a range of more than 50 are logarithmic. */
export function svgOf({ title, x, y, series }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const across = scale(
    points.map(([value]) => value),
    area.left,
    area.right,
  );
  const up = scale([0, ...points.map(([, value]) => value)], area.bottom, area.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}</style>`,
    label(area.left, 20, title, 'title'),
    ...across.ticks.map((value) => label(across.at(value), area.bottom + 18, formatted(value), '', 'middle')),
    ...up.ticks.flatMap((value) => [
      `<line class="grid" x1="${area.left}" x2="${area.right}" y1="${up.at(value)}" y2="${up.at(value)}"/>`,
      label(area.left - 8, up.at(value) + 4, formatted(value), '', 'end'),
    ]),
    label((area.left + area.right) / 2, area.bottom + 40, x, '', 'middle'),
    label(area.left - 8, area.top - 8, y, '', 'start'),
    ...series.flatMap(({ name, points: own }, index) => {
      const places = own.map(([one, other]) => [across.at(one), up.at(other)] as const);
      const look = `stroke="${colours[index % colours.length]}" stroke-dasharray="${dashes[index % dashes.length]}"`;
      const legendY = area.top + 8 + index * 20;
      return [
        `<polyline fill="none" stroke-width="2" ${look} points="${places.map((place) => place.join()).join(' ')}"/>`,
        ...places.map(([px, py]) => `<circle r="3" cx="${px}" cy="${py}" fill="${colours[index % colours.length]}"/>`),
        `<line stroke-width="2" ${look} x1="${area.right + 12}" x2="${area.right + 36}" y1="${legendY}" y2="${legendY}"/>`,
        label(area.right + 42, legendY + 4, name),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

function scale(values: readonly number[], from: number, to: number): { ticks: number[]; at(value: number): number } {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const isLogarithmic = low > 0 && high / low > 50;
  const [transform, back] = isLogarithmic ? [Math.log10, (value: number) => 10 ** value] : [Number, Number];
  const [start, end] = [transform(low), transform(high)];
  const span = end - start || 1;
  return {
    ticks: low === high ? [low] : Array.from({ length: ticks + 1 }, (_, index) => back(start + (span * index) / ticks)),
    at: (value) => Math.round((from + ((transform(value) - start) / span) * (to - from)) * 10) / 10,
  };
}

function label(x: number, y: number, text: string, kind = '', anchor = 'start'): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
