import { Button } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api } from '../../../lib/client/api.ts'
import { Form } from '../../../lib/forms/form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone } from '../../../lib/notices/notify.ts'
import { NewPasswordField } from '../../../lib/ui/account/account-fields.tsx'
import { AccountFrame } from '../../../lib/ui/account/account-frame.tsx'
import { useLinkToken } from '../../../lib/ui/account/use-link-token.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'

export function ResetPage() {
  useDocumentTitle(t('New password · Workflows'))
  const navigate = useNavigate()
  const [password, setPassword] = useState('')
  const token = useLinkToken()
  const reset = useMutation({
    mutationFn: () => api.post('/api/reset-password', { body: { token, password } }),
    onSuccess: () => {
      notifyDone(t('Password set. Sign in with it.'))
      void navigate('/sign-in', { replace: true })
    },
  })
  const submit = () => reset.mutate()
  return (
    <AccountFrame
      title={t('Set a new password')}
      text={t('You will be signed out on all devices. Sign in with the new password.')}
    >
      <Form onSubmit={submit}>
        <NewPasswordField value={password} onChange={setPassword} />
        <LoadError of={reset} />
        <Button type="submit" loading={reset.isPending} fullWidth>
          {t('Set password')}
        </Button>
      </Form>
    </AccountFrame>
  )
}
