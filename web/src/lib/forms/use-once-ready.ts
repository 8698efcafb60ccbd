import { useEffect, useRef, useState } from 'react'

/**
 * Acts now, or as soon as it is ready: who asks before that need not ask again. What is ready only because something
 * failed is for the person to see first.
 */
export function useOnceReady(isReady: boolean, isFailed: boolean, act: () => void) {
  const [isWaiting, setWaiting] = useState(false)
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (!isWaiting || !isReady) return
    setWaiting(false)
    if (!isFailed) latest.current()
  }, [isWaiting, isReady, isFailed])
  return { begin: isReady ? act : () => setWaiting(true), isWaiting }
}
