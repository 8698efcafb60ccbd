import type { ReactNode, Ref } from 'react'

type Props = { label: string; className?: string; children: ReactNode; ref?: Ref<HTMLElement> }

/** Focusable, so that people without a mouse can scroll. */
export function Scrollable({ label, className, children, ref }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section ref={ref} aria-label={label} tabIndex={0} className={className}>
      {children}
    </section>
  )
}
