'use strict'

/** Lets HTTP libraries connect in a trial that lets reading calls out. Every other connect() is refused by the egress broker. */

const { AsyncLocalStorage } = require('node:async_hooks')

/** Where a thread informs the broker that its next connect() is one of an HTTP library (egress/broker.py). */
const PERMIT = { host: '127.0.0.53', port: 55 }

const permitted = new AsyncLocalStorage()

/** What `open` connects, also later, is permitted. */
const inside = (open) => permitted.run(true, open)

/** Asks before each connect() of this thread. Node's own class of sockets is the one place where it is made at once. */
function install() {
  const { TCP, TCPConnectWrap, constants } = process.binding('tcp_wrap')
  const { connect, connect6 } = TCP.prototype

  function ask() {
    if (permitted.getStore() !== true) return
    const asking = new TCP(constants.SOCKET)
    // The broker answers while this call waits; what it says is not needed.
    connect.call(asking, new TCPConnectWrap(), PERMIT.host, PERMIT.port)
    asking.close()
  }

  TCP.prototype.connect = function (...args) {
    ask()
    return connect.apply(this, args)
  }
  TCP.prototype.connect6 = function (...args) {
    ask()
    return connect6.apply(this, args)
  }
}

module.exports = { inside, install }
