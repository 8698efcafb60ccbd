/** The map as an SVG that follows the light or dark scheme of the page around it. */

import type { ElkExtendedEdge, ElkNode, ElkPoint } from 'elkjs/lib/elk.bundled.js'
import { TEXT } from './layout.ts'

/** The hue of each feature. */
const FEATURES: Readonly<Record<string, number>> = {
  workflows: 220,
  runs: 145,
  schedules: 35,
  settings: 275,
  people: 330,
  senders: 190,
  system: 5,
}

const FONT = `ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', Consolas, monospace`

const STYLE = `
    svg { --page: #ffffff; --layer: #f4f6f8; --room: #ffffff; --line: #aab4c0; --arrow: #7c8896; --text: #1c2733; --tint: 92%; --edge: 45%; }
    @media (prefers-color-scheme: dark) {
      svg { --page: #14181d; --layer: #1b2129; --room: #252d37; --line: #46525f; --arrow: #8492a2; --text: #e3e9ef; --tint: 20%; --edge: 55%; }
    }
    text { font: ${TEXT.size}px ${FONT}; fill: var(--text); }
    .heading { font-weight: bold; }
    .page { fill: var(--page); }
    .layer { fill: var(--layer); stroke: var(--line); }
    .room { fill: var(--room); stroke: var(--line); }
    .arrow { fill: none; stroke: var(--arrow); stroke-width: 1.3; marker-end: url(#head); }
    .head { fill: var(--arrow); }
${Object.entries(FEATURES)
  .map(([name, hue]) => `    .${name} { fill: hsl(${hue} 55% var(--tint)); stroke: hsl(${hue} 45% var(--edge)); }`)
  .join('\n')}`

/** Draws the tree of boxes that `layOut` returned. */
export function draw(parts: ElkNode): string {
  const [width, height] = [Math.ceil(parts.width ?? 0), Math.ceil(parts.height ?? 0)]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The folders of src and what each imports">
  <!-- Made by npm run map from the imports of src. -->
  <style>${STYLE}
  </style>
  <defs>
    <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker>
  </defs>
  <rect class="page" width="${width}" height="${height}"/>
${drawInside(parts, 0, 0).join('\n')}
</svg>
`
}

/** The boxes in a box, each with what is in it, then the arrows between them. */
function drawInside({ children = [], edges = [] }: ElkNode, left: number, top: number): readonly string[] {
  const boxes = children.flatMap((child) => {
    const [x, y] = [left + (child.x ?? 0), top + (child.y ?? 0)]
    return [...drawBox(child, x, y), ...drawInside(child, x, y)]
  })
  return [...boxes, ...edges.map((edge) => drawArrow(edge, left, top))]
}

function drawBox({ width = 0, height = 0, labels = [], children }: ElkNode, x: number, y: number): readonly string[] {
  const name = labels[0]?.text ?? ''
  const isLayer = children !== undefined
  const feature = name.split('/').find((part) => part in FEATURES)
  const kind = isLayer ? 'layer' : (feature ?? 'room')
  const text = isLayer
    ? `<text class="heading" x="${x + 14}" y="${y + 22}">${name}</text>`
    : `<text x="${x + width / 2}" y="${y + height / 2 + 4.5}" text-anchor="middle">${name}</text>`
  return [`  <rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`, `  ${text}`]
}

function drawArrow({ sections = [] }: ElkExtendedEdge, left: number, top: number): string {
  const at = ({ x, y }: ElkPoint): string => `${round(left + x)} ${round(top + y)}`
  const path = sections.map(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map((point, index) => `${index === 0 ? 'M' : 'L'}${at(point)}`).join(' '),
  )
  return `  <path class="arrow" d="${path.join(' ')}"/>`
}

const round = (value: number): number => Math.round(value * 10) / 10
