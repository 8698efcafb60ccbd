import { Alert, Button, Checkbox, Group, PasswordInput, Select, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { SenderCheck, Workflow } from '../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../lib/requests/update-workflow.ts'
import { notifyDone, notifyError } from '../../lib/ui/notify.ts'
import { SaveRow } from './save-row.tsx'
import { SchemeFields } from './scheme-fields.tsx'
import { blankCheck, SCHEME_OPTIONS, SCHEMES } from './sender-schemes.ts'

/** How callers prove who they are. A secret goes to the server and never comes back. */
export function SenderForm({ workflow }: { workflow: Workflow }) {
  const { secrets = 0, ...saved } = workflow.sender_check ?? { scheme: 'none' }
  const update = useUpdateWorkflow(workflow.id)
  const [changed, setChanged] = useState<SenderCheck | null>(null)
  const [secret, setSecret] = useState('')
  const [atOnce, setAtOnce] = useState(false)
  const check = changed ?? saved
  const needsSecret = SCHEMES[check.scheme]?.secret !== null
  const isKept = secrets > 0 && check.scheme === saved.scheme
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const entered = secret === '' || !needsSecret ? {} : { secret, ...(atOnce ? { previous_secret: null } : {}) }
    update.mutate(
      { sender_check: { ...check, ...entered } },
      {
        onSuccess: () => {
          setChanged(null)
          setSecret('')
          setAtOnce(false)
          notifyDone('Saved.')
        },
      },
    )
  }
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        <Select
          label="Check"
          description="What a call must prove before it runs"
          data={SCHEME_OPTIONS}
          value={check.scheme}
          searchable
          allowDeselect={false}
          onChange={(scheme) => scheme !== null && setChanged(scheme === saved.scheme ? null : blankCheck(scheme))}
        />
        <SchemeFields check={check} onChange={setChanged} />
        {needsSecret ? (
          <SecretFields
            scheme={check.scheme}
            isKept={isKept}
            secret={secret}
            onSecret={setSecret}
            atOnce={atOnce}
            onAtOnce={setAtOnce}
          />
        ) : null}
        <SaveRow
          dirty={changed !== null || (secret !== '' && needsSecret)}
          pending={update.isPending}
          error={update.error}
        />
        {secrets > 1 ? <FormerSecret workflow={workflow} check={saved} /> : null}
      </Stack>
    </form>
  )
}

type SecretProps = {
  scheme: string
  isKept: boolean
  secret: string
  onSecret: (secret: string) => void
  atOnce: boolean
  onAtOnce: (atOnce: boolean) => void
}

function SecretFields({ scheme, isKept, secret, onSecret, atOnce, onAtOnce }: SecretProps) {
  return (
    <>
      <PasswordInput
        label="Secret"
        description={SCHEMES[scheme]?.secret}
        placeholder={isKept ? 'Set, and never shown again; type to replace it' : 'At least 8 characters'}
        required={!isKept}
        minLength={8}
        maxLength={1000}
        autoComplete="new-password"
        value={secret}
        onChange={(event) => onSecret(event.currentTarget.value)}
      />
      {isKept && secret !== '' ? (
        <Checkbox
          label="Replace at once"
          description="Otherwise the secret before stays valid beside the new one, until you say so."
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
      { onSuccess: () => notifyDone('Only the newest secret is accepted now.'), onError: notifyError },
    )
  return (
    <Alert variant="light" color="yellow" title="Two secrets are accepted">
      <Group justify="space-between" gap="sm">
        <Text size="sm" style={{ flex: '1 1 260px' }}>
          Give the new one to the sender, see that its calls arrive, then end the former one.
        </Text>
        <Button variant="default" size="xs" loading={update.isPending} onClick={drop}>
          Stop accepting the former secret
        </Button>
      </Group>
    </Alert>
  )
}
