import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { findFastTests } from '../../scripts/fast-tests.ts'

const FILES = {
  'test/domain/plain.test.ts': "import { test } from 'node:test'",
  'test/http/through-another.test.ts': "import { start } from './starts.ts'",
  'test/http/starts.ts': "import { startServer } from '../helpers/server.ts'",
  'test/http/type-only.test.ts': "import type { TestServer } from '../helpers/server.ts'",
  'test/http/several-lines.test.ts': "import {\n  startServer,\n} from '../helpers/server.ts'",
  'test/web/opens-a-page.test.ts': "import { openBrowser } from '../helpers/browser.ts'",
  'test/fuzz/hooks.test.ts': '',
  'test/helpers/server.ts': '',
  'test/helpers/browser.ts': '',
}

test('tests that reach a server or a browser, and those of slow folders, are not in the fast run', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'workflows-fast-tests-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  assert.deepEqual(findFastTests(root), ['test/domain/plain.test.ts', 'test/http/type-only.test.ts'])
})

test('the fast run of this project has tests of the domain, the wire, the store and the app', () => {
  const found = findFastTests(resolve(import.meta.dirname, '../..'))
  for (const folder of ['domain', 'http', 'store', 'web', 'workers']) {
    assert.ok(
      found.some((path) => path.startsWith(`test/${folder}/`)),
      folder,
    )
  }
  assert.ok(!found.includes('test/web/pages.test.ts'))
})
