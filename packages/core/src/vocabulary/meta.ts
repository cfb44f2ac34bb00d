/**
 * Facts about a message besides its data, at most 2 KiB as JSON. Its sender claims them: the hub checks no
 * value. `of` is the id of an earlier message of the same address that this message is about; `traceparent`
 * and `tracestate` are the W3C trace context. The keys `stream`, `end`, `call`, and those that start with `$`,
 * are kept for the protocol; all other keys are the application's.
 */
export type Meta = Readonly<Record<string, string | number | boolean | null>>
