import { Button, Group, MultiSelect, Radio, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData } from '@tanstack/react-query'
import { useState } from 'react'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useRows } from '../../lib/client/use-get.ts'
import { Form } from '../../lib/forms/form.tsx'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone } from '../../lib/notices/notify.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { type HostFields, type InternalHost, useSaveHost } from './change-hosts.ts'

type Props = { saved: InternalHost | null; suggested?: string; onDone: () => void }

export function HostForm({ saved, suggested = '', onDone }: Props) {
  const first: HostFields = {
    host: saved?.host ?? suggested,
    workflows: saved?.workflows ?? 'all',
    note: saved?.note ?? '',
  }
  const [fields, setFields] = useState(first)
  const save = useSaveHost()
  const { host, workflows, note } = fields
  const isDirty = JSON.stringify(fields) !== JSON.stringify(first)
  useUnsaved(isDirty, { what: t('Internal host'), discard: () => setFields(first) })
  const change = (part: Partial<HostFields>) => setFields({ ...fields, ...part })
  const onSuccess = () => {
    notifyDone(t('Saved. It holds for the next run.'))
    setFields({ host: '', workflows: 'all', note: '' })
    onDone()
  }
  const submit = () => {
    save.mutate({ id: saved?.id ?? null, body: { ...fields, host: host.trim(), note: note.trim() } }, { onSuccess })
  }
  return (
    <Form onSubmit={submit} gap="sm">
      <Group align="flex-start" gap="sm">
        <TextInput
          label={t('Host and port')}
          description={t('A name, an address or a range')}
          placeholder="crm.internal:443"
          required
          maxLength={300}
          value={host}
          onChange={(event) => change({ host: event.currentTarget.value })}
          flex="1 1 220px"
        />
        <TextInput
          label={t('Note')}
          description={t('What the service is')}
          placeholder={t('CRM of the sales team')}
          maxLength={500}
          value={note}
          onChange={(event) => change({ note: event.currentTarget.value })}
          flex="1 1 220px"
        />
      </Group>
      <Radio.Group
        label={t('Who may connect')}
        value={workflows === 'all' ? 'all' : 'some'}
        onChange={(value) => change({ workflows: value === 'all' ? 'all' : [] })}
      >
        <Group gap="md" mt={4}>
          <Radio value="all" label={t('All workflows')} />
          <Radio value="some" label={t('Some workflows')} />
        </Group>
      </Radio.Group>
      {workflows === 'all' ? null : (
        <WorkflowsSelect value={workflows} onChange={(chosen) => change({ workflows: chosen })} />
      )}
      <Group>
        <Button type="submit" loading={save.isPending} disabled={host.trim() === '' || workflows.length === 0}>
          {saved === null ? t('Allow') : t('Save')}
        </Button>
        {saved === null ? null : (
          <Button variant="default" onClick={onDone}>
            {t('Cancel')}
          </Button>
        )}
      </Group>
      <LoadError of={save} />
    </Form>
  )
}

const MAX_FOUND = 50

function WorkflowsSelect({ value, onChange }: { value: readonly string[]; onChange: (ids: string[]) => void }) {
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed.trim(), 150)
  const found = useRows(
    queryKeys.workflowChoice(q),
    ['/api/workflows', { query: { q, limit: MAX_FOUND, sort: 'name' } }],
    { placeholderData: keepPreviousData },
  )
  const names = new Map((found.data ?? []).map(({ id, name }) => [id, visible(name)]))
  for (const id of value) if (!names.has(id)) names.set(id, id)
  return (
    <MultiSelect
      label={t('Workflows')}
      searchable
      nothingFoundMessage={t('No such workflow')}
      data={[...names].map(([id, label]) => ({ value: id, label }))}
      value={[...value]}
      onChange={onChange}
      onSearchChange={setTyped}
    />
  )
}
