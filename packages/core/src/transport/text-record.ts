/** Texts by name. Names are data: what is not there is `undefined`, also `constructor`. */
export interface TextRecord extends Record<string, string> {}

/** Makes an empty one. From `Object.create(null)` it would be a hash table, of a kilobyte for usual headers. */
export const TextRecord: new () => TextRecord = /* @__PURE__ */ bare()

/** Nothing, for those many requests that have none. */
export const none: Readonly<TextRecord> = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ new TextRecord())

function bare(): new () => TextRecord {
  function Bare(): void {}
  Bare.prototype = Object.create(null)
  return Bare as unknown as new () => TextRecord
}
