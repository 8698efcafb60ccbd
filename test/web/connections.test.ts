/** A person adds a connection, signs in at a real OAuth server, and a workflow uses it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible, findOverflow } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, openApp, openTab, type Tab, withApp } from '../helpers/browser.ts'
import { startProvider } from '../helpers/connections.ts'
import type { OAuthProvider } from '../helpers/oauth-provider.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

let provider: OAuthProvider
let server: TestServer
let browser: Browser
let tab: Tab

withApp(
  (app) => {
    ;({ browser, server, tab } = app)
    provider.redirectUri = `${server.url}/connections/callback`
  },
  async () => {
    provider = await startProvider()
    return await openApp({ env: { WORKFLOWS_EGRESS_ALLOW: provider.target } })
  },
)
after(() => provider?.close())

test('an owner adds a connection, signs in, tests it, and a workflow finds its token', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(r, s):\n    return {"status_code": 200, "body": s["ats"]["account"]}\n'
  const workflow = await createCatch(server, { source, name: 'syncs candidates' })
  await page.goto(`${server.url}/settings/connections`)
  const panel = page.getByRole('tabpanel', { name: 'Connections' })
  await panel.getByText('There is no connection.').waitFor()
  await panel.getByRole('combobox', { name: 'Service', exact: true }).click()
  await page.getByRole('option', { name: 'Another service' }).click()
  await panel.getByLabel('Issuer').fill(provider.issuer)
  await panel.getByLabel('Name').fill('ats')
  await panel.getByLabel('Client ID').fill(provider.clientId)
  await panel.getByLabel('Client secret').fill(provider.clientSecret)
  const scopes = panel.getByRole('combobox', { name: 'Scopes of the service' })
  for (const scope of ['openid', 'email']) {
    await scopes.fill(scope)
    await scopes.press('Enter')
  }
  await panel.getByRole('button', { name: 'Create the connection' }).click()
  const row = panel.getByRole('table', { name: 'Connections' }).getByRole('row').filter({ hasText: 'ats' })
  await row.getByText('Not signed in').waitFor()
  // Providers are on other sites, whose redirects have no strict cookies.
  const { data } = await must(server.api<{ data: { id: string }[] }>('GET', '/api/connections'), 200)
  const authorization_url = `${provider.issuer.replace('127.0.0.1', 'localhost')}/auth`
  await must(server.api('PATCH', `/api/connections/${data[0]?.id}`, { authorization_url }), 200)
  await row.getByRole('button', { name: 'Sign in' }).click()
  await panel.getByText('The connection ats is signed in.').waitFor()
  await row.getByText('Connected').waitFor()
  await row.getByText('ada@example.com').waitFor()
  await row.getByRole('button', { name: 'Test' }).click()
  await row.getByRole('status').getByText('answered 200').waitFor()

  await page.goto(`${server.url}/workflows/${workflow.id}/settings`)
  const form = page.locator('form').filter({ hasText: 'The function finds a valid token' })
  await form.getByRole('combobox', { name: 'Connections' }).fill('at')
  await page.getByRole('option', { name: 'ats' }).click()
  await page.keyboard.press('Escape')
  await form.getByRole('button', { name: 'Save' }).click()
  type Saved = { connections: string[] }
  const saved = () => must(server.api<Saved>('GET', `/api/workflows/${workflow.id}`), 200)
  await until(async () => (await saved()).connections.includes('ats'))
  assert.equal((await callHook(workflow, {})).text, 'ada@example.com')
  await page.goto(`${server.url}/settings/connections`)
  await row.getByText('syncs candidates').waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'connections-wide')
  for (const options of [{ viewport: NARROW }, { viewport: NARROW, locale: 'fr-FR' }, { locale: 'fr-FR' }] as const) {
    const view = await openTab(browser, { like: tab, ...options })
    await view.page.goto(`${server.url}/settings/connections`)
    await view.page.getByText('syncs candidates').waitFor()
    assert.deepEqual(await findOverflow(view.page), [])
    await assertAccessible(view)
    await keepScreenshot(
      view,
      `connections-${'viewport' in options ? 'narrow' : 'wide'}-${'locale' in options ? 'fr' : 'en'}`,
    )
    assert.deepEqual(view.errors, [])
    await view.context.close()
  }

  await row.getByRole('button', { name: 'Disconnect' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await row.getByText('Not signed in').waitFor()
  const client = { name: 'harvest', provider: 'greenhouse', client_id: 'id', client_secret: 'secret' }
  await must(server.api('POST', '/api/connections', client), 201)
  const harvest = panel.getByRole('row').filter({ hasText: 'harvest' })
  await harvest.getByText('Not used yet').waitFor()
  await harvest.getByText('Greenhouse').waitFor()
  assert.deepEqual(tab.errors, [])
})
