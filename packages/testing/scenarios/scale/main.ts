import { measureAddresses } from './experiments/addresses.ts'
import { measureDeploy } from './experiments/deploy.ts'
import { measureFailover } from './experiments/failover.ts'
import { measureHotRoom } from './experiments/hot-room.ts'
import { measurePresence } from './experiments/presence.ts'
import { measureStorm } from './experiments/storm.ts'

/*
 * Runs an experiment. `main.mjs <experiment> <size as JSON>` prints the counts as a line of JSON: the same
 * size always gives the same line.
 */
interface Process {
  readonly argv: readonly string[]
  readonly stdout: { write(text: string): void }
}
const { process } = globalThis as unknown as { process: Process }

/** The experiments; `never`, because each has a size of its own. */
const experiments: Readonly<Record<string, (size: never) => Promise<object>>> = {
  addresses: measureAddresses,
  deploy: measureDeploy,
  failover: measureFailover,
  'hot-room': measureHotRoom,
  presence: measurePresence,
  storm: measureStorm,
}

const [, , name = '', size = '{}'] = process.argv
const experiment = experiments[name]
if (experiment === undefined)
  throw new RangeError(
    `unable to run '${name}': no such experiment; there are: ${Object.keys(experiments).join(', ')}`,
  )
process.stdout.write(`${JSON.stringify(await experiment(JSON.parse(size) as never))}\n`)
