import type { RedisAddress } from './client.ts'

/** Returns the function for the option `natMap` of the client: an object, or a function, by `host:port`. */
export function addressMap(map: unknown): (address: RedisAddress) => RedisAddress {
  return (address) => {
    const name = `${address.host}:${address.port}`
    const mapped: unknown =
      typeof map === 'function'
        ? (map as (name: string) => unknown)(name)
        : (map as Record<string, unknown> | undefined)?.[name]
    return (mapped as RedisAddress | null | undefined) ?? address
  }
}
