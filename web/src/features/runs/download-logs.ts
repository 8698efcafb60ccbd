import { useMutation } from '@tanstack/react-query'
import { getAllLogs } from '../../lib/requests/get-run-logs.ts'
import { notifyError } from '../../lib/ui/notify.ts'

/** Saves what the run wrote as a text file, each line with its time and stream. */
export function useDownloadLogs(runId: string) {
  return useMutation({
    mutationFn: async () => {
      const lines = await getAllLogs(runId)
      const text = lines.map((line) => `${line.at} ${line.stream} ${line.text}\n`).join('')
      save(new Blob([text], { type: 'text/plain' }), `${runId}.log`)
    },
    onError: notifyError,
  })
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
