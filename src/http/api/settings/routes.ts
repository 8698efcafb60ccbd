/** Values stay the sent JSON text. */

import { Type } from 'typebox'
import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { findWorkflow, pageQuery, recorded } from '../common/api.ts'
import { discloseChange, discloseSetting } from '../common/disclosure.ts'
import { presentPage } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { PageParams, pageOf } from '../common/schemas.ts'
import { assertNoConnection } from '../connections/assert-connections.ts'
import { checkKey, checkValue } from './check-setting.ts'
import { presentSetting, presentSettingHistory } from './present.ts'
import { Setting, SettingChange, SettingDelete, SettingPut } from './schemas.ts'

const tags = ['Settings']

export const settingRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/settings',
    { tags, summary: 'List settings', querystring: PageParams, response: { 200: pageOf(Setting) } },
    async (request, { store, disclosures }) => {
      const { id } = await findWorkflow(store, request.params.id)
      const [page, show] = await Promise.all([
        store.settings.list(id, pageQuery(request.query)),
        disclosures.to(request, id),
      ])
      return presentPage(page, (setting) => presentSetting(discloseSetting(setting, show)))
    },
  ),

  route.get(
    '/workflows/:id/settings/:key/history',
    {
      tags,
      summary: 'Changes of a setting, newest first',
      querystring: PageParams,
      response: { 200: pageOf(SettingChange) },
    },
    async (request, { store, disclosures }) => {
      const { id } = await findWorkflow(store, request.params.id)
      const key = checkKey(request.params.key)
      const show = await disclosures.to(request, id)
      const page = await store.settings.listHistory(id, key, pageQuery(request.query))
      return presentPage(page, (change) => presentSettingHistory(discloseChange(change, show)))
    },
  ),

  route.put(
    '/workflows/:id/settings/:key',
    { config: { opaque: ['value'] }, tags, summary: 'Set a setting', body: SettingPut, response: { 200: Setting } },
    async (request, context) => {
      const { id } = await findWorkflow(context.store, request.params.id)
      const key = checkKey(request.params.key)
      const value = checkValue(request.opaque)
      const { secret, base_revision: base } = request.body
      const by = actorOf(request)
      const setting = await recorded(context, request, async (tx, note) => {
        await assertNoConnection(tx, { id }, key)
        await note('setting.set', id, key)
        return await tx.settings.put({ workflowId: id, key, value, secret, by, at: context.now(), base })
      })
      return presentSetting(setting)
    },
  ),

  route.delete(
    '/workflows/:id/settings/:key',
    { tags, summary: 'Delete a setting', querystring: SettingDelete, response: { 204: Type.Null() } },
    async (request, context, reply) => {
      const { id } = await findWorkflow(context.store, request.params.id)
      const key = checkKey(request.params.key)
      const { base_revision: base } = request.query
      const by = actorOf(request)
      await recorded(context, request, async (tx, note) => {
        const existed = await tx.settings.delete({ workflowId: id, key, by, at: context.now(), base })
        if (!existed) throw new UserError('not_found', `There is no setting ${JSON.stringify(key)}.`)
        await note('setting.delete', id, key)
      })
      reply.code(204)
    },
  ),
]
