'use strict'

const { builtinModules, registerHooks } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { describe } = require('./describe.cjs')
const { BASE, describeThrown, ENTRY, isOutOfMemory, placeOf, placeOfText } = require('./failures.cjs')

const PARAMETERS = { catch: 'request, settings', pull: 'settings' }
/** Each sandbox has HrFlow's client, as each Python environment has the SDK. */
const HRFLOW = pathToFileURL(join(__dirname, 'hrflow', 'index.js')).href
const NPM = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)(?:@[^/]+)?(\/.*)?$/
const ENDINGS = ['', '.ts', '.js', '.mjs', '/index.ts', '/index.js']

/** `report` is `{detail, line, place, traceback, out_of_memory}`. `place` is `{file, line}` in a module, or null. */
class LoadError extends Error {
  constructor(detail, { line = null, place = null, traceback = null, isOutOfMemory: memory = false, ...more } = {}) {
    super(detail)
    this.report = { detail, line, place, traceback, out_of_memory: memory, undeclared: more.isUndeclared === true }
  }
}

const WORKFLOWS = pathToFileURL(join(__dirname, 'durable', 'index.mjs')).href

/** `durable`: the module `workflows` can be imported. */
function installModules(prepared, { packages, durable }) {
  const outside = packages === null ? null : `file://${packages}/workflow.mjs`
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context
      if (specifier !== BASE + ENTRY && !parentURL?.startsWith(BASE)) return next(specifier, context)
      if (isOwn(specifier)) return { url: findOwn(prepared, specifier, parentURL), shortCircuit: true }
      if (isBuiltin(specifier)) return next(specifier, context)
      if (specifier === 'hrflow') return { url: HRFLOW, format: 'module', shortCircuit: true }
      if (durable && specifier === 'workflows') return { url: WORKFLOWS, format: 'module', shortCircuit: true }
      const named = NPM.exec(specifier)
      if (named === null) throw undeclared(specifier)
      if (outside === null) throw new Error(`The package ${named[1]} is not installed with this version`)
      return findPackage(specifier, named.slice(1), next, { ...context, parentURL: outside })
    },
    load(url, context, next) {
      if (!url.startsWith(BASE)) return next(url, context)
      const path = decodeURIComponent(new URL(url).pathname).slice('/workflow/'.length)
      const format = path.endsWith('.json') ? 'json' : 'module'
      return { format, source: prepared[path], shortCircuit: true }
    },
  })
}

const isOwn = (specifier) => /^(\.{0,2}\/|file:)/.test(specifier)
const isBuiltin = (specifier) => /^(node|data):/.test(specifier) || builtinModules.includes(specifier)

/** Node's message names an unknown folder. */
function findPackage(written, [name, path = ''], next, context) {
  try {
    return next(name + path, context)
  } catch (error) {
    if (error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || (error.code === 'ERR_MODULE_NOT_FOUND' && path !== '')) {
      throw new Error(
        `Cannot import '${written}': the package ${name} has no module ${path.slice(1) || 'of that name'}`,
      )
    }
    if (error.code === 'ERR_MODULE_NOT_FOUND') throw new Error(`The package ${name} is not installed with this version`)
    throw error
  }
}

function undeclared(specifier) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const rest = specifier.slice(name.length)
  return new Error(
    `The import '${specifier}' names no version. Write 'npm:${name}@VERSION${rest}' with the version that you want`,
  )
}

function findOwn(prepared, specifier, parentURL) {
  const url = new URL(specifier, parentURL ?? BASE)
  if (!url.href.startsWith(BASE))
    throw new Error(`Cannot import '${specifier}': it is not among the modules of this version`)
  const path = decodeURIComponent(url.pathname).slice('/workflow/'.length)
  const bare = path.replace(/\.m?js$/, '')
  const found = [...ENDINGS.map((ending) => path + ending), `${bare}.ts`].find((name) => Object.hasOwn(prepared, name))
  if (found === undefined) {
    throw new Error(`Cannot import '${specifier}': there is no module ${path} beside the source`)
  }
  return BASE + found
}

/** Returns `call(request, settings)`. Rejects with LoadError. */
async function loadFunction(kind) {
  let module
  try {
    module = await import(BASE + ENTRY)
  } catch (error) {
    throw toLoadError(error)
  }
  const found = module.default ?? module.workflow
  const expected = `export default function workflow(${PARAMETERS[kind]})`
  if (found === undefined) {
    const names = Object.keys(module)
    const shown = names.length > 0 ? `the exports ${names.slice(0, 20).join(', ')}` : 'no export'
    throw new LoadError(`The source exports no function. Expected \`${expected}\`, found ${shown}`, { line: 1 })
  }
  if (typeof found !== 'function' || isClass(found)) {
    const what = typeof found === 'function' ? 'a class' : describe(found)
    throw new LoadError(`The export is not a function. Expected \`${expected}\`, found ${what}`, { line: 1 })
  }
  return kind === 'catch' ? (request, settings) => found(request, settings) : (_request, settings) => found(settings)
}

const isClass = (found) => /^class\b/.test(Function.prototype.toString.call(found))

function toLoadError(error) {
  const { message, traceback, line } = describeThrown(error)
  const missing = /does not provide an export named|Cannot import|names no version|is not installed/.test(message)
  const found = placeOf(error) ?? (missing ? placeOfImport(error) : null)
  const place = found === null || found.file === ENTRY ? null : found
  const detail = message.replace(/^Error: /, '')
  return new LoadError(place === null ? detail : `${detail} (${place.file}, line ${place.line})`, {
    line: line ?? (place === null ? (found?.line ?? null) : null),
    place,
    traceback,
    isOutOfMemory: isOutOfMemory(error),
    isUndeclared: /names no version|is not installed with this version/.test(message),
  })
}

/** The engine names most failed imports in the stack. */
function placeOfImport(error) {
  const found = /^file:\/\/\/workflow\/([^\s:?]+)(?:\?\S*)?:(\d+)$/m.exec(String(error.stack))
  if (found !== null) return { file: found[1], line: Number(found[2]) }
  const [, specifier] = /'([^']+)'|"([^"]+)"/.exec(error.message) ?? []
  return specifier === undefined ? null : placeOfText(specifier)
}

module.exports = { LoadError, installModules, loadFunction }
