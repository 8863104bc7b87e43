'use strict';

const Promise = require('bluebird');
const Brakes = require('brakes');
const CircuitBrokenError = require('brakes/lib/CircuitBrokenError');
const TimeOutError = require('brakes/lib/TimeOutError');
const { IgnoredError } = require('./call');

// Bluebird's promises are settled when the built-in ones are.
Promise.setScheduler(queueMicrotask);

const HEALTH_CHECKS = { passes: () => Promise.resolve() };

class BrakesDriver {
  static licence = 'MIT';

  constructor (options) {
    this.brake = new Brakes(call => call.run(), {
      ...options,
      healthCheck: HEALTH_CHECKS[options.healthCheck],
      isFailure: error => !(error instanceof IgnoredError),
      isPromise: true,
      registerGlobal: false
    });
  }

  make (call) {
    return this.brake.exec(call);
  }

  raises (error) {
    return error instanceof CircuitBrokenError || error instanceof TimeOutError;
  }

  get state () {
    return this.brake.isOpen() ? 'o' : 'c';
  }
}

module.exports = BrakesDriver;
