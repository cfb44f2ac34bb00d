import { hueOf, initials } from './names.ts'

type Child = Node | string | false | null

/** Finds an element of index.html by id, and checks its type. */
export function part<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`unable to find #${id}: the page has no such ${kind.name}`)
}

/** Makes an element. Text is inserted as text, so text from other people never becomes markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  element.append(...children.filter((child) => child !== false && child !== null))
  return element
}

/** Makes a button with a click handler. */
export function makeButton(className: string, child: Child, act: () => void): HTMLButtonElement {
  const button = make('button', className, child)
  button.type = 'button'
  button.addEventListener('click', act)
  return button
}

/** Makes an icon from a symbol of index.html; screen readers announce its label. */
export function icon(name: string, label: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `#${name}`)
  svg.classList.add(`icon-${name}`)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  svg.append(use)
  return svg
}

/** Makes an avatar: the initials of a person on the person's colour. */
export function avatar(name: string): HTMLElement {
  const element = make('span', 'avatar', initials(name))
  element.style.setProperty('--hue', String(hueOf(name)))
  element.setAttribute('aria-hidden', 'true')
  return element
}

/** Sets the text of an element only when it differs, because screen readers announce each assignment. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Replaces the children, and changes only the differences: kept elements keep their focus, animation and
 * scroll position.
 */
export function arrange(parent: Element, wanted: readonly Element[]): void {
  const keep = new Set(wanted)
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove()
  wanted.forEach((child, i) => {
    const there = parent.children[i] ?? null
    if (there !== child) parent.insertBefore(child, there)
  })
}
