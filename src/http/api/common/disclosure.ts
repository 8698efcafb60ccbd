/** Decides what a principal is shown of what may hold a secret: everything that shows a value or a run goes through it. */

import { isUtf8 } from 'node:buffer'
import type { FastifyRequest } from 'fastify'
import { isSecretHeader } from '../../../domain/headers.ts'
import type { Run, RunRequest } from '../../../domain/run.ts'
import type { Redactor } from '../../../domain/secrets/redact.ts'
import type { Setting, SettingHistory, SharedSetting } from '../../../domain/settings.ts'
import { createRedactors, redactChanges, redactJson, secretsOf } from '../../../runs/privacy/redact-run.ts'
import type { Store } from '../../../store/store.ts'
import { may } from '../../auth/principal.ts'
import { mayEdit } from './editors.ts'

/** Hides the secrets of a workflow, of the shared settings, and their former values. */
export type Disclosure = {
  /** True: everything is shown as it is. */
  readonly isWhole: boolean
  text(text: string): string
  /** A JSON text, which stays JSON. */
  json(json: string): string
  /** The body of a request, of up to 32 MiB. */
  body(body: Buffer): Promise<Buffer>
}

export type Disclosures = {
  /**
   * Decides for one principal. Principals who may change the workflow see everything as it is, because what they save
   * again must not become `***`. Their code could print the secrets as well.
   */
  to(request: FastifyRequest, workflowId: string): Promise<Disclosure>
  /** Decides for one principal and the shared settings, by the editors of each. */
  ofShared(request: FastifyRequest): Promise<(setting: Pick<SharedSetting, 'editors'>) => Promise<Disclosure>>
  /** Decides for archives and duplicates, for all principals alike: both get other readers. */
  outside(workflowId: string): Promise<Disclosure>
}

type Secrets = Pick<Store, 'getWorkflow' | 'getSnapshot' | 'listFormerSecrets' | 'listSharedSecrets' | 'isEditor'>

const WHOLE: Disclosure = {
  isWhole: true,
  text: (text) => text,
  json: (json) => json,
  body: async (body) => body,
}

export function createDisclosures(store: Secrets): Disclosures {
  const redactors = createRedactors()
  const outside = async (workflowId: string) => {
    const workflow = await store.getWorkflow(workflowId)
    const shared = await store.listSharedSecrets()
    if (workflow === null) return hiding(redactors(shared))
    const snapshot = await store.getSnapshot(workflowId)
    const own = secretsOf(workflow, snapshot, await store.listFormerSecrets(workflow, snapshot))
    return hiding(redactors([...new Set([...own, ...shared])]))
  }
  return {
    async to(request, workflowId) {
      const workflow = await store.getWorkflow(workflowId)
      const isEditor = workflow !== null && may(request, 'write') && (await mayEdit({ store }, request, workflow))
      return isEditor ? WHOLE : await outside(workflowId)
    },
    async ofShared(request) {
      const hidden = hiding(redactors(await store.listSharedSecrets()))
      return async (setting) => (may(request, 'write') && (await mayEdit({ store }, request, setting)) ? WHOLE : hidden)
    },
    outside,
  }
}

const hiding = (redact: Redactor): Disclosure => ({
  isWhole: false,
  text: redact,
  json: (json) => redactJson(json, redact),
  async body(body) {
    const encoding = isUtf8(body) ? 'utf8' : 'latin1'
    const text = body.toString(encoding)
    const shown = await redact.inSlices(text)
    return shown === text ? body : Buffer.from(shown, encoding)
  },
})

/** The setting as it is shown. */
export const discloseSetting = (setting: Setting, show: Disclosure): Setting => ({
  ...setting,
  key: show.text(setting.key),
  value: setting.secret ? setting.value : show.json(setting.value),
})

/** The change with its values as they are shown. */
export function discloseChange<T extends Pick<SettingHistory, 'old' | 'new'>>(change: T, show: Disclosure): T {
  const orNull = (json: string | null) => (json === null ? null : show.json(json))
  return { ...change, old: orNull(change.old), new: orNull(change.new) }
}

/** A run that went through `discloseRun`. */
export type DisclosedRun = Run & { readonly isDisclosed: true }

/**
 * The run as it is shown. What it printed and answered was redacted when it was stored; its request and the values of settings
 * were not. A body that is larger than `maxBodyBytes` is not shown, so it is left as it is.
 */
export async function discloseRun(run: Run, show: Disclosure, maxBodyBytes?: number): Promise<DisclosedRun> {
  if (show.isWhole) return { ...run, isDisclosed: true }
  const { request, settingsChanges, scratchChanges } = run
  return {
    ...run,
    request: request && (await discloseRequest(request, show, maxBodyBytes)),
    settingsChanges: redactChanges(settingsChanges, show.text),
    ...(scratchChanges === undefined ? {} : { scratchChanges: redactChanges(scratchChanges, show.text) }),
    isDisclosed: true,
  }
}

async function discloseRequest(
  request: RunRequest,
  show: Disclosure,
  maxBodyBytes = Number.POSITIVE_INFINITY,
): Promise<RunRequest> {
  const { url, query, headers, body } = request
  return {
    ...request,
    url: show.text(url),
    query: show.text(query),
    headers: headers.map(([name, value]) => [name, show.text(value)] as const),
    body: body.length > maxBodyBytes ? body : await show.body(body),
  }
}

/** A request that a person wrote, with the values of headers that are credentials as `***`. */
export async function discloseSample<T extends Omit<RunRequest, 'url'>>(sample: T, show: Disclosure): Promise<T> {
  if (show.isWhole) return sample
  const { url: _, ...shown } = await discloseRequest({ ...sample, url: '' }, show)
  const headers = shown.headers.map(([name, value]) => [name, isSecretHeader(name) ? '***' : value] as const)
  return { ...sample, ...shown, headers }
}
