import { useLayoutEffect, useRef, useState } from 'react'

/**
 * Keeps the place of a list: the end while the reader is there, and otherwise the line that the reader sees first.
 * `atEnd` tells that the reader sees the end.
 */
export function usePlace() {
  const [atEnd, setAtEnd] = useState(true)
  const list = useRef<HTMLOListElement>(null)
  const place = useRef<{ line: HTMLElement; top: number } | null>(null)
  useLayoutEffect(() => {
    const { current: box } = list
    const { line, top = 0 } = place.current ?? {}
    if (box) box.scrollTop = line?.isConnected ? line.offsetTop - top : box.scrollHeight
  })
  const onScroll = (): void => {
    const { current: box } = list
    if (!box) return
    const end = box.scrollHeight - box.scrollTop - box.clientHeight < 40
    const lines = [...box.children] as HTMLElement[]
    const line = end ? undefined : lines.find((each) => each.offsetTop + each.offsetHeight > box.scrollTop)
    place.current = line ? { line, top: line.offsetTop - box.scrollTop } : null
    setAtEnd(end)
  }
  return { list, atEnd, onScroll }
}
