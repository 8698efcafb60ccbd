/** The folders of `src` and the imports between them. */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

type Arrow = readonly [from: string, to: string]
/** Names and the arrows between them. */
export type Graph = { readonly names: readonly string[]; readonly arrows: readonly Arrow[] }
export type House = {
  /** The folders and files of `src`. */
  readonly layers: Graph
  /** The folders inside of each layer, by its name; `*` is the files of the layer's own folder. */
  readonly rooms: Readonly<Record<string, Graph>>
}

type Import = { readonly from: Place; readonly to: Place }
type Place = { readonly layer: string; readonly room: string }

/** Reads the imports of `src`, types included, without arrows that follow from others. */
export function readParts(root: string): House {
  const source = join(root, 'src')
  const files = globSync('**/*.ts', { cwd: source }).map((name) => join(source, name))
  const places = files.map((file) => placeOf(source, file))
  const imports = files.flatMap((file) =>
    importsOf(file).map((to) => ({ from: placeOf(source, file), to: placeOf(source, to) })),
  )
  const layers = unique(places.map(({ layer }) => layer))
  const across = imports.map(({ from, to }): Arrow => [from.layer, to.layer])
  return {
    layers: { names: layers, arrows: reduce(across) },
    rooms: Object.fromEntries(layers.map((layer) => [layer, roomsOf(layer, places, imports)])),
  }
}

function roomsOf(layer: string, places: readonly Place[], imports: readonly Import[]): Graph {
  const names = unique(places.filter((place) => place.layer === layer).map(({ room }) => room))
  const inside = imports.filter(({ from, to }) => from.layer === layer && to.layer === layer)
  return { names, arrows: reduce(inside.map(({ from, to }): Arrow => [from.room, to.room])) }
}

function placeOf(source: string, file: string): Place {
  const [first = '', ...others] = relative(source, file).split('/')
  return { layer: first.replace(/\.ts$/, ''), room: dirname(others.join('/')).replace(/^\.$/, '*') }
}

function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(/^(?:import|export)[^'"]*?from '(\.[^']+)'/gm)
  return [...found].map(([, target = '']) => resolve(dirname(file), target))
}

/** The arrows that are left when each that a way around it replaces is removed: who reaches whom stays the same. */
function reduce(arrows: readonly Arrow[]): readonly Arrow[] {
  const keys = unique(arrows.filter(([from, to]) => from !== to).map((arrow) => arrow.join(' ')))
  const left = new Set(keys)
  for (const key of keys) {
    left.delete(key)
    const [from = '', to = ''] = key.split(' ')
    if (!reaches(from, to, left)) left.add(key)
  }
  return [...left].sort().map((key): Arrow => {
    const [from = '', to = ''] = key.split(' ')
    return [from, to]
  })
}

function reaches(from: string, to: string, arrows: ReadonlySet<string>): boolean {
  const seen = new Set([from])
  for (const name of seen) {
    for (const arrow of arrows) {
      const [start, end = ''] = arrow.split(' ')
      if (start === name) seen.add(end)
    }
  }
  return seen.has(to)
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort()
}
