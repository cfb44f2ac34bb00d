// Draws line charts as SVG.
import { colours, grey, ink, linearAxis, round, rule, short, svg, text } from './svg.mjs'

const height = 400
const plot = { left: 76, right: 770, top: 92, bottom: 338 }
const dashes = ['', '7 4', '2 3', '10 3 2 3']

/**
 * Draws lines. `x` and `y` are `{ label, log, max? }`; `series` are `{ name, points: [[x, y], …] }`. On an axis
 * with `log`, values of 0 are left out.
 */
export function lineChart({ title, description, x, y, series }) {
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
  return svg({ title, description, height }, [
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
  ])
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
  return linearAxis(largest, [from, to])
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
  `<line x1="${plot.left}" y1="${round(y)}" x2="${plot.right}" y2="${round(y)}" stroke="${rule}"/>`,
  text({ x: plot.left - 10, y: y + 4, fill: grey, anchor: 'end' }, label),
]

const columnOf = (x, label) => [
  `<line x1="${round(x)}" y1="${plot.bottom}" x2="${round(x)}" y2="${plot.bottom + 5}" stroke="${grey}"/>`,
  text({ x, y: plot.bottom + 22, fill: grey, anchor: 'middle' }, label),
]
