import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { bytes } from '../numbers.ts'
import { CopyIcon } from './copy-button.tsx'
import { Scrollable } from './scrollable.tsx'
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

/** Control characters become their pictures, so that nothing hides; line breaks and tabs stay. */
export const visible = (text: string): string => text.replace(HIDDEN, picture)

/** Control characters, and the bidirectional overrides, which make text read as what it is not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this finds
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g
const PICTURES = 0x2400
const DELETE_PICTURE = '\u2421'

function picture(character: string): string {
  if (character === '\r') return ''
  if (character === '\u007f') return DELETE_PICTURE
  return character < ' ' ? String.fromCharCode(PICTURES + character.charCodeAt(0)) : '\ufffd'
}
