/** Place of a chunk: an entry of the run's log, and the chunk in it. */
export interface RunOffset {
  /** Id of the run. */
  readonly run: string
  /** Epoch of the log. */
  readonly epoch: string
  /** Offset of the entry in the log. */
  readonly at: number
  /** Index of the chunk in the entry. */
  readonly index: number
}

/** Returns an offset as a text without line ends. */
export const encodeOffset = ({ run, epoch, at, index }: RunOffset): string =>
  [epoch, at, index, run].map(encodeURIComponent).join('/')

/** Reads an offset from a client; `null` for a text that is none. */
export function parseOffset(text: string): RunOffset | null {
  const parts = text.split('/')
  const [epoch = '', at = '', index = '', run = ''] = parts.map(decode)
  const isValid = parts.length === 4 && epoch !== '' && run !== '' && isCount(at) && isCount(index)
  return isValid ? { run, epoch, at: Number(at), index: Number(index) } : null
}

const isCount = (text: string): boolean => /^\d{1,15}$/.test(text)

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
