import { RequestHandler, type RequestOptions } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { hubOf, requestOf } from '../support/request-handler.ts'

function refusals(origins: readonly string[], options: RequestOptions<string> = {}): string[] {
  const told: string[] = []
  const hub = {
    ...hubOf(),
    reportError: (error: unknown, subject: string) => told.push(`${subject}: ${error}`),
  }
  const handler = new RequestHandler<string>(hub, options)
  for (const origin of origins)
    void handler.decideUpgrade(requestOf({ headers: { host: 'localhost:3000', origin } }))
  return told
}

test.each(['http://localhost:5173', 'http://127.0.0.1:5173', 'https://localhost', 'http://[::1]:80'])(
  'a page of %s that is refused is told to the application, with what to write',
  (origin) => {
    const told = refusals([origin, origin, 'http://localhost:1'])
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^origins: .*unable to accept a page of /)
    expect(told[0]).toContain(`origins: ['${origin}']`)
  },
)

test('pages of other machines fill no log, and those of the own origin are not refused', () => {
  expect(
    refusals(['https://evil.example', 'http://localhost.evil.example', 'http://localhost:3000']),
  ).toEqual([])
  expect(refusals(['null', 'http://localhost:5173/\n'])).toEqual([])
  expect(refusals(['http://localhost:5173'], { origins: ['http://localhost:5173'] })).toEqual([])
})
