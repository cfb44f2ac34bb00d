/** A value as JSON text, as `JSON.stringify` writes it. A backplane stores and returns it unchanged. */
export type JsonText = string
