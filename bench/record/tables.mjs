import { importContender } from '../contenders/all.mjs'
import { pagesTable } from '../pages/report.mjs'
import { table } from '../run/figures.mjs'
import { sectionTable } from '../run/report.mjs'

/** The rows of the overview, and their titles. */
const overview = {
  broadcast: 'a message to a room of 1 000, one at a time',
  'fixed-rate': '… 20 a second',
  'burst-10': '… in bursts of 10',
  'burst-50': '… in bursts of 50',
  'point-to-point': 'a message to a user',
  'request-answer': 'a request and its answer',
  accept: 'a client that connects and joins',
  'idle-memory': 'memory of a silent client',
  'resume-storm': 'a client that comes back',
}

/** Measures that depend little on the load of the machine. */
const shown = ['point', 'last', 'p99', 'cost', 'brokerCost', 'overhead', 'ratio']

/** Returns the tables of the page, as functions by their names. */
export async function tablesOf({ machine, summary, pages }) {
  const sections = await Promise.all(
    summary.map(async (section) => {
      const { scenario, nodes } = section
      const text = await sectionTable(section, shown)
      return [nodes === 1 ? scenario : `${scenario}-${nodes}`, () => text]
    }),
  )
  const ratios = await overviewTable(summary)
  return {
    ...Object.fromEntries(sections),
    machine: () => `Measured on: ${machine}.`,
    overview: () => ratios,
    pages: () => pagesTable(pages),
  }
}

/** How many times less each contender needs than `ws`. */
async function overviewTable(summary) {
  const [{ rows }] = summary.filter(({ nodes }) => nodes === 1)
  const contenders = rows.map(({ contender }) => contender).filter((name) => name !== 'ws')
  const titles = await Promise.all(contenders.map(async (name) => (await importContender(name)).title))
  const lines = Object.entries(overview).map(([scenario, title]) => {
    const section = summary.find((one) => one.scenario === scenario && one.nodes === 1)
    const of = (name) => section.rows.find(({ contender }) => contender === name).ratio.median.toFixed(2)
    return [title, ...contenders.map(of)]
  })
  return table(['', ...titles], lines)
}
