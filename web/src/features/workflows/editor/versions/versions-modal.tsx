import { Badge, Button, Group, Modal, SegmentedControl, Select, Stack, Text, UnstyledButton } from '@mantine/core'
import { useMemo, useState } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import type { Version } from '../../../../lib/requests/create-version.ts'
import { useMay } from '../../../../lib/requests/get-me.ts'
import { useVersion } from '../../../../lib/requests/get-version.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { visible } from '../../../../lib/text.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../../../lib/ui/rows-skeleton.tsx'
import { type Code, isSameCode } from '../text/code.ts'
import { CompareCode } from './compare-code.tsx'
import { DraftTexts } from './draft-texts.tsx'
import { useVersions } from './get-versions.ts'
import { useDeploy } from './use-deploy.tsx'
import classes from './versions-modal.module.css'

type Props = {
  workflow: Workflow
  code: Code
  opened: boolean
  onClose: () => void
  onEdit: (code: Code) => void
}

export function VersionsModal({ opened, onClose, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('Versions')} size={1400}>
      <Texts onClose={onClose} {...rest} />
    </Modal>
  )
}

function Texts(props: Omit<Props, 'opened'>) {
  const [shown, setShown] = useState('Versions')
  const show = (code: Code) => {
    props.onEdit(code)
    props.onClose()
  }
  return (
    <Stack gap="sm">
      {useMay('write') ? (
        <SegmentedControl
          size="xs"
          data={[t('Versions'), t('Your drafts')]}
          value={shown}
          onChange={setShown}
          style={{ alignSelf: 'start' }}
        />
      ) : null}
      {shown === 'Versions' ? (
        <Versions {...props} onEdit={show} />
      ) : (
        <DraftTexts workflowId={props.workflow.id} code={props.code} onEdit={show} />
      )}
    </Stack>
  )
}

function Versions({ workflow, code, onEdit }: Omit<Props, 'opened' | 'onClose'>) {
  const versions = useVersions(workflow.id)
  const rows = versions.data?.pages.flatMap((page) => page.data) ?? []
  const [chosen, setChosen] = useState<number | null>(null)
  const version = rows.find((row) => row.number === chosen) ?? rows[0]
  if (versions.error !== null) return <LoadError of={versions} />
  if (versions.data === undefined) return <RowsSkeleton rows={6} />
  if (version === undefined) return <Text c="dimmed">{t('No versions yet.')}</Text>
  return (
    <div className={classes.columns}>
      <Stack gap={2} className={classes.list}>
        {rows.map((row) => (
          <VersionRow
            key={row.id}
            version={row}
            isDeployed={row.number === workflow.deployed_version}
            isChosen={row.number === version.number}
            onChoose={() => setChosen(row.number)}
          />
        ))}
        {versions.hasNextPage ? (
          <Button
            size="xs"
            variant="default"
            loading={versions.isFetchingNextPage}
            onClick={() => void versions.fetchNextPage()}
          >
            {t('Show older')}
          </Button>
        ) : null}
      </Stack>
      <VersionView key={version.id} workflow={workflow} version={version} others={rows} code={code} onEdit={onEdit} />
    </div>
  )
}

type RowProps = { version: Version; isDeployed: boolean; isChosen: boolean; onChoose: () => void }

function VersionRow({ version, isDeployed, isChosen, onChoose }: RowProps) {
  return (
    <UnstyledButton className={classes.row} aria-current={isChosen} onClick={onChoose}>
      <Group gap="xs">
        <Text fw={600}>v{version.number}</Text>
        {isDeployed ? (
          <Badge size="sm" variant="light" color="green" c="var(--wf-good)" tt="none">
            {t('deployed')}
          </Badge>
        ) : null}
      </Group>
      <Text size="xs" c="dimmed">
        <RelativeTime at={version.created_at} />
        {version.created_by === null ? null : t(' by {name}', { name: visible(version.created_by.name) })}
      </Text>
      {version.message === '' ? null : (
        <Text size="xs" c="dimmed" lineClamp={2} className="wrap">
          {visible(version.message)}
        </Text>
      )}
    </UnstyledButton>
  )
}

