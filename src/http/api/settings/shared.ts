/** Shared settings: values of the installation that workflows read by name. */

import { Type } from 'typebox'
import type { Setting as StoredSetting } from '../../../domain/settings.ts'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf } from '../../auth/principal.ts'
import { type Api, type ApiContext, audit } from '../common/api.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { NoContent, pageOf } from '../common/schemas.ts'
import { Setting, SettingChange, SettingDelete, SettingPut } from '../workflows/schemas.ts'
import { checkKey, checkValue } from './check-setting.ts'
import { presentSetting, presentSettingHistory } from './present.ts'

const tags = ['Settings']
const KeyParams = Type.Object({ key: Type.String() })
const UsedBy = Type.Array(Type.Object({ workflow_id: Type.String(), workflow_name: Type.String() }))
const SharedSetting = Type.Object({ ...Setting.properties, used_by: UsedBy })

export function addSharedSettingRoutes(app: Api, context: ApiContext): void {
  addReadRoutes(app, context)
  addWriteRoutes(app, context)
}

function addReadRoutes(app: Api, { store }: ApiContext): void {
  app.get(
    '/shared-settings',
    { schema: { tags, summary: 'List shared settings', response: documentedResponses(200, pageOf(SharedSetting)) } },
    async () => {
      const settings = await store.listSharedSettings()
      return { data: await Promise.all(settings.map((setting) => present(store, setting))), next_cursor: null }
    },
  )

  app.get(
    '/shared-settings/:key',
    {
      schema: {
        tags,
        summary: 'Read a shared setting',
        params: KeyParams,
        response: documentedResponses(200, SharedSetting),
      },
    },
    async ({ params }) => {
      const key = checkKey(params.key)
      const setting = await store.findSharedSetting(key)
      if (setting === null) throw missing(key)
      return await present(store, setting)
    },
  )

  app.get(
    '/shared-settings/:key/history',
    {
      schema: {
        tags,
        summary: 'The last 200 changes of a shared setting, newest first',
        params: KeyParams,
        response: documentedResponses(200, pageOf(SettingChange)),
      },
    },
    async ({ params }) => {
      const history = await store.listSharedSettingHistory(checkKey(params.key))
      return { data: history.map(presentSettingHistory), next_cursor: null }
    },
  )
}

function addWriteRoutes(app: Api, context: ApiContext): void {
  const { store, now } = context

  app.put(
    '/shared-settings/:key',
    {
      config: { opaque: ['value'] },
      schema: {
        tags,
        summary: 'Set a shared setting',
        params: KeyParams,
        body: SettingPut,
        response: documentedResponses(200, SharedSetting),
      },
    },
    async (request) => {
      const key = checkKey(request.params.key)
      const value = checkValue(request.opaque)
      const { secret, base_revision: base } = request.body
      const setting = await store.putSharedSetting({ key, value, secret, base }, actorOf(request), now())
      await audit(context, request, 'shared_setting.set', null, key)
      return await present(store, setting)
    },
  )

  app.delete(
    '/shared-settings/:key',
    {
      schema: {
        tags,
        summary: 'Delete a shared setting',
        params: KeyParams,
        querystring: SettingDelete,
        response: documentedResponses(204, NoContent),
      },
    },
    async (request, reply) => {
      const key = checkKey(request.params.key)
      const existed = await store.deleteSharedSetting(key, actorOf(request), now(), request.query.base_revision)
      if (!existed) throw missing(key)
      await audit(context, request, 'shared_setting.delete', null, key)
      reply.code(204)
    },
  )
}

const missing = (key: string): UserError =>
  new UserError('not_found', `There is no shared setting ${JSON.stringify(key.slice(0, 100))}.`)

async function present(store: Store, setting: StoredSetting) {
  const use = await store.listSharedSettingUse(setting.key)
  const used_by = use.map(({ workflowId, workflowName }) => ({ workflow_id: workflowId, workflow_name: workflowName }))
  return { ...presentSetting(setting), used_by }
}
