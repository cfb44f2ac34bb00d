import { describe, expect, test } from 'vitest'
import { clientAddress, networkOf } from '../../src/transport/remote-address.ts'
import { admitted } from '../support/request-handler.ts'

describe('the address of a client behind proxies (SEC-26)', () => {
  test('is that of the peer, whatever the client claims, until proxies are trusted', () => {
    const { handshake } = admitted({}, { headers: { 'x-forwarded-for': '198.51.100.1' } })
    expect(handshake.remoteAddress).toBe('192.0.2.7')
  })

  test('is the item that the outermost trusted proxy has added', () => {
    const headers = { 'x-forwarded-for': '6.6.6.6, 198.51.100.1,10.0.0.2' }
    expect(admitted({ trustProxy: 1 }, { headers }).handshake.remoteAddress).toBe('10.0.0.2')
    expect(admitted({ trustProxy: 2 }, { headers }).handshake.remoteAddress).toBe('198.51.100.1')
  })

  test.each([
    ['without the header', undefined, 2, '10.0.0.9'],
    ['with fewer items than proxies', '198.51.100.1', 3, '198.51.100.1'],
    ['with an item that is no address', '198.51.100.1, unknown', 2, '10.0.0.9'],
    ['with an empty header', '', 1, '10.0.0.9'],
    ['with an empty item', '198.51.100.1,', 1, '10.0.0.9'],
    ['with a name', 'evil.example', 1, '10.0.0.9'],
    ['with a port', '198.51.100.1:4711', 1, '198.51.100.1'],
    ['with IPv6', '2001:db8::1', 1, '2001:db8::1'],
    ['with IPv6 and a port', '"x", [2001:db8::1]:443', 1, '2001:db8::1'],
    ['with text after an address', '198.51.100.1\u0000x', 1, '10.0.0.9'],
  ])('%s: %j', (_case, header, proxies, address) => {
    expect(clientAddress('10.0.0.9', header, proxies)).toBe(address)
  })

  test('a header of 64 KiB takes no time', () => {
    const started = performance.now()
    clientAddress('10.0.0.9', ','.repeat(65_536), 1_000_000)
    clientAddress('10.0.0.9', '1.1.1.1,'.repeat(8_192), 8_000)
    clientAddress('10.0.0.9', ':'.repeat(65_536), 1)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test.each([true, -1, 1.5, Number.NaN, '1'])('`trustProxy: %j` is refused at start', (trustProxy) => {
    expect(() => admitted({ trustProxy: trustProxy as never }, {})).toThrow(
      /^unable to serve the hub: the option 'trustProxy' is .*; give the number of proxies/,
    )
  })
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64'],
  ['2001:db8:0:1:bbbb:0:0:2', '2001:db8:0:1::/64'],
  ['2001:DB8::', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'],
  ['1:2', '1:2'],
  ['client:7', 'client:7'],
  ['', ''],
])('limits count the address %j as %j', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
