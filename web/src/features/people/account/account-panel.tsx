import { Button, Code, Group, Select, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { Form } from '../../../lib/forms/form.tsx'
import { LANGUAGES } from '../../../lib/i18n/language.ts'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone } from '../../../lib/notices/notify.ts'
import { useMe } from '../../../lib/requests/get-me.ts'
import { useSystem } from '../../../lib/requests/get-system.ts'
import { useSetLanguage } from '../../../lib/requests/set-language.ts'
import { NewPasswordField, PasswordField } from '../../../lib/ui/account/account-fields.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { callAccounts } from './factors/call-accounts.ts'
import { PasskeysSection } from './factors/passkeys-section.tsx'
import { TwoFactorSection } from './factors/two-factor-section.tsx'
import { useSession } from './get-session.ts'
import { SessionsList } from './sessions-list.tsx'
import { useSignOut } from './sign-out.ts'

export function AccountPanel() {
  const me = useMe()
  const session = useSession()
  const email = session.data?.user.email ?? ''
  const hasPassword = useHasPassword()
  const signOut = useSignOut()
  return (
    <Panel
      title={t('Account')}
      aside={
        <Button size="xs" variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('Sign out')}
        </Button>
      }
    >
      <Stack gap="lg">
        <div>
          <Text fw={600} className="wrap">
            {me.data?.name ?? '…'}
          </Text>
          <Text c="dimmed" className="wrap">
            {email}
          </Text>
        </div>
        <LanguageSelect />
        <LoadError of={hasPassword} />
        {hasPassword.data === true ? <PasswordForm email={email} /> : null}
        {hasPassword.data === true && session.data ? (
          <TwoFactorSection isOn={session.data.user.twoFactorEnabled === true} />
        ) : null}
        {hasPassword.data === false ? <NoPassword email={email} /> : null}
        {session.data ? <PasskeysSection /> : null}
        {session.data ? <SessionsList /> : null}
      </Stack>
    </Panel>
  )
}

/** The identity provider has the second factor. */
function NoPassword({ email }: { email: string }) {
  const provider = useSystem().data?.sign_in_with
  return (
    <Text size="sm" c="dimmed">
      {provider === undefined
        ? t('You have no password here: you sign in without one.')
        : t('You have no password here: you sign in with {provider}.', { provider })}{' '}
      {rich('To have one as well, ask an operator to run {code}, which prints a link for you.', {
        code: <Code>npm run reset-password -- {email}</Code>,
      })}
    </Text>
  )
}

function PasswordForm({ email }: { email: string }) {
  const change = useChangePassword()
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const submit = () => {
    change.mutate(
      { currentPassword, newPassword },
      {
        onSuccess: () => {
          setCurrent('')
          setNew('')
          notifyDone(t('Password changed. Your other sessions are signed out.'))
        },
      },
    )
  }
  return (
    <Form onSubmit={submit} gap="sm">
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <PasswordField label={t('Current password')} value={currentPassword} onChange={setCurrent} />
      <NewPasswordField label={t('New password')} value={newPassword} onChange={setNew} />
      <LoadError of={change} />
      <Group>
        <Button type="submit" variant="default" loading={change.isPending}>
          {t('Change password')}
        </Button>
      </Group>
    </Form>
  )
}

type PasswordChange = { currentPassword: string; newPassword: string }

function useChangePassword() {
  return useMutation({
    mutationFn: (change: PasswordChange) => callAccounts('/change-password', { ...change, revokeOtherSessions: true }),
  })
}

type Account = { providerId: string }

/** People from an identity provider have none. */
function useHasPassword() {
  return useQuery({
    queryKey: queryKeys.accounts,
    queryFn: ({ signal }) => callAccounts<Account[]>('/list-accounts', undefined, signal),
    select: (accounts) => accounts.some(({ providerId }) => providerId === 'credential'),
  })
}

const BROWSER = 'browser'
const NAMES = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))

function LanguageSelect() {
  const me = useMe()
  const set = useSetLanguage()
  return (
    <Select
      label={t('Language')}
      description={t('For the app and for emails to you.')}
      data={[{ value: BROWSER, label: t('As the browser') }, ...NAMES]}
      value={me.data?.language ?? BROWSER}
      onChange={(value) => set.mutate(value === 'en' || value === 'fr' ? value : null)}
      disabled={me.data === undefined || set.isPending}
      allowDeselect={false}
    />
  )
}
