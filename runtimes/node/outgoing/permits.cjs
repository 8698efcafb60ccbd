'use strict'

/** Permits connections of HTTP libraries in a trial that allows reading calls. The egress broker refuses all others. */

const { AsyncLocalStorage } = require('node:async_hooks')

/** Address at which a thread announces a connect() (egress/broker.py). */
const PERMIT = { host: '127.0.0.53', port: 55 }

const permitted = new AsyncLocalStorage()

/** Includes asynchronous connections of `open`. */
const inside = (open) => permitted.run(true, open)

/** Wraps Node's internal socket class, because only its methods connect synchronously. */
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
