/**
 * Texts by name. The names come from clients: a name that is not there is `undefined`, `constructor`
 * included.
 */
export interface TextRecord extends Record<string, string> {}

/**
 * Makes an empty record. An object of `Object.create(null)` would be a hash table, of a kilobyte for a usual
 * set of headers.
 */
export const TextRecord: new () => TextRecord = /* @__PURE__ */ bare()

/** Empty record, shared by the requests that have no parameters, query or cookies. */
export const none: Readonly<TextRecord> = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ new TextRecord())

function bare(): new () => TextRecord {
  function Bare(): void {}
  Bare.prototype = Object.create(null)
  return Bare as unknown as new () => TextRecord
}
