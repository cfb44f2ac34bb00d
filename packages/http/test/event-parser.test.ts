import { expect, test } from 'vitest'
import { EventParser } from '../src/client/event-parser.ts'

const stream =
  ': a comment\n\nevent: open\ndata: id\n\ndata: one\ndata:two\ndata\n\nid: 7\nretry: 9\ndatas: no\n\ndata:  x\r\n\r\n'
const events = [
  { type: 'open', data: 'id' },
  { type: '', data: 'one\ntwo\n' },
  { type: '', data: ' x' },
]

test('events are parsed as the standard says', () => {
  expect(new EventParser().push(stream)).toEqual(events)
})

test('the place of a cut between chunks does not matter', () => {
  for (let size = 1; size < 20; size++) {
    const parser = new EventParser()
    const found = []
    for (let from = 0; from < stream.length; from += size)
      found.push(...parser.push(stream.slice(from, from + size)))
    expect(found).toEqual(events)
  }
})

test('an event that is cut off is not delivered', () => {
  expect(new EventParser().push('data: whole\n\ndata: half\n')).toEqual([{ type: '', data: 'whole' }])
})

test('an endless line or event is an error (P-LV-3)', () => {
  const line = new EventParser()
  const event = new EventParser()
  const piece = 'x'.repeat(64 * 1024)

  expect(() => {
    for (let i = 0; i < 10; i++) line.push(piece)
  }).toThrow(RangeError)
  expect(() => {
    for (let i = 0; i < 10; i++) event.push(`data: ${piece}\n`)
  }).toThrow(RangeError)
})
