import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMemo } from 'react'
import { t } from '../../i18n/t.ts'
import { visible } from '../../text.ts'
import { CopyIcon } from '../controls/copy-button.tsx'
import { Scrollable } from '../scrollable.tsx'
import { LineLink, type LineTarget } from './line-link.tsx'
import classes from './text-block.module.css'
import { tracebackParts } from './traceback-parts.ts'

export function Traceback({ text, target }: { text: string; target: LineTarget }) {
  const [isWhole, { open: showAll }] = useDisclosure()
  const parts = useMemo(() => tracebackParts(text.trimEnd().split('\n')), [text])
  const hasOwn = parts.some(({ isLibrary, frames }) => !isLibrary && frames > 0)
  return (
    <div className={classes.frame}>
      <Scrollable className={classes.block} label={t('Traceback')}>
        {parts.map((part, index) =>
          part.isLibrary && hasOwn && !isWhole ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts never change
            <div key={index}>
              <Button size="compact-xs" variant="default" onClick={showAll}>
                {t('Show {frames, plural, one {# library frame} other {# library frames}}', { frames: part.frames })}
              </Button>
            </div>
          ) : (
            part.lines.map((line, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines may repeat, and never change
              <TracebackLine key={`${index} ${at}`} line={line} target={target} />
            ))
          ),
        )}
      </Scrollable>
      <div className={classes.copy}>
        <CopyIcon value={text} what={t('traceback')} />
      </div>
    </div>
  )
}

/** The user's lines in tracebacks and time-limit stacks. */
const PLACE = /^(\s*)(File "[^"]*workflow\.(?:py|ts)", line (\d+))(.*)$/
const SCRIPT_PLACE = /^((?:\s+at .*\(|\s+at (?:async )?)?)(workflow\.ts:(\d+)(?::\d+)?)(.*)$/

function TracebackLine({ line, target }: { line: string; target: LineTarget }) {
  const [, before, place, number, after] = PLACE.exec(line) ?? SCRIPT_PLACE.exec(line) ?? []
  if (place === undefined) return <div>{visible(line) || '\u00a0'}</div>
  return (
    <div>
      {before}
      <LineLink target={target} line={Number(number)}>
        {visible(place)}
      </LineLink>
      {visible(after ?? '')}
    </div>
  )
}
