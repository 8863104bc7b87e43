'use strict';
// A fake clock for one request: dates, timers and intervals stand still until the driver moves them.

const FakeTimers = require('@sinonjs/fake-timers');

const FAKED = ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'];
const realSetImmediate = setImmediate;

/** Resolves when no promise has anything left to do. */
const settled = () => new Promise(resolve => realSetImmediate(resolve));

class Clock {
  constructor (epoch) {
    this.clock = FakeTimers.install({ now: epoch, toFake: FAKED });
  }

  /** Moves to a time, firing every timer due by then, one by one, with all that follows from each. */
  async moveTo (time) {
    if (time > this.clock.now) {
      let arrived = false;
      this.clock.setTimeout(() => { arrived = true; }, time - this.clock.now);
      while (!arrived) {
        this.clock.next();
        await settled();
      }
    }
    // Timers that were set on the way and are due at this very instant.
    this.clock.tick(0);
    await settled();
  }

  uninstall () {
    this.clock.uninstall();
  }
}

module.exports = { Clock, settled };
