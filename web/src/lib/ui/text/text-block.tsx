import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { bytes } from '../../numbers.ts'
import { visible } from '../../text.ts'
import { CopyIcon } from '../controls/copy-button.tsx'
import { Scrollable } from '../scrollable.tsx'
import classes from './text-block.module.css'

/** Text longer than this is cut until somebody asks to see all. */
const CUT = 8000

type Props = { text: string; label: string }

/** Foreign text (bodies, answers, tracebacks): always shown as text, long ones cut with a way to see all. */
export function TextBlock({ text, label }: Props) {
  const [whole, setWhole] = useState(false)
  const isCut = text.length > CUT && !whole
  return (
    <div className={classes.frame}>
      <Scrollable className={classes.block} label={label}>
        {visible(isCut ? text.slice(0, CUT) : text)}
      </Scrollable>
      <div className={classes.copy}>
        <CopyIcon value={text} what={label.toLowerCase()} />
      </div>
      {isCut ? (
        <Group p="xs" gap="xs">
          <Text size="xs" c="dimmed">
            Cut after {bytes(CUT)} of {bytes(text.length)}.
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => setWhole(true)}>
            Show all
          </Button>
        </Group>
      ) : null}
    </div>
  )
}
