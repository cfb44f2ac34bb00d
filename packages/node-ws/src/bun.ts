/** Whether this is Bun, which puts a `ws` of its own in the place of the real one. It says at once that everything is written, reads whatever comes, and knows no limit of fragments. */
export const onBun: boolean = process.versions['bun'] !== undefined

let warned = false

/** Says so on Bun, once in a process: there are programs that can have no other server there, such as those of Express. */
export function warnOnBun(): void {
  if (!onBun || warned) return
  warned = true
  process.emitWarning(
    "unable to hold slow readers back: in the place of `ws` Bun puts its own, which does not say what waits, so each of them costs the memory of all it is sent. Take @chat/bun, which uses Bun's sockets",
    'ChatWarning',
  )
}
