import { Anchor, Button, Text } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, type Schemas } from '../../../lib/client/api.ts'
import { fieldErrors } from '../../../lib/forms/field-errors.ts'
import { Form } from '../../../lib/forms/form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import { useSystem } from '../../../lib/requests/get-system.ts'
import { EmailInput, NameInput, NewPasswordField } from '../../../lib/ui/account/account-fields.tsx'
import { AccountFrame } from '../../../lib/ui/account/account-frame.tsx'
import { useLinkToken } from '../../../lib/ui/account/use-link-token.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'

export function SetupPage() {
  useDocumentTitle(t('Set up · Workflows'))
  const system = useSystem()
  const token = useLinkToken()
  if (system.data?.setup_needed === false) {
    return (
      <AccountFrame title={t('Already set up')} text={t('This installation already has an owner.')}>
        <Anchor component={Link} to="/sign-in">
          {t('Sign in')}
        </Anchor>
      </AccountFrame>
    )
  }
  if (token === '') {
    return (
      <AccountFrame
        title={t('Open the full link')}
        text={t('The server printed a link with a token when it started. Open it, including everything after the #.')}
      >
        <Text size="sm" c="dimmed">
          {t('It looks like …/setup#token=…')}
        </Text>
      </AccountFrame>
    )
  }
  return (
    <AccountFrame title={t('Welcome to Workflows')} text={t('Create the first account (owner).')}>
      <OwnerForm token={token} />
    </AccountFrame>
  )
}

function OwnerForm({ token }: { token: string }) {
  const navigate = useNavigate()
  const setUp = useSetUp()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const errors = fieldErrors(setUp.error, ['name', 'email', 'password'])
  const submit = () => {
    setUp.mutate({ token, name, email, password }, { onSuccess: () => navigate('/', { replace: true }) })
  }
  return (
    <Form onSubmit={submit}>
      <NameInput value={name} onChange={setName} error={errors.of('name')} />
      <EmailInput value={email} onChange={setEmail} error={errors.of('email')} />
      <NewPasswordField value={password} onChange={setPassword} error={errors.of('password')} />
      <LoadError of={{ error: errors.rest }} />
      <Button type="submit" loading={setUp.isPending} fullWidth>
        {t('Create account')}
      </Button>
    </Form>
  )
}

function useSetUp() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (setUp: Schemas['SetupCreate']) => api.post('/api/setup', { body: setUp }),
    onSuccess: () => client.resetQueries(),
  })
}
