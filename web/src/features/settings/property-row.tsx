import { ActionIcon, Badge, Button, Group, Menu, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import IconDots from '@tabler/icons-react/icons/IconDots'
import IconLock from '@tabler/icons-react/icons/IconLock'
import { type Ref, useRef, useState } from 'react'
import { prettyJson } from '../../lib/client/api.ts'
import { StaleChoice } from '../../lib/forms/stale-choice.tsx'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { useDraft } from '../../lib/forms/use-draft.ts'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { asString, jsonProblem } from '../../lib/json-text.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'
import { usePutSetting } from '../../lib/requests/put-setting.ts'
import { visible } from '../../lib/text.ts'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { SettingText } from '../../lib/ui/runs/settings-changes.tsx'
import { DeleteProperty } from './delete-property.tsx'
import { ActorName } from './parts/actor-name.tsx'
import classes from './parts/properties.module.css'
import { JsonValue, type ValueEdit, ValueInput } from './parts/value-input.tsx'
import { PlacePicker } from './place-picker.tsx'
import { PropertyHistoryModal } from './property-history-modal.tsx'
import { useOfferSave } from './save-all.ts'

export function PropertyRow({ workflowId, setting }: { workflowId: string; setting: Setting }) {
  const { key, revision } = setting
  const put = usePutSetting(workflowId)
  const mayWrite = useMay('write')
  const edit = useDraft<ValueEdit, number>({ current: revision, isStale: ({ base }, now) => base !== now })
  const { draft } = edit
  // An active save also changes the revision.
  const isStale = edit.isStale && !put.isPending
  const [historyOpened, setHistoryOpened] = useState(false)
  const more = useRef<HTMLButtonElement>(null)
  const problem = draft?.value.mode === 'json' ? jsonProblem(draft.value.text) : null
  const save = (base = draft?.base) => {
    if (draft === null || problem !== null || put.isPending) return
    const { mode, text, secret } = draft.value
    put.mutate(
      { key, value: mode === 'json' ? text.trim() : JSON.stringify(text), secret, base_revision: base },
      // Keeps text typed during the save.
      {
        onSuccess: (saved) =>
          edit.set((now) => (now === draft || now === null ? null : { ...now, base: saved.revision })),
      },
    )
  }
  const type = (text: string) =>
    edit.edit((before) => ({ mode: before?.mode ?? 'text', text, secret: before?.secret ?? setting.secret }))
  const discard = () => {
    edit.discard()
    put.reset()
  }
  useOfferSave(draft !== null && problem === null && !edit.isStale, save)
  useUnsaved(draft !== null, { what: t('Property {key}', { key }), discard })
  const closeHistory = () => {
    setHistoryOpened(false)
    more.current?.focus()
  }
  return (
    <fieldset className={classes.row} aria-label={visible(key)}>
      <div className={classes.fields}>
        <div className={classes.name}>{visible(key)}</div>
        <Value setting={setting} edit={draft?.value ?? null} problem={problem} onType={type} onSave={() => save()} />
        <div className={classes.actions}>
          {setting.secret ? (
            <Tooltip label={t('Secret: the value is never shown')}>
              <IconLock size={16} role="img" aria-label={t('Secret')} color="var(--mantine-color-dimmed)" />
            </Tooltip>
          ) : null}
          {setting.secret ? null : <PlacePicker workflowId={workflowId} name={key} onPick={type} />}
          <RowMenu ref={more} setting={setting} onEdit={edit.edit} onHistory={() => setHistoryOpened(true)} />
          {mayWrite ? <DeleteProperty workflowId={workflowId} setting={setting} /> : null}
        </div>
      </div>
      {draft === null ? null : (
        <Group gap="xs" mt={6}>
          <Button size="compact-sm" onClick={() => save()} loading={put.isPending} disabled={problem !== null}>
            {t('Save')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={discard}>
            {t('Cancel')}
          </Button>
          {draft.value.secret === setting.secret ? null : (
            <Text size="xs" c="dimmed">
              {draft.value.secret
                ? t('This will become a secret. Its value is never shown again.')
                : t('This will no longer be a secret.')}
            </Text>
          )}
        </Group>
      )}
      {isStale ? (
        <StaleChoice onKeepMine={() => save(revision)} onTakeTheirs={discard}>
          <Text size="sm" component="div">
            {rich('Changed {time} by {actor} while you were editing.', {
              time: <RelativeTime at={setting.updated_at} />,
              actor: <ActorName actor={setting.updated_by} />,
            })}{' '}
            {setting.secret ? t('The value is secret.') : t('Current value:')}
          </Text>
          {setting.secret ? null : <SettingText text={setting.value} />}
        </StaleChoice>
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
  edit: ValueEdit | null
  problem: string | null
  onType: (text: string) => void
  onSave: () => void
}

function Value({ setting, edit, problem, onType, onSave }: ValueProps) {
  const stored = storedText(setting)
  const mayWrite = useMay('write')
  if (edit !== null) {
    const error = problem === null ? undefined : t('Invalid JSON: {problem}', { problem })
    return <ValueInput name={setting.key} edit={edit} onChange={onType} onEnter={onSave} error={error} autoFocus />
  }
  if (setting.secret) {
    return (
      <Group className={classes.value} gap="xs" wrap="nowrap">
        <span className={classes.covered}>
          <VisuallyHidden>{t('A secret value')}</VisuallyHidden>
          <span aria-hidden>••••••••••••</span>
        </span>
        {mayWrite ? (
          <Button size="compact-sm" variant="default" onClick={() => onType('')}>
            {t('Replace')}
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
      edit={{ mode: 'text', text: stored, secret: false }}
      onChange={onType}
      onEnter={onSave}
      placeholder={t('Empty')}
      readOnly={!mayWrite}
    />
  )
}

type MenuProps = {
  ref: Ref<HTMLButtonElement>
  setting: Setting
  onEdit: (edit: ValueEdit) => void
  onHistory: () => void
}

function RowMenu({ ref, setting, onEdit, onHistory }: MenuProps) {
  const stored = storedText(setting)
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon
          ref={ref}
          variant="subtle"
          color="gray"
          aria-label={t('More about {key}', { key: visible(setting.key) })}
        >
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {rich('Changed {time} by {actor}', {
            time: <RelativeTime at={setting.updated_at} />,
            actor: <ActorName actor={setting.updated_by} />,
          })}
        </Menu.Label>
        {setting.secret || stored !== null ? null : (
          <Menu.Label>
            {t('JSON, written by code')}{' '}
            <Badge size="xs" variant="default">
              json
            </Badge>
          </Menu.Label>
        )}
        {useMay('write') ? <ChangeItems setting={setting} onEdit={onEdit} /> : null}
        <Menu.Item onClick={onHistory}>{t('History')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function ChangeItems({ setting, onEdit: start }: Pick<MenuProps, 'setting' | 'onEdit'>) {
  const stored = storedText(setting)
  const json = setting.secret ? '' : (setting.value ?? 'null')
  const flipSecret = () => {
    const text = setting.secret ? '' : (stored ?? json)
    start({ mode: stored === null && !setting.secret ? 'json' : 'text', text, secret: !setting.secret })
  }
  return (
    <>
      <Menu.Item onClick={() => start({ mode: 'json', text: json, secret: setting.secret })}>
        {t('Edit as JSON')}
      </Menu.Item>
      {stored === null && !setting.secret ? (
        <Menu.Item onClick={() => start({ mode: 'text', text: '', secret: false })}>{t('Replace with text')}</Menu.Item>
      ) : null}
      <Menu.Item onClick={flipSecret}>
        {setting.secret ? t('Replace with a visible value') : t('Make secret')}
      </Menu.Item>
    </>
  )
}

const storedText = (setting: Setting): string | null =>
  setting.secret || setting.value === null ? null : asString(setting.value)
