/**
 * The modules whose size and evaluation are compared: all that a page loads for realtime messages. A page imports
 * `names`, or all of the module.
 */
export const pages = [
  {
    name: 'chat-websocket',
    title: '**@chat/browser/websocket**',
    module: '@chat/browser/websocket',
    names: '{ connect }',
  },
  { name: 'chat', title: '**@chat/browser**, with HTTP', module: '@chat/browser', names: '{ connect }' },
  { name: 'socket-io', title: 'socket.io-client', module: 'socket.io-client' },
  { name: 'phoenix', title: 'phoenix', module: 'phoenix' },
  { name: 'partysocket', title: 'partysocket, which only reconnects', module: 'partysocket' },
]