type ViewProps = {
  workflow: Workflow
  version: Version
  others: readonly Version[]
  code: Code
  onEdit: (code: Code) => void
}

const NOTHING = 'nothing'
const EDITOR = 'editor'

function VersionView({ workflow, version, others, code, onEdit }: ViewProps) {
  const deploy = useDeploy(workflow)
  const earlier = others.find(({ number }) => number < version.number)
  const [compared, setCompared] = useState(earlier === undefined ? NOTHING : String(earlier.number))
  const read = useVersion(workflow.id, version.number)
  const other = useVersion(workflow.id, /^\d+$/.test(compared) ? Number(compared) : null)
  const before = useMemo(() => sideOf(compared, other.data, code), [compared, other.data, code])
  const after = useMemo(() => (read.data === undefined ? null : sideOfVersion(read.data)), [read.data])
  const isRead = after !== null && (before !== null || compared === NOTHING)
  const error = read.error ?? other.error
  const isDeployed = version.number === workflow.deployed_version
  const isBack = workflow.deployed_version !== null && version.number < workflow.deployed_version
  return (
    <Stack gap="sm" miw={0}>
      <Group justify="space-between" align="flex-end">
        <Select
          size="xs"
          label={t('Compare with')}
          data={[
            { value: NOTHING, label: t('No comparison') },
            { value: EDITOR, label: t('Editor') },
            ...others
              .filter(({ number }) => number !== version.number)
              .map(({ number }) => ({
                value: String(number),
                label: `v${number}${number === workflow.deployed_version ? t(', deployed') : ''}`,
              })),
          ]}
          value={compared}
          allowDeselect={false}
          onChange={(value) => setCompared(value ?? NOTHING)}
        />
        <Group gap="xs" display={useMay('write') ? undefined : 'none'}>
          <Button
            size="xs"
            variant="default"
            onClick={() => after !== null && onEdit(after.code)}
            disabled={after === null || isSameCode(after.code, code)}
          >
            {t('Open in editor')}
          </Button>
          <Button size="xs" loading={deploy.isPending} onClick={() => deploy.run(version.number)} disabled={isDeployed}>
            {isDeployed
              ? t('Deployed')
              : isBack
                ? t('Roll back to v{number}', { number: version.number })
                : t('Deploy v{number}', { number: version.number })}
          </Button>
        </Group>
      </Group>
      <LoadError of={{ error, refetch: () => Promise.all([read.refetch(), other.refetch()]) }} />
      <Obstacle found={read.data?.fork_obstacle} />
      {isRead ? <CompareCode before={before} after={after} /> : error === null ? <RowsSkeleton rows={6} /> : null}
    </Stack>
  )
}

function Obstacle({ found }: { found: Version['fork_obstacle'] }) {
  if (!found) return null
  return (
    <Text size="sm" c="dimmed">
      {t('Each run loads this version again, which takes longer, because while it loads it {what}.', {
        what: OBSTACLES[found](),
      })}
    </Text>
  )
}

const OBSTACLES: Record<NonNullable<Version['fork_obstacle']>, () => string> = {
  threads: () => t('starts threads'),
  descriptors: () => t('opens files or connections'),
  requests: () => t('sends requests that have no response yet'),
  children: () => t('starts processes'),
  memory: () => t('shares memory'),
  random: () => t('draws random values'),
  written_files: () => t('writes files'),
}

const sideOfVersion = ({ number, source, files = {} }: Version) => ({ label: `v${number}`, code: { source, files } })

function sideOf(compared: string, version: Version | undefined, code: Code) {
  if (compared === EDITOR) return { label: t('Editor'), code }
  return version === undefined ? null : sideOfVersion(version)
}
