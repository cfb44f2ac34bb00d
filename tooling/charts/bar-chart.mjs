// Draws bar charts as SVG, a bar a line.
import { colours, grey, ink, linearAxis, round, rule, svg, text, width } from './svg.mjs'

const plot = { left: 268, right: 640, top: 76 }
const line = 28
const bar = 16
const others = '#9aa5b5'

/**
 * Draws bars. `bars` are `{ name, value, min, max, note, strong }`: the spread is a thin line over the bar, the note
 * stands behind it, and strong bars are coloured. `label` names the values.
 */
export function barChart({ title, description, label, bars }) {
  const bottom = plot.top + bars.length * line
  const axis = linearAxis(Math.max(...bars.map(({ value, max }) => Math.max(value, max ?? 0))), [
    plot.left,
    plot.right,
  ])
  return svg({ title, description, height: bottom + 40 }, [
    text({ x: 24, y: 56, fill: grey }, label),
    ...axis.ticks.flatMap((value) => tick(axis.place(value), { value, bottom })),
    ...bars.flatMap((one, i) => barOf(one, { axis, y: plot.top + i * line + (line - bar) / 2 })),
  ])
}

const tick = (x, { value, bottom }) => [
  `<line x1="${round(x)}" y1="${plot.top}" x2="${round(x)}" y2="${bottom}" stroke="${rule}"/>`,
  text({ x, y: bottom + 20, fill: grey, anchor: 'middle' }, String(Number(value.toPrecision(4)))),
]

function barOf({ name, value, min, max, note, strong }, { axis, y }) {
  const middle = y + bar / 2
  const [from, to] = [plot.left, axis.place(value)]
  const parts = [
    text({ x: 24, y: middle + 4.5, weight: strong ? 600 : 400, fill: ink }, name),
    `<rect x="${from}" y="${round(y)}" width="${round(Math.max(1, to - from))}" height="${bar}" rx="2" fill="${strong ? colours[0] : others}"/>`,
    text({ x: width - 24, y: middle + 4.5, weight: strong ? 600 : 400, fill: ink, anchor: 'end' }, note),
  ]
  if (min !== undefined && max > min)
    parts.push(
      `<line x1="${round(axis.place(min))}" y1="${middle}" x2="${round(axis.place(max))}" y2="${middle}" stroke="${ink}" stroke-width="1.5"/>`,
    )
  return parts
}
