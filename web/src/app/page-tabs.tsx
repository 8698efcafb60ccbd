import { Tabs } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { scrollSideways } from '../lib/scroll-sideways.ts'
import classes from './tabs.module.css'

type PageTabsProps = {
  readonly words: readonly (readonly [name: string, word: string])[]
  readonly chosen: string
  readonly onChange: (name: string | null) => void
  /** Id of the chosen part's element. */
  readonly controls: string
}

export function PageTabs({ words, chosen, onChange, controls }: PageTabsProps) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    scrollSideways(list.current, list.current?.querySelector(`[data-name="${chosen}"]`))
  }, [chosen])
  return (
    <Tabs value={chosen} onChange={onChange}>
      <Tabs.List className={classes.tabs} ref={list}>
        {words.map(([name, word]) => (
          <Tabs.Tab key={name} value={name} data-name={name} aria-controls={controls}>
            {word}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  )
}
