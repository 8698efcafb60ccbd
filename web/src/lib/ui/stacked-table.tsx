import { Table, type TableProps, VisuallyHidden } from '@mantine/core'
import { t } from '../i18n/t.ts'
import classes from './stacked-table.module.css'

type Head = string | { readonly name: string; readonly width: number | string | undefined }

type Props = TableProps & {
  'aria-label': string
  readonly heads: readonly Head[]
  /** Whether the last column holds buttons; its head is for screen readers only. */
  hasActions?: boolean
  /** In pixels; narrower windows scroll sideways, and a phone has no columns. */
  minWidth: number
  maxHeight?: number
}

/**
 * A table whose rows become blocks on a phone, where the columns on the right, with the buttons, would be out of view.
 * There `data-head` labels each cell. A cell without it is the row's name, or its buttons.
 */
export function StackedTable({ heads, hasActions = false, minWidth, maxHeight, children, ...table }: Props) {
  return (
    <Table.ScrollContainer minWidth={minWidth} maxHeight={maxHeight} className={classes.scroll}>
      <Table {...table} className={classes.table}>
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
        {children}
      </Table>
    </Table.ScrollContainer>
  )
}
