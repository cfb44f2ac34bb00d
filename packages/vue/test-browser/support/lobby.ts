import type { RoomAddress } from '@chat/core'
import { defineComponent, h, type PropType } from 'vue'
import { composables } from './chat.ts'

const { useRoom, useMessages, usePeople, useTyping, useStatus } = composables

/** Room with what a chat shows. */
export const Lobby = defineComponent({
  props: { address: { type: String as unknown as PropType<RoomAddress | null>, default: null } },
  setup(props) {
    const room = useRoom(() => props.address)
    const { items, send } = useMessages(room, 'say', { edits: 'edit' })
    const { people, state, error } = usePeople(room)
    const { users, type } = useTyping(room, { until: 'say' })
    const { status } = useStatus()
    const textOf = (item: (typeof items.value)[number]): string =>
      item.event === '$gap' ? `gap: ${item.reason}` : `${item.from}: ${item.data?.text} (${item.state})`
    return () =>
      h('section', [
        h('output', { class: 'status' }, status.value),
        h('output', { class: 'state' }, error.value?.code ?? state.value),
        h(
          'ul',
          items.value.map((item) => h('li', { key: item.key }, textOf(item))),
        ),
        h('p', { class: 'people' }, people.value.map(({ user }) => user).join()),
        h('p', { class: 'typing' }, users.value.join()),
        h('button', { class: 'send', onClick: () => send('say', { text: 'hi' }) }),
        h('button', { class: 'type', onClick: type }),
      ])
  },
})
