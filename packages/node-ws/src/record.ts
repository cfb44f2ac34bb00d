/** Texts by name. Names are data: what is not there is `undefined`, also `constructor`. */
export interface TextRecord extends Record<string, string> {}

function Bare(): void {}
Bare.prototype = Object.create(null)

/** Makes an empty one. From `Object.create(null)` it would be a hash table, of a kilobyte for usual headers. */
export const TextRecord: new () => TextRecord = Bare as unknown as new () => TextRecord

/** Nothing, for those many requests that have none. */
export const none: Readonly<TextRecord> = Object.freeze(new TextRecord())
