import { Bar } from './bar.ts'
import { Chat } from './chat.ts'
import { Composer } from './composer.ts'
import { part } from './dom.ts'
import { Log } from './log.ts'
import { isUserName, rememberedName, rememberName } from './names.ts'
import { Sidebar } from './sidebar.ts'

const dialog = part('who', HTMLDialogElement)
const input = part('name', HTMLInputElement)
const known = rememberedName()

let entered = known !== null

part('who-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  if (!isUserName(input.value)) return
  rememberName(input.value)
  // A new name needs a new client, so reload the page.
  if (entered) return location.reload()
  entered = true
  dialog.close()
  start(input.value)
})
// Without a name the dialog cannot be cancelled.
dialog.addEventListener('close', () => entered || ask())
part('who-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close())
part('rename', HTMLButtonElement).addEventListener('click', () => ask())

if (known === null) ask()
else start(known)

function ask(): void {
  part('who-cancel', HTMLButtonElement).hidden = !entered
  input.value = rememberedName() ?? ''
  dialog.showModal()
  input.select()
}

function start(name: string): void {
  rememberName(name)
  let due = false
  const chat = new Chat(name, () => {
    // Render once for all changes of a turn.
    if (due) return
    due = true
    queueMicrotask(() => {
      due = false
      render()
    })
  })
  const views = [new Sidebar(chat), new Bar(chat), new Log(chat), new Composer(chat)]
  const render = (): void => {
    for (const view of views) view.render()
  }
  part('app', HTMLDivElement).hidden = false
  render()
  part('text', HTMLTextAreaElement).focus()
  document.addEventListener('visibilitychange', () => chat.look(document.visibilityState === 'visible'))
  addEventListener('pagehide', () => chat.save())
}
