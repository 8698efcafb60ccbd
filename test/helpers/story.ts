/** A person's sitting in the app: the seconds of each step, pictures, and barriers of the pages on the way. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { IntlMessageFormat } from 'intl-messageformat'
import type { Page } from 'playwright-core'
import { FRENCH } from '../../web/src/lib/i18n/fr/index.ts'
import { findBarriers, findOverflow } from './axe.ts'
import { keepScreenshot, NARROW, type Tab, WIDE } from './browser.ts'

export type Clock = ((what: string) => void) & { again(): void; total(): void }

/** Prints what each step took. `again` leaves out the time since the last step. */
export function createClock(t: TestContext): Clock {
  let last = performance.now()
  let sum = 0
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1).padStart(6)} s`
  const step = (what: string) => {
    const took = performance.now() - last
    sum += took
    t.diagnostic(`${seconds(took)}  ${what}`)
    last = performance.now()
  }
  const again = () => {
    last = performance.now()
  }
  return Object.assign(step, { again, total: () => t.diagnostic(`${seconds(sum)}  all of it`) })
}

/** `STORY='narrow fr dark'` tells stories on a phone, in French, in the dark. */
const WISHES = (process.env.STORY ?? '').split(' ')
const IS_FRENCH = WISHES.includes('fr')

export const STORY_VIEW = {
  viewport: WISHES.includes('narrow') ? NARROW : WIDE,
  locale: IS_FRENCH ? 'fr-FR' : 'en-US',
  colorScheme: WISHES.includes('dark') ? 'dark' : 'light',
} as const

/** Returns the text as the story's page shows it. */
export function say(english: string, values: Readonly<Record<string, string | number>> = {}): string {
  const text = IS_FRENCH ? (FRENCH[english] ?? english) : english
  return String(new IntlMessageFormat(text, STORY_VIEW.locale).format(values))
}

export type Story = Clock & {
  /** Ends the step, then takes a picture and, once for each page, notes its barriers. This costs the story no time. */
  look(what: string): Promise<void>
  /** Fails if the page had errors, or a page on the way has barriers or scrolls sideways. */
  end(): void
}

export function tellStory(t: TestContext, tab: Tab, name: string): Story {
  const clock = createClock(t)
  const barriers: string[] = []
  const seen = new Set<string>()
  let pictures = 0
  const look = async (what: string) => {
    clock(what)
    pictures += 1
    // The check of a page that still loads says that the page has no heading.
    await tab.page.getByRole('heading', { level: 1 }).first().waitFor()
    const kind = new URL(tab.page.url()).pathname.replace(/\w+_\w{20,}/g, '*')
    // A check takes a second, which is more than most steps.
    const found = seen.has(kind) ? [] : await findBarriers(tab.page)
    seen.add(kind)
    found.push(...(await findOverflow(tab.page)))
    barriers.push(...found.map((barrier) => `${what}: ${barrier}`))
    await keepScreenshot(tab, ['story', name, ...WISHES, pictures].filter((part) => part !== '').join('-'))
    clock.again()
  }
  const end = () => {
    assert.deepEqual(tab.errors, [])
    assert.deepEqual(barriers, [])
    clock.total()
  }
  return Object.assign(clock, { look, end })
}

/** Replaces the text of the editor. */
export async function writeCode(page: Page, source: string): Promise<void> {
  await page.locator('.cm-content').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(source)
}

export async function deployCode(page: Page, version: number): Promise<void> {
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByText(`v${version} deployed`).waitFor()
}
