import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { bytes } from '../../numbers.ts'
import { visible } from '../../text.ts'
import { CopyIcon } from '../controls/copy-button.tsx'
import { Scrollable } from '../scrollable.tsx'
import classes from './text-block.module.css'

/** Longer text, in characters, is cut until the person chooses to see all. */
const CUT = 8000

type Props = { text: string; label: string }

/** Untrusted text (bodies, answers, tracebacks), always shown as text. Long text is cut, with a button to see all. */
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
            First {bytes(CUT)} of {bytes(text.length)}.
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => setWhole(true)}>
            Show all
          </Button>
        </Group>
      ) : null}
    </div>
  )
}
