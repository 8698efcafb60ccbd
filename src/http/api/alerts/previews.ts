import { ALERT_TYPES, exampleMessage } from '../../../domain/alerts/alert.ts'
import { previewOf } from '../../alerts/deliver.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { getChannel } from './routes.ts'
import { ChannelPreviews } from './schemas.ts'

export const previewRoutes: readonly ApiRoute[] = [
  route.get(
    '/channels/:id/previews',
    {
      tags: ['Alerts'],
      summary: 'Show an example of each message that a channel receives',
      response: { 200: ChannelPreviews },
    },
    async ({ params }, { store, urls, now }) => {
      const { config } = await getChannel(store, params.id)
      const data = ALERT_TYPES.map((type) => ({
        type,
        ...previewOf(config, exampleMessage(type, now()), urls.base),
      }))
      return { data }
    },
  ),
]
