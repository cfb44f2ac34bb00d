const good = /^[A-Za-z0-9-]{1,32}$/
const saved = 'chat.name'

/** Whether the server takes a name. */
export const isUserName = (name: string): boolean => good.test(name)

/** Who this tab was before: `?user=` of its address, else what it remembers. */
export function rememberedName(): string | null {
  const name = new URLSearchParams(location.search).get('user') ?? sessionStorage.getItem(saved)
  return name !== null && isUserName(name) ? name : null
}

/** Remembers a name for this tab, and shows it in its address. */
export function rememberName(name: string): void {
  sessionStorage.setItem(saved, name)
  const url = new URL(location.href)
  url.searchParams.set('user', name)
  history.replaceState(null, '', url)
}

/** One or two letters for an avatar: `ada-lovelace` is AL. */
export function initials(name: string): string {
  const [first = '', second] = name.split('-').filter((part) => part !== '')
  return (second === undefined ? first.slice(0, 2) : first.slice(0, 1) + second.slice(0, 1)).toUpperCase()
}

/** How many colours style.css has for people. */
const colours = 12

/** The same colour for a name in every tab. */
export function colourOf(name: string): number {
  let hash = 17
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619)
  return ((hash ^ (hash >>> 15)) >>> 0) % colours
}
