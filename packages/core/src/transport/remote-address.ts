const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/
const mappedIpv4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i
/** Address of an `X-Forwarded-For` item: IPv4 or IPv6, the latter in brackets when a port follows. */
const item = /^\s*(?:(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?|\[([\da-f:.]+)\](?::\d+)?|([\da-f:.]+))\s*$/i

/**
 * Returns the address of the client behind a number of trusted proxies. Each proxy adds the address of its
 * own peer at the right of the `X-Forwarded-For` header, so the items further to the left are the client's
 * own claim and do not count. An item that is missing or is no IP address ends the search: the address to its
 * right counts.
 *
 * @param peer - Address of the socket's peer.
 * @param header - `X-Forwarded-For`; `undefined` for a request without the header.
 * @param proxies - Number of trusted proxies.
 */
export function clientAddress(peer: string, header: string | undefined, proxies: number): string {
  if (header === undefined) return peer
  let address = peer
  let end = header.length
  for (let left = proxies; left > 0 && end >= 0; left--) {
    const comma = header.lastIndexOf(',', end - 1)
    const found = end === 0 ? null : forwardedAddress(header.slice(comma + 1, end))
    if (found === null) break
    address = found
    end = comma
  }
  return address
}

function forwardedAddress(text: string): string | null {
  const [, v4, bracketed, bare] = item.exec(text) ?? []
  if (v4 !== undefined) return v4
  const v6 = bracketed ?? bare ?? ''
  return groupsOf(v6) === null ? null : v6
}

/**
 * Returns the network that limits count by: an IPv4 address as it is, also when it is mapped to IPv6, and the
 * first 64 bits of an IPv6 address, because a single client has all addresses below them. Any other text is
 * returned as it is.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = mappedIpv4.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const groups = groupsOf(address)
  if (groups === null) return address
  if (isMapped(groups)) return dotted(groups)
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** Returns the eight groups of an IPv6 address; `null` for any other text. */
function groupsOf(address: string): readonly number[] | null {
  const [text = ''] = address.split('%')
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(groupOf)))
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])]
  return groups.every((group) => group <= 0xffff) ? groups : null
}

/** Returns the numbers of a part between two colons: two when it is an IPv4 address; NaN for any other text. */
function groupOf(part: string): number[] {
  if (ipv4.test(part)) {
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  }
  return [/^[\da-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : Number.NaN]
}

const isMapped = (groups: readonly number[]): boolean =>
  groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)

const dotted = ([, , , , , , high = 0, low = 0]: readonly number[]): string =>
  [high >> 8, high & 255, low >> 8, low & 255].join('.')
