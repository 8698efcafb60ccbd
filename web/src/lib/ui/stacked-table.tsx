import { Table, type TableProps, VisuallyHidden } from '@mantine/core'
import { useContext } from 'react'
import { t } from '../i18n/t.ts'
import { IsFlush } from './panel.tsx'
import classes from './stacked-table.module.css'

type Head = string | { readonly name: string; readonly width: number | string | undefined }

type Props = TableProps & {
  'aria-label': string
  readonly heads: readonly Head[]
  /** The last column's head is only for screen readers. */
  hasActions?: boolean
  /** Width in pixels. Narrower windows scroll sideways, and phones have no columns. */
  minWidth: number
  maxHeight?: number
}

/** On a phone, rows become blocks. `data-head` labels a cell, except for the row's name and its buttons. */
export function StackedTable({ heads, hasActions = false, minWidth, maxHeight, children, ...table }: Props) {
  const isFlush = useContext(IsFlush)
  return (
    <Table.ScrollContainer minWidth={minWidth} maxHeight={maxHeight} className={classes.scroll}>
      <Table horizontalSpacing={isFlush ? 'md' : 'xs'} {...table} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) => {
              const { name, width } = typeof head === 'string' ? { name: head, width: undefined } : head
              return (
                <Table.Th key={name} w={width}>
                  {name}
                </Table.Th>
              )
            })}
            {hasActions && (
              <Table.Th>
                <VisuallyHidden>{t('Action')}</VisuallyHidden>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
