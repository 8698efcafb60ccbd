import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

/** Shows links to files of the clone as text: the site has only the documentation. Throws if there is no such file. */
export function unlinkFilesOutside(docs: string): (md: MarkdownRenderer) => void {
  const isOutside = (page: string, href: string): boolean => {
    if (/^([a-z]+:|#|\/)/.test(href)) return false
    const path = join(docs, dirname(page), href.replace(/[#?].*$/, ''))
    if (path.startsWith(docs + sep)) return false
    if (!existsSync(path)) throw new Error(`${page}: a link leads to ${href}, which is not in this clone.`)
    return true
  }
  return (md) => {
    md.core.ruler.push('files-outside', ({ tokens, env }) => {
      for (const { children } of tokens) {
        let isText = false
        for (const token of children ?? []) {
          if (token.type === 'link_open') isText = isOutside(env.relativePath, token.attrGet('href') ?? '')
          if (!isText || !token.type.startsWith('link_')) continue
          token.type = 'html_inline'
          token.content = ''
        }
      }
    })
  }
}
