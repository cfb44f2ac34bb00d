/**
 * Keeps Vue from wrapping an object in a proxy, through which its private fields cannot be read: an
 * application may put a client, a room, a hub, an outbox or a store into `ref`, `reactive` or a Pinia store.
 */
export function markRaw(object: object): void {
  Object.defineProperty(object, '__v_skip', { value: true })
}
