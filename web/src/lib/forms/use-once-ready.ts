import { useEffect, useRef, useState } from 'react'

/**
 * Does what was asked for too early as soon as it can be done, so that a person need not ask again; the last that was
 * asked for counts. What can be done only because something failed is for the person to see first.
 */
export function useOnceReady<T>(isReady: boolean, hasFailed: boolean, act: (asked: T) => void) {
  const [asked, setAsked] = useState<{ readonly of: T } | null>(null)
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (asked === null || !isReady) return
    setAsked(null)
    if (!hasFailed) latest.current(asked.of)
  }, [asked, isReady, hasFailed])
  const wait = (of: T) => setAsked({ of })
  return { wait, begin: isReady ? act : wait, isWaiting: asked !== null }
}
