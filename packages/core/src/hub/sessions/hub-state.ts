import { freeResumeInterval } from '../../protocol/limits.ts'
import { Admission } from '../../transport/admission.ts'
import { ExcessShares } from '../connections/excess.ts'
import { TurnFlusher } from '../connections/turn-flusher.ts'
import type { HubContext } from '../context.ts'
import { FeedChecks } from '../delivery/feed-checks.ts'
import { FeedRegistry } from '../delivery/feed-registry.ts'
import { LivingNodes } from '../nodes/living-nodes.ts'
import { PresenceRegistry } from '../presence/presence-registry.ts'
import { resolvePresence } from '../resolve-options.ts'
import { Streams } from '../streams/streams.ts'
import { Backlogs } from './backlog.ts'
import { RateLimiter } from './rate-limiter.ts'
import { SessionExpiry } from './session-expiry.ts'
import { SessionRegistry } from './session-registry.ts'
import type { SessionServices } from './session-services.ts'
import { streamTellers } from './stream-tellers.ts'

/** The state of one hub: its registries and rate limits. */
export class HubState implements SessionServices {
  readonly context: HubContext
  /** The lease of the node, and the list of the living nodes. */
  readonly nodes: LivingNodes
  readonly feeds: FeedRegistry
  /** Looks for messages whose hints were lost. */
  readonly feedChecks: FeedChecks
  readonly presence: PresenceRegistry | null
  /** The streams that the node writes, and those that its clients read. */
  readonly streams: Streams
  /** The sessions of the node. */
  readonly sessions: SessionRegistry
  /** Watches sessions that are not connected. */
  readonly expiry: SessionExpiry
  /** Counts the connections of the node, and refuses those over a limit. */
  readonly admission: Admission
  readonly backlogs: Backlogs = new Backlogs()
  readonly rates: RateLimiter
  readonly streamRates: RateLimiter
  readonly catchUpRates: RateLimiter
  /** Rate limits of resumes, by session. */
  readonly resumeRates: RateLimiter
  /** Resumes that cost their payer nothing, by session. */
  readonly freeResumes: RateLimiter = new RateLimiter(1_000 / freeResumeInterval, 1)
  /** The frames that cost no unit, by payer. */
  readonly excess: ExcessShares
  /** Writes the frames of each turn. */
  readonly flusher: TurnFlusher

  /** @throws UsageError for options of presence that cannot work. */
  constructor(context: HubContext) {
    const { limits, options } = context
    this.context = context
    this.nodes = new LivingNodes(context)
    this.feeds = new FeedRegistry(context, (address) => this.streams.ended(address))
    const { nodes, feeds } = this
    this.streams = new Streams({ context, nodes, feeds, ...streamTellers(context, () => this.sessions) })
    this.feedChecks = new FeedChecks(context, this.feeds)
    this.presence =
      options.presence === undefined
        ? null
        : new PresenceRegistry(
            this,
            resolvePresence(options.presence, context.backplane.capabilities.largestRoom),
          )
    this.sessions = new SessionRegistry(this.feeds)
    this.expiry = new SessionExpiry(context)
    this.admission = new Admission(limits, {
      runtime: context.runtime,
      onExcess: (limit) => context.reportExcess(limit),
    })
    this.rates = new RateLimiter(limits.rate, limits.burst)
    this.streamRates = new RateLimiter(limits.rate, limits.burst)
    this.catchUpRates = new RateLimiter(limits.catchUpRate, limits.catchUpBurst)
    this.resumeRates = new RateLimiter(limits.resumeRate, limits.resumeBurst)
    this.excess = new ExcessShares(limits.burst)
    this.flusher = new TurnFlusher(context.turns)
  }

  /** Forgets idle rate limits, and looks for changes of presence whose hints were lost. */
  check(now: number): void {
    this.rates.sweep(now)
    this.streamRates.sweep(now)
    this.catchUpRates.sweep(now)
    this.resumeRates.sweep(now)
    this.freeResumes.sweep(now)
    this.presence?.check()
  }

  /** Ends presence, takes the node off the list of the living, and closes the backplane. */
  async close(): Promise<void> {
    await this.nodes.close(this.presence?.close() ?? 0)
    await this.context.close()
  }
}
