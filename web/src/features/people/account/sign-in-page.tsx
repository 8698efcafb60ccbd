import { Alert, Button, Stack } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { type FormEvent, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { ApiError } from '../../../lib/api.ts'
import { useSystem } from '../../../lib/requests/get-system.ts'
import { EmailInput, PasswordField } from '../../../lib/ui/account/account-fields.tsx'
import { AccountFrame } from '../../../lib/ui/account/account-frame.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { useSignIn } from './sign-in.ts'

export function SignInPage() {
  useDocumentTitle('Sign in · Workflows')
  const navigate = useNavigate()
  const [parameters] = useSearchParams()
  const system = useSystem()
  const signIn = useSignIn()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate(
      { email, password },
      { onSuccess: () => navigate(safePath(parameters.get('next')), { replace: true }) },
    )
  }
  return (
    <AccountFrame title="Sign in" text="Run your Python without managing servers.">
      <form onSubmit={submit}>
        <Stack>
          {system.data?.setup_needed ? (
            <Alert color="yellow" variant="light" title="No accounts yet">
              The server printed a link to <code>/setup</code> when it started. Open it to create the first account.
            </Alert>
          ) : null}
          <EmailInput value={email} onChange={setEmail} autoFocus />
          <PasswordField value={password} onChange={setPassword} />
          {signIn.error === null ? null : <SignInProblem error={signIn.error} />}
          <Button type="submit" loading={signIn.isPending} fullWidth>
            Sign in
          </Button>
        </Stack>
      </form>
    </AccountFrame>
  )
}

export function SignInProblem({ error }: { error: Error }) {
  if (!(error instanceof ApiError) || error.status !== 401) return <LoadError error={error} />
  return (
    <Alert color="red" variant="light" role="alert">
      Wrong e-mail or password.
    </Alert>
  )
}

/** Accepts only paths of this app: an external address must not control the redirect after the sign-in. */
function safePath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}
