import { type FormEvent, type KeyboardEvent, useState } from 'react'

interface ComposerProps {
  readonly text?: string
  readonly label?: string
  readonly onSend: (text: string) => void
  readonly onType?: () => void
  readonly onStop?: () => void
}

/** A line to write: Enter sends it, Shift+Enter begins a new line. */
export function Composer({ text: before = '', label = 'Message', onSend, onType, onStop }: ComposerProps) {
  const [text, setText] = useState(before)
  const change = (next: string): void => {
    setText(next)
    if (next === '') onStop?.()
    else onType?.()
  }
  const send = (event: FormEvent | KeyboardEvent): void => {
    event.preventDefault()
    if (text.trim() === '') return
    onSend(text.trim())
    change('')
  }
  return (
    <form className="composer" onSubmit={send}>
      <textarea
        aria-label={label}
        placeholder="Write a message"
        rows={Math.min(6, text.split('\n').length)}
        maxLength={2_000}
        value={text}
        // biome-ignore lint/a11y/noAutofocus: the line that is edited takes the focus
        autoFocus={before !== ''}
        onFocus={({ target }) => target.setSelectionRange(target.value.length, target.value.length)}
        onChange={({ target }) => change(target.value)}
        onKeyDown={(event) => event.key === 'Enter' && !event.shiftKey && send(event)}
      />
      <button type="submit" disabled={text.trim() === ''}>
        Send
      </button>
    </form>
  )
}
