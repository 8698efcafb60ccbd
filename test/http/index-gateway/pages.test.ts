/** Pages of package indexes: their links lead to the gateway, and only such links are followed. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createSigner,
  freshSeconds,
  GATEWAY_URL,
  rewritePage,
  urlOfPath,
  versionsOfPage,
} from '../../../src/http/index-gateway/pages.ts'

const signer = createSigner(Buffer.from('a key of the gateway'))
const BASE = 'https://index.example.com/simple/six/'
const FILE = 'https://files.example.com/six-1.0-py3-none-any.whl'

/** What the gateway would ask for, for a link of a rewritten page. */
const followed = (link: string) => urlOfPath(link.replace(GATEWAY_URL, '').replace(/#.*$/, ''), signer)

test('each link of a JSON page leads to the gateway, and the rest of the page stays as it is', () => {
  const file = {
    filename: 'six-1.0-py3-none-any.whl',
    hashes: { sha256: 'ab' },
    'core-metadata': true,
    yanked: 'a "url": b',
  }
  const page = {
    meta: { 'api-version': '1.1' },
    name: 'six',
    files: [
      { ...file, url: FILE },
      { ...file, url: '../../a/six-2.0.tar.gz' },
    ],
  }
  for (const text of [
    JSON.stringify(page),
    JSON.stringify(page, null, 2),
    JSON.stringify(page).replaceAll('/', '\\/'),
  ]) {
    const found = JSON.parse(rewritePage(text, true, BASE, signer)) as typeof page
    assert.deepEqual(
      found.files.map(({ url }) => followed(url)),
      [FILE, 'https://index.example.com/a/six-2.0.tar.gz'],
    )
    assert.ok(found.files.every(({ url }) => /\/six-\d\.0[^/]*$/.test(url)))
    assert.deepEqual({ ...found.files[0], url: FILE }, page.files[0])
  }
})

test('a link that may be written in several ways is followed as a parser of URLs writes it', () => {
  for (const link of [
    'https://files.example.com/a/../six-1.0.tar.gz',
    'https://files.example.com/a/%2e%2e/six-1.0.tar.gz',
    'https://files.example.com:443/six-1.0.tar.gz',
    'HTTPS://Files.Example.com/six-1.0.tar.gz',
    'https://files.example.com/six-1.0.tar.gz#sha256=ab',
    'https://0x7f.1/six-1.0.tar.gz',
    'https://files.example.com/a b/six-1.0.tar.gz',
    'https://user:secret@files.example.com/six-1.0.tar.gz',
    'https://files.example.com/six-1.0.tar.gz?signature=x',
    'https://files.example.com/packages/45/cd/dc46_~0/six-1.0+local.tar.gz',
  ]) {
    const { files } = JSON.parse(rewritePage(JSON.stringify({ files: [{ url: link }] }), true, BASE, signer))
    const expected = new URL(link)
    assert.match(files[0].url, link.includes('#') ? /\/six-1\.0\.tar\.gz#sha256=ab$/ : /\/six-1\.0[^/]*\.tar\.gz$/)
    expected.hash = ''
    assert.equal(followed(files[0].url), expected.href)
  }
})

test('each link of an HTML page leads to the gateway, with its hash', () => {
  const text = `<base href="https://other.example.com/x/"><a data-x="1" href="six-1.0.tar.gz#sha256=ab">six-1.0.tar.gz</a>`
  const [, link = ''] = /href="([^"]+)"/.exec(rewritePage(text, false, BASE, signer)) ?? []
  assert.match(link, /#sha256=ab$/)
  assert.equal(followed(link), 'https://other.example.com/x/six-1.0.tar.gz')
})

test('B11 a link that no page had is not followed', () => {
  const encode = (url: string) => Buffer.from(url).toString('base64url')
  const path = (signature: string, url: string) => `/file/${signature}/${encode(url)}/six.whl`
  assert.equal(urlOfPath(path(signer.sign(FILE), FILE), signer), FILE)
  const others = [`${FILE}x`, 'http://169.254.169.254/latest/meta-data/']
  for (const url of others) assert.equal(urlOfPath(path(signer.sign(FILE), url), signer), null)
  const stranger = createSigner(Buffer.from('another key'))
  assert.equal(urlOfPath(path(stranger.sign(FILE), FILE), signer), null)
  assert.equal(urlOfPath(path('', FILE), signer), null)
})

test('the metadata of a wheel is asked for beside it', () => {
  const path = `/file/${signer.sign(FILE)}/${Buffer.from(FILE).toString('base64url')}/six-1.0-py3-none-any.whl.metadata`
  assert.equal(urlOfPath(path, signer), `${FILE}.metadata`)
})

test('withdrawn files do not count among the versions of a page', () => {
  const files = [
    { filename: 'six-1.0-py3-none-any.whl' },
    { filename: 'six-1.1.tar.gz', yanked: false },
    { filename: 'six-1.2.tar.gz', yanked: 'broken' },
  ]
  assert.deepEqual(versionsOfPage(JSON.stringify({ files }), 'six'), ['1.0', '1.1'])
})

test('a page is fresh for as long as its index says, and for ten minutes where it says nothing', () => {
  const said: [string | undefined, number][] = [
    [undefined, 600],
    ['public', 600],
    ['max-age=60, public', 60],
    ['Max-Age = "30"', 30],
    ['max-age=0', 0],
    ['no-cache, max-age=60', 0],
    ['no-store', 0],
    ['max-age=999999999', 86_400],
  ]
  assert.deepEqual(
    said.map(([control]) => freshSeconds(control)),
    said.map(([, seconds]) => seconds),
  )
})
