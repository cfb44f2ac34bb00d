/*
 * The numbers of the protocol, each once. Sizes are in bytes of UTF-8, durations in milliseconds. The values
 * that a hub's options can change are defaults here; a client learns those in force from the `welcome`.
 *
 * Sizes are written out and not as products: bundlers keep a product that no code uses, and pages would carry
 * it.
 */

type Numbers<Name extends string> = Readonly<Record<Name, number>>

/** The version of the protocol that this hub and client speak (P-HS-3). */
export const protocolVersion = 1

/** Maximum size of a transmission before the `welcome` (P-HS-2). */
export const helloBytes = 16_384
/**
 * Transmissions before the `welcome`: the `hello`, and a second transmission that waits for the welcome
 * (P-HS-2).
 */
export const helloTransmissions = 2
/** Lengths of a session's id and of its secret, in characters of six bits (P-HS-4). */
export const sessionIdLength = 12
export const secretLength = 24

/** Default maximum size of a frame that a client writes (P-LV-3). */
export const frameBytes = 65_536

/** Defaults of the limits that `welcome` names, and of the hub's own (P-LV-3). */
export const defaultLimits: Numbers<
  | 'frame'
  | 'transmission'
  | 'depth'
  | 'rooms'
  | 'streams'
  | 'inflight'
  | 'rate'
  | 'burst'
  | 'queue'
  | 'replay'
  | 'stalled'
  | 'resumeRate'
  | 'resumeBurst'
  | 'catchUpRate'
  | 'catchUpBurst'
> = {
  frame: frameBytes,
  transmission: 262_144,
  depth: 64,
  rooms: 128,
  streams: 64,
  inflight: 64,
  rate: 50,
  burst: 100,
  queue: 1_048_576,
  replay: 10_000,
  stalled: 15_000,
  resumeRate: 1,
  resumeBurst: 10,
  catchUpRate: 500,
  catchUpBurst: 5_000,
}

/** Bytes of an answer or a replay that cost a unit (P-LV-6, P-LV-7). */
export const unitBytes = 16_384
/**
 * Bytes that the waiting operations of a payer take, above which it is over its rate, and those above which its
 * repetitions are refused, too; and the bytes that each operation counts for besides its text (P-LV-10).
 */
export const waitingBytes = 1_048_576
export const repeatedBytes = 4_194_304
export const operationBytes = 300
/** Time after which a client may come back that was closed for its excess (P-LV-8). */
export const excessPause = 10_000
/** Time after which a session may be resumed again without any cost for its payer (P-LV-7). */
export const freeResumeInterval = 30_000
/** Maximum time for which the `hello` of a fresh session waits for the units that its payer owes (P-LV-7). */
export const helloPatience = 5_000

/** Defaults of the hub's timeouts (P-HS-2, P-HS-3, P-HS-6, P-LV-1). */
export const defaultTimeouts = {
  hello: 5_000,
  policy: 10_000,
  call: 30_000,
  heartbeat: 25_000,
  heartbeatGrace: 10_000,
  session: 120_000,
} as const

/**
 * Defaults of presence: members above which a room is only counted, the grace of a lost connection, the size
 * of a state (P-PR-4, P-PR-5).
 */
export const defaultPresence: Numbers<'max' | 'grace' | 'state'> = {
  max: 200,
  grace: 10_000,
  state: 16_384,
}

/** Maximum size of the meta of a message, as JSON (P-MT-3). */
export const metaBytes = 2_048
/** Unanswered operations besides sends and calls (P-PB-6). */
export const otherInflight = 16
/** Maximum time from the cancel of a call until its answer, and of a stream until its end (P-CN-2, P-SM-9). */
export const cancelPatience = 5_000
/** Duration from the first write of a send, after which a client gives it up as uncertain (P-PB-3). */
export const publishHorizon = 60_000
/** Ids of delivered messages that a client remembers for each log (P-ST-7). */
export const deliveredIds = 512

/** Maximum size of a replay, for each log of a join or `hello` (P-ST-5). */
export const replayBytes = 16_777_216
/** A page of history: messages by default, at most, and their size (P-ST-6). */
export const historyPage: Numbers<'messages' | 'max' | 'bytes'> = {
  messages: 50,
  max: 1_000,
  bytes: 262_144,
}
/** A page of members: members by default, at most, and their size (P-PR-1). */
export const memberPage: Numbers<'members' | 'max' | 'bytes'> = {
  members: 100,
  max: 1_000,
  bytes: 245_760,
}
/** Maximum size of the joins in one `presence` frame; further joins go into further frames. */
export const presenceBytes = 204_800
/** Shortest time between two counts of a room that is only counted (P-PR-4). */
export const countInterval = 1_000

/** Defaults of streams: bytes of a stream, and the time for which an ended stream is kept (P-SM-3, P-SM-10). */
export const defaultStreams: Numbers<'bytes' | 'keep'> = { bytes: 4_194_304, keep: 60_000 }
/** Maximum size of parts that are joined into an entry of a stream, in bytes (P-SM-5). */
export const joinedBytes = 262_144
/** Streams of a client: those that a user has open on a node, and the bytes of each (P-SM-12). */
export const clientStreams: Numbers<'open' | 'bytes'> = { open: 8, bytes: 262_144 }
/** Bytes that an entry of a stream counts for, besides its data as JSON (P-SM-3). */
export const streamEntryBytes = 100
/** Maximum size of the data of a stream's result as JSON; above it the data is `null` (P-SM-7). */
export const resultBytes = 262_144
/** Time after the end of a stream, in which its ender stores the result before others do (P-SM-7). */
export const resultPatience = 5_000
/** Time without an entry after which a hub looks for the writer of a stream, and between two looks (P-SM-8). */
export const orphanInterval = 10_000
/** Time after the start of a hub, in which it takes no writer for gone (P-SM-8). */
export const orphanGrace = 30_000

/** Maximum size of a transmission that a client accepts (P-LV-3). */
export const acceptedBytes = 524_288
/**
 * Maximum size of a message of the hub, and of the answer to a call, so that its frame stays below 320 KiB
 * (P-LV-3).
 */
export const answerBytes = 307_200
/** Maximum size of an error's message and detail, so that its frame stays below 320 KiB (P-LV-3). */
export const errorBytes = 65_536
/**
 * Size of the pieces in which several frames are written, at most 64 KiB (P-LV-4): a stall can be told from a
 * slow reader, and a whole piece passes a slow link before the client takes the connection for dead, since a
 * browser reports whole messages only.
 */
export const pieceBytes = 16_384
/** Casts with a key that are held while they cannot be written; the oldest is dropped first (P-LV-4). */
export const heldCasts: Numbers<'count' | 'bytes'> = { count: 256, bytes: 65_536 }

/** Duration after a close for slowness, until the connection is aborted (P-LV-4). */
export const abortDelay = 2_000
/** Duration without an answer to a send, after which a client asks with a `ping` (P-LV-1). */
export const answerPatience = 5_000
/** Lateness of a client's own timer that counts as sleep (P-LV-1). */
export const lateTimer = 2_000
/**
 * Delays between attempts to connect: the least, the first step, and the maximum; the time after the loss of a
 * connection that has a smaller maximum; and the longest wait for which a hub may ask (P-LV-2).
 */
export const reconnectDelay = {
  least: 100,
  step: 500,
  max: 20_000,
  early: 60_000,
  earlyMax: 5_000,
  longest: 3_600_000,
} as const
/** Duration after which a connection counts as stable (P-LV-2). */
export const stableAfter = 10_000
