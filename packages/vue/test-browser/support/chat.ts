import { connect, readStreams } from '@chat/browser'
import type { Client } from '@chat/core'
import { onTestFinished, vi } from 'vitest'
import { call, urlOf } from '../../../browser/test-browser/support/control.ts'
import { chatComposables } from '../../src/index.ts'

/** Contract of the tests. */
export interface Chat {
  events: { say: { text: string }; edit: { text: string }; typing: boolean; notice: { title: string } }
  streams: { answer: string }
  calls: { double: { input: number; output: number } }
}

export const composables = chatComposables<Chat>()

/** Starts a hub for one test, and returns its path. */
export async function startHub(): Promise<string> {
  const hub = await call('startHub')
  onTestFinished(() => call('stopHub', hub))
  return hub
}

/** Connects a client for one test. */
export function client(hub: string, user: string): Client<Chat> {
  const made = connect<Chat>(urlOf(hub), { token: user, streams: readStreams })
  onTestFinished(() => made.close())
  return made
}

/** Waits until `check` no longer throws. */
export const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 10_000, interval: 5 })
