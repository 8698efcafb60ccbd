import { useEffect, useRef, useState } from 'react'

/** Runs the last early request once it is ready. A failure drops the request: the person must see it first. */
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
