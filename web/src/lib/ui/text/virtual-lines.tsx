import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import { Scrollable } from '../scrollable.tsx'

type Props = {
  label: string
  count: number
  /** Usual height in pixels. Wrapped lines are measured. */
  height: number
  className?: string | undefined
  follow?: boolean
  jumps?: number
  grows?: boolean
  children: (index: number) => ReactNode
}

const OVERSCAN = 20
const NEAR_END_PX = 80

/** A hundred thousand lines cost as much as a hundred. */
export function VirtualLines({
  label,
  count,
  height,
  className,
  follow = false,
  jumps = 0,
  grows = false,
  children,
}: Props) {
  const box = useRef<HTMLElement>(null)
  const jumped = useRef(0)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
  })
  useFollow(box, follow, count)
  useEffect(() => {
    if (jumps === jumped.current) return
    virtual.scrollToIndex(count - 1, { align: 'end' })
    // During loading, the last line is missing.
    if (!grows) jumped.current = jumps
  }, [virtual, jumps, count, grows])
  const items = virtual.getVirtualItems()
  return (
    <Scrollable ref={box} className={className} label={label}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        <div style={{ position: 'absolute', insetInline: 0, transform: `translateY(${items[0]?.start ?? 0}px)` }}>
          {items.map(({ key, index }) => (
            <div key={key} ref={virtual.measureElement} data-index={index}>
              {children(index)}
            </div>
          ))}
        </div>
      </div>
    </Scrollable>
  )
}

function useFollow(box: RefObject<HTMLElement | null>, follow: boolean, count: number): void {
  const isAtEnd = useRef(true)
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const note = () => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX
    }
    element.addEventListener('scroll', note, { passive: true })
    return () => element.removeEventListener('scroll', note)
  }, [box])
  useEffect(() => {
    if (follow && count > 0 && isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [box, follow, count])
}
