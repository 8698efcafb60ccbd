import { PasswordInput, Textarea } from '@mantine/core'
import { t } from '../../../lib/i18n/t.ts'
import { visible } from '../../../lib/text.ts'
import { Scrollable } from '../../../lib/ui/scrollable.tsx'
import classes from './properties.module.css'

export type ValueEdit = { mode: 'text' | 'json'; text: string; secret: boolean }

type Props = {
  name: string
  edit: ValueEdit
  onChange: (text: string) => void
  onEnter: () => void
  error?: string
  placeholder?: string
  autoFocus?: boolean
  readOnly?: boolean
}

export function ValueInput({ name, edit, onChange, onEnter, error, placeholder, autoFocus, readOnly }: Props) {
  const label = name === '' ? t('Value of the new property') : t('Value of {name}', { name })
  if (edit.secret && edit.mode === 'text') {
    return (
      <PasswordInput
        className={classes.value}
        aria-label={label}
        value={edit.text}
        placeholder={placeholder}
        error={error}
        autoComplete="off"
        styles={MONO}
        autoFocus={autoFocus}
        // Password managers must ignore these values.
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
      value={edit.text}
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

export function JsonValue({ name, text }: { name: string; text: string }) {
  return (
    <Scrollable className={`${classes.json} ${classes.value}`} label={t('Value of {name}, JSON', { name })}>
      {visible(text)}
    </Scrollable>
  )
}

const FONT = { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 }
const MONO = { input: FONT, innerInput: FONT } as const
