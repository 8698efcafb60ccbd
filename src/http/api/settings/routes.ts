/** Values stay the sent JSON text. */

import { Type } from 'typebox'
import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { type Api, type ApiContext, findWorkflow, pageQuery, recorded } from '../common/api.ts'
import { discloseChange, discloseSetting } from '../common/disclosure.ts'
import { presentPage } from '../common/present.ts'
import { PageParams, pageOf } from '../common/schemas.ts'
import { assertNoConnection } from '../connections/assert-connections.ts'
import { checkKey, checkValue } from './check-setting.ts'
import { presentSetting, presentSettingHistory } from './present.ts'
import { Setting, SettingChange, SettingDelete, SettingPut } from './schemas.ts'

const tags = ['Settings']

export function addSettingRoutes(app: Api, context: ApiContext): void {
  addReadRoutes(app, context)
  addWriteRoutes(app, context)
}

function addReadRoutes(app: Api, { store, disclosures }: ApiContext): void {
  app.get(
    '/workflows/:id/settings',
    { tags, summary: 'List settings', querystring: PageParams, response: { 200: pageOf(Setting) } },
    async (request) => {
      const { id } = await findWorkflow(store, request.params.id)
      const [page, show] = await Promise.all([
        store.settings.list(id, pageQuery(request.query)),
        disclosures.to(request, id),
      ])
      return presentPage(page, (setting) => presentSetting(discloseSetting(setting, show)))
    },
  )

  app.get(
    '/workflows/:id/settings/:key/history',
    {
      tags,
      summary: 'Changes of a setting, newest first',
      querystring: PageParams,
      response: { 200: pageOf(SettingChange) },
    },
    async (request) => {
      const { id } = await findWorkflow(store, request.params.id)
      const key = checkKey(request.params.key)
      const show = await disclosures.to(request, id)
      const page = await store.settings.listHistory(id, key, pageQuery(request.query))
      return presentPage(page, (change) => presentSettingHistory(discloseChange(change, show)))
    },
  )
}

function addWriteRoutes(app: Api, context: ApiContext): void {
  const { store, now } = context

  app.put(
    '/workflows/:id/settings/:key',
    { config: { opaque: ['value'] }, tags, summary: 'Set a setting', body: SettingPut, response: { 200: Setting } },
    async (request) => {
      const { id } = await findWorkflow(store, request.params.id)
      const key = checkKey(request.params.key)
      const value = checkValue(request.opaque)
      const { secret, base_revision: base } = request.body
      const by = actorOf(request)
      const setting = await recorded(context, request, async (tx, note) => {
        await assertNoConnection(tx, { id }, key)
        await note('setting.set', id, key)
        return await tx.settings.put({ workflowId: id, key, value, secret, by, at: now(), base })
      })
      return presentSetting(setting)
    },
  )

  app.delete(
    '/workflows/:id/settings/:key',
    { tags, summary: 'Delete a setting', querystring: SettingDelete, response: { 204: Type.Null() } },
    async (request, reply) => {
      const { id } = await findWorkflow(store, request.params.id)
      const key = checkKey(request.params.key)
      const { base_revision: base } = request.query
      const by = actorOf(request)
      await recorded(context, request, async (tx, note) => {
        const existed = await tx.settings.delete({ workflowId: id, key, by, at: now(), base })
        if (!existed) throw new UserError('not_found', `There is no setting ${JSON.stringify(key)}.`)
        await note('setting.delete', id, key)
      })
      reply.code(204)
    },
  )
}
