'use strict';
// Answers requests from a real library under a fake clock: `node driver.js LIBRARY`.

const readline = require('readline');
const { Call, FailureError, IgnoredError } = require('./call');
const { Clock, settled } = require('./clock');

Math.random = () => 0.5; // a library's jitter stays in its middle

/** One request's calls, driven through one breaker in the order of their events. */
class Run {
  constructor (library, clock, request) {
    Object.assign(this, { library, clock, epoch: request.epoch, starts: request.t });
    this.calls = request.d.map((duration, number) => new Call(request.r[number], duration));
    this.inFlight = []; // [when it ends, which call], in that order
    this.before = [];
    this.after = [];
  }

  async answers () {
    for (const [number, start] of this.starts.entries()) {
      await this.completeUntil(start);
      await this.clock.moveTo(this.epoch + start);
      await this.start(number);
    }
    await this.completeUntil(Infinity);
    return {
      p: this.calls.map(call => +call.permitted).join(''),
      before: this.before.join(''),
      after: this.after.join('')
    };
  }

  async completeUntil (time) {
    while (this.inFlight.length && this.inFlight[0][0] <= time) {
      const [end, number] = this.inFlight.shift();
      await this.clock.moveTo(this.epoch + end);
      await this.finish(number);
    }
  }

  async start (number) {
    const call = this.calls[number];
    this.before[number] = this.library.state;
    const answer = this.library.make(call);
    const note = () => { this.after[number] = this.library.state; };
    if (answer) {
      answer.then(note, error => {
        note();
        if (!this.expects(error)) throw error;
      });
    } else {
      note();
    }
    await settled();
    if (!call.permitted) return;
    if (call.duration === 0) {
      await this.finish(number);
    } else {
      this.fly(this.starts[number] + call.duration, number);
    }
  }

  fly (end, number) {
    const place = this.inFlight.findLastIndex(([other]) => other <= end) + 1;
    this.inFlight.splice(place, 0, [end, number]);
  }

  async finish (number) {
    this.calls[number].finish();
    await settled();
  }

  expects (error) {
    return error instanceof FailureError || error instanceof IgnoredError || this.library.raises(error);
  }
}

async function answer (Library, request) {
  const clock = new Clock(request.epoch);
  try {
    let library;
    try {
      library = new Library(request.options);
    } catch (error) {
      return { id: request.id, error: error.message };
    }
    return { id: request.id, ...await new Run(library, clock, request).answers() };
  } finally {
    clock.uninstall();
  }
}

async function main (name) {
  const Library = require(`./${name}`);
  const { version } = JSON.parse(require('fs').readFileSync(`${process.env.NODE_PATH}/${name}/package.json`));
  const header = {
    library: name, version, licence: Library.licence, language: 'JavaScript', runtime: `Node.js ${process.versions.node}`
  };
  const write = value => process.stdout.write(`${JSON.stringify(value)}\n`);
  write(header);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    write(await answer(Library, JSON.parse(line)));
  }
}

main(process.argv[2]);
