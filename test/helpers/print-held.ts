/** Loaded into a server before it starts, with `--expose-gc`: prints at SIGUSR2 the bytes that it holds. */

process.on('SIGUSR2', () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  console.log(`holds ${heapUsed + external} bytes`)
})
