export type Edges = ReadonlyMap<string, ReadonlySet<string>>

type Found = { readonly index: number; lowest: number }

/**
 * Returns the modules of `entry`, each after its imports. Of a cycle only the module that Node enters first: another
 * entry would change the evaluation order (Tarjan's algorithm).
 */
export function orderModules(entry: string, edges: Edges): readonly string[] {
  const order: string[] = []
  const found = new Map<string, Found>()
  const open: string[] = []
  const visit = (module: string): Found => {
    const own: Found = { index: found.size, lowest: found.size }
    found.set(module, own)
    open.push(module)
    for (const imported of edges.get(module) ?? []) {
      const known = found.get(imported)
      if (known === undefined) own.lowest = Math.min(own.lowest, visit(imported).lowest)
      else if (open.includes(imported)) own.lowest = Math.min(own.lowest, known.index)
    }
    if (own.lowest === own.index) {
      open.splice(open.indexOf(module))
      order.push(module)
    }
    return own
  }
  visit(entry)
  return order
}
