import { Button, Group, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import { type Declared, packageName, typedRange } from './declared.ts'
import classes from './packages.module.css'
import { useNewestVersion } from './use-newest-version.ts'

type Props = { workflowId: string; declared: Declared; onAdd: (requirement: string) => void }

export function AddPackage({ workflowId, declared, onAdd }: Props) {
  const { language, requirements } = declared
  const [text, setText] = useState('')
  const newest = useNewestVersion(workflowId)
  const name = packageName(text, language)
  const isThere = name !== '' && requirements.some((one) => packageName(one, language) === name)
  const add = (requirement: string) => {
    onAdd(requirement)
    setText('')
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name === '' || isThere) return
    if (language === 'python') return add(text.trim())
    const range = typedRange(text)
    if (range !== null) return add(`${name}@${range}`)
    newest.find(name, (found) => add(`${name}@${found}`))
  }
  return (
    <form className={classes.foot} onSubmit={submit}>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <TextInput
          flex={1}
          aria-label={t('Package')}
          placeholder={t(language === 'python' ? 'pandas>=2.2' : 'zod@4')}
          value={text}
          error={isThere ? t('{name} is declared already.', { name }) : null}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={newest.isFinding} disabled={name === '' || isThere}>
          {t('Add package')}
        </Button>
      </Group>
    </form>
  )
}
