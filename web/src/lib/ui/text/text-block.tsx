import { Button, Group, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { t } from '../../i18n/t.ts'
import { bytes } from '../../numbers.ts'
import { visible } from '../../text.ts'
import { CopyIcon } from '../controls/copy-button.tsx'
import { Scrollable } from '../scrollable.tsx'
import classes from './text-block.module.css'
import { VirtualLines } from './virtual-lines.tsx'

/** Characters. Longer text is cut until it is expanded. */
const CUT = 8000
/** The browser need not lay out megabytes in one line. */
const MAX_LINE = 2000
const LINE_PX = 20

type Props = { text: string; label: string }

export function TextBlock({ text, label }: Props) {
  const [whole, setWhole] = useState(false)
  const isLong = text.length > CUT
  return (
    <div className={classes.frame}>
      {isLong && whole ? (
        <LongText text={text} label={label} />
      ) : (
        <Scrollable className={classes.block} label={label}>
          {visible(isLong ? text.slice(0, CUT) : text)}
        </Scrollable>
      )}
      <div className={classes.copy}>
        <CopyIcon value={text} what={label.toLowerCase()} />
      </div>
      {isLong && !whole ? (
        <Group p="xs" gap="xs">
          <Text size="xs" c="dimmed">
            {t('First {CUT} of {length}.', { CUT: bytes(CUT), length: bytes(text.length) })}
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => setWhole(true)}>
            {t('Show all')}
          </Button>
        </Group>
      ) : null}
    </div>
  )
}

function LongText({ text, label }: Props) {
  const lines = useMemo(() => splitLines(text), [text])
  return (
    <VirtualLines label={label} className={classes.block} count={lines.length} height={LINE_PX}>
      {(index) => visible(lines[index] ?? '') || '\u00a0'}
    </VirtualLines>
  )
}

function splitLines(text: string): string[] {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    for (let at = 0; at === 0 || at < line.length; at += MAX_LINE) lines.push(line.slice(at, at + MAX_LINE))
  }
  return lines
}
