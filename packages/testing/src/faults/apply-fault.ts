import type { Duration } from '../time/duration.ts'
import type { AnyHub, World, WorldBackplane } from '../world/world.ts'
import type { Fault } from './faults.ts'
import type { LinkControl } from './link-control.ts'

/** What faults can strike, by the numbers that they name. */
export interface Targets extends Pick<World, 'crash' | 'pause' | 'skew'> {
  readonly backplane: WorldBackplane
  /** Notes what happens. */
  note(text: string): void
  /** The streams that there are now. */
  readonly streams: readonly string[]
  hubAt(index: number): AnyHub | null
  clientAt(index: number): { readonly link: LinkControl; sleep(duration: Duration): void } | null
}

/**
 * Lets a fault happen.
 *
 * @internal
 */
export function strike(fault: Fault, targets: Targets): void {
  if ('client' in fault) return strikeClient(fault, targets)
  if ('hub' in fault) return strikeHub(fault, targets)
  const { backplane, streams } = targets
  switch (fault.kind) {
    case 'hints':
      return backplane.hints(fault, fault.for)
    case 'answers':
      return backplane.loseAnswers(fault.lose, fault.for)
    case 'wipe':
      return backplane.wipe(fault.for)
    case 'rollback':
    case 'forget':
    case 'trim': {
      const stream = streams[fault.stream % Math.max(1, streams.length)]
      if (stream !== undefined) strikeStream(fault, stream, backplane)
    }
  }
}

function strikeStream(
  fault: Extract<Fault, { stream: number }>,
  stream: string,
  backplane: WorldBackplane,
): void {
  switch (fault.kind) {
    case 'rollback':
      return backplane.rollback(stream, fault.count, fault.for)
    case 'forget':
      return backplane.forget(stream)
    case 'trim':
      return backplane.trim(stream, fault.keep)
  }
}

function strikeClient(fault: Extract<Fault, { client: number }>, targets: Targets): void {
  const client = targets.clientAt(fault.client)
  if (client === null) return
  const { link } = client
  switch (fault.kind) {
    case 'stall':
      return link.stall(fault.for, fault.direction)
    case 'reset':
      return link.reset(fault.seen)
    case 'cut':
      return link.cut(fault.for)
    case 'refuse':
      return link.refuse(fault.for)
    case 'slow':
      return link.limit(fault.bytesPerSecond, fault.for)
    case 'sleep':
      return client.sleep(fault.for)
    case 'omission':
    case 'repetition':
      return link.misdeliver(fault, fault.for)
  }
}

function strikeHub(fault: Extract<Fault, { hub: number }>, targets: Targets): void {
  const hub = targets.hubAt(fault.hub)
  if (hub === null) return
  switch (fault.kind) {
    case 'crash':
      return targets.crash(hub, { restart: fault.for, seen: fault.telling })
    case 'drain':
      return drain(fault, hub, targets)
    case 'pause':
      return targets.pause(hub, fault.for)
    case 'skew':
      return targets.skew(hub, fault.rate, fault.for)
    case 'outage':
      return targets.backplane.outage(fault.for, hub)
  }
}

function drain(
  { hub: index, deadline, for: downtime }: Extract<Fault, { kind: 'drain' }>,
  hub: AnyHub,
  targets: Targets,
): void {
  targets.note(`fault: ${hub.node} is drained`)
  void hub.close({ deadline }).then(() => {
    // It may have crashed meanwhile, and another be there in its place.
    if (targets.hubAt(index) === hub) targets.crash(hub, { restart: downtime })
  })
}
