import { Badge, Button, Group, Modal, Skeleton, Stack, Switch, Text, UnstyledButton } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import type { Version } from '../../lib/requests/create-version.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { notifyDone, notifyError } from '../../lib/ui/notify.ts'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { useDeployVersion } from './deploy-version.ts'
import { useVersions } from './get-versions.ts'
import classes from './versions-modal.module.css'

const CodeDiff = lazy(async () => ({ default: (await import('./code-diff.tsx')).CodeDiff }))

type Props = {
  workflow: Workflow
  source: string
  opened: boolean
  onClose: () => void
  onEdit: (source: string) => void
}

/** All versions: read one, compare it with the editor's text, deploy it, or take it into the editor. */
export function VersionsModal({ opened, onClose, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Versions" size={1100}>
      <Versions onClose={onClose} {...rest} />
    </Modal>
  )
}

function Versions({ workflow, source, onClose, onEdit }: Omit<Props, 'opened'>) {
  const versions = useVersions(workflow.id)
  const rows = versions.data?.pages.flatMap((page) => page.data) ?? []
  const [chosen, setChosen] = useState<number | null>(null)
  const version = rows.find((row) => row.number === chosen) ?? rows[0]
  if (versions.error !== null) return <LoadError error={versions.error} retry={() => void versions.refetch()} />
  if (version === undefined) return <Text c="dimmed">No version is saved yet.</Text>
  return (
    <div className={classes.columns}>
      <Stack gap={2}>
        {rows.map((row) => (
          <UnstyledButton
            key={row.id}
            className={classes.row}
            aria-current={row.number === version.number}
            onClick={() => setChosen(row.number)}
          >
            <Group gap="xs">
              <Text fw={600}>v{row.number}</Text>
              {row.number === workflow.deployed_version ? (
                <Badge size="sm" variant="light" color="green" c="var(--wf-good)" tt="none">
                  deployed
                </Badge>
              ) : null}
            </Group>
            <Text size="xs" c="dimmed">
              <RelativeTime at={row.created_at} />
            </Text>
            {row.message === '' ? null : (
              <Text size="xs" c="dimmed" lineClamp={2} className="wrap">
                {row.message}
              </Text>
            )}
          </UnstyledButton>
        ))}
        {versions.hasNextPage ? (
          <Button size="xs" variant="default" onClick={() => void versions.fetchNextPage()}>
            Older
          </Button>
        ) : null}
      </Stack>
      <VersionView
        key={version.id}
        workflow={workflow}
        version={version}
        source={source}
        onEdit={() => {
          onEdit(version.source)
          onClose()
        }}
      />
    </div>
  )
}

type ViewProps = { workflow: Workflow; version: Version; source: string; onEdit: () => void }

function VersionView({ workflow, version, source, onEdit }: ViewProps) {
  const deploy = useDeployVersion(workflow.id)
  const [compare, setCompare] = useState(false)
  const isDeployed = version.number === workflow.deployed_version
  const run = () =>
    deploy.mutate(version.number, {
      onSuccess: () => notifyDone(`Version ${version.number} is deployed.`),
      onError: notifyError,
    })
  return (
    <Stack gap="sm" miw={0}>
      <Group justify="space-between">
        <Switch
          label="Compare with the editor"
          checked={compare}
          onChange={(event) => setCompare(event.currentTarget.checked)}
          disabled={version.source === source}
        />
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={onEdit} disabled={version.source === source}>
            Take into the editor
          </Button>
          <Button size="xs" loading={deploy.isPending} onClick={run} disabled={isDeployed}>
            {isDeployed ? 'Deployed' : `Deploy v${version.number}`}
          </Button>
        </Group>
      </Group>
      <div className={classes.source}>
        <Suspense fallback={<Skeleton height={300} />}>
          <CodeDiff before={compare ? source : null} source={version.source} />
        </Suspense>
      </div>
    </Stack>
  )
}
