import { Alert, Button, Checkbox, Group, PasswordInput, Text } from '@mantine/core'
import { useState } from 'react'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import type { SenderCheck, Workflow } from '../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../lib/requests/update-workflow.ts'
import { SearchSelect } from '../../lib/ui/controls/search-select.tsx'
import { SCHEME_FIELDS, SchemeFields } from './scheme-fields.tsx'
import { blankCheck, isScheme, SCHEME_OPTIONS, SCHEMES, type SchemeName } from './sender-schemes.ts'

const FIELDS = [...SCHEME_FIELDS, 'sender_check.secret'] as const

/** Secrets are never read. */
export function SenderForm({ workflow }: { workflow: Workflow }) {
  const { secrets = 0, ...saved } = workflow.sender_check ?? { scheme: 'none' }
  const form = useChanges(workflow, FIELDS)
  const [entry, setEntry] = useState<Entry | null>(null)
  // After a save or a discard.
  if (!form.isDirty && entry !== null) setEntry(null)
  const { check, secret, atOnce } = entry ?? { check: saved, secret: '', atOnce: false }
  const needsSecret = SCHEMES[check.scheme].secret !== null
  const isKept = secrets > 0 && check.scheme === saved.scheme
  const change = (changed: Partial<Entry>) => {
    const next = { check, secret, atOnce, ...changed }
    setEntry(next)
    form.set({ sender_check: toSave(next) })
  }
  return (
    <WorkflowForm
      workflow={workflow}
      form={form}
      name={t('Who may call')}
      footer={secrets > 1 ? <FormerSecret workflow={workflow} check={saved} /> : null}
    >
      <SearchSelect
        label={t('Check')}
        description={t('How callers are verified')}
        data={SCHEME_OPTIONS}
        value={check.scheme}
        nothingFoundMessage={t('No such check')}
        allowDeselect={false}
        onChange={(scheme) =>
          scheme !== null && isScheme(scheme) && change({ check: scheme === saved.scheme ? saved : blankCheck(scheme) })
        }
      />
      <SchemeFields check={check} errorOf={form.errorOf} onChange={(next) => change({ check: next })} />
      {needsSecret ? (
        <SecretFields
          scheme={check.scheme}
          isKept={isKept}
          secret={secret}
          error={form.errorOf('sender_check.secret')}
          onSecret={(next) => change({ secret: next })}
          atOnce={atOnce}
          onAtOnce={(next) => change({ atOnce: next })}
        />
      ) : null}
    </WorkflowForm>
  )
}

type Entry = { check: SenderCheck; secret: string; atOnce: boolean }

function toSave({ check, secret, atOnce }: Entry) {
  if (secret === '' || SCHEMES[check.scheme].secret === null) return check
  return { ...check, secret, ...(atOnce ? { previous_secret: null } : {}) }
}

type SecretProps = {
  scheme: SchemeName
  isKept: boolean
  secret: string
  error: string | undefined
  onSecret: (secret: string) => void
  atOnce: boolean
  onAtOnce: (atOnce: boolean) => void
}

function SecretFields({ scheme, isKept, secret, error, onSecret, atOnce, onAtOnce }: SecretProps) {
  return (
    <>
      <PasswordInput
        label={t('Secret')}
        description={SCHEMES[scheme].secret}
        placeholder={isKept ? t('Set. Type to replace it.') : t('At least 8 characters')}
        required={!isKept}
        minLength={8}
        maxLength={1000}
        autoComplete="new-password"
        error={error}
        value={secret}
        onChange={(event) => onSecret(event.currentTarget.value)}
      />
      {isKept && secret !== '' ? (
        <Checkbox
          label={t('Replace immediately')}
          description={t('Otherwise the previous secret stays valid until you remove it.')}
          checked={atOnce}
          onChange={(event) => onAtOnce(event.currentTarget.checked)}
        />
      ) : null}
    </>
  )
}

function FormerSecret({ workflow, check }: { workflow: Workflow; check: SenderCheck }) {
  const update = useUpdateWorkflow(workflow.id)
  const drop = () =>
    update.mutate(
      { sender_check: { ...check, previous_secret: null } },
      { onSuccess: () => notifyDone(t('Only the new secret is accepted now.')), onError: notifyError },
    )
  return (
    <Alert variant="light" color="yellow" title={t('Two secrets are accepted')}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" style={{ flex: '1 1 260px' }}>
          {t('Set the new secret at the sender, check that its calls arrive, then remove the previous secret.')}
        </Text>
        <Button variant="default" size="xs" loading={update.isPending} onClick={drop}>
          {t('Remove the previous secret')}
        </Button>
      </Group>
    </Alert>
  )
}
