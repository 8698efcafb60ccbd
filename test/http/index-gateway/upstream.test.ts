/** A package index that links and redirects to what only this machine reaches. */

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { after, before, test } from 'node:test'
import { readIndexSettings } from '../../../src/http/index-gateway/index-settings.ts'
import { createHostGuard } from '../../../src/http/index-gateway/own-hosts.ts'
import { createUpstream, type Upstream } from '../../../src/http/index-gateway/upstream.ts'

const portOf = (server: Server): number => (server.address() as AddressInfo).port
const listen = (server: Server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))

let asked = 0
const inner = createServer((_request, response) => {
  asked += 1
  response.end('inner')
})
const index = createServer(({ url = '' }, response) => {
  const to = new URL(url, 'http://index').searchParams.get('to')
  if (to === null) response.end('page')
  else response.writeHead(302, { location: to }).end()
})
let upstream: Upstream
before(async () => {
  await Promise.all([listen(inner), listen(index)])
  upstream = createUpstream(readIndexSettings({ UV_DEFAULT_INDEX: `http://127.0.0.1:${portOf(index)}/simple` }))
})
after(() => {
  upstream.close()
  inner.close()
  index.close()
})

const textOf = async (url: string): Promise<string> => {
  const { answer } = await upstream.get(url, {})
  return Buffer.concat(await answer.toArray()).toString()
}

test('Z3-109 neither a link nor a redirect of an index reaches this machine or the metadata of a cloud', async () => {
  const at = `http://127.0.0.1:${portOf(index)}`
  assert.equal(await textOf(`${at}/simple/six/`), 'page')
  assert.equal(await textOf(`${at}/simple/six/?to=${encodeURIComponent(`${at}/files/six`)}`), 'page')
  const port = portOf(inner)
  const hosts = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0.0.0.0', '[::1]', '[::]', '[::ffff:127.0.0.1]']
  const urls = [
    ...hosts.map((host) => `http://${host}:${port}/`),
    'http://169.254.169.254/latest/meta-data/',
    'http://192.0.0.192/',
  ]
  for (const url of urls) {
    await assert.rejects(textOf(url), /^Error: blocked: /, url)
    await assert.rejects(textOf(`${at}/?to=${encodeURIComponent(url)}`), /^Error: blocked: /, url)
  }
  assert.equal(asked, 0)
})

test('Z3-109 a name is judged by the addresses of each look-up', () => {
  const addresses = ['93.184.215.14', '127.0.0.1']
  const rebinding: LookupFunction = (_name, _options, callback) =>
    callback(null, [{ address: addresses.shift() ?? '', family: 4 }])
  const lookup = createHostGuard(readIndexSettings({}), rebinding)(new URL('https://files.example/six.whl'))
  const answers: unknown[] = []
  for (const _ of [1, 2])
    lookup('files.example', { all: true }, (error, found) => answers.push(error?.message ?? found))
  assert.deepEqual(answers, [
    [{ address: '93.184.215.14', family: 4 }],
    'blocked: files.example is on this machine, and no configured index',
  ])
})
