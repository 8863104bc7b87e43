//go:build failsafe_go

package conformance

import (
	"encoding/json"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

var library = description{"failsafe-go", "MIT", buildFailsafe}

// failsafeOptions are named as the builder's methods; a method of several arguments takes a list of them.
type failsafeOptions struct {
	WithFailureThreshold       *uint
	WithFailureThresholdRatio  json.RawMessage
	WithFailureThresholdPeriod json.RawMessage
	WithFailureRateThreshold   json.RawMessage
	WithSuccessThreshold       *uint
	WithSuccessThresholdRatio  json.RawMessage
	WithDelay                  *duration
}

type failsafeBreaker struct {
	circuitbreaker.CircuitBreaker[any]
	executor failsafe.Executor[any]
}

func buildFailsafe(raw json.RawMessage) (breaker, error) {
	var options failsafeOptions
	decode(raw, &options)
	builder := circuitbreaker.NewBuilder[any]().HandleErrors(errFailure)
	setFailureRule(builder, &options)
	var n, capacity uint
	if options.WithSuccessThreshold != nil {
		builder.WithSuccessThreshold(*options.WithSuccessThreshold)
	}
	if listed(options.WithSuccessThresholdRatio, &n, &capacity) {
		builder.WithSuccessThresholdRatio(n, capacity)
	}
	if options.WithDelay != nil {
		builder.WithDelay(time.Duration(*options.WithDelay))
	}
	built := builder.Build()
	return failsafeBreaker{built, failsafe.With[any](built)}, nil
}

func setFailureRule(builder circuitbreaker.Builder[any], options *failsafeOptions) {
	var n, capacity uint
	var period duration
	var rate float64
	if options.WithFailureThreshold != nil {
		builder.WithFailureThreshold(*options.WithFailureThreshold)
	}
	if listed(options.WithFailureThresholdRatio, &n, &capacity) {
		builder.WithFailureThresholdRatio(n, capacity)
	}
	if listed(options.WithFailureThresholdPeriod, &n, &period) {
		builder.WithFailureThresholdPeriod(n, time.Duration(period))
	}
	if listed(options.WithFailureRateThreshold, &rate, &n, &period) {
		builder.WithFailureRateThreshold(rate, n, time.Duration(period))
	}
}

// listed reads a list of arguments, if there is one.
func listed(raw json.RawMessage, into ...any) bool {
	if raw == nil {
		return false
	}
	n := len(into)
	if err := json.Unmarshal(raw, &into); err != nil || len(into) != n {
		fatal("arguments %s: %d expected, %v", raw, n, err)
	}
	return true
}

func (b failsafeBreaker) execute(run func() error) {
	b.executor.Run(run)
}

// state is stored: State() does not look at the clock.
func (b failsafeBreaker) state() byte {
	switch b.State() {
	case circuitbreaker.OpenState:
		return 'o'
	case circuitbreaker.HalfOpenState:
		return 'h'
	}
	return 'c'
}
