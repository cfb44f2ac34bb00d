/** WebDriver's names of special keys. */
export const keys = { enter: '\uE007', escape: '\uE00C', tab: '\uE004', space: ' ' } as const

/** WebDriver's input for keys that are pressed in sequence. */
export function keyActions(pressed: readonly string[]): unknown[] {
  const actions = pressed.flatMap((value) => [
    { type: 'keyDown', value },
    { type: 'keyUp', value },
  ])
  return [{ type: 'key', id: 'keyboard', actions }]
}
