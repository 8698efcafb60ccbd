import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData } from '@tanstack/react-query'
import { useState } from 'react'
import { queryKeys } from '../../client/query-keys.ts'
import { useRows } from '../../client/use-get.ts'
import { t } from '../../i18n/t.ts'
import { useWorkflow } from '../../requests/get-workflow.ts'
import { visible } from '../../text.ts'
import { SearchSelect } from './search-select.tsx'

const MAX_FOUND = 20

type Props = { value: string | null; onChange: (workflowId: string | null) => void }

export function WorkflowSelect({ value, onChange }: Props) {
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed.trim(), 150)
  const chosen = useWorkflow(value).data
  const found = useRows(
    queryKeys.workflowChoice(q),
    ['/api/workflows', { query: { q, limit: MAX_FOUND, sort: 'name' } }],
    { placeholderData: keepPreviousData },
  )
  const options = new Map((found.data ?? []).map(({ id, name }) => [id, visible(name)]))
  if (value !== null) options.set(value, visible(chosen?.name ?? value))
  return (
    <SearchSelect
      aria-label={t('Workflow')}
      placeholder={t('Any workflow')}
      nothingFoundMessage={found.isFetching || q !== typed.trim() ? t('Searching…') : t('No such workflow')}
      clearable
      flex="1 1 140px"
      maw={220}
      value={value}
      onChange={onChange}
      onSearchChange={(text) => setTyped(text === chosen?.name ? '' : text)}
      data={[...options].map(([id, label]) => ({ value: id, label }))}
    />
  )
}
