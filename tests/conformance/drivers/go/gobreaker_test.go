//go:build gobreaker

package conformance

import (
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"github.com/sony/gobreaker/v2"
)

var library = description{"gobreaker", "MIT", buildGobreaker}

type gobreakerOptions struct {
	MaxRequests  uint32
	Interval     duration
	BucketPeriod duration
	Timeout      duration
	ReadyToTrip  string
}

type sonyBreaker struct {
	*gobreaker.CircuitBreaker[any]
}

func buildGobreaker(raw json.RawMessage) (breaker, error) {
	var options gobreakerOptions
	decode(raw, &options)
	return sonyBreaker{gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		MaxRequests:  options.MaxRequests,
		Interval:     time.Duration(options.Interval),
		BucketPeriod: time.Duration(options.BucketPeriod),
		Timeout:      time.Duration(options.Timeout),
		ReadyToTrip:  readyToTrip(options.ReadyToTrip),
		IsExcluded:   func(err error) bool { return errors.Is(err, errIgnored) },
	})}, nil
}

// readyToTrip reads one of the four expressions that stand for the rules users write.
func readyToTrip(rule string) func(gobreaker.Counts) bool {
	var n uint32
	var rate float64
	switch {
	case rule == "":
		return nil
	case scanned(rule, "ConsecutiveFailures > %d", &n):
		return func(c gobreaker.Counts) bool { return c.ConsecutiveFailures > n }
	case scanned(rule, "ConsecutiveFailures >= %d", &n):
		return func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= n }
	case scanned(rule, "TotalFailures >= %d", &n):
		return func(c gobreaker.Counts) bool { return c.TotalFailures >= n }
	case scanned(rule, "Requests >= %d && TotalFailures/Requests >= %g", &n, &rate):
		return func(c gobreaker.Counts) bool {
			return c.Requests >= n && float64(c.TotalFailures)/float64(c.Requests) >= rate
		}
	}
	fatal("ReadyToTrip: %q is none of the known rules", rule)
	return nil
}

func (b sonyBreaker) execute(run func() error) {
	b.Execute(func() (any, error) { return nil, run() })
}

// state reads the field: State() would move the breaker on.
func (b sonyBreaker) state() byte {
	switch gobreaker.State(reflect.ValueOf(b.CircuitBreaker).Elem().FieldByName("state").Int()) {
	case gobreaker.StateOpen:
		return 'o'
	case gobreaker.StateHalfOpen:
		return 'h'
	}
	return 'c'
}
