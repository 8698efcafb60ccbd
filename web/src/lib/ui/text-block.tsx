import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { bytes } from '../numbers.ts'
import { CopyIcon } from './copy-button.tsx'
import classes from './text-block.module.css'

/** Text longer than this is cut until somebody asks to see all. */
const CUT = 8000

type Props = { text: string; label: string; plain?: boolean }

/** Foreign text (bodies, answers, tracebacks): always shown as text, long ones cut with a way to see all. */
export function TextBlock({ text, label, plain = false }: Props) {
  const [whole, setWhole] = useState(false)
  const isCut = text.length > CUT && !whole
  return (
    <div className={classes.frame}>
      <pre className={plain ? classes.plain : classes.block} aria-label={label} tabIndex={0}>
        {visible(isCut ? text.slice(0, CUT) : text)}
      </pre>
      <div className={classes.copy}><CopyIcon value={text} what={label.toLowerCase()} /></div>
      {isCut ? (
        <Group p="xs" gap="xs">
          <Text size="xs" c="dimmed">Cut after {bytes(CUT)} of {bytes(text.length)}.</Text>
          <Button size="compact-xs" variant="default" onClick={() => setWhole(true)}>Show all</Button>
        </Group>
      ) : null}
    </div>
  )
}

/** Control characters become their pictures, so that nothing hides; line breaks and tabs stay. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this replaces
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (character) =>
    character === '\r' ? '' : character === '\u007f' ? '\u2421' : String.fromCharCode(0x2400 + character.charCodeAt(0)))
    // Bidirectional overrides could make text read as what it is not.
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}
