/** Finding 1: the owner's cookie and key reach a hook, and a viewer reads them from its run. */

import { createOwner, type Program } from './program.ts'

const SHOWS = `
import json
def workflow(_request, settings):
    return {"status_code": 200, "body": json.dumps({name.lower(): value for name, value in _request.headers.items()})}
`

export async function prove({ start, workflows, say }: Program): Promise<void> {
  const server = await start()
  try {
    const cookie = await createOwner(server)
    const hook = await workflows.createCatch(server, { source: SHOWS })
    const { key: viewer } = await workflows.must(
      server.api<{ key: string }>('POST', '/api/keys', { name: 'viewer', scopes: ['read'] }),
      201,
    )
    const asViewer = { authorization: `Bearer ${viewer}` }
    const headers = { cookie, authorization: `Bearer ${server.apiKey}` }
    const answer = await workflows.callHook(hook, {}, { headers })
    const seen: Record<string, string> = JSON.parse(answer.text)
    say(
      `the function got the cookie: ${seen['cookie'] === cookie}; the API key: ${String(seen['authorization']).endsWith(server.apiKey)}`,
    )
    const id = answer.headers.get('workflow-run')
    const run: { request: { headers: [string, string][] } } = JSON.parse(
      await (await fetch(`${server.url}/api/runs/${id}`, { headers: asViewer })).text(),
    )
    const shown = Object.fromEntries(run.request.headers.map(([name, value]) => [name.toLowerCase(), value]))
    say(
      `a key with the scope read is shown the cookie: ${shown['cookie'] === cookie}; the API key: ${String(shown['authorization']).endsWith(server.apiKey)}`,
    )
    const me = await fetch(`${server.url}/api/me`, { headers: { cookie: shown['cookie'] ?? '' } })
    say(`GET /api/me with the cookie that it was shown: ${me.status} ${me.ok ? JSON.stringify(await me.json()) : ''}`)
  } finally {
    await server.close()
  }
}
