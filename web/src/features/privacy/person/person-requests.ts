import { useMutation } from '@tanstack/react-query'
import { type Answer, api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useChange } from '../../../lib/client/use-change.ts'
import { useRows } from '../../../lib/client/use-get.ts'
import { downloadText } from '../../../lib/download.ts'

export type Found = Answer<'post', '/api/privacy/find'> & { readonly value: string }
type Certificate = Answer<'post', '/api/privacy/erase'>

export function useFindPerson() {
  return useMutation({
    mutationFn: async (value: string): Promise<Found> => ({
      ...(await api.post('/api/privacy/find', { body: { value } })),
      value,
    }),
  })
}

export function useExportPerson() {
  return useMutation({
    mutationFn: async (value: string) => {
      const data = await api.post('/api/privacy/export', { body: { value } })
      downloadText('personal-data.json', `${JSON.stringify(data, null, 2)}\n`, 'application/json')
    },
  })
}

export const useErasePerson = () =>
  useChange(
    [queryKeys.certificates],
    ({ found: { value, data }, endWaiting }: { found: Found; endWaiting: boolean }) => {
      const body = { value, run_ids: data.map(({ run_id }) => run_id), cancel_waiting: endWaiting }
      return api.post('/api/privacy/erase', { body })
    },
  )

export const useCertificates = () => useRows(queryKeys.certificates, ['/api/privacy/certificates'])

export const downloadCertificate = (certificate: Certificate): void =>
  downloadText(`certificate-${certificate.id}.json`, `${JSON.stringify(certificate, null, 2)}\n`, 'application/json')
