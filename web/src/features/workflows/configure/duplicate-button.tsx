import { Button, Group, Modal, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { Form } from '../../../lib/forms/form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'

export function DuplicateButton({ workflow }: { workflow: Workflow }) {
  const [opened, { open, close }] = useDisclosure()
  return (
    <>
      <Button variant="default" onClick={open}>
        {t('Duplicate')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('Duplicate this workflow')} centered>
        <NameForm workflow={workflow} onClose={close} />
      </Modal>
    </>
  )
}

function NameForm({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const [name, setName] = useState(t('{name} copy', { name: workflow.name }).slice(0, 200))
  const client = useQueryClient()
  const navigate = useNavigate()
  const duplicate = useMutation({
    mutationFn: () =>
      api.post('/api/workflows/{id}/duplicate', { path: { id: workflow.id }, body: { name: name.trim() } }),
    onSuccess: async ({ id }) => {
      onClose()
      await client.invalidateQueries({ queryKey: queryKeys.workflows })
      await navigate(`/workflows/${id}/function`)
    },
  })
  const submit = () => duplicate.mutate()
  return (
    <Form onSubmit={submit}>
      <TextInput
        label={t('Name')}
        required
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <LoadError of={duplicate} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('Cancel')}
        </Button>
        <Button type="submit" loading={duplicate.isPending} disabled={name.trim() === ''}>
          {t('Duplicate')}
        </Button>
      </Group>
    </Form>
  )
}
