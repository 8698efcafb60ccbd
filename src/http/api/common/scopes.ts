import type { FastifyContextConfig } from 'fastify'
import type { Scope } from '../../../domain/shared/access.ts'

export function scopeOf({ scope }: Pick<FastifyContextConfig, 'scope'>, method: string): Scope {
  return scope ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'write')
}
