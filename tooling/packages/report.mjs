// Prints the results of test-packages: a line for each result, and all failures again at the end.

/** Collects the results of all parts. */
export class Report {
  #failures = []
  #count = 0
  #part = ''

  /** Starts a part, to which the following results belong. */
  begin(part) {
    this.#part = part
    console.log(`\n${part}`)
  }

  get failures() {
    return this.#failures
  }

  get count() {
    return this.#count
  }

  /**
   * Adds a result: the checked thing, the problem (empty if there is no problem), and the command that
   * repeats it.
   */
  say(what, problem = '', again = '') {
    this.#count++
    console.log(`  ${problem === '' ? 'ok    ' : 'FAILED'} ${what}`)
    if (problem === '') return
    this.#failures.push({ part: this.#part, what, again })
    console.log(indented(problem))
    if (again !== '') console.log(indented(`again: ${again}`))
  }

  /** Adds the result of a command. Returns `true` when it succeeded. */
  ran(what, { ok, output, again }) {
    this.say(what, ok ? '' : output.trim() || 'it failed without output', again)
    return ok
  }

  /** Adds a skipped check with the reason. With `mustNot` the skip is a failure. */
  skip(what, reason, mustNot = false) {
    if (mustNot) return this.say(what, reason)
    console.log(`  skip   ${what}: ${reason}`)
  }

  /** Prints all failures, and the totals. */
  end(seconds) {
    console.log('')
    for (const { part, what, again } of this.#failures) {
      console.log(`FAILED ${part}: ${what}${again === '' ? '' : `\n  again: ${again}`}`)
    }
    const verdict = this.#failures.length === 0 ? 'all passed' : `${this.#failures.length} FAILED`
    console.log(`test-packages: ${this.#count} checks in ${seconds} s, ${verdict}`)
  }
}

function indented(text) {
  return text.replace(/^/gm, '         ')
}
