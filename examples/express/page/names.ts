const good = /^[A-Za-z0-9-]{1,32}$/
const saved = 'chat.name'

/** Returns `true` for a name that the server accepts. */
export const isUserName = (name: string): boolean => good.test(name)

/** Returns the name of this tab: `?user=` in its URL, else the saved name. */
export function rememberedName(): string | null {
  const name = new URLSearchParams(location.search).get('user') ?? sessionStorage.getItem(saved)
  return name !== null && isUserName(name) ? name : null
}

/** Saves a name for this tab, and shows it in the URL. */
export function rememberName(name: string): void {
  sessionStorage.setItem(saved, name)
  const url = new URL(location.href)
  url.searchParams.set('user', name)
  history.replaceState(null, '', url)
}

/** Returns one or two letters for an avatar: `ada-lovelace` becomes AL. */
export function initials(name: string): string {
  const [first = '', second] = name.split('-').filter((part) => part !== '')
  return (second === undefined ? first.slice(0, 2) : first.slice(0, 1) + second.slice(0, 1)).toUpperCase()
}

/** Number of colours for people in style.css. */
const colours = 12

/** Returns the colour of a name, the same in every tab. */
export function colourOf(name: string): number {
  let hash = 17
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619)
  return ((hash ^ (hash >>> 15)) >>> 0) % colours
}
