import type { AnyHub } from './any-hub.ts'
import type { FaultTargets } from './fault-targets.ts'
import type { Fault } from './faults.ts'
import type { WorldBackplane } from './world-backplane.ts'

/** Applies a fault to its target. A fault whose target does not exist has no effect. */
export function applyFault(fault: Fault, targets: FaultTargets): void {
  if ('client' in fault) return applyClientFault(fault, targets)
  if ('hub' in fault) return applyHubFault(fault, targets)
  const { backplane, streams } = targets
  switch (fault.kind) {
    case 'hints':
      return backplane.hints({ lose: fault.lose, double: fault.double }, fault.for)
    case 'answers':
      return backplane.loseAnswers(fault.lose, fault.for)
    case 'wipe':
      return backplane.wipe(fault.for)
    case 'rollback':
    case 'forget':
    case 'trim': {
      const stream = streams[fault.stream % Math.max(1, streams.length)]
      if (stream !== undefined) applyLogFault(fault, stream, backplane)
    }
  }
}

function applyLogFault(
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

function applyClientFault(fault: Extract<Fault, { client: number }>, targets: FaultTargets): void {
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

function applyHubFault(fault: Extract<Fault, { hub: number }>, targets: FaultTargets): void {
  const hub = targets.hubAt(fault.hub)
  if (hub === null) return
  switch (fault.kind) {
    case 'crash':
      return targets.crash(hub, { restart: fault.for, seen: fault.telling })
    case 'drain':
      return drainHub(fault, hub, targets)
    case 'pause':
      return targets.pause(hub, fault.for)
    case 'skew':
      return targets.skew(hub, fault.rate, fault.for)
    case 'clock':
      return targets.shiftClock(hub, fault.ahead, fault.for)
    case 'outage':
      return targets.backplane.outage(fault.for, hub)
  }
}

function drainHub(
  { hub: index, deadline, for: downtime }: Extract<Fault, { kind: 'drain' }>,
  hub: AnyHub,
  targets: FaultTargets,
): void {
  targets.note(`fault: ${hub.node} is drained`)
  void hub.close({ deadline }).then(() => {
    // The hub may have crashed meanwhile, with another incarnation in its place.
    if (targets.hubAt(index) === hub) targets.crash(hub, { restart: downtime })
  })
}
