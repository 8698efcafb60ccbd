import { useEffect } from 'react'
import { Link, useLocation } from 'react-router'
import classes from './settings-tab.module.css'

/** Links to the sections of the page. The section in the address is scrolled to, and marked. */
export function SectionList({ sections }: { sections: readonly { id: string; word: string }[] }) {
  const { hash } = useLocation()
  useEffect(() => {
    // The page is loaded on demand: the browser has looked for the section before it was there.
    if (hash !== '') document.getElementById(hash.slice(1))?.scrollIntoView()
  }, [hash])
  return (
    <nav aria-label="Sections" className={classes.list}>
      {sections.map(({ id, word }) => (
        <Link key={id} to={`#${id}`} replace className={classes.link} aria-current={hash === `#${id}`}>
          {word}
        </Link>
      ))}
    </nav>
  )
}
