import type { TransportFixture } from './fixture.ts'
import type { Side, TransportHarness, TransportLack } from './harness.ts'
import type { StartOptions } from './peer.ts'

/** A means or capability that a case needs besides two ends. `near` is the end that acts, `far` its peer. */
type Need =
  | Exclude<TransportLack, 'local server'>
  | 'near local'
  | 'near pause'
  | 'far pause'
  | 'near backpressure'
  | 'near closeCodes'
  | 'near detectsLoss'

/** An obligation of a transport. The suite checks it for each side that it binds. */
export interface TransportCase {
  readonly name: string
  readonly needs?: readonly Need[]
  /** Sides that act, each in a case of its own. Default: both. */
  readonly sides?: readonly Side[]
  /** Options of the server. */
  readonly options?: Partial<StartOptions>
  run(fixture: TransportFixture): Promise<unknown>
}

/** Returns the reason for which a case cannot run on a side; `null` when it can. */
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
  const owner = end === 'near' ? side : peerOf(side)
  const can = capabilities[owner][capability as 'pause' | 'backpressure' | 'closeCodes' | 'detectsLoss']
  return can ? undefined : `the ${owner} declares that it lacks ${capability}`
}

const peerOf = (side: Side): Side => (side === 'client' ? 'server' : 'client')
