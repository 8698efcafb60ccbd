import { Checkbox, Highlight, Text } from '@mantine/core'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useLayoutEffect, useState } from 'react'
import { Link } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { duration } from '../../../lib/numbers.ts'
import { isBad, type RunSummary } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { exactTime } from '../../../lib/time.ts'
import { useListKeys } from '../../../lib/ui/controls/use-list-keys.ts'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { saidBy } from '../../../lib/ui/runs/said-by.ts'
import { RunStatusLabel } from '../../../lib/ui/runs/status.tsx'
import { useIsNarrow } from '../../../lib/ui/use-is-narrow.ts'
import { wordOf } from '../../../lib/words.ts'
import classes from './run-rows.module.css'

type Props = {
  runs: readonly RunSummary[]
  isNamed: boolean
  wanted: string
  chosen: ReadonlySet<string>
  onChoose: (id: string, isChosen: boolean) => void
  onEnd: () => void
}

const ROW_PX = 43
const NARROW_ROW_PX = 66
const NEAR_END = 40

export function RunRows({ runs, isNamed, wanted, chosen, onChoose, onEnd }: Props) {
  const box = useListKeys()
  const isNarrow = useIsNarrow()
  const top = useTop(box)
  const virtual = useWindowVirtualizer({
    count: runs.length,
    estimateSize: () => (isNarrow ? NARROW_ROW_PX : ROW_PX),
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => runs[index]?.id ?? index,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= runs.length - NEAR_END) onEnd()
  }, [last, runs.length, onEnd])
  return (
    <ul ref={box} className={classes.list} aria-label={t('Runs')} style={{ height: virtual.getTotalSize() + 2 }}>
      {items.map(({ key, index, start }) => {
        const run = runs[index]
        return run === undefined ? null : (
          <li
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            className={classes.item}
            style={{ transform: `translateY(${start - top}px)` }}
          >
            <Row
              run={run}
              name={isNamed ? (run.workflow_name ?? run.workflow_id) : null}
              wanted={wanted}
              isChosen={chosen.has(run.id)}
              onChoose={onChoose}
            />
          </li>
        )
      })}
    </ul>
  )
}

/** The content above can move the list's top. */
function useTop(box: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (box.current !== null) setTop(Math.round(box.current.getBoundingClientRect().top + window.scrollY))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [box])
  return top
}

type RowProps = {
  run: RunSummary
  name: string | null
  wanted: string
  isChosen: boolean
  onChoose: (id: string, isChosen: boolean) => void
}

const Row = memo(function Row({ run, name, wanted, isChosen, onChoose }: RowProps) {
  return (
    <div className={classes.line}>
      <Checkbox
        size="xs"
        className={classes.check}
        aria-label={t('Select the run of {createdAt}', { createdAt: exactTime(run.created_at) })}
        checked={isChosen}
        onChange={(event) => onChoose(run.id, event.currentTarget.checked)}
      />
      <RowLink run={run} name={name} wanted={wanted} />
    </div>
  )
})

function RowLink({ run, name, wanted }: Pick<RowProps, 'run' | 'name' | 'wanted'>) {
  return (
    <Link
      to={`/runs/${run.id}`}
      className={classes.row}
      data-named={name !== null || undefined}
      data-bad={isBad(run) || undefined}
    >
      <Text size="sm" component="div" className={classes.state}>
        <RunStatusLabel run={run} />
        {run.status_code === null ? null : (
          <Text span size="sm" c="dimmed">
            {run.status_code}
          </Text>
        )}
      </Text>
      {name === null ? null : (
        <Text size="sm" fw={500} className="clip" title={name}>
          {visible(name)}
        </Text>
      )}
      <Text size="sm" c={isBad(run) ? undefined : 'dimmed'} className={`clip ${classes.message}`}>
        {run.match === undefined ? visible(saidBy(run)) : <Found match={run.match} wanted={wanted} />}
      </Text>
      <Text size="sm" c="dimmed" className={classes.minor}>
        {wordOf(run.trigger)}
        {run.version === null ? '' : ` · v${run.version}`}
      </Text>
      <Text size="sm" c="dimmed" ta="right" className={classes.minor}>
        {run.duration_ms === null ? '' : duration(run.duration_ms)}
      </Text>
      <Text size="sm" c="dimmed" ta="right">
        <RelativeTime at={run.created_at} />
      </Text>
    </Link>
  )
}

const PLACES = {
  label: t('Label'),
  error: t('Error'),
  request: t('Request'),
  answer: t('Response'),
  log: t('Log'),
} as const

function Found({ match, wanted }: { match: NonNullable<RunSummary['match']>; wanted: string }) {
  return (
    <>
      {PLACES[match.in]}:{' '}
      <Highlight component="span" inherit highlight={visible(wanted)}>
        {visible(match.text)}
      </Highlight>
    </>
  )
}
