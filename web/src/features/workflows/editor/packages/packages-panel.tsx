import { ActionIcon, Alert, Button, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconX from '@tabler/icons-react/icons/IconX'
import { useState } from 'react'
import { rich } from '../../../../lib/i18n/rich.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { type Language, languageOf } from '../../../../lib/kinds.ts'
import { bytes } from '../../../../lib/numbers.ts'
import { useMay } from '../../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { Panel } from '../../../../lib/ui/panel.tsx'
import type { Code } from '../text/code.ts'
import type { SaveWish } from '../versions/use-save.ts'
import { AddPackage } from './add-package.tsx'
import { BareImports } from './bare-imports.tsx'
import { BuildLog } from './build-log.tsx'
import { addPackage, type Declared, packageName, readDeclared, removePackage } from './declared.ts'
import classes from './packages.module.css'
import { UpgradeModal } from './upgrade-modal.tsx'
import { type Installed, useInstalled } from './use-installed.ts'

type Props = {
  workflow: Workflow
  number: number
  text: { code: Code; change: (code: Code) => void }
  saving: { saving: boolean; save: (wish: SaveWish) => void }
}

export function PackagesPanel({ workflow, number, text, saving: { saving, save } }: Props) {
  const { code, change } = text
  const declared = readDeclared(code, languageOf(workflow.runtime))
  const isDeclared = declared.state !== 'none'
  const installed = useInstalled(workflow.id, number, declared, saving && isDeclared)
  const mayWrite = useMay('write')
  const [upgrading, upgrade] = useDisclosure()
  const canUpgrade = mayWrite && installed.packages.length > 0 && isDeclared
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
      <Intro installed={installed} declared={declared} />
      {declared.state === 'unreadable' ? (
        <Text size="sm" px="md" pb="sm">
          {rich('Edit the block {code} in the code: it has a form that this panel does not change.', {
            code: <code>{'# /// script'}</code>,
          })}
        </Text>
      ) : null}
      {declared.requirements.map((requirement, index) => (
        <Requirement
          // biome-ignore lint/suspicious/noArrayIndexKey: one text may be there twice
          key={`${index} ${requirement}`}
          requirement={requirement}
          language={declared.language}
          installed={installed}
          onRemove={mayWrite ? () => change(removePackage(code, declared, index)) : null}
        />
      ))}
      {declared.language === 'javascript' ? (
        <BareImports workflowId={workflow.id} code={code} onChange={mayWrite ? change : null} />
      ) : null}
      {isDeclared ? <Details installed={installed} declared={declared} /> : null}
      {mayWrite && declared.state !== 'unreadable' ? (
        <AddPackage
          workflowId={workflow.id}
          declared={declared}
          onAdd={(requirement) => change(addPackage(code, declared.language, requirement))}
        />
      ) : null}
      <UpgradeModal
        workflowId={workflow.id}
        code={code}
        packages={installed.packages}
        opened={upgrading}
        onClose={upgrade.close}
        onDeploy={() => save({ deploy: true, upgrade: true, message: t('Packages upgraded') })}
      />
    </Panel>
  )
}

type IntroProps = { installed: Installed; declared: Declared }

function Intro({ installed, declared }: IntroProps) {
  if (declared.state === 'none') {
    return (
      <Text size="sm" c="dimmed" px="md" py="sm">
        {declared.language === 'javascript'
          ? rich('Node’s own modules. An import of {code} installs another package.', {
              code: <code>npm:NAME@VERSION</code>,
            })
          : rich('Python’s standard library, {code} and {code2}. A block at the top of the code declares others.', {
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
      {declared.requiresPython === null ? null : (
        <Text size="sm" c="dimmed">
          {t('Needs Python {requiresPython}', { requiresPython: declared.requiresPython })}
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
    changed: t('Versions are chosen when you test, save or deploy.'),
    building: t('Installing…'),
    failed: t('The packages could not be installed.'),
    absent: t('Not installed here yet; installed on first use.'),
  }[state]
}

type RequirementProps = {
  requirement: string
  language: Language
  installed: Installed
  onRemove: (() => void) | null
}

function Requirement({ requirement, language, installed, onRemove }: RequirementProps) {
  const name = packageName(requirement, language)
  const version = installed.packages.find((one) => packageName(one.name, language) === name)?.version
  return (
    <div className={classes.row}>
      <Text size="sm" className="wrap mono">
        {requirement}
      </Text>
      <Text size="sm" c={version === undefined ? 'dimmed' : undefined}>
        {version ?? t('pending')}
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

function Details({ installed, declared }: { installed: Installed; declared: Declared }) {
  const nameOf = (text: string) => packageName(text, declared.language)
  const named = new Set(declared.requirements.map(nameOf))
  const indirect = installed.packages.filter(({ name }) => !named.has(nameOf(name)))
  const isBuilding = installed.state === 'building'
  const [isLogOpen, setLogOpen] = useState(false)
  const { environmentId } = installed
  return (
    <>
      {indirect.length === 0 ? null : (
        <details className={classes.more}>
          <summary>
            {t('{count, plural, one {# dependency} other {# dependencies}}', { count: indirect.length })}
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
