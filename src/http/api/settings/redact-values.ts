/** Hides secrets in the values of settings that are not secret, from principals who may not change settings. */

import type { FastifyRequest } from 'fastify'
import type { Redact } from '../../../domain/secrets/redact.ts'
import type { Setting, SettingHistory } from '../../../domain/settings.ts'
import { createRedactors, secretsOf } from '../../../runs/privacy/redact-run.ts'
import type { Store } from '../../../store/store.ts'
import { may } from '../../auth/principal.ts'

/** Returns what a principal is shown of a value (JSON text) of a workflow. */
export type ValueRedaction = (request: FastifyRequest, workflowId: string) => Promise<(json: string) => string>

/** Who may change settings is shown them as they are: what they save again must not become `***`. */
export function createValueRedaction(store: Pick<Store, 'getSnapshot'>): ValueRedaction {
  const redactors = createRedactors()
  return async (request, workflowId) => {
    if (may(request, 'write')) return (json) => json
    const redact = redactors(secretsOf({ hookKey: null }, await store.getSnapshot(workflowId)))
    return (json) => redactJson(json, redact)
  }
}

/** A secret may be more than a text in the value: then all of the value is hidden. */
function redactJson(json: string, redact: Redact): string {
  const redacted = redact(json)
  if (redacted === json) return json
  try {
    JSON.parse(redacted)
    return redacted
  } catch {
    return '"***"'
  }
}

/** The setting as it is shown. */
export const redactSetting = (setting: Setting, show: (json: string) => string): Setting =>
  setting.secret ? setting : { ...setting, value: show(setting.value) }

/** The change with its values as they are shown. */
export function redactChange<T extends Pick<SettingHistory, 'old' | 'new'>>(
  change: T,
  show: (json: string) => string,
): T {
  const orNull = (json: string | null) => (json === null ? null : show(json))
  return { ...change, old: orNull(change.old), new: orNull(change.new) }
}
