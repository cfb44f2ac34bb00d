import { expect, test } from 'vitest'
import { FrameInspector } from '../../src/conformance/protocol/frame-inspector.ts'

const live = { epoch: 'e', at: 0, id: null, top: 0, mode: 'live' }
const welcome = JSON.stringify(['welcome', { streams: { '*': live } }])
const join = '["join",1,"#a"]'
const joined = JSON.stringify(['ok', 1, live])

/** Returns the complaints about one connection. */
function complaints(...hub: readonly unknown[]): string[] {
  const inspector = new FrameInspector()
  inspector.write(join)
  for (const text of hub) inspector.receive(text)
  return [...inspector.complaints]
}

test.each([
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9]', '["msg","#a",4,"e",1,null,"n.1",9,1]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9,null,{"of":"x"}]']],
  [[welcome, joined, '["msg","#a",4,"e",1,"u","s.1",9,0,{"n":1,"yes":true,"no":null}]']],
  [[welcome, joined, '["cast","#a","e",1,"u",null,null,{"of":"x"}]']],
  [
    [
      welcome,
      joined,
      '["cast","#a","e",1,"u"]',
      '["gap","#a","trimmed",["f",7,"x"]]',
      '["msg","#a",8,"e",1,"u","s.1",9]',
    ],
  ],
  [[`${welcome}\n${joined}\n["ping"]\n["pong",1]`]],
])('the inspector accepts frames that a hub may write', (hub) => {
  expect(complaints(...hub)).toEqual([])
})

test.each([
  [['["pong"]']],
  [[welcome, new Uint8Array(2)]],
  [[welcome, welcome]],
  [[`${welcome}\n`]],
  [[welcome, 'x']],
  [[welcome, '["frob"]']],
  [[welcome, joined, joined]],
  [[welcome, '["ok",2]']],
  [[welcome, '["err",1,"strange","x"]']],
  [[welcome, '["err",1,"busy"]']],
  [[welcome, JSON.stringify(['ok', 1, { ...live, at: 1 }])]],
  [[welcome, JSON.stringify(['ok', 1, { ...live, mode: 'gap' }])]],
  [[welcome, JSON.stringify(['ok', 1, { ...live, reason: 'epoch' }])]],
  [[welcome, JSON.stringify(['ok', 1, { ...live, epoch: 'x'.repeat(17) }])]],
  [[welcome, '["msg","#a",1,"e",1,"u","s.1",9]']],
  [[welcome, '["cast","#a","e",1,"u"]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1"]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",1.5]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1","9"]']],
  [[welcome, joined, '["msg","#a",2,"e",1,"u","s.1",9]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9,0]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9,null]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9,null,null]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9,null,[]]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9,null,{"a":{}}]']],
  [[welcome, joined, '["cast","#a","e",1,"u","s","k",{"a":[]}]']],
  [[welcome, joined, '["cast","#a","e",1,"u","s","k",null]']],
  [[welcome, joined, '["msg","#a",1,"e",1,"u","s.1",9]', '["msg","#a",1,"e",1,"u","s.1",9]']],
  [[welcome, joined, '["left","#a","forbidden",""]', '["msg","#a",1,"e",1,"u","s.1",9]']],
  [[welcome, `["pong",1,"${'x'.repeat(320 * 1024)}"]`]],
])('the inspector complains of frames that a hub must not write: %j', (hub) => {
  expect(complaints(...hub)).not.toEqual([])
})
