import { Button, Group, Highlight, Text } from '@mantine/core'
import { useEffect, useMemo } from 'react'
import { LOCALE } from '../../i18n/language.ts'
import { t } from '../../i18n/t.ts'
import { useLiveLogs, useRunLogs } from '../../requests/runs/get-run-logs.ts'
import type { LogLine } from '../../requests/runs/run.ts'
import { visible } from '../../text.ts'
import { clockTime } from '../../time.ts'
import { LoadError } from '../load-error.tsx'
import { splitColours, withoutColours } from './ansi.ts'
import { type LeastLevel, levelOf, linesFrom } from './log-levels.ts'
import classes from './log-view.module.css'
import { VirtualLines } from './virtual-lines.tsx'

type Props = {
  runId: string
  live: boolean
  search?: string
  level?: LeastLevel
  wrap?: boolean
  /** Scrolls to the last line on each change. */
  jumps?: number
}

export function LogView({ runId, live, search = '', level = 'all', wrap = true, jumps = 0 }: Props) {
  const stored = useRunLogs(runId, !live)
  const coming = useLiveLogs(runId, live)
  const pages = stored.data?.pages
  const kept = useMemo(() => pages?.flatMap((page) => page.data), [pages])
  const cut = useMemo(() => findCut(kept ?? []), [kept])
  const all = useMemo(() => (kept === undefined ? coming.lines : placeCut(kept, cut)), [kept, cut, coming.lines])
  const lines = useMemo(() => {
    const wanted = search.toLowerCase()
    const ofLevel = linesFrom(all, level)
    return wanted === '' ? ofLevel : ofLevel.filter(({ text }) => withoutColours(text).toLowerCase().includes(wanted))
  }, [all, search, level])
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = stored
  useEffect(() => {
    // All lines can load: the page contains only the visible ones.
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <>
      <LoadError of={stored} />
      {cut === null ? null : (
        <Text size="sm" px="md" py={6} c="var(--wf-warn)">
          {t(
            'This log is longer than the limit. Its beginning and its end are kept: {dropped} bytes are missing after line {after}.',
            { dropped: cut.dropped, after: cut.after.toLocaleString(LOCALE) },
          )}
        </Text>
      )}
      {kept === undefined ? <LiveNote left={coming.left} isPaused={coming.isPaused} /> : null}
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          {nothingWords({ live, isLoaded: kept !== undefined, isEmpty: all.length === 0 })}
        </Text>
      ) : (
        <LogLines
          label={t('Logs')}
          lines={lines}
          follow={live}
          search={search}
          wrap={wrap}
          jumps={jumps}
          grows={hasNextPage}
        />
      )}
    </>
  )
}

type Cut = { after: number; dropped: string }

function findCut(lines: readonly LogLine[]): Cut | null {
  const last = lines.at(-1)
  if (last?.stream !== 'system') return null
  const found = /^The log was cut .*: (\d+) bytes were dropped after line (\d+)\.$/.exec(last.text)
  return found === null ? null : { dropped: Number(found[1]).toLocaleString(LOCALE), after: Number(found[2]) }
}

function placeCut(lines: readonly LogLine[], cut: Cut | null): readonly LogLine[] {
  return cut === null ? lines : [...lines.slice(0, cut.after), ...lines.slice(-1), ...lines.slice(cut.after, -1)]
}

function LiveNote({ left, isPaused }: { left: number; isPaused: boolean }) {
  if (!isPaused && left === 0) return null
  return (
    <Group px="md" py={6} gap="sm">
      <Text size="sm" c="dimmed">
        {isPaused
          ? t('Paused: other tabs show live logs. This tab continues when you use it.')
          : t('{left} earlier lines appear when the run ends.', { left: left.toLocaleString(LOCALE) })}
      </Text>
      {isPaused ? (
        <Button size="compact-sm" variant="default" onClick={() => window.dispatchEvent(new Event('focus'))}>
          {t('Continue')}
        </Button>
      ) : null}
    </Group>
  )
}

function nothingWords(now: { live: boolean; isLoaded: boolean; isEmpty: boolean }): string {
  if (!now.isEmpty) return t('No matching lines.')
  if (now.live) return t('Waiting for output…')
  return now.isLoaded ? t('No output.') : t('Loading…')
}

type LinesProps = {
  label: string
  lines: readonly LogLine[]
  follow: boolean
  search: string
  wrap?: boolean
  jumps?: number
  grows?: boolean
}

const LINE_PX = 20

export function LogLines({ label, lines, follow, search, wrap = true, jumps = 0, grows = false }: LinesProps) {
  const className = wrap ? classes.lines : `${classes.lines} ${classes.unwrapped}`
  return (
    <VirtualLines
      label={label}
      className={className}
      count={lines.length}
      height={LINE_PX}
      follow={follow}
      jumps={jumps}
      grows={grows}
    >
      {(index) => {
        const line = lines[index]
        return line === undefined ? null : <Line line={line} search={search} />
      }}
    </VirtualLines>
  )
}

function Line({ line, search }: { line: LogLine; search: string }) {
  return (
    <div className={classes.line} data-stream={line.stream} data-level={levelOf(line.text) ?? undefined}>
      <time className={classes.time} dateTime={line.at}>
        {clockTime(line.at)}
      </time>
      <span className={classes.stream}>{line.stream === 'stdout' ? '' : line.stream}</span>
      {search === '' ? (
        <span className={classes.text}>
          {splitColours(line.text).map(({ text, colour, isBold }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text, in its order
            <span key={index} data-colour={colour ?? undefined} data-bold={isBold || undefined}>
              {visible(text)}
            </span>
          ))}
        </span>
      ) : (
        <Highlight component="span" inherit className={classes.text} highlight={search} highlightStyles={MARK}>
          {visible(withoutColours(line.text))}
        </Highlight>
      )}
    </div>
  )
}

const MARK = { background: 'var(--wf-mark)', color: 'inherit' }
