'use strict'

/**
 * Messages on inherited descriptors (protocol.md): two 32-bit big-endian lengths, a JSON header, raw bytes.
 *
 * User code may patch `fs` or `JSON`, so all functions are bound before.
 */

const { read, readSync, writeSync } = require('node:fs')

const RESULTS = 3
const TEMPLATE = 4
const JOBS = 5
const PREFIX = 8

const { parse, stringify } = JSON
const { alloc, concat, from } = Buffer
const waitCell = new Int32Array(new SharedArrayBuffer(4))
const sleep = (ms) => Atomics.wait(waitCell, 0, 0, ms)

/** The next message, or null at the end. Blocks this thread. */
function readFrame(fd) {
  const prefix = readExactly(fd, alloc(PREFIX), 0)
  return prefix === null ? null : readRest(fd, prefix)
}

/** Does not block timers and sockets. */
function awaitFrame(fd, onFrame) {
  const prefix = alloc(PREFIX)
  read(fd, prefix, 0, PREFIX, null, (error, count) => {
    if (error || count === 0) return onFrame(null)
    // The server writes a message in one call, so the rest arrives immediately.
    onFrame(readExactly(fd, prefix, count) === null ? null : readRest(fd, prefix))
  })
}

function readRest(fd, prefix) {
  const data = readExactly(fd, alloc(prefix.readUInt32BE(0) + prefix.readUInt32BE(4)), 0)
  return data && decodeFrame(prefix, data)
}

function decodeFrame(prefix, data) {
  const length = prefix.readUInt32BE(0)
  return { header: parse(data.toString('utf8', 0, length)), payload: data.subarray(length) }
}

function readExactly(fd, buffer, have) {
  let filled = have
  while (filled < buffer.length) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, null)
    if (count === 0) return null
    filled += count
  }
  return buffer
}

function writeFrame(fd, header, payload) {
  writeAll(fd, encodeFrame(header, payload))
}

function encodeFrame(header, payload = alloc(0)) {
  const text = from(stringify(header))
  const prefix = alloc(PREFIX)
  prefix.writeUInt32BE(text.length, 0)
  prefix.writeUInt32BE(payload.length, 4)
  return concat([prefix, text, payload])
}

/** Another program may have made the pipe non-blocking. */
function writeAll(fd, data) {
  let written = 0
  while (written < data.length) {
    try {
      written += writeSync(fd, data, written, data.length - written)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
      sleep(1)
    }
  }
}

module.exports = { JOBS, RESULTS, TEMPLATE, awaitFrame, decodeFrame, encodeFrame, readFrame, writeAll, writeFrame }
