import { Table, type TableProps, VisuallyHidden } from '@mantine/core'
import classes from './stacked-table.module.css'

type Head = string | { readonly name: string; readonly width: number | string | undefined }

type Props = TableProps & {
  'aria-label': string
  readonly heads: readonly Head[]
  /** Whether buttons stand in a last column, which has no name to be seen. */
  hasActions?: boolean
  /** In pixels; below it a window scrolls sideways, a phone has no columns. */
  minWidth: number
  maxHeight?: number
}

/**
 * A table whose rows become blocks on a phone, where columns at the right, with the buttons, would lie out of sight.
 * There each cell is named by its `data-head`; one without is the row's own name, or its buttons.
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
                <VisuallyHidden>Action</VisuallyHidden>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        {children}
      </Table>
    </Table.ScrollContainer>
  )
}
