'use strict'

/** In a trial that allows reading calls, permits HTTP libraries' connections. The egress broker refuses all others. */

const { AsyncLocalStorage } = require('node:async_hooks')

/** A thread announces a connect() here (egress/broker.py). */
const PERMIT = { host: '127.0.0.53', port: 55 }

const permitted = new AsyncLocalStorage()

/** Includes asynchronous connections of `open`. */
const inside = (open) => permitted.run(true, open)

/** Only the methods of Node's internal socket class connect synchronously. */
function install() {
  const { TCP, TCPConnectWrap, constants } = process.binding('tcp_wrap')
  const { connect, connect6 } = TCP.prototype

  function ask() {
    if (permitted.getStore() !== true) return
    const asking = new TCP(constants.SOCKET)
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
