import { Button, Group, Text } from '@mantine/core'
import { rich } from '../../../../lib/i18n/rich.ts'
import { t } from '../../../../lib/i18n/t.ts'
import type { Code } from '../text/code.ts'
import { bareImports, declareImports } from './imports.ts'
import { useNewestVersion } from './use-newest-version.ts'

type Props = { workflowId: string; code: Code; onChange: ((code: Code) => void) | null }

/** The server refuses imports without a version. */
export function BareImports({ workflowId, code, onChange }: Props) {
  const newest = useNewestVersion(workflowId)
  return bareImports(code).map((name) => (
    <Group key={name} justify="space-between" gap="sm" px="md" py={6}>
      <Text size="sm" className="wrap">
        {rich('{name} names no version', { name: <code>{name}</code> })}
      </Text>
      {onChange === null ? null : (
        <Button
          size="compact-sm"
          variant="default"
          loading={newest.isFinding}
          onClick={() => newest.find(name, (range) => onChange(declareImports(code, name, range)))}
        >
          {t('Use npm:{name}', { name })}
        </Button>
      )}
    </Group>
  ))
}
