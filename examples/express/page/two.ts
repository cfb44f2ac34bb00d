import { part, say } from './dom.ts'
import { toName } from './names.ts'

/** Answer of `/server`, which only the server of this demo has. */
interface Server {
  readonly startedAt: number
  readonly process: number
  /** Number of messages that were written to the lobby. */
  readonly written: number
  /** True if the server starts again when the page asks for that. */
  readonly restarts: boolean
}

const saved = 'chat.names'
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** Shows two people side by side, each in a page of their own, and the server above them. */
export function showTwo(): void {
  const frames = [part('left', HTMLIFrameElement), part('right', HTMLIFrameElement)]
  names().forEach((name, i) => {
    const frame = frames[i]
    if (frame !== undefined) frame.src = `/?${new URLSearchParams({ user: name })}`
  })
  for (const frame of frames) frame.addEventListener('load', () => remember(frames))
  part('two', HTMLElement).hidden = false
  const restart = part('restart', HTMLButtonElement)
  restart.addEventListener('click', async () => {
    restart.disabled = true
    say(part('server', HTMLSpanElement), 'the server ends, and starts again …')
    await fetch('/restart', { method: 'POST' }).catch(() => {})
  })
  void watch(restart)
}

/** Asks the server about itself every second. */
async function watch(restart: HTMLButtonElement): Promise<void> {
  const server = part('server', HTMLSpanElement)
  let last = 0
  for (;;) {
    const answer = await fetch('/server').catch(() => null)
    if (answer?.status === 404) return
    if (answer?.ok) {
      document.body.classList.add('demo')
      const { startedAt, process, written, restarts }: Server = await answer.json()
      const messages = `${written} ${written === 1 ? 'message' : 'messages'} in the lobby`
      say(server, `process ${process}, started at ${clock.format(startedAt)}, ${messages}`)
      restart.hidden = !restarts
      if (process !== last) restart.disabled = false
      last = process
    } else say(server, 'the server is not running')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

function names(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(saved) ?? '')
  } catch {
    return ['Ada Lovelace', 'Jörg Müller']
  }
}

/** Keeps the names for the next load of the page. */
function remember(frames: readonly HTMLIFrameElement[]): void {
  const shown = frames.map(({ contentWindow }) =>
    toName(new URLSearchParams(contentWindow?.location.search).get('user') ?? ''),
  )
  if (shown.every((name) => name !== null)) sessionStorage.setItem(saved, JSON.stringify(shown))
}
