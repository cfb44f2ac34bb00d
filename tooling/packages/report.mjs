// What test-packages prints: a line for each result, and what failed once more at the end.

/** Collects the results of one part. */
export class Report {
  #failures = []
  #count = 0
  #part = ''

  /** The results that follow belong to this part. */
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

  /** One result: what was looked at, and what is wrong with it (nothing when empty), with the line that shows it again. */
  say(what, problem = '', again = '') {
    this.#count++
    console.log(`  ${problem === '' ? 'ok    ' : 'FAILED'} ${what}`)
    if (problem === '') return
    this.#failures.push({ part: this.#part, what, again })
    console.log(indented(problem))
    if (again !== '') console.log(indented(`again: ${again}`))
  }

  /** The result of a command. */
  ran(what, { ok, output, again }) {
    this.say(what, ok ? '' : output.trim() || 'it failed without a word', again)
    return ok
  }

  /** What was not looked at, and why; a failure where `mustNot` holds. */
  skip(what, reason, mustNot = false) {
    if (mustNot) return this.say(what, reason)
    console.log(`  skip   ${what}: ${reason}`)
  }

  /** The last lines. */
  end(seconds) {
    console.log('')
    for (const { part, what, again } of this.#failures) {
      console.log(`FAILED ${part}: ${what}${again === '' ? '' : `\n  again: ${again}`}`)
    }
    const verdict = this.#failures.length === 0 ? 'all well' : `${this.#failures.length} FAILED`
    console.log(`test-packages: ${this.#count} looked at in ${seconds} s, ${verdict}`)
  }
}

function indented(text) {
  return text.replace(/^/gm, '         ')
}
