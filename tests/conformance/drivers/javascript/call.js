'use strict';
// One call of a request, as the protected function that a library runs.

/** What the protected function rejects with when it fails. */
class FailureError extends Error {}

/** What it rejects with when the library is told not to mind. */
class IgnoredError extends Error {}

class Call {
  constructor (result, duration) {
    this.result = result;
    this.duration = duration;
    this.permitted = false;
  }

  /** The protected function: notes that the library let the call in, and lasts until `finish`. */
  run () {
    this.permitted = true;
    return new Promise((resolve, reject) => {
      this.settle = this.result === 's' ? resolve : reject;
    });
  }

  finish () {
    this.settle({ s: undefined, f: new FailureError(), i: new IgnoredError() }[this.result]);
  }
}

module.exports = { Call, FailureError, IgnoredError };
