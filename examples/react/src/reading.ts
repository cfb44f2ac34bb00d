import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'

/** Calls `markAll` for what is unread while the page is visible. */
export function useReading({ count, markAll }: { count: number; markAll: () => void }): void {
  useEffect(() => {
    const look = (): void => {
      if (count > 0 && document.visibilityState === 'visible') markAll()
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [count, markAll])
}

/** Keeps the place of a list: the end while the reader is there, and otherwise the line that the reader sees first. */
export function usePlace(): { list: RefObject<HTMLOListElement | null>; onScroll: () => void } {
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
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40
    const lines = [...box.children] as HTMLElement[]
    const line = atEnd ? undefined : lines.find((each) => each.offsetTop + each.offsetHeight > box.scrollTop)
    place.current = line ? { line, top: line.offsetTop - box.scrollTop } : null
  }
  return { list, onScroll }
}
