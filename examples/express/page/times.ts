const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

/** Formats the time of day. */
export const timeOf = (time: number): string => clock.format(time)

/** Returns a key of the day; two times on the same local day have the same key. */
export const dayKey = (time: number): string => new Date(time).toDateString()

/** Formats the day: today, yesterday, or a date. */
export function dayOf(time: number, now: number = Date.now()): string {
  const days = Math.round((startOfDay(time) - startOfDay(now)) / 86_400_000)
  if (days === 0 || days === -1) return capital(relative.format(days, 'day'))
  return days < -300 ? date.format(time) : weekday.format(time)
}

const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
