import { Button, FileButton } from '@mantine/core'
import { useWindowEvent } from '@mantine/hooks'
import IconUpload from '@tabler/icons-react/icons/IconUpload'
import { useNavigate } from 'react-router'
import { api, type Schemas } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useChange } from '../../../../lib/client/use-change.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError, notifyWarning } from '../../../../lib/notices/notify.ts'
import { serverWords } from '../../../../lib/notices/server-words.ts'

export function ImportFolder() {
  const navigate = useNavigate()
  const load = useChange([queryKeys.workflows], importFolder, {
    onSuccess: ({ id, warnings }) => {
      const [first] = warnings
      if (first !== undefined)
        notifyWarning(t('Imported, but not all of it'), warnings.map(({ message }) => serverWords(message)).join(' '))
      return navigate(`/workflows/${id}/function`)
    },
    onError: notifyError,
  })
  const start = (file: File | null | undefined) => {
    if (file !== null && file !== undefined && !load.isPending) load.mutate(file)
  }
  // The browser would leave the page.
  useWindowEvent('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
  })
  useWindowEvent('drop', (event) => {
    const file = event.dataTransfer?.files[0]
    if (file === undefined) return
    event.preventDefault()
    start(file)
  })
  return (
    <FileButton accept=".zip,application/zip" onChange={start}>
      {(props) => (
        <Button
          {...props}
          variant="default"
          loading={load.isPending}
          leftSection={<IconUpload size={16} aria-hidden />}
          title={t('A ZIP that was exported; you can also drop it on this page')}
        >
          {t('Import')}
        </Button>
      )}
    </FileButton>
  )
}

type Imported = Schemas['Workflow'] & { readonly warnings: readonly { readonly message: string }[] }

async function importFolder(file: File): Promise<Imported> {
  const init = { method: 'POST', headers: { 'content-type': 'application/zip' }, body: file }
  const response = await api.fetch('/api/workflows/import', init)
  return (await response.json()) as Imported
}
