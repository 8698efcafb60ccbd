import { Button, Group, Modal, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type FormEvent, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { visible } from '../../../lib/text.ts'
import { useBrowserState } from '../../../lib/use-stored-state.ts'

type View = { readonly name: string; readonly search: string }

const isText = (value: unknown): boolean => typeof value === 'string'
const isViews = (value: unknown): value is readonly View[] =>
  Array.isArray(value) && value.every((each) => isText(each?.name) && isText(each?.search))

/** Filters with a name, which this browser keeps. */
export function SavedViews() {
  const [views, setViews] = useBrowserState('workflow-views', isViews)
  const [parameters] = useSearchParams()
  const search = searchOf(parameters)
  const saved = views ?? []
  const isSaved = saved.some((view) => view.search === search)
  if (saved.length === 0 && search === '') return null
  return (
    <Group gap={4} role="group" aria-label={t('Views')}>
      {[{ name: t('All workflows'), search: '' }, ...saved].map((view) => (
        <Button
          key={view.search}
          component={Link}
          to={{ search: view.search }}
          replace
          size="compact-sm"
          variant={view.search === search ? 'light' : 'subtle'}
          color={view.search === search ? undefined : 'gray'}
          aria-current={view.search === search ? 'true' : undefined}
        >
          {visible(view.name)}
        </Button>
      ))}
      {search === '' ? null : isSaved ? (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          onClick={() => setViews(saved.filter((view) => view.search !== search))}
        >
          {t('Remove view')}
        </Button>
      ) : (
        <SaveView onSave={(name) => setViews([...saved, { name, search }])} />
      )}
    </Group>
  )
}

function SaveView({ onSave }: { onSave: (name: string) => void }) {
  const [opened, { open, close }] = useDisclosure()
  const [name, setName] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    close()
    onSave(name.trim())
  }
  return (
    <>
      <Button size="compact-sm" variant="subtle" onClick={open}>
        {t('Save view')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('Save view')} centered>
        <form onSubmit={submit}>
          <TextInput
            label={t('Name')}
            description={t('This browser keeps the view. To share it, copy the address of the page.')}
            required
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end" mt="md">
            <Button type="submit" disabled={name.trim() === ''}>
              {t('Save')}
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  )
}

/** Equal filters have equal texts. */
function searchOf(parameters: URLSearchParams): string {
  const sorted = new URLSearchParams(parameters)
  sorted.delete('create')
  sorted.sort()
  return sorted.toString()
}
