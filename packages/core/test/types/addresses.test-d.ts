/*
 * Types of addresses: checked by the compiler alone, never run.
 */
import { address, type Client, type Destination, type Hub, type RoomAddress } from '@chat/core'
import { expectTypeOf } from 'vitest'

/** Only the address of a room can be joined; a name from a variable becomes one. */
export function rooms(client: Client, name: string): void {
  client.join('#lobby')
  client.join(`#${name}`)
  client.join(address.room(name))
  // @ts-expect-error no address: # is missing
  client.join('lobby')
  // @ts-expect-error no room
  client.join('@alice')
  // @ts-expect-error a text that may be anything: use address.room(name)
  client.join(name)
  expectTypeOf(address.room(name)).toEqualTypeOf<RoomAddress>()
}

/** A literal that is no address does not compile; a text from a variable is checked when the program runs. */
export function targets(client: Client, hub: Hub, text: string, known: '#lobby' | '@alice'): void {
  for (const side of [client, hub]) {
    side.to('*')
    side.to('#lobby')
    side.to('@alice')
    side.to('~s1')
    side.to(text)
    side.to(known)
    side.to(`#${text}`)
    side.to(`${text}:${text}`)
    side.to(address.user(text))
  }
  // @ts-expect-error no address
  client.to('lobby')
  // @ts-expect-error no address
  hub.to('alice')
  // @ts-expect-error no address
  hub.to('')
  // @ts-expect-error no address
  hub.to(`room:${text}`)
  // @ts-expect-error no address
  void client.history('lobby')
  void client.history(text)
  const addresses: Destination[] = ['*', '#lobby', '@alice', '~s1']
  for (const each of addresses) hub.to(each)
}
