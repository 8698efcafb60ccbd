import { useEffect } from 'react'
import { useLocation } from 'react-router'

/** Scrolls to the part of the page that the address names: the browser looks for it before the page is loaded. Returns the part. */
export function useHashScroll(): string {
  const { hash } = useLocation()
  useEffect(() => {
    if (hash !== '') document.getElementById(hash.slice(1))?.scrollIntoView()
  }, [hash])
  return hash
}
