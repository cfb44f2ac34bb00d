/**
 * True if the runtime is Bun, which replaces `ws` by its own: that reports all bytes as written at once,
 * cannot pause, and has no limit of fragments.
 */
export const onBun: boolean = process.versions['bun'] !== undefined

let warned = false

/**
 * Warns on Bun, once in a process; it is no error, because programs such as those of Express can have no
 * other server there.
 */
export function warnOnBun(): void {
  if (!onBun || warned) return
  warned = true
  process.emitWarning(
    "unable to hold slow readers back: Bun replaces `ws` by its own, which does not report waiting bytes, so each slow reader costs the memory of all that it is sent. Take @chat/bun, which uses Bun's sockets",
    'ChatWarning',
  )
}
