// Draws line charts as SVG, readable on light and dark pages: each chart brings its own background, as the other
// images of the docs do.
const width = 820
const height = 400
const plot = { left: 76, right: 770, top: 92, bottom: 338 }
/** Characters that fit beside each other. */
const longestTitle = 86
const colours = ['#2458a6', '#9a5b00', '#1c7550', '#8a2c6b']
const dashes = ['', '7 4', '2 3', '10 3 2 3']
const ink = '#1f2937'
const grey = '#6b7280'
const sans = 'ui-sans-serif, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'

/**
 * Draws lines. `x` and `y` are `{ label, log, max? }`; `series` are `{ name, points: [[x, y], …] }`. On an axis
 * with `log`, values of 0 are left out.
 */
export function lineChart({ title, description, x, y, series }) {
  if (title.length > longestTitle) throw new RangeError(`unable to draw: the title is too long: ${title}`)
  const shown = series.map(({ name, points }) => ({
    name,
    points: points.filter(([px, py]) => (!x.log || px > 0) && (!y.log || py > 0)),
  }))
  const all = shown.flatMap(({ points }) => points)
  const across = axis(
    all.map(([px]) => px),
    x,
    [plot.left, plot.right],
  )
  const up = axis(
    all.map(([, py]) => py),
    y,
    [plot.bottom, plot.top],
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escaped(title)}</title>`,
    `<desc id="d">${escaped(description)}</desc>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12" fill="#fbfaf7" stroke="#e2ded3"/>`,
    text({ x: 24, y: 32, size: 15, weight: 600, fill: ink }, title),
    ...legend(shown),
    text({ x: plot.left, y: plot.top - 10, fill: grey }, y.label),
    text({ x: (plot.left + plot.right) / 2, y: height - 18, fill: grey, anchor: 'middle' }, x.label),
    ...up.ticks.flatMap((value) => rowOf(up.place(value), short(value))),
    ...across.ticks.flatMap((value) => columnOf(across.place(value), short(value))),
    ...shown.flatMap(({ points }, index) =>
      line(
        points.map(([px, py]) => [across.place(px), up.place(py)]),
        index,
      ),
    ),
    '</svg>',
    '',
  ].join('\n')
}

/** The ticks of an axis, and the place of a value on it. */
function axis(values, { log, max }, [from, to]) {
  const largest = max ?? Math.max(...values)
  if (log) {
    const least = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
    const most = Math.max(least + 1, Math.ceil(Math.log10(largest) - 1e-9))
    const ticks = Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i))
    return { ticks, place: (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from) }
  }
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

function legend(series) {
  let at = 24
  return series.flatMap(({ name }, index) => {
    const start = at
    at += 34 + name.length * 7.2 + 22
    return [
      stroke(
        [
          [start, 54],
          [start + 26, 54],
        ],
        index,
      ),
      text({ x: start + 34, y: 58, fill: ink }, name),
    ]
  })
}

function line(places, index) {
  const dots = places.map(
    ([cx, cy]) => `<circle cx="${round(cx)}" cy="${round(cy)}" r="3.4" fill="${colours[index]}"/>`,
  )
  return [stroke(places, index), ...(places.length > 24 ? [] : dots)]
}

const stroke = (places, index) =>
  `<path d="M${places.map(([px, py]) => `${round(px)} ${round(py)}`).join('L')}" fill="none" stroke="${colours[index]}" stroke-width="2"${dashes[index] === '' ? '' : ` stroke-dasharray="${dashes[index]}"`} stroke-linejoin="round"/>`

const rowOf = (y, label) => [
  `<line x1="${plot.left}" y1="${round(y)}" x2="${plot.right}" y2="${round(y)}" stroke="#e2ded3"/>`,
  text({ x: plot.left - 10, y: y + 4, fill: grey, anchor: 'end' }, label),
]

const columnOf = (x, label) => [
  `<line x1="${round(x)}" y1="${plot.bottom}" x2="${round(x)}" y2="${plot.bottom + 5}" stroke="${grey}"/>`,
  text({ x, y: plot.bottom + 22, fill: grey, anchor: 'middle' }, label),
]

const text = ({ x, y, size = 12.5, weight = 400, fill, anchor = 'start' }, content) =>
  `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}" font-weight="${weight}" font-family="${sans}">${escaped(content)}</text>`

/** A number as a reader wants it: `1 000`, `0.01`, `1 million`. */
function short(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(4))} million`
  if (value >= 1e3) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ')
  return String(Number(value.toPrecision(4)))
}

const round = (value) => Number(value.toFixed(1))
const escaped = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
