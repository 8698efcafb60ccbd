import { Button } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import { useAuthorize } from './change-connections.ts'

/** `at`: the service, if several buttons are next to each other. */
export function SignInButton({ id, at }: { id: string; at?: string }) {
  const authorize = useAuthorize()
  const signIn = () =>
    authorize.mutate(id, { onSuccess: ({ url }) => window.location.assign(url), onError: notifyError })
  return (
    <Button size="compact-sm" variant="default" loading={authorize.isPending} onClick={signIn}>
      {at === undefined ? t('Sign in') : t('Sign in to {service}', { service: at })}
    </Button>
  )
}
