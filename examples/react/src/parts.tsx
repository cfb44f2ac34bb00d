import type { ComponentProps, CSSProperties } from 'react'
import { nameOf } from '../directory.ts'

export const Button = (props: ComponentProps<'button'>) => <button type="button" {...props} />

/** Initials of a user, on a colour of their own. */
export function Avatar({ user }: { readonly user: string | null }) {
  const name = nameOf(user)
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7)
  const style = { '--hue': hue } as CSSProperties
  const initials = name.split(' ').map((part) => part[0])
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {initials}
    </span>
  )
}
