/** Where packages come from, as the server's own configuration of uv and pip says. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readIndexSettings } from '../../../src/http/index-gateway/index-settings.ts'

const root = mkdtempSync(join(tmpdir(), 'workflows-settings-'))
after(() => rmSync(root, { recursive: true, force: true }))
/** No file of this machine says anything. */
const NO_FILES = { XDG_CONFIG_HOME: root, NETRC: join(root, 'netrc'), UV_NO_CONFIG: '1' }
const read = (variables: Record<string, string>) => readIndexSettings({ ...NO_FILES, ...variables })

test("pip's variables name the indexes, and uv's win over them", () => {
  const pip = { PIP_INDEX_URL: 'https://pip.example/simple', PIP_EXTRA_INDEX_URL: 'https://extra.example/simple' }
  assert.deepEqual(read(pip).indexes, ['https://extra.example/simple', 'https://pip.example/simple'])
  const uv = { ...pip, UV_DEFAULT_INDEX: 'https://uv.example/simple' }
  assert.deepEqual(read(uv).indexes, ['https://extra.example/simple', 'https://uv.example/simple'])
})

test('a file of pip is read, and its variables win over it', () => {
  const file = join(root, 'pip.conf')
  writeFileSync(
    file,
    '[global]\nindex-url = https://file.example/simple\nextra-index-url =\n  https://a.example/\n  https://b.example/\n',
  )
  assert.deepEqual(read({ PIP_CONFIG_FILE: file }).indexes, [
    'https://a.example/',
    'https://b.example/',
    'https://file.example/simple',
  ])
  assert.equal(
    read({ PIP_CONFIG_FILE: file, PIP_INDEX_URL: 'https://x.example/' }).indexes.at(-1),
    'https://x.example/',
  )
})

test('credentials are taken out of addresses, and kept by origin', () => {
  const { indexes, credentials } = read({
    UV_DEFAULT_INDEX: 'https://robot:s3cret@index.example/simple',
    UV_INDEX: 'company=https://company.example/simple',
    UV_INDEX_COMPANY_USERNAME: 'me',
    UV_INDEX_COMPANY_PASSWORD: 'word',
  })
  assert.deepEqual(indexes, ['https://company.example/simple', 'https://index.example/simple'])
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  assert.deepEqual(credentials, {
    'https://index.example': basic('robot:s3cret'),
    'https://company.example': basic('me:word'),
  })
})

test('without an index only folders are left', () => {
  assert.deepEqual(read({ UV_NO_INDEX: '1', UV_FIND_LINKS: `${root},${join(root, 'none')}` }), {
    ...read({ UV_NO_INDEX: '1', UV_FIND_LINKS: '' }),
    linkFolders: [root],
  })
  assert.deepEqual(read({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: root }).indexes, [])
})
