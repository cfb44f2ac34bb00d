import type { Runtime } from './runtime.ts'

/** Units of work in a turn, after which the turn is over. */
const unitsOfTurn = 256
/** Milliseconds of work in a turn, after which the turn is over. */
const timeOfTurn = 5
/** Units below which a turn is not measured: it is too short to matter. */
const unmeasured = 8
/** Milliseconds after which pages are no longer shared, even while work waits. */
const longestCrowd = 50

/**
 * Shares the event loop between the connections of a hub. Work is done in pieces, and each piece spends
 * units. When the work of a turn is over its bounds, in units or in time, all further work waits for the end
 * of the turn, and then takes its turns round robin: a piece for each owner. Between two turns the event loop
 * reads from all sockets.
 *
 * The order of an owner's pieces stays. An idle hub pays nothing: the end of a turn is only waited for once a
 * turn has done some work.
 */
export class Turns {
  readonly #runtime: Runtime
  /** The pieces that wait. The owner that comes next is the first. */
  readonly #waiting = new Map<object, (() => void)[]>()
  /** Functions to call when no piece waits any more. */
  #afterCrowd: (() => void)[] = []
  #crowded = 0
  /** Functions to call at the end of the turn. */
  #atEnd: (() => void)[] = []
  #units = 0
  /** Time at which the measured turn began; `null` for a turn that is not measured yet. */
  #began: number | null = null
  #scheduled = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** True when the turn has no room for further work. */
  get over(): boolean {
    if (this.#began === null) return false
    return this.#units >= unitsOfTurn || this.#runtime.now() - this.#began >= timeOfTurn
  }

  /** True when the turn has no room for long work: it is over, or pieces of work wait. */
  get crowded(): boolean {
    return this.#waiting.size > 0 || this.over
  }

  /** Counts work of this turn. A unit stands for the work of a frame: 10 to 20 µs. */
  spend(units: number): void {
    this.#units += units
    if (this.#units < unmeasured || this.#began !== null) return
    this.#began = this.#runtime.now()
    this.#schedule()
  }

  /** Lets a piece of work wait for a turn. */
  wait(owner: object, piece: () => void): void {
    const pieces = this.#waiting.get(owner)
    if (pieces === undefined) this.#waiting.set(owner, [piece])
    else pieces.push(piece)
    this.#schedule()
  }

  /** Runs a piece of work now, or lets it wait when the turn is over. */
  run(owner: object, units: number, piece: () => void): void {
    const paid = (): void => {
      this.spend(units)
      piece()
    }
    if (this.over || this.#waiting.has(owner)) this.wait(owner, paid)
    else paid()
  }

  /** Calls back at the end of this turn, after the pieces that still have room in it. */
  atEnd(callback: () => void): void {
    this.#atEnd.push(callback)
    this.#schedule()
  }

  /**
   * Calls back at the end of the turn in which no piece waits any more: results that are shared until then are
   * made once for a crowd that takes many turns. Calls back sooner when the crowd does not end.
   */
  afterCrowd(callback: () => void): void {
    this.#runtime.defer(() => {
      if (this.#waiting.size === 0) return callback()
      if (this.#afterCrowd.length === 0) this.#crowded = this.#runtime.now()
      this.#afterCrowd.push(callback)
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#runtime.defer(() => this.#end())
  }

  #end(): void {
    this.#scheduled = false
    this.#units = 0
    this.#began = this.#runtime.now()
    try {
      while (this.#waiting.size > 0 && !this.over) this.#next()
    } finally {
      // The sockets that are read next have a turn of their own.
      this.#units = 0
      this.#began = null
      if (this.#waiting.size > 0) this.#schedule()
      this.#endCrowd()
      this.#callAtEnd()
    }
  }

  #callAtEnd(): void {
    const callbacks = this.#atEnd
    this.#atEnd = []
    for (const callback of callbacks) callback()
  }

  #next(): void {
    for (const [owner, pieces] of this.#waiting) {
      this.#waiting.delete(owner)
      const piece = pieces.shift()
      if (pieces.length > 0) this.#waiting.set(owner, pieces)
      return piece?.()
    }
  }

  #endCrowd(): void {
    if (this.#waiting.size > 0 && this.#runtime.now() - this.#crowded < longestCrowd) return
    const callbacks = this.#afterCrowd
    this.#afterCrowd = []
    for (const callback of callbacks) callback()
  }
}
