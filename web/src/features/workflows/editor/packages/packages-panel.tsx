import { ActionIcon, Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconX from '@tabler/icons-react/icons/IconX'
import { type FormEvent, useState } from 'react'
import { rich } from '../../../../lib/i18n/rich.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { bytes } from '../../../../lib/numbers.ts'
import { useMay } from '../../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { Panel } from '../../../../lib/ui/panel.tsx'
import type { SaveWish } from '../versions/use-save.ts'
import { addRequirement, type Block, nameOf, readBlock, removeRequirement } from './block.ts'
import { BuildLog } from './build-log.tsx'
import classes from './packages.module.css'
import { UpgradeModal } from './upgrade-modal.tsx'
import { type Installed, useInstalled } from './use-installed.ts'

type Props = {
  workflow: Workflow
  number: number
  text: { source: string; change: (source: string) => void }
  saving: { saving: boolean; save: (wish: SaveWish) => void }
}

const NO_BLOCK: Block = { dependencies: [], requiresPython: null }

export function PackagesPanel({ workflow, number, text, saving: { saving, save } }: Props) {
  const { source, change } = text
  const read = readBlock(source)
  const block = read === null || read === 'unreadable' ? NO_BLOCK : read
  const installed = useInstalled(workflow.id, number, block, saving && read !== null)
  const mayWrite = useMay('write')
  const [upgrading, upgrade] = useDisclosure()
  const canUpgrade = mayWrite && installed.packages.length > 0 && read !== null
  return (
    <Panel
      title={t('Packages')}
      label={t('Packages')}
      flush
      aside={
        canUpgrade ? (
          <Button size="compact-sm" variant="default" disabled={saving} onClick={upgrade.open}>
            {t('Upgrade')}
          </Button>
        ) : null
      }
    >
      <Intro isDeclared={read !== null} installed={installed} block={block} />
      {read === 'unreadable' ? (
        <Text size="sm" px="md" pb="sm">
          {rich('Edit the block {code} in the code: it has a form that this panel does not change.', {
            code: <code>{'# /// script'}</code>,
          })}
        </Text>
      ) : null}
      {block.dependencies.map((requirement, index) => (
        <Requirement
          // biome-ignore lint/suspicious/noArrayIndexKey: one text may be there twice
          key={`${index} ${requirement}`}
          requirement={requirement}
          installed={installed}
          onRemove={mayWrite ? () => change(removeRequirement(source, index)) : null}
        />
      ))}
      {read === null ? null : <Details installed={installed} block={block} />}
      {mayWrite && read !== 'unreadable' ? (
        <AddForm block={block} onAdd={(requirement) => change(addRequirement(source, requirement))} />
      ) : null}
      <UpgradeModal
        workflowId={workflow.id}
        source={source}
        packages={installed.packages}
        opened={upgrading}
        onClose={upgrade.close}
        onDeploy={() => save({ deploy: true, upgrade: true, message: t('Packages upgraded') })}
      />
    </Panel>
  )
}

type IntroProps = { isDeclared: boolean; installed: Installed; block: Block }

function Intro({ isDeclared, installed, block }: IntroProps) {
  if (!isDeclared) {
    return (
      <Text size="sm" c="dimmed" px="md" py="sm">
        {rich('Python’s standard library, {code} and {code2}. Others are declared in a block at the top of the code.', {
          code: <code>hrflow</code>,
          code2: <code>requests</code>,
        })}
      </Text>
    )
  }
  return (
    <Stack gap={4} px="md" py="sm">
      <Text size="sm" role="status">
        {stateWords(installed)}
      </Text>
      {block.requiresPython === null ? null : (
        <Text size="sm" c="dimmed">
          {t('Needs Python {requiresPython}', { requiresPython: block.requiresPython })}
        </Text>
      )}
      {installed.detail === null ? null : (
        <Alert color="red" variant="light">
          <Text size="sm" className="wrap mono">
            {installed.detail}
          </Text>
        </Alert>
      )}
      {installed.notes.map((note) => (
        <Alert key={note} color="yellow" variant="light">
          {note}
        </Alert>
      ))}
    </Stack>
  )
}

function stateWords({ state, runtime, sizeBytes }: Installed): string {
  if (state === 'ready')
    return [t('Ready'), runtime, sizeBytes === null ? null : bytes(sizeBytes)].filter(Boolean).join(' · ')
  return {
    changed: t('Changed: resolved when you test, save or deploy.'),
    building: t('Installing…'),
    failed: t('The packages could not be installed.'),
    absent: t('Not on this server: installed when a version needs them.'),
  }[state]
}

type RequirementProps = { requirement: string; installed: Installed; onRemove: (() => void) | null }

function Requirement({ requirement, installed, onRemove }: RequirementProps) {
  const name = nameOf(requirement)
  const version = installed.packages.find((one) => nameOf(one.name) === name)?.version
  return (
    <div className={classes.row}>
      <Text size="sm" className="wrap mono">
        {requirement}
      </Text>
      <Text size="sm" c={version === undefined ? 'dimmed' : undefined}>
        {version ?? t('not resolved yet')}
      </Text>
      {onRemove === null ? null : (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('Remove {requirement}', { requirement })}
          onClick={onRemove}
        >
          <IconX size={15} aria-hidden />
        </ActionIcon>
      )}
    </div>
  )
}

function Details({ installed, block }: { installed: Installed; block: Block }) {
  const named = new Set(block.dependencies.map(nameOf))
  const indirect = installed.packages.filter(({ name }) => !named.has(nameOf(name)))
  const isBuilding = installed.state === 'building'
  const [isLogOpen, setLogOpen] = useState(false)
  const { environmentId } = installed
  return (
    <>
      {indirect.length === 0 ? null : (
        <details className={classes.more}>
          <summary>
            {t('Comes with them: {count, plural, one {# package} other {# packages}}', { count: indirect.length })}
          </summary>
          <Text size="sm" c="dimmed" className="wrap" pt={4}>
            {indirect.map(({ name, version }) => `${name} ${version}`).join(', ')}
          </Text>
        </details>
      )}
      {environmentId === null ? null : (
        <details
          className={classes.more}
          open={isBuilding || isLogOpen}
          onToggle={(event) => setLogOpen(event.currentTarget.open)}
        >
          <summary>{t('Build log')}</summary>
          {isBuilding || isLogOpen ? (
            <BuildLog environmentId={environmentId} build={installed.build} follow={isBuilding} />
          ) : null}
        </details>
      )}
    </>
  )
}

function AddForm({ block, onAdd }: { block: Block; onAdd: (requirement: string) => void }) {
  const [text, setText] = useState('')
  const name = nameOf(text)
  const isThere = name !== '' && block.dependencies.some((one) => nameOf(one) === name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name === '' || isThere) return
    onAdd(text.trim())
    setText('')
  }
  return (
    <form className={classes.foot} onSubmit={submit}>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <TextInput
          flex={1}
          aria-label={t('Package')}
          placeholder={t('pandas>=2.2')}
          value={text}
          error={isThere ? t('{name} is declared already.', { name }) : null}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={name === '' || isThere}>
          {t('Add package')}
        </Button>
      </Group>
    </form>
  )
}
