import { readMessages } from '@chat/core'
import { expect, test } from 'vitest'
import { msg, play } from '../../support/fake-hub.ts'

test('a cursor throws the error of a removal after the messages before it, and then is at its end', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const room = client.join('#a')
    await stage.settle()
    const iterator = readMessages(room)
    stage.hub.at().write(msg('#a', 1), ['left', '#a', 'forbidden', 'banned'])
    await stage.settle()
    await expect(iterator.next()).resolves.toMatchObject({ value: { data: 1 } })
    await expect(iterator.next()).rejects.toMatchObject({ code: 'forbidden', message: 'banned' })
    await expect(iterator.next()).resolves.toEqual({ value: undefined, done: true })
    await expect(readMessages(room).next()).rejects.toMatchObject({ code: 'forbidden' })
  }))

test('a loop over a cursor that waits gets the error of a refusal', () =>
  play(async (stage) => {
    stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
    const client = await stage.connected()
    const next = stage.watch(readMessages(client.join('#a')).next())
    await stage.settle()
    expect(next.error).toMatchObject({ code: 'forbidden' })
  }))

test('a loop over a cursor that its consumer has ended throws nothing when the room ends', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const room = client.join('#a')
    await stage.settle()
    const iterator = readMessages(room)
    await iterator.return?.()
    stage.hub.at().write(['left', '#a', 'forbidden', 'banned'])
    await stage.settle()
    await expect(iterator.next()).resolves.toEqual({ value: undefined, done: true })
  }))
