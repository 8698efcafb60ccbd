import { Anchor, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { encode } from 'uqr'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useChange } from '../../../../lib/client/use-change.ts'
import { Form } from '../../../../lib/forms/form.tsx'
import { rich } from '../../../../lib/i18n/rich.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { PasswordField } from '../../../../lib/ui/account/account-fields.tsx'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { ShownOnce } from '../../../../lib/ui/shown-once.tsx'
import { callAccounts } from './call-accounts.ts'

export function TwoFactorSection({ isOn }: { isOn: boolean }) {
  const start = useStartTwoFactor()
  const confirm = useConfirmTwoFactor()
  const end = useEndTwoFactor()
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        {t('Two-factor sign-in')}
      </Title>
      <Text size="sm" c="dimmed">
        {isOn
          ? t('On. Each sign-in needs your password and a code from your authenticator app.')
          : t('Off. With it, each sign-in also needs a code from an authenticator app on your phone.')}
      </Text>
      {isOn && confirm.isSuccess ? (
        <ShownOnce
          title={t('Keep these recovery codes. They are shown only once.')}
          value={start.data?.backupCodes.join(' ') ?? ''}
          what={t('recovery codes')}
          note={t('Each replaces a code from the app once, for when you have lost your phone.')}
        />
      ) : null}
      {isOn ? <PasswordStep action={t('Turn off two-factor')} step={end} /> : null}
      {!isOn && start.data === undefined ? <PasswordStep action={t('Set up two-factor')} step={start} /> : null}
      {!isOn && start.data !== undefined ? <Enrol uri={start.data.totpURI} confirm={confirm} /> : null}
    </Stack>
  )
}

type Step = { mutate: (password: string) => void; error: Error | null; isPending: boolean }

function PasswordStep({ action, step }: { action: string; step: Step }) {
  const [password, setPassword] = useState('')
  const submit = () => {
    step.mutate(password)
    setPassword('')
  }
  return (
    <Form onSubmit={submit} gap="sm">
      <PasswordField label={t('Your password')} value={password} onChange={setPassword} />
      <LoadError of={step} />
      <Group>
        <Button type="submit" variant="default" loading={step.isPending}>
          {action}
        </Button>
      </Group>
    </Form>
  )
}

function Enrol({ uri, confirm }: { uri: string; confirm: ReturnType<typeof useConfirmTwoFactor> }) {
  const [code, setCode] = useState('')
  const submit = () => confirm.mutate(code)
  return (
    <Form onSubmit={submit} gap="sm">
      <Text size="sm">
        {rich('Scan this code with your authenticator app, or <link>open the app on this device</link>.', {
          link: (words) => (
            <Anchor href={uri} inherit underline="always">
              {words}
            </Anchor>
          ),
        })}
      </Text>
      <QrCode text={uri} label={t('QR code for the authenticator app')} />
      <Text size="sm" c="dimmed">
        {t('Or type this key into the app:')}
      </Text>
      <Text className="mono wrap" aria-label={t('Key for the authenticator app')}>
        {new URL(uri).searchParams.get('secret')}
      </Text>
      <TextInput
        label={t('Code from the app')}
        autoComplete="one-time-code"
        inputMode="numeric"
        required
        maxLength={7}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <LoadError of={confirm} />
      <Group>
        <Button type="submit" loading={confirm.isPending}>
          {t('Turn on two-factor')}
        </Button>
      </Group>
    </Form>
  )
}

/** White modules, which readers need. */
const MARGIN = 4
const SIZE_PX = 200

function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: MARGIN })
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} width={SIZE_PX} height={SIZE_PX}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  )
}

type Enrolment = { totpURI: string; backupCodes: readonly string[] }

/** Two-factor is on once a code is confirmed. */
const useStartTwoFactor = () =>
  useMutation({ mutationFn: (password: string) => callAccounts<Enrolment>('/two-factor/enable', { password }) })

const useConfirmTwoFactor = () =>
  useChange([queryKeys.session], (code: string) =>
    callAccounts('/two-factor/verify-totp', { code: code.replaceAll(' ', '') }),
  )

const useEndTwoFactor = () =>
  useChange([queryKeys.session], (password: string) => callAccounts('/two-factor/disable', { password }))
