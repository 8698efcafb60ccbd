import { Button, Stack, Text } from '@mantine/core'
import IconPlus from '@tabler/icons-react/icons/IconPlus'
import { useState } from 'react'
import { useSettings } from '../../lib/requests/get-settings.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import type { MissingSetting } from './missing-settings.ts'
import { NewPropertyRow } from './new-property-row.tsx'
import classes from './properties.module.css'
import { PropertyRow } from './property-row.tsx'

/** The settings that the function gets, and those that its code asks for but nobody has set. */
export function PropertiesPanel({ workflow, missing }: { workflow: Workflow; missing: readonly MissingSetting[] }) {
  const settings = useSettings(workflow.id)
  const [added, setAdded] = useState<readonly number[]>([])
  const rows = settings.data?.pages.flatMap((page) => page.data) ?? []
  const add = () => setAdded((before) => [...before, (before.at(-1) ?? 0) + 1])
  return (
    <Panel title="Environment properties" flush>
      <Text size="sm" c="dimmed" px="md" pt="sm">
        The function finds these in <code>settings</code>, and may change them.
      </Text>
      <Stack gap={0} pt="xs" pb="xs">
        {rows.length + missing.length + added.length === 0 ? null : (
          <div className={`${classes.heads} ${classes.fields}`} aria-hidden>
            <span>Name</span>
            <span className={classes.value}>Value</span>
          </div>
        )}
        {settings.isPending ? (
          <div className={classes.row}>
            <RowsSkeleton rows={2} height={36} />
          </div>
        ) : null}
        {settings.error === null ? null : <LoadError error={settings.error} retry={() => void settings.refetch()} />}
        {rows.map((setting) => (
          <PropertyRow key={setting.key} workflowId={workflow.id} setting={setting} />
        ))}
        {missing.map(({ name, secret }) => (
          <NewPropertyRow key={name} workflowId={workflow.id} name={name} secret={secret} />
        ))}
        {added.map((id) => (
          <NewPropertyRow
            key={id}
            workflowId={workflow.id}
            onDone={() => setAdded((before) => before.filter((each) => each !== id))}
          />
        ))}
        {settings.hasNextPage ? (
          <Button variant="subtle" onClick={() => void settings.fetchNextPage()}>
            Show more
          </Button>
        ) : null}
      </Stack>
      <div className={classes.foot}>
        <Button fullWidth variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={add}>
          Environment property
        </Button>
      </div>
    </Panel>
  )
}
