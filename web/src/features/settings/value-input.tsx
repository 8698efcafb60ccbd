import { PasswordInput, Textarea } from '@mantine/core'
import { visible } from '../../lib/text.ts'
import { Scrollable } from '../../lib/ui/scrollable.tsx'
import classes from './properties.module.css'

/** A value being edited: text becomes a JSON string, JSON goes out as it was typed. */
export type Draft = {
  mode: 'text' | 'json'
  text: string
  secret: boolean
  /** The revision that it was started from. */
  base: number
}

type Props = {
  name: string
  draft: Pick<Draft, 'mode' | 'text' | 'secret'>
  onChange: (text: string) => void
  onEnter: () => void
  error?: string
  placeholder?: string
  autoFocus?: boolean
  readOnly?: boolean
}

/** The field of a value; a secret's is covered while it is typed. */
export function ValueInput({ name, draft, onChange, onEnter, error, placeholder, autoFocus, readOnly }: Props) {
  const label = `Value of ${name === '' ? 'the new property' : name}`
  if (draft.secret && draft.mode === 'text') {
    return (
      <PasswordInput
        className={classes.value}
        aria-label={label}
        value={draft.text}
        placeholder={placeholder}
        error={error}
        autoComplete="off"
        styles={MONO}
        autoFocus={autoFocus}
        // Password managers offer to save what looks like a sign-in; these are no passwords of a person.
        data-1p-ignore
        data-lpignore="true"
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onEnter()
        }}
      />
    )
  }
  return (
    <Textarea
      className={classes.value}
      aria-label={label}
      value={draft.text}
      placeholder={placeholder}
      error={error}
      autosize
      minRows={1}
      maxRows={8}
      readOnly={readOnly}
      spellCheck={false}
      autoFocus={autoFocus}
      styles={MONO}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.shiftKey) return
        event.preventDefault()
        onEnter()
      }}
    />
  )
}

/** A JSON value, to be read. */
export function JsonValue({ name, text }: { name: string; text: string }) {
  return (
    <Scrollable className={`${classes.json} ${classes.value}`} label={`Value of ${name}, JSON`}>
      {visible(text)}
    </Scrollable>
  )
}

const FONT = { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 }
const MONO = { input: FONT, innerInput: FONT } as const
