import { Alert, Button, Group, Text } from '@mantine/core'
import { rich } from '../../../../lib/i18n/rich.ts'
import { t } from '../../../../lib/i18n/t.ts'
import type { Language } from '../../../../lib/kinds.ts'
import type { Code } from '../text/code.ts'
import { missingRequirement } from './block.ts'
import { addPackage } from './declared.ts'
import { bareImports, declareImports } from './imports.ts'
import { useNewestVersion } from './use-newest-version.ts'

type Props = {
  workflowId: string
  language: Language
  code: Code
  message: string | undefined
  onChange: (code: Code) => void
}

export function MissingPackage({ workflowId, language, code, message, onChange }: Props) {
  const newest = useNewestVersion(workflowId)
  if (language === 'python') {
    const requirement = missingRequirement(message)
    if (requirement === null) return null
    // Only well-known packages: a guess could be malicious.
    const add = () => onChange(addPackage(code, language, requirement))
    return <Offer name={requirement} label={t('Add {requirement}', { requirement })} loading={false} onAdd={add} />
  }
  const name = bareImports(code).find((one) => message?.includes(`npm:${one}@VERSION`) === true)
  if (name === undefined) return null
  const add = () => newest.find(name, (range) => onChange(declareImports(code, name, range)))
  return <Offer name={name} label={t('Use npm:{name}', { name })} loading={newest.isFinding} onAdd={add} />
}

function Offer({ name, label, loading, onAdd }: { name: string; label: string; loading: boolean; onAdd: () => void }) {
  return (
    <Alert color="yellow" variant="light" radius={0} role="status" title={t('A package is missing')}>
      <Group gap="sm">
        <Text size="sm">
          {rich('The code imports a module of {strong}, which it does not declare.', {
            strong: <strong>{name}</strong>,
          })}
        </Text>
        <Button size="compact-sm" variant="default" loading={loading} onClick={onAdd}>
          {label}
        </Button>
      </Group>
    </Alert>
  )
}
