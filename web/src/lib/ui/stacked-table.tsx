import { Table, type TableProps } from '@mantine/core'
import classes from './stacked-table.module.css'

type Props = TableProps & {
  'aria-label': string
  /** In pixels; below it a window scrolls sideways, a phone has no columns. */
  minWidth: number
  maxHeight?: number
}

/**
 * A table whose rows become blocks on a phone, where columns at the right, with the buttons, would lie out of sight.
 * There each cell is named by its `data-head`; one without is the row's own name, or its buttons.
 */
export function StackedTable({ minWidth, maxHeight, ...table }: Props) {
  return (
    <Table.ScrollContainer minWidth={minWidth} maxHeight={maxHeight} className={classes.scroll}>
      <Table {...table} className={classes.table} />
    </Table.ScrollContainer>
  )
}
