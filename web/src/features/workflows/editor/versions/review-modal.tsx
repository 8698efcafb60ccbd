import { Button, Group, Modal, TextInput } from '@mantine/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Form } from '../../../../lib/forms/form.tsx'
import { t } from '../../../../lib/i18n/t.ts'
import { useVersion } from '../../../../lib/requests/get-version.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../../lib/ui/rows-skeleton.tsx'
import type { Code } from '../text/code.ts'
import { CompareCode } from './compare-code.tsx'
import type { SaveWish } from './use-save.ts'

type Props = {
  workflow: Workflow
  code: Code
  label: string
  takesMessage: boolean
  opened: boolean
  onClose: () => void
  onSave: (wish: SaveWish) => void
}

export function ReviewModal({ opened, onClose, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('Deploy changes')} size={1240}>
      <Review onClose={onClose} {...rest} />
    </Modal>
  )
}

function Review({ workflow, code, label, takesMessage, onClose, onSave }: Omit<Props, 'opened'>) {
  const deployed = useVersion(workflow.id, workflow.deployed_version)
  const [message, setMessage] = useState('')
  const before = useMemo(
    () =>
      deployed.data === undefined
        ? null
        : {
            label: t('v{number}, deployed', { number: deployed.data.number }),
            code: { source: deployed.data.source, files: deployed.data.files ?? {} },
          },
    [deployed.data],
  )
  const after = useMemo(() => ({ label, code }), [label, code])
  const deploy = useRef<HTMLButtonElement>(null)
  // A save removes the message field, and its focus.
  useEffect(() => {
    if (!takesMessage && document.activeElement === document.body) deploy.current?.focus()
  }, [takesMessage])
  const save = (deploy: boolean) => {
    onClose()
    onSave({ deploy, message: message.trim() })
  }
  const submit = () => save(true)
  return (
    <Form onSubmit={submit}>
      {takesMessage ? (
        <TextInput
          label={t('Message')}
          description={t('What changed and why; shown in the list of versions')}
          placeholder={t('Optional')}
          maxLength={1000}
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
          data-autofocus
        />
      ) : null}
      <LoadError of={deployed} />
      {before === null ? <RowsSkeleton rows={6} /> : <CompareCode before={before} after={after} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('Cancel')}
        </Button>
        {takesMessage ? (
          <Button variant="default" onClick={() => save(false)}>
            {t('Save as draft')}
          </Button>
        ) : null}
        <Button type="submit" ref={deploy} data-autofocus={takesMessage ? undefined : true}>
          {t('Deploy')}
        </Button>
      </Group>
    </Form>
  )
}
