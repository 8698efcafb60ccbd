import { Button, Group, Highlight, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useLiveLogs, useRunLogs } from '../../requests/runs/get-run-logs.ts'
import type { LogLine } from '../../requests/runs/run.ts'
import { visible } from '../../text.ts'
import { clockTime } from '../../time.ts'
import { LoadError } from '../load-error.tsx'
import { Scrollable } from '../scrollable.tsx'
import classes from './log-view.module.css'

type Props = {
  runId: string
  live: boolean
  /** Shows only lines that hold this text. */
  search?: string
}

/** A run's output line by line; while it runs, as it is written. */
export function LogView({ runId, live, search = '' }: Props) {
  const stored = useRunLogs(runId, !live)
  const coming = useLiveLogs(runId, live)
  const kept = stored.data?.pages.flatMap((page) => page.data)
  const all = kept ?? coming
  const lines = search === '' ? all : all.filter(({ text }) => text.toLowerCase().includes(search.toLowerCase()))
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = stored
  useEffect(() => {
    // A search goes through all that was written.
    if (search !== '' && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [search, hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <>
      {stored.error === null ? null : <LoadError error={stored.error} retry={() => void stored.refetch()} />}
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          {nothingWords({ search, live, isLoaded: kept !== undefined, isEmpty: all.length === 0 })}
        </Text>
      ) : (
        <Lines lines={lines} follow={live} search={search} />
      )}
      {stored.hasNextPage ? (
        <Group p="xs">
          <Button
            size="compact-sm"
            variant="default"
            loading={stored.isFetchingNextPage}
            onClick={() => void stored.fetchNextPage()}
          >
            Show more lines
          </Button>
        </Group>
      ) : null}
    </>
  )
}

function nothingWords(now: { search: string; live: boolean; isLoaded: boolean; isEmpty: boolean }): string {
  if (!now.isEmpty && now.search !== '') return 'No matching lines.'
  if (now.live) return 'Waiting for output…'
  return now.isLoaded ? 'No output.' : 'Loading…'
}

type LinesProps = { lines: readonly LogLine[]; follow: boolean; search: string }

function Lines({ lines, follow, search }: LinesProps) {
  const box = useFollow(follow, lines.length)
  return (
    <Scrollable ref={box} className={classes.lines} label="Logs">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end, and may repeat
        <div key={index} className={classes.line} data-stream={line.stream}>
          <time className={classes.time} dateTime={line.at}>
            {clockTime(line.at)}
          </time>
          <span className={classes.stream}>{line.stream === 'stdout' ? '' : line.stream}</span>
          <Highlight component="span" inherit className={classes.text} highlight={search} highlightStyles={MARK}>
            {visible(line.text)}
          </Highlight>
        </div>
      ))}
    </Scrollable>
  )
}

const MARK = { background: 'var(--wf-mark)', color: 'inherit' }
const NEAR_END_PX = 80

/** Keeps the newest line in view until the person scrolls up. */
function useFollow(follow: boolean, count: number) {
  const box = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const note = () => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX
    }
    element.addEventListener('scroll', note, { passive: true })
    return () => element.removeEventListener('scroll', note)
  }, [])
  useEffect(() => {
    if (follow && count > 0 && isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [follow, count])
  return box
}
