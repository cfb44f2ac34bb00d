// Writes the generated parts of docs/capabilities.md.

const capabilities = ['backpressure', 'pause', 'closeCodes', 'detectsLoss']
const lacks = /^the (client|server) declares that it lacks (\w+)$/

/** Returns a table of suites for each kind of contract, with the cases that were left out. */
export function generated(records) {
  return {
    transports: transports(records.filter(({ kind }) => kind === 'transport')),
    backplanes: suites(records.filter(({ kind }) => kind === 'backplane')),
    hubs: suites(records.filter(({ kind }) => kind === 'protocol')),
    faults: faults(records.filter(({ kind }) => kind === 'faults')),
  }
}

/** Titles of the table of faults. */
export const faultTitles = [
  'broker',
  'fault',
  'sends',
  'twice',
  'out of order',
  'holes',
  'acknowledged, then lost',
  'sends that failed',
  'gaps that readers were told',
  'longest pause of a sender',
]

/** Returns the cells of a fault. */
export function faultRow(broker, { fault, figures }) {
  const { sends, twice, disordered, holes, lost, failed, told, longestPause } = figures
  const pause = `${(longestPause / 1_000).toFixed(1)} s`
  return [broker, fault, sends, twice, disordered, holes, lost, counted(failed), counted(told), pause]
}

const counted = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${count} \`${name}\``)
    .sort()
    .join(', ') || 'none'

function faults(records) {
  return [
    `| ${faultTitles.join(' | ')} |`,
    `|${'---|'.repeat(faultTitles.length)}`,
    ...records.flatMap(({ suite, rows }) => rows.map((row) => `| ${faultRow(suite, row).join(' | ')} |`)),
  ].join('\n')
}

function transports(records) {
  const rows = records.map((record) => {
    const ends = ['server', 'client'].map((side) =>
      capabilities.map((one) => has(record, side, one)).join(' '),
    )
    return [record.suite, record.runtime, ...ends, ...counts(record)]
  })
  return [
    '| suite | runtime | server’s side | client’s side | cases passed | left out |',
    '|---|---|---|---|---|---|',
    ...rows.sort().map((row) => `| ${row.join(' | ')} |`),
    '',
    '`b`: backpressure, `p`: pause, `c`: close codes, `l`: detection of loss. `–`: a capability that the side declares as missing.',
    '',
    ...leftOut(records),
  ].join('\n')
}

function suites(records) {
  return [
    '| suite | runtime | cases passed | left out |',
    '|---|---|---|---|',
    ...records
      .map((record) => [record.suite, record.runtime, ...counts(record)])
      .sort()
      .map((row) => `| ${row.join(' | ')} |`),
    '',
    ...leftOut(records),
  ].join('\n')
}

/**
 * Returns the letter of a capability, or `–` when the side lacks it: then skipped cases name the lack as
 * their reason.
 */
function has({ skipped }, side, capability) {
  const lacking = Object.keys(skipped).some((reason) => {
    const [, end, what] = lacks.exec(reason) ?? []
    return end === side && what === capability
  })
  return lacking
    ? '–'
    : `\`${{ backpressure: 'b', pause: 'p', closeCodes: 'c', detectsLoss: 'l' }[capability]}\``
}

function counts({ passed, skipped }) {
  const left = Object.values(skipped).reduce((sum, { length }) => sum + length, 0)
  return [passed, left]
}

/** Lists each reason once, with its suites. Declared lacks are in the table. */
function leftOut(records) {
  const reasons = new Map()
  for (const { suite, runtime, skipped } of records)
    for (const [reason, names] of Object.entries(skipped))
      if (!lacks.test(reason))
        reasons.set(reason, [...(reasons.get(reason) ?? []), `${suite} in ${runtime} (${names.length})`])
  if (reasons.size === 0) return ['No other cases are left out.']
  return [
    'Cases that are left out for other reasons:',
    '',
    ...[...reasons]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([reason, where]) => `- *${reason}*: ${where.sort().join(', ')}`),
  ]
}
