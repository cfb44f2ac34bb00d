import type { AppendResult } from '../../backplane/backplane.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { HubContext } from '../context.ts'
import { type Append, type Appended, isFinal } from './append.ts'

const firstRetryDelay = 100
const maxRetryDelay = 5_000

/**
 * The state of a job. `held`: not handed to the log. `open`: the log has it. `early`: the log refused it,
 * because it does not have an earlier job. `unknown`: the log may have stored it. `answered`: decided.
 */
type State = 'held' | 'open' | 'early' | 'unknown' | 'answered'

/** An append, or a step that waits for the appends before it. */
interface Job {
  readonly request: Append | null
  readonly finish: (result: Appended | null) => void
  state: State
  result: Appended | null
  /** True when the log was told of an append before this one. */
  behind: boolean
  /** True once the outcome of an attempt was not known. */
  repeated: boolean
}

/**
 * The appends of one sender to one log that are not answered yet (P-PB-4). They follow one another without
 * waiting, each with the ref of the append before it, so the log stores none before its predecessor. When an
 * outcome is unknown, the lane waits until no append is open, and hands all undecided appends to the log
 * again with the same keys (P-PB-3).
 */
export class AppendLane {
  readonly #context: HubContext
  readonly #address: string
  readonly #onEmpty: () => void
  #jobs: Job[] = []
  #open = 0
  #delay = firstRetryDelay
  #wake: Undo | null = null
  #settling = false
  /** The newest append, when the lane was full: its sender waits. */
  #last: Append | null = null

  /** @param onEmpty - Called when every job was answered: the lane is not used any more. */
  constructor(context: HubContext, address: string, onEmpty: () => void) {
    this.#context = context
    this.#address = address
    this.#onEmpty = onEmpty
  }

  /** Takes the first append, whose answer is under way. */
  adopt(request: Append, answer: MaybePromise<AppendResult>): void {
    const job = this.#add(request)
    this.#watch(job, () => answer)
    this.#continue(request)
  }

  /** Appends after all earlier jobs. */
  append(request: Append): void {
    this.#add(request)
    // While an earlier outcome is unknown, all later appends are held.
    if (this.#jobs.every(({ state }) => state === 'open' || state === 'answered' || state === 'held'))
      this.#issueHeld()
    this.#continue(request)
  }

  /** Calls `then` after the answers to all earlier jobs. */
  afterAnswers(then: () => void): void {
    this.#jobs.push({
      request: null,
      finish: then,
      state: 'answered',
      result: null,
      behind: false,
      repeated: false,
    })
  }

  #add(request: Append): Job {
    const finish = (result: Appended | null): void => {
      if (result !== null) request.answered(result)
    }
    const job: Job = { request, finish, state: 'held', result: null, behind: false, repeated: false }
    this.#jobs.push(job)
    return job
  }

  /** The log recognises as many refs as the window has, so that no more may be undecided. */
  #continue(request: Append): void {
    if (this.#jobs.length < request.key.window) request.next()
    else this.#last = request
  }

  /** Hands all undecided jobs to the log, each behind the one before it. */
  #issueHeld(): void {
    let previousRef: number | undefined
    for (const job of this.#jobs) {
      if (job.request === null || job.state === 'answered') continue
      if (job.state !== 'open') this.#issue(job, job.request, previousRef)
      // The log may answer in the call.
      if (job.result === null) previousRef = job.request.key.ref
    }
  }

  #issue(job: Job, { message, key }: Append, previousRef: number | undefined): void {
    const own = previousRef === undefined ? key : { ...key, previousRef }
    job.behind = previousRef !== undefined
    this.#watch(job, () => this.#context.backplane.append(this.#address, message, own))
  }

  #watch(job: Job, run: () => MaybePromise<AppendResult>): void {
    job.state = 'open'
    this.#open++
    attempt(
      run,
      (result) => this.#answered(job, result),
      (error) => this.#failed(job, error),
    )
  }

  #answered(job: Job, result: AppendResult): void {
    this.#open--
    if (isFinal(result)) {
      job.state = 'answered'
      job.result = job.repeated ? this.#ofRepetition(result) : result
      this.#delay = firstRetryDelay
    } else if (result.outcome === 'early' && job.behind) job.state = 'early'
    else {
      const error = new Error(`unable to append: the log has answered ${result.outcome} to the first append`)
      this.#context.reportBackplane(error, this.#address)
      job.state = 'unknown'
    }
    this.#settle()
  }

  #failed(job: Job, error: unknown): void {
    this.#open--
    job.state = 'unknown'
    job.repeated = true
    this.#context.reportBackplane(error, this.#address)
    this.#settle()
  }

  /**
   * The client may have come back at another node meanwhile, and that node may have stored the message. A
   * message that an attempt of this node has stored counts as stored.
   */
  #ofRepetition(result: Appended): Appended {
    const ours = result.outcome === 'duplicate' && result.by === this.#context.id
    return ours ? { ...result, outcome: 'stored' } : result
  }

  /** Reports the answers in the order of the jobs, and goes on with the undecided jobs. */
  #settle(): void {
    if (this.#settling) return
    this.#settling = true
    for (let job = this.#jobs[0]; job?.state === 'answered'; job = this.#jobs[0]) {
      this.#jobs.shift()
      job.finish(job.result)
      this.#callNext()
    }
    this.#settling = false
    if (this.#jobs.length === 0) this.#onEmpty()
    else if (this.#open === 0) this.#repeat()
  }

  #callNext(): void {
    const last = this.#last
    this.#last = null
    last?.next()
  }

  /** Hands the undecided jobs to the log again: at once, or after a while when an outcome is unknown. */
  #repeat(): void {
    if (this.#context.closed || this.#wake !== null) return
    if (!this.#jobs.some(({ state }) => state === 'unknown')) return this.#issueHeld()
    const { runtime, backplane } = this.#context
    const again = (): void => {
      this.#wake?.()
      this.#wake = null
      if (!this.#context.closed) this.#issueHeld()
    }
    const undo = [runtime.timer(this.#delay, again), backplane.onReconnect(again)]
    this.#delay = Math.min(this.#delay * 2, maxRetryDelay)
    this.#wake = () => {
      for (const cancel of undo) cancel()
    }
  }
}
