/** Where each room lies and how each arrow runs; computed by the Eclipse Layout Kernel. */

import Elk, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk.bundled.js'
import type { Graph, House } from './graph.ts'

export const TEXT = { size: 13, width: 7.9 } as const
const ROOM_HEIGHT = 28
const HEADING_HEIGHT = 34

const LAYERED = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.spacing.nodeNode': '16',
  'elk.spacing.edgeNode': '12',
  'elk.spacing.edgeEdge': '8',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
  'elk.randomSeed': '1',
} as const

/** Returns the tree of boxes with their places, in pixels relative to the box around them. */
export async function layOut({ layers, rooms }: House): Promise<ElkNode> {
  const children = layers.names.map((name) => layerNode(name, rooms[name] ?? { names: [], arrows: [] }))
  const padding = { 'elk.padding': '[top=20,left=20,bottom=20,right=20]' }
  const edges = edgesOf('', layers)
  return await new Elk.default().layout({ id: 'src', layoutOptions: { ...LAYERED, ...padding }, children, edges })
}

function layerNode(name: string, rooms: Graph): ElkNode {
  if (rooms.names.length < 2) return box(name, name)
  const padding = { 'elk.padding': `[top=${HEADING_HEIGHT},left=16,bottom=16,right=16]` }
  const children = rooms.names.map((room) => box(`${name}/${room}`, room))
  return { ...box(name, name), layoutOptions: { ...LAYERED, ...padding }, children, edges: edgesOf(`${name}/`, rooms) }
}

function box(id: string, text: string): ElkNode {
  return { id, labels: [{ text }], width: Math.ceil(text.length * TEXT.width + 28), height: ROOM_HEIGHT }
}

function edgesOf(prefix: string, { arrows }: Graph): ElkExtendedEdge[] {
  return arrows.map(([from, to]) => ({
    id: `${prefix}${from} → ${prefix}${to}`,
    sources: [prefix + from],
    targets: [prefix + to],
  }))
}
