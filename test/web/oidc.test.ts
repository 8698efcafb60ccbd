/** People sign in by a real identity provider: those who are invited or have an account, with the role of their group. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { createOwner, keepScreenshot, NEEDS_BROWSER, openBrowser, openTab, type Tab } from '../helpers/browser.ts'
import { type OidcProvider, type People, startOidcProvider } from '../helpers/oidc-provider.ts'
import { freePort, startServer, type TestServer } from '../helpers/server.ts'

const PEOPLE: People = {
  ada: { email: 'ada@example.com', email_verified: true, name: 'Ada', groups: ['admins'] },
  grace: { email: 'Grace@example.com', email_verified: true, name: 'Grace Hopper', groups: ['all', 'hr'] },
  mallory: { email: 'ada@example.com', email_verified: false, name: 'Mallory', groups: ['admins'] },
  stranger: { email: 'stranger@example.com', email_verified: true, name: 'Stranger', groups: ['admins'] },
}

let provider: OidcProvider
let server: TestServer
let browser: Browser
let url: string

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  const port = await freePort()
  url = `http://localhost:${port}`
  provider = await startOidcProvider(url, PEOPLE)
  server = await startServer({
    env: {
      WORKFLOWS_PORT: String(port),
      WORKFLOWS_PUBLIC_URL: url,
      WORKFLOWS_OIDC_ISSUER: provider.issuer,
      WORKFLOWS_OIDC_CLIENT_ID: provider.clientId,
      WORKFLOWS_OIDC_CLIENT_SECRET: provider.clientSecret,
      WORKFLOWS_OIDC_NAME: 'Example Login',
      WORKFLOWS_OIDC_ROLE_CLAIM: 'groups',
      WORKFLOWS_OIDC_ROLES: 'owner=admins,editor=hr,viewer=staff',
    },
  })
  await createOwner(await openTab(browser), server.output())
})
after(async () => {
  await browser?.close()
  await server?.close()
  await provider?.close()
})

/** Goes to the provider from the app's page, and through its login and consent. */
async function signIn(login: string, next = ''): Promise<Tab> {
  const tab = await openTab(browser)
  const { page } = tab
  await page.goto(`${url}/sign-in${next === '' ? '' : `?next=${encodeURIComponent(next)}`}`)
  await page.getByRole('button', { name: 'Sign in with Example Login' }).click()
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${url}/**`)
  // Those of the provider's pages are not ours.
  tab.errors.splice(0)
  return tab
}

const roleOf = async (email: string): Promise<string | undefined> => {
  const { body } = await server.api<{ data: { email: string; role: string }[] }>('GET', '/api/people')
  return body.data.find((person) => person.email === email)?.role
}

test(
  'Y12 a person with neither account nor invitation, or an unverified address, stays outside',
  NEEDS_BROWSER,
  async () => {
    const stranger = await signIn('stranger')
    await stranger.page.getByText('There is no account and no invitation').waitFor()
    await keepScreenshot(stranger, 'oidc-refused')
    const { page } = stranger
    assert.deepEqual(
      (await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id),
      [],
    )
    const mallory = await signIn('mallory')
    await mallory.page.getByText('has not verified your email address').waitFor()
    const { body } = await server.api<{ data: { detail: string }[] }>('GET', '/api/audit?action=session.refuse')
    assert.match(body.data.map(({ detail }) => detail).join(), /not_invited/)
    assert.equal(await roleOf('stranger@example.com'), undefined)
  },
)

test(
  'Y12 an owner who has an account signs in by the provider, and lands where they wanted to go',
  NEEDS_BROWSER,
  async () => {
    const ada = await signIn('ada', '/settings/people')
    await ada.page.getByLabel('Invite by email address').waitFor()
    assert.deepEqual(
      ada.errors.filter((line) => !line.includes('401')),
      [],
    )
  },
)

test(
  'Y12 an invited person gets an account and the role of their group, which follows the group',
  NEEDS_BROWSER,
  async () => {
    await server.api('POST', '/api/invitations', { email: 'grace@example.com', role: 'viewer' })
    await signIn('grace').then(({ page }) => page.getByRole('link', { name: 'Settings', exact: true }).waitFor())
    assert.equal(await roleOf('grace@example.com'), 'editor')
    if (PEOPLE.grace !== undefined) PEOPLE.grace.groups = ['staff']
    await signIn('grace').then(({ page }) => page.getByText('You have view-only access.').waitFor())
    assert.equal(await roleOf('grace@example.com'), 'viewer')

    // The last owner stays one, whatever the provider says.
    if (PEOPLE.ada !== undefined) PEOPLE.ada.groups = ['hr']
    await signIn('ada').then(({ page }) => page.getByRole('link', { name: 'Settings', exact: true }).waitFor())
    assert.equal(await roleOf('ada@example.com'), 'owner')

    if (PEOPLE.grace !== undefined) PEOPLE.grace.groups = []
    await signIn('grace').then(({ page }) => page.getByText('has no role here').waitFor())
  },
)

test(
  'Y12 a person without a password is offered neither to change it nor two-factor sign-in',
  NEEDS_BROWSER,
  async () => {
    if (PEOPLE.grace !== undefined) PEOPLE.grace.groups = ['hr']
    const grace = await signIn('grace', '/settings')
    await grace.page.getByText('You have no password here: you sign in with Example Login.').waitFor()
    await grace.page.getByRole('heading', { name: 'Passkeys' }).waitFor()
    for (const name of ['Change password', 'Set up two-factor'])
      assert.equal(await grace.page.getByRole('button', { name }).count(), 0, name)
    await keepScreenshot(grace, 'oidc-account')

    // The owner was created with one.
    const ada = await signIn('ada', '/settings')
    await ada.page.getByRole('button', { name: 'Change password' }).waitFor()
    await ada.page.getByRole('button', { name: 'Set up two-factor' }).waitFor()
  },
)
