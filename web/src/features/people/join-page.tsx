import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { ApiError } from '../../lib/client/api.ts'
import { fieldErrors } from '../../lib/forms/field-errors.ts'
import { Form } from '../../lib/forms/form.tsx'
import { t } from '../../lib/i18n/t.ts'
import { errorText } from '../../lib/notices/error-words.ts'
import { NameInput, NewPasswordField } from '../../lib/ui/account/account-fields.tsx'
import { AccountFrame } from '../../lib/ui/account/account-frame.tsx'
import { useLinkToken } from '../../lib/ui/account/use-link-token.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { useAcceptInvitation, useOpenInvitation } from './invitations.ts'

export function JoinPage() {
  useDocumentTitle(t('Join · Workflows'))
  const token = useLinkToken()
  const invitation = useOpenInvitation(token)
  if (token === '' || invitation.error !== null) {
    return (
      <AccountFrame title={t('This invitation can’t be used')}>
        <Stack>
          <Text>
            {token === '' ? t('Open the full link, including everything after the #.') : whyNot(invitation.error)}
          </Text>
          <Anchor component={Link} to="/sign-in">
            {t('Already have an account? Sign in')}
          </Anchor>
        </Stack>
      </AccountFrame>
    )
  }
  if (invitation.data === undefined) {
    return (
      <AccountFrame title={t('Join Workflows')}>
        <RowsSkeleton rows={3} />
      </AccountFrame>
    )
  }
  const { email, role } = invitation.data
  return (
    <AccountFrame
      title={t('Join Workflows')}
      text={t(
        'You are invited as {role, select, approver {an approver} viewer {a viewer} editor {an editor} other {an owner}}.',
        { role },
      )}
    >
      <JoinForm token={token} email={email} />
    </AccountFrame>
  )
}

function JoinForm({ token, email }: { token: string; email: string }) {
  const navigate = useNavigate()
  const accept = useAcceptInvitation()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const errors = fieldErrors(accept.error, ['name', 'password'])
  const submit = () => {
    accept.mutate({ token, name, password }, { onSuccess: () => navigate('/', { replace: true }) })
  }
  return (
    <Form onSubmit={submit}>
      <TextInput label={t('Email')} type="email" name="email" autoComplete="username" readOnly value={email} />
      <NameInput value={name} onChange={setName} error={errors.of('name')} />
      <NewPasswordField value={password} onChange={setPassword} error={errors.of('password')} />
      <LoadError of={{ error: errors.rest }} />
      <Button type="submit" loading={accept.isPending} fullWidth>
        {t('Create account')}
      </Button>
    </Form>
  )
}

const whyNot = (error: Error | null): string =>
  error === null || (error instanceof ApiError && error.status === 404)
    ? t('This invitation was used, was revoked or has expired: ask for a new one.')
    : errorText(error)
