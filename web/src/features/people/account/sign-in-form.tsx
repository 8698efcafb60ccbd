import { Alert, Button, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { ApiError } from '../../../lib/client/api.ts'
import { Form } from '../../../lib/forms/form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import { EmailInput, PasswordField } from '../../../lib/ui/account/account-fields.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { supportsPasskeys, usePasskeySignIn } from './factors/passkeys.ts'
import { ProviderButton } from './factors/provider-sign-in.tsx'
import { useSendCode, useSignIn } from './sign-in.ts'

type Props = {
  email?: string
  action: string
  next: string
  onDone: () => void
  children?: ReactNode
}

export function SignInForm({ email: known, action, next, onDone, children }: Props) {
  const signIn = useSignIn()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  if (signIn.data?.twoFactorRedirect === true) return <CodeForm action={action} onDone={onDone} />
  const submit = () => {
    signIn.mutate(
      { email: known ?? email, password },
      { onSuccess: ({ twoFactorRedirect }) => twoFactorRedirect === true || onDone() },
    )
  }
  return (
    <Form onSubmit={submit}>
      {children}
      <EmailInput
        value={known ?? email}
        onChange={setEmail}
        autoFocus={known === undefined}
        readOnly={known !== undefined}
      />
      <PasswordField value={password} onChange={setPassword} />
      {signIn.error === null ? null : <Problem error={signIn.error} text={t('Wrong email or password.')} />}
      <Button type="submit" loading={signIn.isPending} fullWidth>
        {action}
      </Button>
      {supportsPasskeys() ? <PasskeyButton action={action} onDone={onDone} /> : null}
      <ProviderButton action={action} next={next} />
    </Form>
  )
}

function PasskeyButton({ action, onDone }: Pick<Props, 'action' | 'onDone'>) {
  const signIn = usePasskeySignIn()
  return (
    <>
      <Button
        variant="default"
        fullWidth
        loading={signIn.isPending}
        onClick={() => signIn.mutate(undefined, { onSuccess: onDone })}
      >
        {t('{action} with a passkey', { action })}
      </Button>
      {signIn.error === null ? null : <Problem error={signIn.error} text={t('No account here has this passkey.')} />}
    </>
  )
}

function CodeForm({ action, onDone }: Pick<Props, 'action' | 'onDone'>) {
  const sendCode = useSendCode()
  const [code, setCode] = useState('')
  const submit = () => sendCode.mutate(code, { onSuccess: onDone })
  return (
    <Form onSubmit={submit}>
      <TextInput
        label={t('Code')}
        description={t('From your authenticator app, or a recovery code')}
        autoComplete="one-time-code"
        required
        autoFocus
        maxLength={50}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      {sendCode.error === null ? null : <Problem error={sendCode.error} text={t('This code is wrong or was used.')} />}
      <Button type="submit" loading={sendCode.isPending} fullWidth>
        {action}
      </Button>
    </Form>
  )
}

function Problem({ error, text }: { error: Error; text: string }) {
  if (!(error instanceof ApiError) || error.status !== 401) return <LoadError of={{ error }} />
  return (
    <Alert color="red" variant="light" role="alert">
      {text}
    </Alert>
  )
}
