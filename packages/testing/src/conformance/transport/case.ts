import type { TransportFixture } from './fixture.ts'
import type { Lack, Side, TransportHarness } from './harness.ts'
import type { StartOptions } from './peer.ts'

/** What a case needs besides two ends. `near` is the end that acts, `far` the other one. */
type Need =
  | Exclude<Lack, 'local server'>
  | 'near local'
  | 'near pause'
  | 'far pause'
  | 'near backpressure'
  | 'near closeCodes'
  | 'near detectsLoss'

/** One obligation of a transport. It is shown once for each side that it binds. */
export interface TransportCase {
  readonly name: string
  readonly needs?: readonly Need[]
  /** Which side acts. Default: first the one, then the other. */
  readonly sides?: readonly Side[]
  /** How the server behaves. */
  readonly options?: Partial<StartOptions>
  run(fixture: TransportFixture): Promise<unknown>
}

/** Why a case cannot be shown on a side; `null` when it can. */
export function skipReason(
  harness: TransportHarness,
  { needs = [] }: TransportCase,
  side: Side,
): string | null {
  for (const need of needs) {
    const reason = lacking(harness, need, side)
    if (reason !== undefined) return reason
  }
  return null
}

function lacking({ lacks = {}, capabilities }: TransportHarness, need: Need, side: Side): string | undefined {
  if (need === 'nowhere' || need === 'cut' || need === 'vanish') return lacks[need]
  if (need === 'near local') return side === 'server' ? lacks['local server'] : undefined
  const [end = '', capability = ''] = need.split(' ')
  const of = end === 'near' ? side : other(side)
  const can = capabilities[of][capability as 'pause' | 'backpressure' | 'closeCodes' | 'detectsLoss']
  return can ? undefined : `the ${of} declares that it lacks ${capability}`
}

const other = (side: Side): Side => (side === 'client' ? 'server' : 'client')
