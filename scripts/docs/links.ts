import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { createMarkdownRenderer } from 'vitepress'

/** A line for each broken link. Does not call other sites. */
export async function findBrokenLinks(root: string): Promise<readonly string[]> {
  // The site's parser names the headings. Highlighting takes most of a build.
  const parser = await createMarkdownRenderer(root, { highlight: (code) => code })
  const documents = new Map<string, Document>()
  const read = (name: string): Document => {
    const known = documents.get(name) ?? parse(parser.parse(readFileSync(join(root, name), 'utf8'), {}))
    documents.set(name, known)
    return known
  }
  const names = globSync(['*.md', 'docs/**/*.md'], { cwd: root, exclude: ['**/node_modules/**'] }).sort()
  return names.flatMap((name) =>
    read(name).links.flatMap((href) => {
      const [path = '', anchor] = decodeURIComponent(href).split('#')
      const target = path === '' ? name : relative(root, join(root, dirname(name), path))
      if (target.startsWith('..') || !existsSync(join(root, target))) return [`${name}: ${href} leads to no file`]
      if (anchor === undefined || !target.endsWith('.md') || read(target).headings.has(anchor)) return []
      return [`${name}: ${href} leads to no heading`]
    }),
  )
}

type Document = { readonly headings: ReadonlySet<string>; readonly links: readonly string[] }
type Token = {
  readonly type: string
  readonly children: readonly Token[] | null
  attrGet(name: string): string | null
}

function parse(tokens: readonly Token[]): Document {
  const headings = tokens.filter(({ type }) => type === 'heading_open').map((token) => token.attrGet('id') ?? '')
  const links = tokens
    .flatMap(({ children }) => children ?? [])
    .map((token) => token.attrGet('href') ?? token.attrGet('src') ?? '')
  return { headings: new Set(headings), links: links.filter((href) => href !== '' && !/^[a-z]+:/.test(href)) }
}
