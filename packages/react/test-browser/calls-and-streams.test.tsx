import type { StreamReader } from '@chat/core'
import { type ReactElement, useEffect, useState } from 'react'
import { expect, it } from 'vitest'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, eventually, hooks, startHub } from './support/chat.ts'
import { openScreen } from './support/screen.tsx'

const { ChatProvider, useCall, useRoom, useStatus, useStream } = hooks

function Double({ seen = [] }: { readonly seen?: boolean[] }): ReactElement {
  const { call, pending, result, error } = useCall('double')
  seen.push(pending)
  return (
    <button type="button" onClick={() => void call(21)}>
      {pending ? 'pending' : (error?.message ?? result)}
    </button>
  )
}

it('calls the hub, and shows the answer', async () => {
  const hub = await startHub()
  const seen: boolean[] = []
  const screen = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Double seen={seen} />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('button')).toEqual(['']))
  screen.click('button')
  await eventually(() => expect(screen.texts('button')).toEqual(['42']))
  expect(seen).toContain(true)
})

it('shows the error of a call, which rejects nothing', async () => {
  const screen = openScreen(<Double />)
  await eventually(() => expect(screen.texts('button')).toEqual(['']))
  screen.click('button')
  await eventually(() =>
    expect(screen.texts('button')).toEqual(["unable to call 'double': there is no client yet"]),
  )
})

it('shows a stream while it grows, and its end', async () => {
  const hub = await startHub()
  function Answer(): ReactElement {
    const room = useRoom('#lobby')
    const [reader, setReader] = useState<StreamReader<string> | null>(null)
    useEffect(() => room?.on('answer', (given) => setReader(given)), [room])
    const { value, state } = useStream(reader)
    return <output>{`${value} ${state}`}</output>
  }
  const screen = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Answer />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('output')).toEqual(['null null']))
  await eventually(async () => expect(await call('moves', hub)).toEqual(['+#lobby alice']))
  await call('stream', hub, '#lobby', 'answer', ['It ', 'depends', '.'])
  await eventually(() => expect(screen.texts('output')).toEqual(['It depends. done']))
})

it('shows the status, and connects at once when a person wants it', async () => {
  const hub = await startHub()
  function Status(): ReactElement {
    const { status, reconnect } = useStatus()
    return (
      <button type="button" onClick={reconnect}>
        {status}
      </button>
    )
  }
  const screen = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Status />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('button')).toEqual(['connected']))
  await call('refuse', hub)
  await call('reset', hub)
  await eventually(() => expect(screen.texts('button')).toEqual(['reconnecting']))
  await call('admit', hub)
  screen.click('button')
  await eventually(() => expect(screen.texts('button')).toEqual(['connected']))
})
