import { Alert, Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useLocation } from 'react-router'
import { t } from '../../../../lib/i18n/t.ts'
import { useSystem } from '../../../../lib/requests/get-system.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { callAccounts } from './call-accounts.ts'

export function ProviderButton({ action, next }: { action: string; next: string }) {
  const name = useSystem().data?.sign_in_with
  const start = useMutation({
    mutationFn: () => callAccounts<{ url: string }>('/sign-in/oidc', { next }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  if (name === undefined) return null
  return (
    <>
      <Button variant="default" fullWidth loading={start.isPending || start.isSuccess} onClick={() => start.mutate()}>
        {t('{action} with {name}', { action, name })}
      </Button>
      <LoadError of={start} />
    </>
  )
}

const PROBLEMS: Readonly<Record<string, string>> = {
  access_denied: t('The provider did not let you in, or you cancelled.'),
  email_not_found: t('The provider did not say which email address you have.'),
  email_not_verified: t('The provider has not verified your email address.'),
  no_role: t('Your account at the provider has no role here. Ask an owner.'),
  not_invited: t('There is no account and no invitation for your email address. Ask an owner for an invitation.'),
}

export function ProviderProblem() {
  const code = new URLSearchParams(useLocation().search).get('error')
  if (code === null) return null
  return (
    <Alert color="red" variant="light" role="alert">
      {PROBLEMS[code] ?? t('The sign-in by the provider failed. Try again; the server’s log has more.')}
    </Alert>
  )
}
