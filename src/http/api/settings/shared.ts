import type { SharedSetting as StoredSetting } from '../../../domain/settings/settings.ts'
import { parseEditors } from '../../../domain/workflows/parse.ts'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { recorded } from '../common/api.ts'
import { type Disclosure, discloseChange, discloseSetting } from '../common/disclosure.ts'
import { assertEditors } from '../common/editors.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent, pageOf } from '../common/schemas.ts'
import { checkKey, checkValue } from './check-setting.ts'
import { presentFields, presentSettingHistory } from './present.ts'
import { SettingChange, SettingDelete, SettingPut, SharedPatch, SharedSetting } from './schemas.ts'
import { assertMayChangeShared } from './shared-rights.ts'

const tags = ['Settings']

export const sharedSettingRoutes: readonly ApiRoute[] = [
  route.get(
    '/shared-settings',
    { tags, summary: 'List shared settings', response: { 200: pageOf(SharedSetting) } },
    async (request, { store, disclosures }) => {
      const [settings, show] = await Promise.all([store.settings.listShared(), disclosures.ofShared(request)])
      const data = settings.map(async (setting) => await present(store, setting, await show(setting)))
      return { data: await Promise.all(data), next_cursor: null }
    },
  ),

  route.get(
    '/shared-settings/:key',
    { tags, summary: 'Read a shared setting', response: { 200: SharedSetting } },
    async (request, { store, disclosures }) => {
      const key = checkKey(request.params.key)
      const setting = await store.settings.findShared(key)
      if (setting === null) throw missing(key)
      const show = await disclosures.ofShared(request)
      return await present(store, setting, await show(setting))
    },
  ),

  route.get(
    '/shared-settings/:key/history',
    {
      tags,
      summary: 'The last 200 changes of a shared setting, newest first',
      response: { 200: pageOf(SettingChange) },
    },
    async (request, { store, disclosures }) => {
      const key = checkKey(request.params.key)
      const [history, setting] = await Promise.all([
        store.settings.listSharedHistory(key),
        store.settings.findShared(key),
      ])
      const ofShared = await disclosures.ofShared(request)
      const show = await ofShared(setting ?? { editors: [] })
      return { data: history.map((change) => presentSettingHistory(discloseChange(change, show))), next_cursor: null }
    },
  ),

  route.put(
    '/shared-settings/:key',
    {
      config: { opaque: ['value'] },
      tags,
      summary: 'Set a shared setting',
      body: SettingPut,
      response: { 200: SharedSetting },
    },
    async (request, context) => {
      const key = checkKey(request.params.key)
      const value = checkValue(request.opaque)
      const { secret, base_revision: base } = request.body
      await assertMayChangeShared(context, request, key)
      const setting = await recorded(context, request, async (tx, note) => {
        await note('shared_setting.set', null, key)
        return await tx.settings.putShared({ key, value, secret, base }, actorOf(request), context.now())
      })
      return await present(context.store, setting)
    },
  ),

  route.delete(
    '/shared-settings/:key',
    { tags, summary: 'Delete a shared setting', querystring: SettingDelete, response: { 204: NoContent } },
    async (request, context, reply) => {
      const key = checkKey(request.params.key)
      await assertMayChangeShared(context, request, key)
      await recorded(context, request, async (tx, note) => {
        const existed = await tx.settings.deleteShared(
          key,
          actorOf(request),
          context.now(),
          request.query.base_revision,
        )
        if (!existed) throw missing(key)
        await note('shared_setting.delete', null, key)
      })
      reply.code(204)
    },
  ),

  route.patch(
    '/shared-settings/:key',
    {
      tags,
      summary: 'Restrict a shared setting to some editors',
      description:
        'Only they and owners may change it and use it in a workflow. For owners; API keys need the scope `admin`.',
      body: SharedPatch,
      response: { 200: SharedSetting },
    },
    async (request, context) => {
      const key = checkKey(request.params.key)
      const editors = parseEditors(request.body.editors)
      await assertEditors(context, request, editors)
      const setting = await recorded(context, request, async (tx, note) => {
        const before = await tx.settings.findShared(key)
        const changed = await tx.settings.setSharedEditors(key, editors)
        if (before === null || changed === null) throw missing(key)
        await note('shared_setting.set', null, key, fieldChanges(before, changed, ['editors']))
        return changed
      })
      return await present(context.store, setting)
    },
  ),
]

const missing = (key: string): UserError =>
  new UserError('not_found', `There is no shared setting ${JSON.stringify(key.slice(0, 100))}.`)

async function present(store: Store, setting: StoredSetting, show?: Disclosure) {
  const use = await store.settings.listSharedUse(setting.key)
  const used_by = use.map(({ workflowId, workflowName }) => ({ workflow_id: workflowId, workflow_name: workflowName }))
  const shown = show === undefined ? setting : discloseSetting(setting, show)
  return { ...presentFields(shown), editors: setting.editors && [...setting.editors], used_by }
}
