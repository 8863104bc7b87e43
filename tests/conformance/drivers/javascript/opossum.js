'use strict';

const CircuitBreaker = require('opossum');
const { IgnoredError } = require('./call');

const OWN_ERRORS = new Set(['EOPENBREAKER', 'ESEMLOCKED', 'ETIMEDOUT']);

class Opossum {
  static licence = 'Apache-2.0';

  constructor (options) {
    const errorFilter = error => error instanceof IgnoredError;
    this.breaker = new CircuitBreaker(call => call.run(), { ...options, errorFilter });
  }

  make (call) {
    return this.breaker.fire(call);
  }

  raises (error) {
    return CircuitBreaker.isOurError(error) && OWN_ERRORS.has(error.code);
  }

  get state () {
    if (this.breaker.closed) return 'c';
    return this.breaker.opened ? 'o' : 'h';
  }
}

module.exports = Opossum;
