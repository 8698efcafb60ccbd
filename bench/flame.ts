/** A flame graph of a CPU profile as a plain SVG: each box is a function, as wide as its share of the time, above who called it. */

import { basename } from 'node:path'

export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export type Frame = {
  readonly name: string
  readonly group: string
  self: number
  total: number
  readonly calls: Map<string, Frame>
}

const WIDTH = 1200
const ROW = 17
const TOP = 34
/** Narrower boxes are left out, with what they call. */
const MIN_SHARE = 0.004
const IDLE = new Set(['(idle)', '(program)', '(root)'])
const STYLE = `
    svg { --page: #ffffff; --text: #1c2733; }
    @media (prefers-color-scheme: dark) { svg { --page: #14181d; } .title { fill: #e3e9ef; } }
    text { font: 11px ui-monospace, Menlo, Consolas, monospace; fill: var(--text); }
    .title { font: bold 14px system-ui, sans-serif; }
    .page { fill: var(--page); }
    rect { stroke: var(--page); stroke-width: 0.5; }
    .ours { fill: #8fb5f7; } .package { fill: #f2c48d; } .node { fill: #c9d2dc; } .engine { fill: #e8a3a3; }`

/** The frames between two times after the profile's start, in milliseconds; without what was idle. */
export function mergeFrames(profile: CpuProfile, fromMs: number, toMs: number): Frame {
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const root: Frame = { name: 'all', group: 'engine', self: 0, total: 0, calls: new Map() }
  let at = 0
  for (const [index, sample] of profile.samples.entries()) {
    const took = profile.timeDeltas[index] ?? 0
    at += took
    if (at < fromMs * 1000 || at > toMs * 1000) continue
    const path: CpuProfile['nodes'][number][] = []
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) {
      const node = nodes.get(id)
      if (node !== undefined) path.unshift(node)
    }
    if (IDLE.has(path.at(-1)?.callFrame.functionName ?? '')) continue
    addPath(root, path.slice(1), took)
  }
  return root
}

function addPath(root: Frame, path: readonly CpuProfile['nodes'][number][], took: number): void {
  let frame = root
  frame.total += took
  for (const { callFrame } of path) {
    const name = nameOf(callFrame)
    const found: Frame = frame.calls.get(name) ?? {
      name,
      group: groupOf(callFrame.url, name),
      self: 0,
      total: 0,
      calls: new Map(),
    }
    frame.calls.set(name, found)
    found.total += took
    frame = found
  }
  frame.self += took
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? 'anonymous' : functionName
  return url === '' ? name : `${name} ${basename(url)}:${lineNumber + 1}`
}

function groupOf(url: string, name: string): string {
  if (url.includes('/node_modules/')) return 'package'
  if (url.startsWith('node:')) return 'node'
  return url === '' && name.startsWith('(') ? 'engine' : url === '' ? 'node' : 'ours'
}

/** Blue is ours, orange packages, grey Node, red the engine. */
export function drawFlame(title: string, root: Frame): string {
  const boxes: string[] = []
  let depth = 0
  const draw = (frame: Frame, x: number, level: number): void => {
    depth = Math.max(depth, level)
    const width = (frame.total / root.total) * WIDTH
    boxes.push(boxOf(frame, root.total, { x, level, width }))
    let left = x
    for (const call of [...frame.calls.values()].toSorted((a, b) => b.total - a.total)) {
      if (call.total / root.total >= MIN_SHARE) draw(call, left, level + 1)
      left += (call.total / root.total) * WIDTH
    }
  }
  draw(root, 0, 0)
  const height = TOP + (depth + 1) * ROW + 6
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(title)}">
<!-- Made by bench/flame.ts. -->
<style>${STYLE}
</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
<text class="title" x="8" y="21">${escapeText(title)}</text>
${boxes.join('\n')}
</svg>
`
}

function boxOf({ name, group, total }: Frame, whole: number, at: { x: number; level: number; width: number }): string {
  const y = TOP + at.level * ROW
  const letters = Math.floor((at.width - 6) / 6.7)
  const shown =
    letters < 3 ? '' : `<text x="${(at.x + 3).toFixed(1)}" y="${y + 12}">${escapeText(name.slice(0, letters))}</text>`
  const share = `${((total / whole) * 100).toFixed(1)} %`
  return `<g><title>${escapeText(name)}: ${share}</title><rect class="${group}" x="${at.x.toFixed(1)}" y="${y}" width="${at.width.toFixed(1)}" height="${ROW - 1}"/>${shown}</g>`
}

/** The functions that took most by themselves. */
export function topOf(root: Frame, count: number): readonly { readonly name: string; readonly share: number }[] {
  const sums = new Map<string, number>()
  const add = (frame: Frame): void => {
    sums.set(frame.name, (sums.get(frame.name) ?? 0) + frame.self)
    for (const call of frame.calls.values()) add(call)
  }
  add(root)
  return [...sums]
    .map(([name, self]) => ({ name, share: self / root.total }))
    .toSorted((a, b) => b.share - a.share)
    .slice(0, count)
}

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
