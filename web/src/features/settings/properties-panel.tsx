import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconPlus from '@tabler/icons-react/icons/IconPlus'
import { Suspense, useState } from 'react'
import { downloadText } from '../../lib/download.ts'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { lazyPart } from '../../lib/lazy-part.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { type Setting, useSettings } from '../../lib/requests/get-settings.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { HelpLink } from '../../lib/ui/help/help-link.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import type { MissingSetting } from './missing/use-missing-settings.ts'
import { NewPropertyRow } from './new-property-row.tsx'
import classes from './parts/properties.module.css'
import { PropertyRow } from './property-row.tsx'
import { SaveAllContext, useSaveAll } from './save-all.ts'
import { SharedChoice } from './shared/shared-choice.tsx'

const EnvForm = lazyPart(async () => (await import('./env-form.tsx')).EnvForm)

type Props = {
  workflow: Workflow
  missing: readonly MissingSetting[]
  onIgnore: (name: string) => void
}

export function PropertiesPanel({ workflow, missing, onIgnore }: Props) {
  const settings = useSettings(workflow.id)
  const mayWrite = useMay('write')
  const [added, setAdded] = useState<readonly number[]>([])
  const rows = settings.data?.pages.flatMap((page) => page.data) ?? []
  const { count, saveAll, registry } = useSaveAll()
  const add = () => setAdded((before) => [...before, (before.at(-1) ?? 0) + 1])
  return (
    <Panel
      title={t('Environment properties')}
      help={<HelpLink about="property" />}
      flush
      aside={
        <Tools workflow={workflow} settings={rows} isComplete={settings.data !== undefined && !settings.hasNextPage} />
      }
    >
      <Text size="sm" c="dimmed" px="md" pt="sm">
        {rich('Available to your function as {code}. Your function can change them.', { code: <code>settings</code> })}
      </Text>
      <SaveAllContext value={registry}>
        <Stack gap={0} pt="xs" pb="xs">
          {rows.length + (mayWrite ? missing.length : 0) + added.length === 0 ? null : (
            <div className={`${classes.heads} ${classes.fields}`} aria-hidden>
              <span>{t('Name')}</span>
              <span className={classes.value}>{t('Value')}</span>
            </div>
          )}
          {settings.isPending ? (
            <div className={classes.row}>
              <RowsSkeleton rows={2} height={36} />
            </div>
          ) : null}
          <LoadError of={settings} />
          {rows.map((setting) =>
            setting.state ? null : <PropertyRow key={setting.key} workflowId={workflow.id} setting={setting} />,
          )}
          {(mayWrite ? missing : []).map(({ name, secret }) => (
            <NewPropertyRow
              key={name}
              workflowId={workflow.id}
              name={name}
              secret={secret}
              onIgnore={() => onIgnore(name)}
            />
          ))}
          {added.map((id) => (
            <NewPropertyRow
              key={id}
              workflowId={workflow.id}
              onDone={() => setAdded((before) => before.filter((each) => each !== id))}
            />
          ))}
          <StateRows workflowId={workflow.id} settings={rows.filter(({ state }) => state)} />
          {settings.hasNextPage ? (
            <Button variant="subtle" onClick={() => void settings.fetchNextPage()}>
              {t('Show more')}
            </Button>
          ) : null}
        </Stack>
      </SaveAllContext>
      <SharedChoice workflow={workflow} />
      {mayWrite ? (
        <div className={classes.foot}>
          {count < 2 ? null : (
            <Button fullWidth mb="xs" onClick={saveAll}>
              {t('Save all {count}', { count })}
            </Button>
          )}
          <Button fullWidth variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={add}>
            {t('Environment property')}
          </Button>
        </div>
      ) : null}
    </Panel>
  )
}

function StateRows({ workflowId, settings }: { workflowId: string; settings: readonly Setting[] }) {
  if (settings.length === 0) return null
  return (
    <section aria-label={t('State')}>
      <Text size="sm" fw={500} px="md" pt="sm">
        {t('State')}
      </Text>
      <Text size="sm" c="dimmed" px="md">
        {t('Only the function wrote these. Exports leave them out.')}
      </Text>
      {settings.map((setting) => (
        <PropertyRow key={setting.key} workflowId={workflowId} setting={setting} />
      ))}
    </section>
  )
}

type ToolsProps = {
  workflow: Workflow
  settings: readonly Setting[]
  /** A partial export would look complete. */
  isComplete: boolean
}

function Tools({ workflow, settings, isComplete }: ToolsProps) {
  const [opened, { open, close }] = useDisclosure()
  const exportAll = async () => {
    const { writeEnv } = await import('./env-text.ts')
    downloadText(`${workflow.name.replace(/[^\w.-]+/g, '-')}.env`, writeEnv(settings.filter(({ state }) => !state)))
  }
  return (
    <Group gap="xs">
      {useMay('write') ? (
        <Button size="compact-sm" variant="default" onClick={open} disabled={!isComplete}>
          {t('Paste .env')}
        </Button>
      ) : null}
      <Button
        size="compact-sm"
        variant="default"
        disabled={!isComplete || settings.length === 0}
        onClick={() => void exportAll().catch(notifyError)}
      >
        {t('Export')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('Paste .env')} size={900}>
        <Suspense fallback={<RowsSkeleton rows={3} />}>
          <EnvForm workflowId={workflow.id} settings={settings} onClose={close} />
        </Suspense>
      </Modal>
    </Group>
  )
}
