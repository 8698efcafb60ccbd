import { Link } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { useHashScroll } from '../../../lib/ui/use-hash-scroll.ts'
import classes from './settings-tab.module.css'

export function SectionList({ sections }: { sections: readonly { id: string; word: string }[] }) {
  const hash = useHashScroll()
  return (
    <nav aria-label={t('Sections')} className={classes.list}>
      {sections.map(({ id, word }) => (
        <Link key={id} to={`#${id}`} replace className={classes.link} aria-current={hash === `#${id}`}>
          {word}
        </Link>
      ))}
    </nav>
  )
}
