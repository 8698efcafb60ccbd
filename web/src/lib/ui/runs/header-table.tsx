import { Button, Collapse, Table } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { t } from '../../i18n/t.ts'
import type { HeaderList } from '../../requests/runs/run.ts'
import { visible } from '../../text.ts'

export function HeaderTable({ headers }: { headers: HeaderList }) {
  const [opened, { toggle }] = useDisclosure()
  if (headers.length === 0) return null
  return (
    <div>
      <Button size="compact-xs" variant="default" onClick={toggle} aria-expanded={opened}>
        {opened ? t('Hide') : t('Show')}{' '}
        {t('{count, plural, one {# header} other {# headers}}', { count: headers.length })}
      </Button>
      <Collapse expanded={opened} transitionDuration={100} keepMounted={false}>
        <Table mt="xs" layout="fixed" fz="xs" aria-label={t('Headers')}>
          <Table.Tbody>
            {headers.map(([name, value], index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same header may come twice, and the list never changes
              <Table.Tr key={index}>
                <Table.Td w="35%" className="mono wrap" c="dimmed">
                  {visible(name)}
                </Table.Td>
                <Table.Td className="mono wrap">{visible(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Collapse>
    </div>
  )
}
