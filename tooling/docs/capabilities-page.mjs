// The generated parts of docs/capabilities.md.

const capabilities = ['backpressure', 'pause', 'closeCodes', 'detectsLoss']
const lacks = /^the (client|server) declares that it lacks (\w+)$/

/** Of each kind of seam a table of its suites, and what they leave out. */
export function generated(records) {
  return {
    transports: transports(records.filter(({ kind }) => kind === 'transport')),
    backplanes: suites(records.filter(({ kind }) => kind === 'backplane')),
    hubs: suites(records.filter(({ kind }) => kind === 'protocol')),
  }
}

function transports(records) {
  const rows = records.map((record) => {
    const ends = ['server', 'client'].map((side) =>
      capabilities.map((one) => has(record, side, one)).join(' '),
    )
    return [record.suite, record.runtime, ...ends, ...counts(record)]
  })
  return [
    '| suite | runtime | the server’s end | the client’s end | cases passed | left out |',
    '|---|---|---|---|---|---|',
    ...rows.sort().map((row) => `| ${row.join(' | ')} |`),
    '',
    'An end is `b` with backpressure, `p` with pause, `c` with close codes, `l` when it detects loss; `–` stands for what it declares that it lacks.',
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

/** What an end can do, in a letter: what it declares that it lacks is named by the cases that are not asked of it. */
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

/** Each reason once, with the suites it is given by; what an end declares stands in the table. */
function leftOut(records) {
  const reasons = new Map()
  for (const { suite, runtime, skipped } of records)
    for (const [reason, names] of Object.entries(skipped))
      if (!lacks.test(reason))
        reasons.set(reason, [...(reasons.get(reason) ?? []), `${suite} in ${runtime} (${names.length})`])
  if (reasons.size === 0) return ['Nothing else is left out.']
  return [
    'Left out for other reasons:',
    '',
    ...[...reasons]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([reason, where]) => `- *${reason}*: ${where.sort().join(', ')}`),
  ]
}
