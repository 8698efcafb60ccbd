/** Every shown value and run passes through this module. */

import { isUtf8 } from 'node:buffer'
import type { FastifyRequest } from 'fastify'
import type { Run, RunRequest } from '../../../domain/runs/run.ts'
import type { Redactor } from '../../../domain/secrets/redact.ts'
import type { Setting, SettingHistory, SharedSetting } from '../../../domain/settings/settings.ts'
import { isSecretHeader } from '../../../domain/shared/headers.ts'
import { createRedactors, redactChanges, redactJson, secretsOf } from '../../../runs/privacy/redact-run.ts'
import type { StoreUse } from '../../../store/store.ts'
import { may } from '../../auth/shared/principal.ts'
import { mayEdit } from './editors.ts'

export type Disclosure = {
  readonly isWhole: boolean
  text(text: string): string
  json(json: string): string
  body(body: Buffer): Promise<Buffer>
}

export type Disclosures = {
  /** Hides nothing from principals who may change the workflow, because they save the values that they see. */
  to(request: FastifyRequest, workflowId: string): Promise<Disclosure>
  ofShared(request: FastifyRequest): Promise<(setting: Pick<SharedSetting, 'editors'>) => Promise<Disclosure>>
  /** Hides secrets from everyone, because archives and duplicates get other readers. */
  outside(workflowId: string): Promise<Disclosure>
}

type Secrets = StoreUse<{
  workflows: 'get'
  settings: 'getSnapshot' | 'listFormerSecrets' | 'listSharedSecrets'
  people: 'isEditor'
}>

const WHOLE: Disclosure = {
  isWhole: true,
  text: (text) => text,
  json: (json) => json,
  body: async (body) => body,
}

export function createDisclosures(store: Secrets): Disclosures {
  const redactors = createRedactors()
  const outside = async (workflowId: string) => {
    const workflow = await store.workflows.get(workflowId)
    const shared = await store.settings.listSharedSecrets()
    if (workflow === null) return hiding(redactors(shared))
    const snapshot = await store.settings.getSnapshot(workflowId)
    const own = secretsOf(workflow, snapshot, await store.settings.listFormerSecrets(workflow, snapshot))
    return hiding(redactors([...new Set([...own, ...shared])]))
  }
  return {
    async to(request, workflowId) {
      const workflow = await store.workflows.get(workflowId)
      const isEditor = workflow !== null && may(request, 'write') && (await mayEdit({ store }, request, workflow))
      return isEditor ? WHOLE : await outside(workflowId)
    },
    async ofShared(request) {
      const hidden = hiding(redactors(await store.settings.listSharedSecrets()))
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

export const discloseSetting = <Shown extends Setting>(setting: Shown, show: Disclosure): Shown => ({
  ...setting,
  key: show.text(setting.key),
  value: setting.secret ? setting.value : show.json(setting.value),
})

export function discloseChange<T extends Pick<SettingHistory, 'old' | 'new'>>(change: T, show: Disclosure): T {
  const orNull = (json: string | null) => (json === null ? null : show.json(json))
  return { ...change, old: orNull(change.old), new: orNull(change.new) }
}

export type DisclosedRun = Run & { readonly isDisclosed: true }

/** The request and setting values were stored unredacted. A body above `maxBodyBytes` is not shown. */
export async function discloseRun(run: Run, show: Disclosure, maxBodyBytes?: number): Promise<DisclosedRun> {
  if (show.isWhole) return { ...run, isDisclosed: true }
  const { request, settingsChanges, scratchChanges, durable } = run
  const waitingFor = durable?.waitingFor?.map((wait) => ({ ...wait, name: show.text(wait.name) })) ?? null
  return {
    ...run,
    request: request && (await discloseRequest(request, show, maxBodyBytes)),
    settingsChanges: redactChanges(settingsChanges, show.text),
    durable: durable && { ...durable, waitingFor },
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

export async function discloseSample<T extends Omit<RunRequest, 'url'>>(sample: T, show: Disclosure): Promise<T> {
  if (show.isWhole) return sample
  const { url: _, ...shown } = await discloseRequest({ ...sample, url: '' }, show)
  const headers = shown.headers.map(([name, value]) => [name, isSecretHeader(name) ? '***' : value] as const)
  return { ...sample, ...shown, headers }
}
