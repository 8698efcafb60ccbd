/** Loaded into a server before it starts: prints each route that Fastify gets, and at SIGUSR2 the bytes that it holds. */

import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'

process.on('SIGUSR2', () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  console.log(`holds ${heapUsed + external} bytes`)
})

subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook('onRoute', ({ method, url }: RouteOptions) => {
    for (const one of [method].flat()) console.log(`route ${one} ${url}`)
  })
})
