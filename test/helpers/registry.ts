import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'

export type NpmPackage = {
  readonly name: string
  readonly version: string
  /** Omitted: an index.js whose default export is the version. */
  readonly files?: Readonly<Record<string, string>>
  readonly manifest?: Readonly<Record<string, unknown>>
}

export type Registry = {
  readonly url: string
  /** Number of requests with a wrong authorization. */
  refused(): number
  /** Replaces the content of a package's file, `NAME-VERSION.tgz`. */
  tamper(file: string, bytes: Buffer): void
  close(): void
}

type Options = { readonly authorization?: string }

export async function startRegistry(
  packages: readonly NpmPackage[],
  { authorization }: Options = {},
): Promise<Registry> {
  const files = new Map(packages.map((one) => [fileOf(one), makeTarball(one)]))
  let refused = 0
  let base = ''
  const isAllowed = ({ headers }: IncomingMessage) =>
    authorization === undefined || headers.authorization === authorization
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace(/^\/registry\//, '')
    const file = files.get(path.replace(/^files\//, ''))
    const versions = packages.filter(({ name }) => name === path)
    if (!isAllowed(request)) {
      refused += 1
      response.writeHead(401).end()
    } else if (path.startsWith('files/') && file !== undefined) response.end(file)
    else if (versions.length === 0)
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}')
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(documentOf(versions, base)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/registry/`
  return {
    url: base,
    refused: () => refused,
    tamper: (name, bytes) => void files.set(name, bytes),
    close: () => void server.close(),
  }
}

const fileOf = ({ name, version }: NpmPackage): string => `${name.replace('/', '-')}-${version}.tgz`

function documentOf(packages: readonly NpmPackage[], base: string): object {
  const versions = packages.map((one) => {
    const integrity = `sha512-${createHash('sha512').update(makeTarball(one)).digest('base64')}`
    return [one.version, { ...manifestOf(one), dist: { tarball: `${base}files/${fileOf(one)}`, integrity } }]
  })
  const latest = packages.at(-1)?.version
  return { name: packages[0]?.name, 'dist-tags': { latest }, versions: Object.fromEntries(versions) }
}

const manifestOf = ({ name, version, manifest }: NpmPackage): object => ({ name, version, type: 'module', ...manifest })

/** The bytes are the same each time. */
export function makeTarball(made: NpmPackage): Buffer {
  const files = made.files ?? { 'index.js': `export default ${JSON.stringify(made.version)}\n` }
  const all = { 'package.json': JSON.stringify(manifestOf(made)), ...files }
  const parts = Object.entries(all).flatMap(([path, text]) => {
    const bytes = Buffer.from(text)
    return [headerOf(`package/${path}`, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]))
}

function headerOf(path: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  const fields: (readonly [string, number])[] = [
    [path, 0],
    ['0000644\0', 100],
    ['0000000\0', 108],
    ['0000000\0', 116],
    [`${size.toString(8).padStart(11, '0')}\0`, 124],
    ['00000000000\0', 136],
    ['        ', 148],
    ['0', 156],
    ['ustar\x0000', 257],
  ]
  for (const [text, at] of fields) header.write(text, at, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}
