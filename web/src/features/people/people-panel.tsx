import { Button, Checkbox, Group, Modal, Select, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { type Role, useMe } from '../../lib/requests/get-me.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { type Person, usePeople } from '../../lib/ui/controls/use-people.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { type ApiKey, useApiKeys } from './api-keys.ts'
import { InvitationTable, NewInvitationForm } from './invite.tsx'
import { ROLE_CHOICES, useRemovePerson, useSetRole } from './people.ts'

export function PeoplePanel() {
  const people = usePeople()
  return (
    <Panel title={t('People')}>
      <Stack>
        <Stack gap={2}>
          {ROLE_CHOICES.map(({ value, label, explanation }) => (
            <Text key={value} c="dimmed">
              <Text span c="var(--mantine-color-text)" fw={500}>
                {label}
              </Text>{' '}
              {explanation}
            </Text>
          ))}
        </Stack>
        {people.isPending ? <RowsSkeleton rows={2} /> : null}
        <LoadError of={people} />
        {people.data === undefined ? null : <PeopleTable people={people.data} />}
        <NewInvitationForm />
        <InvitationTable />
      </Stack>
    </Panel>
  )
}

function PeopleTable({ people }: { people: readonly Person[] }) {
  const keys = useApiKeys()
  const keysOf = (person: Person) => keys.data?.filter((key) => isOf(key, person)) ?? null
  return (
    <>
      <LoadError of={keys} />
      <StackedTable aria-label={t('People')} minWidth={560} heads={[t('Name'), t('Role'), t('Joined')]} hasActions>
        {people.map((person) => (
          <PersonRow key={person.id} person={person} keys={keysOf(person)} />
        ))}
      </StackedTable>
    </>
  )
}

const isOf = ({ created_by, revoked_at, expires_at }: ApiKey, { id }: Person): boolean =>
  created_by.id === id && revoked_at === null && (expires_at === null || Date.parse(expires_at) > Date.now())

/** The role can't change before the keys are known. */
function PersonRow({ person, keys }: { person: Person; keys: readonly ApiKey[] | null }) {
  const me = useMe()
  const setRole = useSetRole()
  const remove = useRemovePerson()
  const [keep, setKeep] = useState(false)
  const [asked, setAsked] = useState<Role | null>(null)
  const isMe = me.data?.id === person.id
  const choice = { keys, keep, onKeep: setKeep }
  const give = (role: Role) => {
    setAsked(null)
    setRole.mutate(
      { id: person.id, role, keepKeys: keep },
      { onSuccess: () => notifyDone(saidOf(person, role)), onError: notifyError },
    )
  }
  const change = (value: string | null) => {
    const role = ROLE_CHOICES.find((choice) => choice.value === value)?.value
    if (role === undefined || role === person.role) return
    if (person.role === 'owner' && keys?.length !== 0) setAsked(role)
    else give(role)
  }
  return (
    <Table.Tr>
      <Table.Td className="wrap">
        <Text size="sm" fw={600}>
          {person.name}
          {isMe ? t(' (you)') : ''}
        </Text>
        <Text size="sm" c="dimmed">
          {person.email}
        </Text>
      </Table.Td>
      <Table.Td data-head={t('Role')}>
        <Select
          aria-label={t('Role of {name}', { name: person.name })}
          size="xs"
          w={110}
          allowDeselect={false}
          data={ROLE_CHOICES.map(({ value, label }) => ({ value, label }))}
          value={person.role}
          placeholder={t('none')}
          onChange={change}
        />
        <OtherRoleDialog
          name={person.name}
          opened={asked !== null}
          onClose={() => setAsked(null)}
          onConfirm={() => asked !== null && give(asked)}
          {...choice}
        />
      </Table.Td>
      <Table.Td data-head={t('Joined')}>
        <RelativeTime at={person.created_at} />
      </Table.Td>
      <Table.Td>
        <Group justify="flex-end">
          <ConfirmButton
            size="compact-sm"
            variant="subtle"
            color="red"
            title={t('Remove {name}?', { name: person.name })}
            action={t('Remove')}
            isReady={keys !== null}
            explanation={
              <>
                {t(
                  'The account, its sessions and its pending invitations are deleted immediately. Workflows and runs are kept.',
                )}
                <KeysChoice {...choice} />
              </>
            }
            onConfirm={() => remove.mutate({ id: person.id, keepKeys: keep }, { onError: notifyError })}
          >
            {t('Remove')}
          </ConfirmButton>
        </Group>
      </Table.Td>
    </Table.Tr>
  )
}

const saidOf = (person: Person, role: Role): string =>
  t('{name} is now {role, select, approver {an approver} viewer {a viewer} editor {an editor} other {an owner}}.', {
    name: person.name,
    role,
  })

type Choice = { keys: readonly ApiKey[] | null; keep: boolean; onKeep: (keep: boolean) => void }

/** A removed person may know API keys. */
function KeysChoice({ keys, keep, onKeep }: Choice) {
  if (keys === null) return <RowsSkeleton rows={1} />
  if (keys.length === 0) return null
  return (
    <Stack gap="xs" mt="sm">
      <Text size="sm" className="wrap">
        {t('API keys created by this person: {names}', { names: keys.map(({ name }) => name).join(', ') })}
      </Text>
      <Checkbox
        size="sm"
        label={t('Keep these keys active')}
        description={t(
          'Anyone who has a key can use it. Otherwise these keys, and the keys created with them, are revoked immediately.',
        )}
        checked={keep}
        onChange={(event) => onKeep(event.currentTarget.checked)}
      />
    </Stack>
  )
}

type DialogProps = Choice & { name: string; opened: boolean; onClose: () => void; onConfirm: () => void }

function OtherRoleDialog({ name, opened, onClose, onConfirm, ...choice }: DialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('{name} will no longer be an owner', { name })} centered>
      <KeysChoice {...choice} />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t('Cancel')}
        </Button>
        <Button onClick={onConfirm} disabled={choice.keys === null}>
          {t('Change role')}
        </Button>
      </Group>
    </Modal>
  )
}
