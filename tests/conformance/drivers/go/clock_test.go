package conformance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	errFailure = errors.New("failure")
	errIgnored = errors.New("ignored")
	errorOf    = map[byte]error{'s': nil, 'f': errFailure, 'i': errIgnored}
)

// breaker is the library under its public interface for protecting a function.
type breaker interface {
	// execute returns when the library does; run is called if the call is permitted.
	execute(run func() error)
	// state is the stored state, c, o or h, or 0 if there is no way to read it without changing it.
	state() byte
}

// impatient is a breaker that records a call as timed out before the call ends.
type impatient interface{ timeout() time.Duration }

// call is one protected call, parked in the library from its start to its completion.
type call struct {
	result    chan error
	permitted bool
}

// event is something due for a call that was permitted.
type event struct {
	at       time.Duration
	index    int
	complete bool // the protected function returns; else the library has given up waiting for it
}

// room is a breaker in its bubble, with what it has answered so far.
type room struct {
	breaker   breaker
	request   request
	epoch     time.Time
	calls     []call
	due       []event
	permitted []byte
	before    []byte
	after     []byte
}

// record runs one request in a bubble of its own. The bubble is left standing, as some libraries never end their
// goroutines: waiting on a channel from outside keeps its clock from running on.
func record(t *testing.T, asked request) any {
	answers, never := make(chan any), make(chan struct{})
	go synctest.Test(t, func(*testing.T) {
		answers <- inBubble(asked)
		<-never
	})
	return <-answers
}

func inBubble(asked request) any {
	epoch := time.UnixMilli(asked.Epoch)
	if time.Until(epoch) < 0 {
		fatal("%s: the fake clock starts at %v, after the epoch %v", asked.ID, time.Now(), epoch)
	}
	time.Sleep(time.Until(epoch))
	built, err := build(asked.Options)
	if err != nil {
		return refusal{asked.ID, err.Error()}
	}
	synctest.Wait()
	n := len(asked.Starts)
	r := &room{
		breaker: built, request: asked, epoch: epoch, calls: make([]call, n),
		permitted: make([]byte, n), before: make([]byte, n), after: make([]byte, n),
	}
	for i, start := range asked.Starts {
		at := time.Duration(start) * time.Millisecond
		r.runUntil(at)
		r.advance(at)
		r.start(i, at)
	}
	r.runUntil(1<<63 - 1)
	return answer{asked.ID, string(r.permitted), states(r.before), states(r.after)}
}

// build turns a panic on the options into the error that it is.
func build(options json.RawMessage) (built breaker, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	return library.build(options)
}

// advance moves the clock, which fires what is due by then, and lets all that follows settle.
func (r *room) advance(to time.Duration) {
	time.Sleep(time.Until(r.epoch.Add(to)))
	synctest.Wait()
}

func (r *room) start(i int, at time.Duration) {
	c := &r.calls[i]
	c.result = make(chan error, 1)
	r.before[i] = r.breaker.state()
	go r.breaker.execute(func() error {
		c.permitted = true
		return <-c.result
	})
	synctest.Wait()
	if !c.permitted {
		r.permitted[i], r.after[i] = '0', r.breaker.state()
		return
	}
	r.permitted[i] = '1'
	length := time.Duration(r.request.Lengths[i]) * time.Millisecond
	if length == 0 {
		r.complete(i)
		return
	}
	r.due = append(r.due, event{at + length, i, true})
	if b, ok := r.breaker.(impatient); ok && length >= b.timeout() {
		r.due = append(r.due, event{at + b.timeout(), i, false})
	}
	slices.SortFunc(r.due, byTime)
}

// byTime orders the events of an instant: the library's own timers, then completions in call order.
func byTime(a, b event) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	if a.complete != b.complete {
		if b.complete {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.index, b.index)
}

func (r *room) runUntil(limit time.Duration) {
	for len(r.due) > 0 && r.due[0].at <= limit {
		next := r.due[0]
		r.due = r.due[1:]
		r.advance(next.at)
		if next.complete {
			r.complete(next.index)
		} else {
			r.after[next.index] = r.breaker.state()
		}
	}
}

func (r *room) complete(i int) {
	r.calls[i].result <- errorOf[r.request.Results[i]]
	synctest.Wait()
	if r.after[i] == 0 { // else it had timed out
		r.after[i] = r.breaker.state()
	}
}

// states is null where the library keeps its state to itself.
func states(read []byte) *string {
	text := string(read)
	if strings.ContainsRune(text, 0) {
		return nil
	}
	return &text
}
