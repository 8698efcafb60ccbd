import { Button, Group } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { type ReactNode, useRef } from 'react'
import { t } from '../i18n/t.ts'
import type { Workflow } from '../requests/get-workflow.ts'
import { LoadError } from '../ui/load-error.tsx'
import { Form } from './form.tsx'
import { StaleChoice, StaleValue } from './stale-choice.tsx'
import { useUnsaved } from './unsaved.ts'
import type { useChanges } from './use-changes.ts'
import classes from './workflow-form.module.css'

type Props = {
  workflow: Workflow
  form: Omit<ReturnType<typeof useChanges>, 'errorOf'>
  name: string
  isValid?: boolean
  /** Defaults to any edit. */
  isChanged?: boolean
  children: ReactNode
  footer?: ReactNode
}

export function WorkflowForm(props: Props) {
  const { workflow, form, name, isValid = true, isChanged = form.isDirty, children, footer } = props
  const element = useRef<HTMLFormElement>(null)
  useUnsaved(isChanged, { what: t('Settings: {name}', { name }), discard: form.discard })
  useHotkeys([['mod+S', () => isChanged && element.current?.requestSubmit()]], [], true)
  const submit = () => {
    if (isValid) form.submit()
  }
  return (
    <Form ref={element} onSubmit={submit} autoComplete="off">
      {children}
      {form.stale.length === 0 ? null : (
        <StaleChoice
          title={t('Someone else changed this while you were editing')}
          onKeepMine={form.keepMine}
          onTakeTheirs={form.takeTheirs}
        >
          {form.stale.map((field) => (
            <StaleValue key={field} field={field} value={workflow[field]} />
          ))}
        </StaleChoice>
      )}
      <LoadError of={form} />
      <Group justify="flex-end" className={isChanged ? classes.save : undefined}>
        <Button type="submit" disabled={!isChanged || !isValid || form.stale.length > 0} loading={form.isPending}>
          {t('Save')}
        </Button>
      </Group>
      {footer}
    </Form>
  )
}
