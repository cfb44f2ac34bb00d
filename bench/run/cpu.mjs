// Processor time and memory of processes and of the machine, as Linux counts them; `null` elsewhere.
import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds of processor time that a process and its threads have used. */
export function cpuOfProcess(pid) {
  try {
    const folder = `/proc/${pid}/task`
    const nanoseconds = readdirSync(folder).map((task) =>
      Number(readFileSync(`${folder}/${task}/schedstat`, 'utf8').split(' ')[0]),
    )
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1_000
  } catch {
    return null
  }
}

/** Microseconds of processor time that all processes of the machine have used. */
export function cpuOfMachine() {
  try {
    const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split(/\s+/)
    return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks), 0) * 10_000
  } catch {
    return null
  }
}

/** Bytes of memory that a process has. */
export function memoryOfProcess(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1_024
  } catch {
    return null
  }
}
