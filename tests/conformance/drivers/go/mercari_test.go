//go:build mercari

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v3"
	"github.com/mercari/go-circuitbreaker"
)

var library = description{"mercari", "MIT", buildMercari}

type mercariOptions struct {
	WithTripFunc             string
	WithCounterResetInterval *duration
	WithOpenTimeout          *duration
	WithOpenTimeoutBackOff   *exponential
	WithHalfOpenMaxSuccesses *int64
}

// exponential backoff, as the fields of backoff.ExponentialBackOff; its jitter is always off.
type exponential struct {
	InitialInterval duration
	Multiplier      float64
	MaxInterval     duration
}

type mercariBreaker struct {
	*circuitbreaker.CircuitBreaker
}

func buildMercari(raw json.RawMessage) (breaker, error) {
	var options mercariOptions
	decode(raw, &options)
	with := []circuitbreaker.BreakerOption{circuitbreaker.WithOpenTimeoutBackOff(steady(options.WithOpenTimeoutBackOff))}
	if options.WithTripFunc != "" {
		with = append(with, circuitbreaker.WithTripFunc(tripFunc(options.WithTripFunc)))
	}
	if options.WithCounterResetInterval != nil {
		with = append(with, circuitbreaker.WithCounterResetInterval(time.Duration(*options.WithCounterResetInterval)))
	}
	if options.WithOpenTimeout != nil {
		with = append(with, circuitbreaker.WithOpenTimeout(time.Duration(*options.WithOpenTimeout)))
	}
	if options.WithHalfOpenMaxSuccesses != nil {
		with = append(with, circuitbreaker.WithHalfOpenMaxSuccesses(*options.WithHalfOpenMaxSuccesses))
	}
	return mercariBreaker{circuitbreaker.New(with...)}, nil
}

// steady is the library's default backoff with its random part fixed at the middle, and with the options set.
func steady(options *exponential) backoff.BackOff {
	built := circuitbreaker.DefaultOpenBackOff().(*backoff.ExponentialBackOff)
	built.RandomizationFactor = 0
	if options != nil {
		built.InitialInterval = time.Duration(options.InitialInterval)
		built.Multiplier = options.Multiplier
		built.MaxInterval = time.Duration(options.MaxInterval)
	}
	built.Reset()
	return built
}

func tripFunc(rule string) circuitbreaker.TripFunc {
	var n int64
	var rate float64
	switch {
	case scanned(rule, "NewTripFuncThreshold(%d)", &n):
		return circuitbreaker.NewTripFuncThreshold(n)
	case scanned(rule, "NewTripFuncConsecutiveFailures(%d)", &n):
		return circuitbreaker.NewTripFuncConsecutiveFailures(n)
	case scanned(rule, "NewTripFuncFailureRate(%d, %g)", &n, &rate):
		return circuitbreaker.NewTripFuncFailureRate(n, rate)
	}
	fatal("WithTripFunc: %q is none of the known rules", rule)
	return nil
}

func (b mercariBreaker) execute(run func() error) {
	b.Do(context.Background(), func() (any, error) {
		err := run()
		if errors.Is(err, errIgnored) {
			err = circuitbreaker.Ignore(err)
		}
		return nil, err
	})
}

// state is stored: timers alone change it.
func (b mercariBreaker) state() byte {
	return string(b.State())[0]
}
