import { useEffect } from 'react'
import { useLocation } from 'react-router'

/** The browser searches for the element before the page has loaded. */
export function useHashScroll(): string {
  const { hash } = useLocation()
  useEffect(() => {
    if (hash !== '') document.getElementById(hash.slice(1))?.scrollIntoView()
  }, [hash])
  return hash
}
