class Unprintable extends Error {
  get message() {
    throw new Error('no text')
  }
}
class Recursive extends Error {
  get message() {
    return this.message
  }
}
class Exits extends Error {
  get message() {
    return process.exit(1)
  }
}
class NoText extends Error {
  get message() {
    return 5
  }
}
class Long extends Error {
  get message() {
    return 'x'.repeat(100_000_000)
  }
}
for (const type of [Unprintable, Recursive, Exits, NoText, Long]) type.prototype.name = type.name

function raises(error) {
  throw error
}

function chain() {
  let error
  for (let number = 0; number < 10_000; number += 1) error = new Error(String(number), { cause: error })
  throw error
}

function context() {
  try {
    return null.missing
  } catch (error) {
    throw new Error('second', { cause: error })
  }
}

const recurse = () => recurse() + 1

async function givesUp() {
  await null
  throw new Error('in a coroutine')
}

const CASES = {
  'value error': () => raises(new RangeError('a bad value')),
  'no message': () => raises(new TypeError()),
  unprintable: () => raises(new Unprintable()),
  'recursive text': () => raises(new Recursive()),
  'exiting text': () => raises(new Exits()),
  'text that is none': () => raises(new NoText()),
  'long text': () => raises(new Long()),
  'surrogate text': () => raises(new Error('a\ud800b')),
  chain,
  context,
  group: () => raises(new AggregateError([new Error('one'), new TypeError('two')], 'several')),
  exit: () => process.exit(),
  'exit 0': () => process.exit(0),
  recursion: recurse,
  'in a library': () => JSON.parse('{'),
  'in a coroutine': async () => await givesUp(),
}

export default function workflow(request, settings) {
  settings.changed = true
  return CASES[request.case]()
}
