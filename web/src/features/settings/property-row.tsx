import { ActionIcon, Badge, Button, Group, Menu, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import IconDots from '@tabler/icons-react/icons/IconDots'
import IconLock from '@tabler/icons-react/icons/IconLock'
import { type Ref, useRef, useState } from 'react'
import { asString, jsonProblem, prettyJson } from '../../lib/json-text.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'
import { usePutSetting } from '../../lib/requests/put-setting.ts'
import { visible } from '../../lib/text.ts'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { ActorName } from './actor-name.tsx'
import { DeleteProperty } from './delete-property.tsx'
import classes from './properties.module.css'
import { PropertyHistoryModal } from './property-history-modal.tsx'
import { StaleProperty } from './stale-property.tsx'
import { type Draft, JsonValue, ValueInput } from './value-input.tsx'

/** A property that is set. Its value is written only after an edit. */
export function PropertyRow({ workflowId, setting }: { workflowId: string; setting: Setting }) {
  const put = usePutSetting(workflowId)
  const mayWrite = useMay('write')
  const [draft, setDraft] = useState<Draft | null>(null)
  const [historyOpened, setHistoryOpened] = useState(false)
  const more = useRef<HTMLButtonElement>(null)
  const stored = storedText(setting)
  const problem = draft?.mode === 'json' ? jsonProblem(draft.text) : null
  const save = (base = draft?.base) => {
    if (draft === null || problem !== null || put.isPending) return
    const value = draft.mode === 'json' ? draft.text.trim() : JSON.stringify(draft.text)
    put.mutate(
      { key: setting.key, value, secret: draft.secret, base },
      // Text typed during the save is not saved yet.
      {
        onSuccess: ({ revision }) =>
          setDraft((now) => (now === null || now === draft ? null : { ...now, base: revision })),
      },
    )
  }
  const edit = (text: string) =>
    setDraft({
      mode: draft?.mode ?? 'text',
      text,
      secret: draft?.secret ?? setting.secret,
      base: draft?.base ?? setting.revision,
    })
  const drop = () => {
    setDraft(null)
    put.reset()
  }
  const closeHistory = () => {
    setHistoryOpened(false)
    // The menu item that had the focus is gone.
    more.current?.focus()
  }
  return (
    <fieldset className={classes.row} aria-label={visible(setting.key)}>
      <div className={classes.fields}>
        <div className={classes.name}>{visible(setting.key)}</div>
        <Value setting={setting} draft={draft} stored={stored} problem={problem} onEdit={edit} onSave={() => save()} />
        <div className={classes.actions}>
          {setting.secret ? (
            <Tooltip label="Secret: the value is never shown">
              <IconLock size={16} role="img" aria-label="Secret" color="var(--mantine-color-dimmed)" />
            </Tooltip>
          ) : null}
          <RowMenu ref={more} setting={setting} onDraft={setDraft} onHistory={() => setHistoryOpened(true)} />
          {mayWrite ? <DeleteProperty workflowId={workflowId} setting={setting} /> : null}
        </div>
      </div>
      {draft === null ? null : (
        <Group gap="xs" mt={6}>
          <Button size="compact-sm" onClick={() => save()} loading={put.isPending} disabled={problem !== null}>
            Save
          </Button>
          <Button size="compact-sm" variant="default" onClick={drop}>
            Cancel
          </Button>
          {draft.secret !== setting.secret ? (
            <Text size="xs" c="dimmed">
              {draft.secret
                ? 'This will become a secret. Its value is never shown again.'
                : 'This will no longer be a secret.'}
            </Text>
          ) : null}
        </Group>
      )}
      {draft !== null && draft.base !== setting.revision ? (
        <StaleProperty setting={setting} onOverwrite={() => save(setting.revision)} onTakeTheirs={drop} />
      ) : put.error === null ? null : (
        <Text size="sm" c="var(--wf-bad)" role="alert">
          {put.error.message}
        </Text>
      )}
      <PropertyHistoryModal workflowId={workflowId} setting={setting} opened={historyOpened} onClose={closeHistory} />
    </fieldset>
  )
}

type ValueProps = {
  setting: Setting
  draft: Draft | null
  stored: string | null
  problem: string | null
  onEdit: (text: string) => void
  onSave: () => void
}

function Value({ setting, draft, stored, problem, onEdit, onSave }: ValueProps) {
  const mayWrite = useMay('write')
  if (draft !== null) {
    const error = problem === null ? undefined : `Invalid JSON: ${problem}`
    return <ValueInput name={setting.key} draft={draft} onChange={onEdit} onEnter={onSave} error={error} autoFocus />
  }
  if (setting.secret) {
    return (
      <Group className={classes.value} gap="xs" wrap="nowrap">
        <span className={classes.covered}>
          <VisuallyHidden>A secret value</VisuallyHidden>
          <span aria-hidden>••••••••••••</span>
        </span>
        {mayWrite ? (
          <Button size="compact-sm" variant="default" onClick={() => onEdit('')}>
            Replace
          </Button>
        ) : null}
      </Group>
    )
  }
  if (stored === null) {
    return <JsonValue name={setting.key} text={prettyJson(setting.value ?? 'null')} />
  }
  return (
    <ValueInput
      name={setting.key}
      draft={{ mode: 'text', text: stored, secret: false }}
      onChange={onEdit}
      onEnter={onSave}
      placeholder="Empty"
      readOnly={!mayWrite}
    />
  )
}

type MenuProps = {
  ref: Ref<HTMLButtonElement>
  setting: Setting
  onDraft: (draft: Draft) => void
  onHistory: () => void
}

function RowMenu({ ref, setting, onDraft, onHistory }: MenuProps) {
  const stored = storedText(setting)
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon ref={ref} variant="subtle" color="gray" aria-label={`More about ${visible(setting.key)}`}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Changed <RelativeTime at={setting.updated_at} /> by <ActorName actor={setting.updated_by} />
        </Menu.Label>
        {setting.secret || stored !== null ? null : (
          <Menu.Label>
            JSON, written by code{' '}
            <Badge size="xs" variant="default">
              json
            </Badge>
          </Menu.Label>
        )}
        {useMay('write') ? <ChangeItems setting={setting} onDraft={onDraft} /> : null}
        <Menu.Item onClick={onHistory}>History</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function ChangeItems({ setting, onDraft }: Pick<MenuProps, 'setting' | 'onDraft'>) {
  const stored = storedText(setting)
  const json = setting.secret ? '' : (setting.value ?? 'null')
  const start = (draft: Omit<Draft, 'base'>) => onDraft({ ...draft, base: setting.revision })
  const flipSecret = () => {
    const text = setting.secret ? '' : (stored ?? json)
    start({ mode: stored === null && !setting.secret ? 'json' : 'text', text, secret: !setting.secret })
  }
  return (
    <>
      <Menu.Item onClick={() => start({ mode: 'json', text: json, secret: setting.secret })}>Edit as JSON</Menu.Item>
      {stored === null && !setting.secret ? (
        <Menu.Item onClick={() => start({ mode: 'text', text: '', secret: false })}>Replace with text</Menu.Item>
      ) : null}
      <Menu.Item onClick={flipSecret}>{setting.secret ? 'Replace with a visible value' : 'Make secret'}</Menu.Item>
    </>
  )
}

const storedText = (setting: Setting): string | null =>
  setting.secret || setting.value === null ? null : asString(setting.value)
