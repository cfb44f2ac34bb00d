import { Bar } from './bar.ts'
import { Composer } from './composer.ts'
import { part } from './dom.ts'
import { Log } from './log.ts'
import { toName } from './names.ts'
import { Person } from './person.ts'
import { showTwo } from './two.ts'

const name = toName(new URLSearchParams(location.search).get('user') ?? '')
if (name === null) showTwo()
else show(name)

/** Shows the page of one person. */
function show(name: string): void {
  let due = false
  const person = new Person(name, () => {
    // Render once for all changes of a turn.
    if (due) return
    due = true
    queueMicrotask(() => {
      due = false
      render()
    })
  })
  const composer = new Composer(person)
  const views = [new Bar(person, (to) => composer.writeTo(to)), new Log(person), composer]
  const render = (): void => {
    for (const view of views) view.render()
  }
  part('person', HTMLElement).hidden = false
  onRename(person)
  render()
  if (window.top === window) part('text', HTMLTextAreaElement).focus()
}

/** A new name needs a new client, so the page is loaded again. */
function onRename(person: Person): void {
  const { name } = person
  const input = part('name', HTMLInputElement)
  input.addEventListener('change', () => {
    const next = toName(input.value)
    input.value = name
    if (next === null || next === name) return
    person.leave()
    location.search = new URLSearchParams({ user: next }).toString()
  })
  part('rename', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    input.blur()
  })
}
