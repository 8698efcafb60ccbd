import { Button, Group, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Form } from '../../../../lib/forms/form.tsx'
import { t } from '../../../../lib/i18n/t.ts'
import type { Language } from '../../../../lib/kinds.ts'
import { checkPath } from './check-path.ts'

type Props = {
  path: string | null
  others: readonly string[]
  language: Language
  onClose: () => void
  onChoose: (path: string) => void
}

export function PathModal({ path, ...rest }: Props) {
  return (
    <Modal opened={path !== null} onClose={rest.onClose} title={path === '' ? t('Add module') : t('Rename module')}>
      {path === null ? null : <PathForm path={path} {...rest} />}
    </Modal>
  )
}

function PathForm({ path, others, language, onClose, onChoose }: Props & { path: string }) {
  const [typed, setTyped] = useState(path)
  const [isChecked, setChecked] = useState(false)
  const name = typed.trim()
  const problem = name === path && path !== '' ? null : checkPath(name, others, language)
  const submit = () => {
    setChecked(true)
    if (problem !== null) return
    if (name !== path) onChoose(name)
    onClose()
  }
  const isPython = language === 'python'
  return (
    <Form onSubmit={submit} noValidate>
      <TextInput
        label={t('Path')}
        description={
          isPython ? t('lib/parse.py is imported as lib.parse') : t('lib/parse.ts is imported as ./lib/parse.ts')
        }
        placeholder={isPython ? 'lib/parse.py' : 'lib/parse.ts'}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        error={isChecked || name.length > path.length + 3 ? problem : null}
        spellCheck={false}
        autoComplete="off"
        maxLength={300}
        data-autofocus
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('Cancel')}
        </Button>
        <Button type="submit">{path === '' ? t('Add') : t('Rename')}</Button>
      </Group>
    </Form>
  )
}
