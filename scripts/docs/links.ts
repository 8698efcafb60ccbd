import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Returns a line for each link of a built site that leads to no page, file or anchor of it. Other sites are not asked. */
export function findBrokenLinks(dist: string, base: string): readonly string[] {
  const pages = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
  const anchors = new Map<string, ReadonlySet<string>>()
  const anchorsOf = (page: string): ReadonlySet<string> => {
    const known = anchors.get(page) ?? readAnchors(join(dist, page))
    anchors.set(page, known)
    return known
  }
  return pages.flatMap((page) =>
    readLinks(join(dist, page)).flatMap((href) => {
      const { pathname, hash } = new URL(href, `http://site${base}${page}`)
      if (!pathname.startsWith(base)) return href.startsWith('/') ? [`${page}: ${href} is not under ${base}`] : []
      const target = findFile(dist, decodeURIComponent(pathname.slice(base.length)))
      if (target === null) return [`${page}: ${href} leads to no page`]
      const anchor = decodeURIComponent(hash.slice(1))
      return anchor === '' || anchorsOf(target).has(anchor) ? [] : [`${page}: ${href} leads to no heading`]
    }),
  )
}

function findFile(dist: string, path: string): string | null {
  const names = path === '' || path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`]
  return names.find((name) => existsSync(join(dist, name)) && statSync(join(dist, name)).isFile()) ?? null
}

const readLinks = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(/<a [^>]*?href="([^"]+)"/g)]
    .map(([, href = '']) => href.replaceAll('&amp;', '&'))
    .filter((href) => !/^[a-z]+:/.test(href))

const readAnchors = (path: string): ReadonlySet<string> =>
  new Set([...readFileSync(path, 'utf8').matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id))
