import { Alert, Button, Group, Select, Table, TextInput } from '@mantine/core'
import { useState } from 'react'
import { fieldErrors } from '../../lib/forms/field-errors.ts'
import { Form } from '../../lib/forms/form.tsx'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import type { Role } from '../../lib/requests/get-me.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { ShownOnce } from '../../lib/ui/shown-once.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { wordOf } from '../../lib/words.ts'
import {
  type NewInvitation,
  useInvitations,
  useInvite,
  useRenewInvitation,
  useRevokeInvitation,
} from './invitations.ts'
import { ROLE_CHOICES } from './people.ts'

export function NewInvitationForm() {
  const invite = useInvite()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('editor')
  useUnsaved(email !== '', { what: t('Invitation'), discard: () => setEmail('') })
  const errors = fieldErrors(invite.error, ['email'])
  const submit = () => invite.mutate({ email: email.trim(), role }, { onSuccess: () => setEmail('') })
  return (
    <>
      <Form onSubmit={submit}>
        <Group align="flex-start" gap="sm">
          <TextInput
            label={t('Invite by email address')}
            type="email"
            placeholder={t('grace@example.com')}
            required
            maxLength={320}
            error={errors.of('email')}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            flex="1 1 220px"
            maw={300}
          />
          <Select
            label={t('Role')}
            w={110}
            allowDeselect={false}
            data={ROLE_CHOICES.map(({ value, label }) => ({ value, label }))}
            value={role}
            onChange={(value) => setRole(ROLE_CHOICES.find((choice) => choice.value === value)?.value ?? role)}
          />
          <Button mt={25} type="submit" variant="default" loading={invite.isPending} disabled={email.trim() === ''}>
            {t('Invite')}
          </Button>
        </Group>
      </Form>
      <LoadError of={{ error: errors.rest }} />
      {invite.data === undefined ? null : <NewLink invitation={invite.data} />}
    </>
  )
}

function NewLink({ invitation: { email, url, mail } }: { invitation: NewInvitation }) {
  const title = mail?.sent
    ? t('The invitation was sent to {email}. The link is shown only once.', { email })
    : t('Send this link to {email}. It is shown only once.', { email })
  return (
    <>
      {mail?.sent === false ? (
        <Alert color="yellow" mt="sm">
          {t('The mail could not be sent: {detail}', { detail: mail.detail ?? '' })}
        </Alert>
      ) : null}
      <ShownOnce
        title={title}
        value={url}
        what={t('invitation')}
        note={t('It creates one account and expires in seven days.')}
      />
    </>
  )
}

export function InvitationTable() {
  const invitations = useInvitations()
  const revoke = useRevokeInvitation()
  const renew = useRenewInvitation()
  if (invitations.data === undefined || invitations.data.length === 0) return null
  return (
    <>
      <StackedTable
        aria-label={t('Pending invitations')}
        minWidth={480}
        heads={[t('Invited'), t('Role'), t('Expires')]}
        hasActions
      >
        {invitations.data.map(({ id, email, role, expires_at }) => (
          <Table.Tr key={id}>
            <Table.Td className="wrap">{email}</Table.Td>
            <Table.Td data-head={t('Role')}>{wordOf(role)}</Table.Td>
            <Table.Td data-head={t('Expires')}>
              <RelativeTime at={expires_at} />
            </Table.Td>
            <Table.Td ta="right">
              <Button
                size="compact-sm"
                variant="subtle"
                loading={renew.isPending && renew.variables.id === id}
                onClick={() => renew.mutate({ id, email, role }, { onError: notifyError })}
              >
                {t('New link')}
              </Button>
              <ConfirmButton
                size="compact-sm"
                variant="subtle"
                color="red"
                title={t('Revoke the invitation for {email}?', { email })}
                action={t('Revoke')}
                explanation={t('The link stops working. You can create a new one at any time.')}
                onConfirm={() => revoke.mutate(id, { onError: notifyError })}
              >
                {t('Revoke')}
              </ConfirmButton>
            </Table.Td>
          </Table.Tr>
        ))}
      </StackedTable>
      {renew.data === undefined ? null : <NewLink invitation={renew.data} />}
    </>
  )
}
