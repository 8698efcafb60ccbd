/** Made from the routes alone, without a server. */

import { fastify } from 'fastify'
import type { OpenAPI3 } from 'openapi-typescript'
import { addApi } from '../../src/http/api/add-api.ts'
import { validatorCompiler } from '../../src/http/api/common/validation.ts'
import type { FolderContext } from '../../src/http/api/folders/read-folder.ts'
import { addDocs } from '../../src/http/api/openapi.ts'
import { addHealth, type HealthOptions } from '../../src/http/server/health.ts'

export async function readDocument(): Promise<OpenAPI3> {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  const describe = addDocs(app, { publicUrl: null, onRequest: [] })
  await app.register((api) => addApi(api, unused as FolderContext), { prefix: '/api' })
  const parts = { store: unused, runner: unused, pool: unused, measures: unused, beforeMetrics: [] }
  addHealth(app, parts as unknown as HealthOptions)
  await app.ready()
  const document: OpenAPI3 = JSON.parse(JSON.stringify(describe()))
  await app.close()
  return document
}

/** No route is called here. */
const unused: unknown = new Proxy(() => unused, { get: (_, name) => (name === 'then' ? undefined : unused) })
