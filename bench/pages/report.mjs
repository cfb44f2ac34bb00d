import { pageGoals } from '../goals.mjs'
import { figure, range, table } from '../run/figures.mjs'
import { pages } from './pages.mjs'

/** The title of a page, as Markdown. */
export const titleOf = (name) => pages.find((page) => page.name === name).title

/** The pages as a table, without goals. */
export const pagesTable = (measured) =>
  table(
    ['', 'kB minified', 'kB with Brotli', 'ms to evaluate', '× socket.io-client'],
    measured.map(({ name, minified, brotli, evaluation, ratio }) => [
      titleOf(name),
      ...[minified / 1_000, brotli / 1_000, evaluation].map(figure),
      range(ratio),
    ]),
  )

/** The goals of the pages, as lines of a list. */
export const pagesGoals = (measured) =>
  pageGoals.flatMap(({ page, brotli, evaluation }) => {
    const { brotli: size, ratio } = measured.find(({ name }) => name === page)
    return [
      `- ${titleOf(page)}: ${figure(size / 1_000)} kB, goal at most ${brotli / 1_000}: ${verdict(size <= brotli)}`,
      `- ${titleOf(page)}, evaluation: ${range(ratio)}, goal at most ${evaluation}: ${verdict(ratio.median <= evaluation)}`,
    ]
  })

const verdict = (reached) => (reached ? 'reached' : 'missed')
