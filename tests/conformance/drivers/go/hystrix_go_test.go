//go:build hystrix_go

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"time"

	"github.com/afex/hystrix-go/hystrix"
)

var library = description{"hystrix-go", "MIT", buildHystrix}

// hystrixOptions are those of hystrix.CommandConfig; times are whole milliseconds.
type hystrixOptions struct {
	Timeout                int
	MaxConcurrentRequests  int
	RequestVolumeThreshold int
	SleepWindow            int
	ErrorPercentThreshold  int
}

type hystrixBreaker struct {
	command string
	circuit *hystrix.CircuitBreaker
}

// buildHystrix takes a fresh command name: the library keeps its circuits in a map of the package.
func buildHystrix(raw json.RawMessage) (breaker, error) {
	var options hystrixOptions
	decode(raw, &options)
	command := strconv.Itoa(len(hystrix.GetCircuitSettings()))
	hystrix.ConfigureCommand(command, hystrix.CommandConfig(options))
	circuit, _, err := hystrix.GetCircuit(command)
	return hystrixBreaker{command, circuit}, err
}

// execute has the ignored error be a cancelled context, the one kind that the library counts as no error.
func (b hystrixBreaker) execute(run func() error) {
	hystrix.Do(b.command, func() error {
		if err := run(); !errors.Is(err, errIgnored) {
			return err
		}
		return context.Canceled
	}, nil)
}

func (b hystrixBreaker) timeout() time.Duration {
	return hystrix.GetCircuitSettings()[b.command].Timeout
}

// state is never half-open: the library has no such state.
func (b hystrixBreaker) state() byte {
	if reflect.ValueOf(b.circuit).Elem().FieldByName("open").Bool() {
		return 'o'
	}
	return 'c'
}
