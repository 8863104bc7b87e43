'use strict';

const cockatiel = require('cockatiel');
const { FailureError } = require('./call');

const { CircuitState } = cockatiel;
const LETTERS = { [CircuitState.Closed]: 'c', [CircuitState.Open]: 'o', [CircuitState.HalfOpen]: 'h' };

/** Makes what `{"ClassName": argument}` says; a number stays one. */
function made (value) {
  if (typeof value !== 'object') return value;
  const [[name, argument]] = Object.entries(value);
  if (argument.generator) return new cockatiel[name]({ ...argument, generator: cockatiel[argument.generator] });
  return new cockatiel[name](argument);
}

class Cockatiel {
  static licence = 'MIT';

  constructor (options) {
    this.policy = cockatiel.circuitBreaker(cockatiel.handleType(FailureError), {
      ...options, halfOpenAfter: made(options.halfOpenAfter), breaker: made(options.breaker)
    });
  }

  /** Makes a call, unless the library would park it behind the trials of half-open: undefined, then. */
  make (call) {
    return this.crowded ? undefined : this.policy.execute(() => call.run());
  }

  get crowded () {
    const { value, successes, failures, inFlight } = this.policy.innerState;
    return value === CircuitState.HalfOpen &&
      successes + failures + inFlight >= this.policy.halfOpenSampling.calls;
  }

  raises (error) {
    return error instanceof cockatiel.BrokenCircuitError;
  }

  get state () {
    return LETTERS[this.policy.state];
  }
}

module.exports = Cockatiel;
