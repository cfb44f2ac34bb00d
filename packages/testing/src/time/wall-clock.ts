/** The time of day at the start of a world, in milliseconds since 1970: 1 January 2026 (UTC). */
export const worldStart: number = Date.UTC(2026, 0, 1)
