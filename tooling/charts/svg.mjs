// The parts of charts as SVG. Each chart brings its own background, and the colours of a dark page.
import { withDarkStyle } from './palette.mjs'

export const width = 820
/** Characters that fit beside each other. */
const longestTitle = 86
export const colours = ['#2458a6', '#9a5b00', '#1c7550', '#8a2c6b']
export const ink = '#1f2937'
export const grey = '#6b7280'
export const rule = '#e2ded3'
const sans = 'ui-sans-serif, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'

/** A chart with its background, its title, and its parts. The description is for readers who do not see it. */
export function svg({ title, description, height }, parts) {
  if (title.length > longestTitle) throw new RangeError(`unable to draw: the title is too long: ${title}`)
  const drawn = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escaped(title)}</title>`,
    `<desc id="d">${escaped(description)}</desc>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12" fill="#fbfaf7" stroke="${rule}"/>`,
    text({ x: 24, y: 32, size: 15, weight: 600, fill: ink }, title),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
  return withDarkStyle(drawn)
}

export const text = ({ x, y, size = 12.5, weight = 400, fill, anchor = 'start' }, content) =>
  `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}" font-weight="${weight}" font-family="${sans}">${escaped(content)}</text>`

/** The ticks of an axis from 0, and the place of a value on it. */
export function linearAxis(largest, [from, to]) {
  const step = niceStep(largest / 5)
  const end = Math.ceil(largest / step - 1e-9) * step
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step)
  return { ticks, place: (value) => from + (value / end) * (to - from) }
}

/** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= least - 1e-12)
}

/** A number as a reader wants it: `1 000`, `0.01`, `1 million`. */
export function short(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(4))} million`
  if (value >= 1e3) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ')
  return String(Number(value.toPrecision(4)))
}

export const round = (value) => Number(value.toFixed(1))
const escaped = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
