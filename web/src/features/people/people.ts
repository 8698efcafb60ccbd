import { api } from '../../lib/client/api.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { t } from '../../lib/i18n/t.ts'
import type { Role } from '../../lib/requests/get-me.ts'

export const ROLE_CHOICES: readonly { value: Role; label: string; explanation: string }[] = [
  {
    value: 'approver',
    label: t('Approver'),
    explanation: t('sees and answers the tasks that ask them, and nothing else'),
  },
  { value: 'viewer', label: t('Viewer'), explanation: t('sees everything except secrets and hook URLs') },
  { value: 'editor', label: t('Editor'), explanation: t('also writes and runs workflows') },
  { value: 'owner', label: t('Owner'), explanation: t('also manages people, API keys and the audit log') },
]

/** Owners who lower their own role lose access. */
const ALL = [[]]

export const useSetRole = () =>
  useChange(ALL, ({ id, role, keepKeys }: { id: string; role: Role; keepKeys: boolean }) =>
    api.patch('/api/people/{id}', { path: { id }, body: { role, keys: keepKeys ? 'keep' : 'end' } }),
  )

export const useRemovePerson = () =>
  useChange(ALL, ({ id, keepKeys }: { id: string; keepKeys: boolean }) =>
    api.delete('/api/people/{id}', { path: { id }, query: { keys: keepKeys ? 'keep' : 'end' } }),
  )
