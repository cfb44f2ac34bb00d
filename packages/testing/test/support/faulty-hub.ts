import type { HubOptions } from '@chat/core'
import {
  dialledSocket,
  type ProtocolSocket,
  protocolCases,
  type WireFrame,
} from '../../src/conformance/index.ts'
import { memoryHub } from './memory-hub.ts'

/** Faults of one connection: the frames that pass in the place of a frame, in either direction. */
export interface FaultyLink {
  /** Frames of the client on their way to the hub. A line that is no frame passes unchanged. */
  up?(frame: WireFrame | string, answer: (frame: WireFrame) => void): readonly (WireFrame | string)[]
  /** Frames of the hub on their way to the client. */
  down?(frame: WireFrame): readonly WireFrame[]
  /** Close code that the client is told. */
  closed?(code: number): number
}

/** A hub that does not keep to the protocol: by its options, or by what its connections do. */
export interface FaultyHub {
  readonly options?: HubOptions
  /** Makes the faults of one connection. */
  link?(): FaultyLink
}

/**
 * Resolves with `true` when a case fails with a faulty hub. The case is the only case whose title begins with
 * the given text. It waits at most `deadline` milliseconds for each step.
 */
export async function fails(
  { options, link }: FaultyHub,
  beginning: string,
  deadline: number,
): Promise<boolean> {
  const { hub, dial } = memoryHub(options)
  const cases = protocolCases({
    name: 'a faulty hub',
    deadline,
    dial: (protocols) => faultySocket(dialledSocket(dial, protocols), link?.() ?? {}),
    refusedTokens: [undefined, '', 'no name'],
    forbiddenRoom: '#staff',
    pendingCall: 'pending',
    clientStream: 'dictation',
    ask: (user, timeout) => {
      hub
        .to(`@${user}`)
        .ask('confirm', null, { timeout })
        .catch(() => {})
    },
    startAnother: async () => {
      const another = memoryHub(options)
      return {
        dial: (protocols) => faultySocket(dialledSocket(another.dial, protocols), link?.() ?? {}),
        end: () => another.hub.close({ deadline: 100 }),
      }
    },
  }).filter(({ name }) => name.startsWith(beginning))
  const [one] = cases
  if (one === undefined || cases.length > 1)
    throw new Error(`unable to choose a case: ${cases.length} begin with ${JSON.stringify(beginning)}`)
  const failed = await one.run().then(
    () => false,
    () => true,
  )
  await hub.close({ deadline: 0 })
  return failed
}

function faultySocket(socket: ProtocolSocket, { up, down, closed }: FaultyLink): ProtocolSocket {
  const heard: ((event: { readonly data: unknown }) => void)[] = []
  const ended: ((event: { readonly code: number; readonly reason: string }) => void)[] = []
  const tell = (frames: readonly WireFrame[]): void => {
    const data = frames.map((frame) => JSON.stringify(frame)).join('\n')
    if (frames.length > 0) for (const listener of heard) listener({ data })
  }
  socket.addEventListener('message', ({ data }) => {
    const frames = String(data)
      .split('\n')
      .map((line) => JSON.parse(line) as WireFrame)
    tell(down === undefined ? frames : frames.flatMap((frame) => down(frame)))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    for (const listener of ended) listener({ code: closed?.(code) ?? code, reason })
  })
  return {
    send(transmission) {
      const lines = String(transmission).split('\n').map(parsed)
      const passed = up === undefined ? lines : lines.flatMap((line) => up(line, (frame) => tell([frame])))
      const texts = passed.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
      if (texts.length > 0) socket.send(texts.join('\n'))
    },
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate?.(),
    pause: () => socket.pause?.(),
    resume: () => socket.resume?.(),
    addEventListener(type: string, listener: never) {
      if (type === 'message') heard.push(listener)
      else if (type === 'close') ended.push(listener)
      else socket.addEventListener(type as 'open', listener)
    },
  }
}

/** Returns a frame of a line, or the line when it is no frame. */
function parsed(line: string): WireFrame | string {
  try {
    const value: unknown = JSON.parse(line)
    return Array.isArray(value) ? (value as unknown as WireFrame) : line
  } catch {
    return line
  }
}
