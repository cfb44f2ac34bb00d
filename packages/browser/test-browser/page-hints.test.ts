import { expect, it, onTestFinished, vi } from 'vitest'
import { sendPageHints } from '../src/page-hints.ts'

function watched(): { told: string[]; undo: () => void } {
  const told: string[] = []
  const undo = sendPageHints({
    wake: () => told.push('wake'),
    check: () => told.push('check'),
    online: (online) => told.push(online ? 'online' : 'offline'),
    move() {},
  })
  onTestFinished(undo)
  return { told, undo }
}

const show = (persisted: boolean): boolean =>
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted }))

function turn(state: DocumentVisibilityState): void {
  const seen = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  document.dispatchEvent(new Event('visibilitychange'))
  seen.mockRestore()
}

it('wakes and checks when the page comes back', () => {
  const { told } = watched()
  turn('visible')
  expect(told.splice(0)).toEqual(['wake', 'check'])
  show(true)
  expect(told.splice(0)).toEqual(['wake', 'check'])
})

it('tells when the browser goes offline, and when it is online again', () => {
  const { told } = watched()
  dispatchEvent(new Event('offline'))
  dispatchEvent(new Event('online'))
  expect(told).toEqual(['offline', 'online'])
})

it('sends no hint when the page is hidden, or shown for the first time', () => {
  const { told } = watched()
  turn('hidden')
  show(false)
  expect(told).toEqual([])
})

it('stops with its undo', () => {
  const { told, undo } = watched()
  undo()
  dispatchEvent(new Event('online'))
  dispatchEvent(new Event('offline'))
  turn('visible')
  show(true)
  expect(told).toEqual([])
})
