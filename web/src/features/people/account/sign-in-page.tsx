import { Alert } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useNavigate, useSearchParams } from 'react-router'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { useSystem } from '../../../lib/requests/get-system.ts'
import { AccountFrame } from '../../../lib/ui/account/account-frame.tsx'
import { ProviderProblem } from './factors/provider-sign-in.tsx'
import { useRefreshAll } from './sign-in.ts'
import { SignInForm } from './sign-in-form.tsx'

export function SignInPage() {
  useDocumentTitle(t('Sign in · Workflows'))
  const navigate = useNavigate()
  const [parameters] = useSearchParams()
  const system = useSystem()
  const refreshAll = useRefreshAll()
  const next = safePath(parameters.get('next'))
  const enter = async () => {
    await refreshAll()
    await navigate(next, { replace: true })
  }
  return (
    <AccountFrame title={t('Sign in')} text={t('Run your functions without managing servers.')}>
      <SignInForm action={t('Sign in')} next={next} onDone={() => void enter()}>
        <ProviderProblem />
        {system.data?.setup_needed ? (
          <Alert color="yellow" variant="light" title={t('No accounts yet')}>
            {rich('The server printed a link to {code} when it started. Open it to create the first account.', {
              code: <code>/setup</code>,
            })}
          </Alert>
        ) : null}
      </SignInForm>
    </AccountFrame>
  )
}

/** No external URL may control the redirect. */
function safePath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}
