import { ActionIcon, Badge, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import IconPencil from '@tabler/icons-react/icons/IconPencil'
import { useState } from 'react'
import { Form } from '../../../../lib/forms/form.tsx'
import { rich } from '../../../../lib/i18n/rich.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../../lib/notices/notify.ts'
import { ConfirmButton } from '../../../../lib/ui/controls/confirm-button.tsx'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import {
  type Passkey,
  supportsPasskeys,
  useAddPasskey,
  usePasskeys,
  useRemovePasskey,
  useRenamePasskey,
} from './passkeys.ts'

const MAX_NAME = 200

export function PasskeysSection() {
  const passkeys = usePasskeys()
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        {t('Passkeys')}
      </Title>
      <Text size="sm" c="dimmed">
        {t("A passkey signs you in with your device's PIN, fingerprint or face, without password and code.")}
      </Text>
      <LoadError of={passkeys} />
      {passkeys.data?.map((passkey) => (
        <PasskeyRow key={passkey.id} passkey={passkey} />
      ))}
      {supportsPasskeys() ? (
        <AddPasskey />
      ) : (
        <Text size="sm" c="dimmed">
          {t('To add one, open the app over https, or at http://localhost: browsers allow passkeys nowhere else.')}
        </Text>
      )}
    </Stack>
  )
}

function AddPasskey() {
  const add = useAddPasskey()
  const [name, setName] = useState('')
  const submit = () => {
    add.mutate(name.trim(), {
      onSuccess: () => {
        setName('')
        notifyDone(t('Passkey added.'))
      },
    })
  }
  return (
    <Form onSubmit={submit} gap="sm">
      <Group align="flex-end" gap="sm">
        <TextInput
          label={t('Name of a new passkey')}
          placeholder={t('my laptop')}
          maxLength={MAX_NAME}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          flex="1 1 200px"
          maw={300}
        />
        <Button type="submit" variant="default" loading={add.isPending}>
          {t('Add a passkey')}
        </Button>
      </Group>
      <LoadError of={add} />
    </Form>
  )
}

function PasskeyRow({ passkey }: { passkey: Passkey }) {
  const remove = useRemovePasskey()
  const [isRenaming, setRenaming] = useState(false)
  const name = passkey.name ?? 'Passkey'
  if (isRenaming) return <RenameForm passkey={passkey} onDone={() => setRenaming(false)} />
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <div>
        <Group gap={4} wrap="nowrap">
          <Text size="sm" className="wrap">
            {name}
          </Text>
          <ActionIcon
            variant="subtle"
            size="sm"
            aria-label={t('Rename {name}', { name })}
            onClick={() => setRenaming(true)}
          >
            <IconPencil size={14} />
          </ActionIcon>
          {passkey.backedUp ? (
            <Badge variant="light" color="gray" tt="none">
              {t('Synced')}
            </Badge>
          ) : null}
        </Group>
        {passkey.createdAt === null ? null : (
          <Text size="sm" c="dimmed">
            {rich('added {time}', { time: <RelativeTime at={passkey.createdAt} /> })}
          </Text>
        )}
      </div>
      <ConfirmButton
        size="compact-sm"
        variant="subtle"
        color="red"
        aria-label={t('Remove {name}', { name })}
        loading={remove.isPending}
        title={t('Remove this passkey?')}
        explanation={t(
          'You can no longer sign in with “{name}”. Your device may go on offering it: remove it there, too.',
          { name },
        )}
        action={t('Remove')}
        onConfirm={() => remove.mutate({ id: passkey.id }, { onError: notifyError })}
      >
        {t('Remove')}
      </ConfirmButton>
    </Group>
  )
}

function RenameForm({ passkey, onDone }: { passkey: Passkey; onDone: () => void }) {
  const rename = useRenamePasskey()
  const [name, setName] = useState(passkey.name ?? '')
  const submit = () => {
    rename.mutate({ id: passkey.id, name: name.trim() }, { onSuccess: onDone, onError: notifyError })
  }
  return (
    <Form onSubmit={submit}>
      <Group align="flex-end" gap="sm">
        <TextInput
          label={t('New name')}
          required
          autoFocus
          maxLength={MAX_NAME}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          flex="1 1 160px"
          maw={300}
        />
        <Button type="submit" variant="default" loading={rename.isPending}>
          {t('Rename')}
        </Button>
        <Button variant="subtle" color="gray" onClick={onDone}>
          {t('Cancel')}
        </Button>
      </Group>
    </Form>
  )
}
