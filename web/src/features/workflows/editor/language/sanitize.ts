/** Packages' documentation is untrusted, so its HTML is rebuilt. */

const ALLOWED = new Set(
  'A B BLOCKQUOTE BR CODE DIV EM H1 H2 H3 H4 H5 H6 HR I LI OL P PRE SPAN STRONG TABLE TBODY TD TH THEAD TR UL'.split(
    ' ',
  ),
)
/** Elements whose text is not for people. */
const DROPPED = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'NOSCRIPT'])

export function sanitize(html: string): string {
  const parsed = new DOMParser().parseFromString(html, 'text/html')
  const target = document.implementation.createHTMLDocument('').body
  copy(parsed.body, target)
  return target.innerHTML
}

function copy(from: Node, to: Element): void {
  for (const child of from.childNodes) {
    if (child instanceof Text) to.append(child.data)
    if (!(child instanceof HTMLElement) || DROPPED.has(child.tagName)) continue
    if (!ALLOWED.has(child.tagName)) {
      copy(child, to)
      continue
    }
    const element = to.ownerDocument.createElement(child.tagName === 'A' ? 'span' : child.tagName)
    if (child.tagName === 'SPAN') element.className = child.className
    copy(child, element)
    to.append(element)
  }
}
