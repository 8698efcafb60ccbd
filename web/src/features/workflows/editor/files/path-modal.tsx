import { Button, Group, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Form } from '../../../../lib/forms/form.tsx'
import { t } from '../../../../lib/i18n/t.ts'
import type { Language } from '../../../../lib/kinds.ts'

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

const MAX_FILES = 50
const MAX_LENGTH = 200
const PYTHON = /^([A-Za-z_]\w*\/)*[A-Za-z_]\w*\.py$/
const SCRIPT = /^([A-Za-z0-9_][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.(ts|mts|js|mjs|json)$/
/** The source, and the platform's modules. */
const TAKEN = /^(workflow|workflow_runtime|python|hrflow|requests|__main__)(\.py|\/)|^__init__\.py$|^workflow\.ts$/

/** The server checks again, also standard names. */
function checkPath(path: string, others: readonly string[], language: Language): string | null {
  const example = language === 'python' ? 'lib/parse.py' : 'lib/parse.ts'
  if (path === '') return t('Enter a path, such as {example}.', { example })
  if (others.length >= MAX_FILES) return t('A version has at most {count} modules.', { count: MAX_FILES })
  if (path.length > MAX_LENGTH) return t('A path has at most {count} characters.', { count: MAX_LENGTH })
  if (!(language === 'python' ? PYTHON : SCRIPT).test(path)) {
    return t('Enter a path of letters, digits and underscores, such as {example}.', { example })
  }
  if (TAKEN.test(path)) return t('The platform uses this name. Choose another one.')
  const same = others.find((other) => other.toLowerCase() === path.toLowerCase())
  if (same !== undefined) return t('{same} already exists.', { same })
  const near = others.find((other) => isInside(other, path) || isInside(path, other))
  return near === undefined ? null : t('{near} would be the same module. Choose another name.', { near })
}

const isInside = (path: string, module: string): boolean => path.startsWith(`${module.replace(/\.py$/, '')}/`)
