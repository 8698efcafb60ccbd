import { Button, Checkbox, Group, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import { fieldErrors } from '../../../../lib/forms/field-errors.ts'
import { Form } from '../../../../lib/forms/form.tsx'
import { t } from '../../../../lib/i18n/t.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'

type Fields = { readonly name: string; readonly shared: boolean }
type Props = {
  title: string
  opened: boolean
  first: Fields
  mayShare: boolean
  isPending: boolean
  error: Error | null
  onSave: (fields: Fields) => void
  onClose: () => void
}

export function ViewModal({ title, opened, onClose, ...form }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} centered>
      <ViewForm {...form} />
    </Modal>
  )
}

/** Mounted at each opening. */
function ViewForm({ first, mayShare, isPending, error, onSave }: Omit<Props, 'title' | 'opened' | 'onClose'>) {
  const [name, setName] = useState(first.name)
  const [shared, setShared] = useState(first.shared)
  const errors = fieldErrors(error, ['name'])
  const submit = () => onSave({ name: name.trim(), shared })
  return (
    <Form onSubmit={submit}>
      <TextInput
        label={t('Name')}
        required
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={errors.of('name')}
        data-autofocus
      />
      {mayShare ? (
        <Checkbox
          label={t('Share with everybody')}
          description={t('All people of this installation see the view.')}
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
      ) : null}
      <LoadError of={{ error: errors.rest }} />
      <Group justify="flex-end">
        <Button type="submit" disabled={name.trim() === ''} loading={isPending}>
          {t('Save')}
        </Button>
      </Group>
    </Form>
  )
}
