import { describe, expect, test } from 'vitest'
import { address, addressKind } from '../../src/vocabulary/address.ts'
import { UsageError } from '../../src/vocabulary/errors.ts'

describe('addresses built from names', () => {
  test('are what their names say, and of their kind (P-AD-1)', () => {
    expect(address.everyone).toBe('*')
    expect(address.room('public:lobby')).toBe('#public:lobby')
    expect(address.user('alice')).toBe('@alice')
    expect(address.session('s9fK2b_x')).toBe('~s9fK2b_x')
    const built = [address.everyone, address.room('é'), address.user('*'), address.session('#')]
    expect(built.map(addressKind)).toEqual(['everyone', 'room', 'user', 'session'])
  })

  test.each(['', 'a\nb', '\ud800', 'x'.repeat(256), 'é'.repeat(128)])('are not built from %j', (name) => {
    for (const build of [address.room, address.user, address.session])
      expect(() => build(name)).toThrow(UsageError)
  })

  test.each([undefined, null, 7, {}])('are not built from %j, which JavaScript lets through', (name) => {
    expect(() => address.room(name as never)).toThrow(
      'unable to build a room address: the name must be 1–255 bytes of text without control characters',
    )
  })
})

test.each([[undefined], [null], [7], [{}], [['#a']]])('%j, which is no text, is no address', (value) => {
  expect(addressKind(value as never)).toBe(null)
})
