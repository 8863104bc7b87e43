//go:build handy

package conformance

import (
	"encoding/json"
	"net/http"
	"time"

	handy "github.com/streadway/handy/breaker"
)

var library = description{"handy", "BSD-2-Clause", buildHandy}

// handyOptions: the three With methods change a copy of what the running breaker uses, so they have no effect.
type handyOptions struct {
	FailureRatio       float64 `json:"failureRatio"`
	WithMinObservation *uint
	WithWindow         *duration
	WithCooldown       *duration
}

type handyBreaker struct {
	transport func(run func() error) http.RoundTripper
}

func buildHandy(raw json.RawMessage) (breaker, error) {
	var options handyOptions
	decode(raw, &options)
	built := handy.NewBreaker(options.FailureRatio)
	if options.WithMinObservation != nil {
		built.WithMinObservation(*options.WithMinObservation)
	}
	if options.WithWindow != nil {
		built.WithWindow(time.Duration(*options.WithWindow))
	}
	if options.WithCooldown != nil {
		built.WithCooldown(time.Duration(*options.WithCooldown))
	}
	return handyBreaker{func(run func() error) http.RoundTripper {
		return handy.Transport(built, handy.DefaultResponseValidator, roundTripper(run))
	}}, nil
}

// roundTripper is the protected function as the library's middleware wants it.
type roundTripper func() error

func (run roundTripper) RoundTrip(*http.Request) (*http.Response, error) {
	if err := run(); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK}, nil
}

func (b handyBreaker) execute(run func() error) {
	b.transport(run).RoundTrip(nil)
}

// state is unknown: it is a variable of the breaker's goroutine.
func (b handyBreaker) state() byte { return 0 }
