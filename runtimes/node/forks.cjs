'use strict'

/**
 * Forks a process with a loaded module for each `fresh` run, unless a fork would differ from a new process.
 *
 * User code may patch built-in objects, so all functions are bound before.
 */

const { promises, readdirSync, readFileSync, readlinkSync } = require('node:fs')
const { getHeapSpaceStatistics, getHeapStatistics } = require('node:v8')
const vm = require('node:vm')

const { dlopen, env } = process
const { Array: List, clearInterval, fetch, Performance, setImmediate, setInterval } = globalThis
const { defineProperty, getOwnPropertyDescriptor } = Object
const { now } = Date
/** After so many turns of the event loop, an open request is an obstacle. */
const TURNS = 20
const FOREVER_MS = 2 ** 30
/** Take 32 KiB of the young objects' space. */
const YOUNG_BLOCK = 4096
/** With more than 4 MiB left, no collection is near. */
const YOUNG_BLOCKS = 128

const state = {
  addon: null,
  alive: null,
  tasks: '',
  files: '',
  contexts: 0,
  random: null,
  origin: 0,
}

/** Call it before other modules are loaded. False if this process cannot fork. */
function prepareForks() {
  const holder = { exports: {} }
  const path = env.LD_PRELOAD
  delete env.LD_PRELOAD
  try {
    dlopen(holder, path)
  } catch {
    return false
  }
  state.addon = holder.exports
  state.random = replaceRandom(...drawSeeds())
  replaceRandomOfContexts()
  installTimeOrigin()
  return true
}

/** Immediately before user code is loaded. `mayFetch`: the code may use the Fetch API. */
async function watchLoad(mayFetch) {
  // Node would exit if nothing settles what the module awaits.
  state.alive = setInterval(() => {}, FOREVER_MS)
  // Each fork starts its own threads of libuv.
  await promises.access('/')
  if (mayFetch) await loadFetch()
  state.tasks = listTasks()
  state.files = listFiles()
  state.contexts = countContexts()
  state.addon.drawn()
  state.random.takeDraws()
}

/** Its first use takes 40 ms. */
async function loadFetch() {
  await Promise.all([fetch('data:,'), Response.json({})].map(async (response) => (await response).text())).catch(
    () => {},
  )
}

/** Why a fork would differ from a new process, or null. */
async function findObstacle() {
  const { addon } = state
  for (let turn = 0; addon.requests() > 0 && turn < TURNS; turn += 1)
    await new Promise((resolve) => setImmediate(resolve))
  clearInterval(state.alive)
  if (addon.requests() > 0) return 'requests'
  if (listTasks() !== state.tasks) return 'threads'
  if (listFiles() !== state.files) return 'descriptors'
  if (addon.children()) return 'children'
  if (sharesMemory()) return 'memory'
  // The module may have called another context's `Math.random`.
  const isRandom = addon.drawn() !== 0 || state.random.takeDraws() > 0 || countContexts() > state.contexts
  return isRandom ? 'random' : null
}

/** Returns only in the forks. */
function serveForks(channel) {
  // A collection may close a file, which the search for obstacles must see.
  collectYoungObjects()
  const pid = state.addon.serve(channel)
  defineProperty(process, 'pid', { configurable: true, enumerable: true, writable: false, value: pid })
  state.random.seed(...drawSeeds())
  state.origin = now()
}

/** Otherwise each fork would collect the template's objects in 3 to 12 ms. The second collection moves the rest. */
function collectYoungObjects() {
  for (let collections = 0, block = 0, before = 0; collections < 2 && block < YOUNG_BLOCKS; block += 1) {
    new List(YOUNG_BLOCK)
    const used = youngBytes()
    if (used < before) collections += 1
    before = used
  }
}

function youngBytes() {
  const spaces = getHeapSpaceStatistics()
  for (let index = 0; index < spaces.length; index += 1)
    if (spaces[index].space_name === 'new_space') return spaces[index].space_used_size
  return 0
}

function drawSeeds() {
  const words = new Uint32Array(4)
  state.addon.seed(words.buffer)
  return words
}

/** Forks would repeat `Math.random`. Other contexts execute this function's text, so it may use only its arguments. */
function replaceRandom(first, second, third, fourth) {
  let [a, b, c, d, draws] = [first, second, third, fourth, 0]
  const step = () => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  const random = () => {
    draws += 1
    return (step() * 0x200000 + (step() >>> 11)) / 0x20000000000000
  }
  // Hides its code, like a built-in function.
  const value = Object.defineProperty(random.bind(null), 'name', { value: 'random', configurable: true })
  Object.defineProperty(Math, 'random', { configurable: true, enumerable: false, writable: true, value })
  return {
    seed(...words) {
      ;[a, b, c, d] = words
    },
    takeDraws() {
      const found = draws
      draws = 0
      return found
    },
  }
}

/** The engine seeds new contexts from a state that forks share. */
function replaceRandomOfContexts() {
  const { createContext, isContext, runInNewContext, Script } = vm
  const replace = new Script(`(${replaceRandom})`)
  const create = (object, options) => {
    const isKnown = typeof object === 'object' && object !== null && isContext(object)
    const context = createContext(object, options)
    if (!isKnown) replace.runInContext(context)(...drawSeeds())
    return context
  }
  const ofRun = (options) => {
    if (typeof options !== 'object' || options === null) return undefined
    const { contextName: name, contextOrigin: origin, contextCodeGeneration: codeGeneration, microtaskMode } = options
    return { name, origin, codeGeneration, microtaskMode }
  }
  const ofScript = Script.prototype.runInNewContext
  vm.createContext = create
  vm.runInNewContext = (code, object = {}, options) => runInNewContext(code, create(object, ofRun(options)), options)
  Script.prototype.runInNewContext = function (object = {}, options) {
    return ofScript.call(this, create(object, ofRun(options)), options)
  }
}

/** The addon restarts `performance.now()`, but not this property. */
function installTimeOrigin() {
  const { prototype } = Performance
  const before = getOwnPropertyDescriptor(prototype, 'timeOrigin')
  const { value: toJSON, ...traits } = getOwnPropertyDescriptor(prototype, 'toJSON')
  const own = {
    get timeOrigin() {
      const found = before.get.call(this)
      return state.origin === 0 ? found : state.origin
    },
    toJSON() {
      return { ...toJSON.call(this), timeOrigin: this.timeOrigin }
    },
  }
  defineProperty(prototype, 'timeOrigin', { ...before, get: getOwnPropertyDescriptor(own, 'timeOrigin').get })
  defineProperty(prototype, 'toJSON', { ...traits, value: own.toJSON })
}

const countContexts = () => getHeapStatistics().number_of_native_contexts
const listTasks = () => readdirSync('/proc/self/task').join()

/** Each descriptor with its target, except the listing's own. */
function listFiles() {
  const found = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return `${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`
    } catch {
      return ''
    }
  })
  return found.join('\n')
}

function sharesMemory() {
  return readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .some((line) => {
      const [, flags = '', , , , name = ''] = line.split(/\s+/)
      return flags[3] === 's' && flags[1] === 'w' && !name.includes('[io_uring]')
    })
}

module.exports = { findObstacle, prepareForks, serveForks, watchLoad }
