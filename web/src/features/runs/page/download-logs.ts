import { useMutation } from '@tanstack/react-query'
import { downloadText } from '../../../lib/download.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { getAllLogs } from '../../../lib/requests/runs/get-run-logs.ts'

export function useDownloadLogs(runId: string) {
  return useMutation({
    mutationFn: async () => {
      const lines = await getAllLogs(runId)
      const text = lines.map((line) => `${line.at} ${line.stream} ${line.text}\n`).join('')
      downloadText(`${runId}.log`, text)
    },
    onError: notifyError,
  })
}
