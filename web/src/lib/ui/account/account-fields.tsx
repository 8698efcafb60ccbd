import { PasswordInput, TextInput } from '@mantine/core'
import { t } from '../../i18n/t.ts'

/** Must match the server's limit. */
const MIN_PASSWORD = 8

type Props = { value: string; onChange: (value: string) => void; error?: string | undefined }

export function NameInput({ value, onChange, error }: Props) {
  return (
    <TextInput
      label={t('Name')}
      name="name"
      autoComplete="name"
      required
      autoFocus
      maxLength={200}
      error={error}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

type EmailProps = Pick<Props, 'value' | 'error'> & {
  onChange?: (value: string) => void
  autoFocus?: boolean
  readOnly?: boolean
}

export function EmailInput({ value, onChange, error, autoFocus = false, readOnly = false }: EmailProps) {
  return (
    <TextInput
      label={t('Email')}
      type="email"
      name="email"
      autoComplete="username"
      required
      autoFocus={autoFocus}
      readOnly={readOnly}
      error={error}
      value={value}
      onChange={(event) => onChange?.(event.currentTarget.value)}
    />
  )
}

export function PasswordField({ value, onChange, label = t('Password') }: Props & { label?: string }) {
  return (
    <PasswordInput
      label={label}
      name="password"
      autoComplete="current-password"
      required
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

export function NewPasswordField({ value, onChange, error, label = t('Password') }: Props & { label?: string }) {
  return (
    <PasswordInput
      label={label}
      error={error}
      name="new-password"
      autoComplete="new-password"
      description={t('At least {MIN_PASSWORD} characters', { MIN_PASSWORD })}
      minLength={MIN_PASSWORD}
      required
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
