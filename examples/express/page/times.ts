const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

/** Formats the time of day. */
export const timeOf = (time: number): string => clock.format(time)

/** Formats the day. */
export const dayOf = (time: number): string => day.format(time)
