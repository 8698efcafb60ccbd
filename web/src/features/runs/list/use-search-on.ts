import { useEffect, useState } from 'react'
import type { RunList } from './run-list.ts'

const MAX_MS = 3000

/** Stops by itself: each page of a search costs the server time. */
export function useSearchOn(canContinue: boolean, list: RunList | undefined, next: () => void) {
  const [until, setUntil] = useState(() => Date.now() + MAX_MS)
  const [enough, setEnough] = useState(0)
  const found = list?.rows.length ?? 0
  const isOn = list !== undefined && found <= enough && Date.now() < until
  useEffect(() => {
    if (canContinue && isOn) next()
  })
  return {
    isOn,
    stop: () => setUntil(0),
    start: () => {
      setEnough(found)
      setUntil(Date.now() + MAX_MS)
    },
  }
}
