//go:build traefik

package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"time"

	"github.com/vulcand/oxy/v2/cbreaker"
)

var library = description{"traefik", "Apache-2.0", buildTraefik}

// traefikOptions are those of Traefik's CircuitBreaker middleware.
type traefikOptions struct {
	Expression       string    `json:"expression"`
	CheckPeriod      *duration `json:"checkPeriod"`
	FallbackDuration *duration `json:"fallbackDuration"`
	RecoveryDuration *duration `json:"recoveryDuration"`
}

type traefikBreaker struct {
	*cbreaker.CircuitBreaker
}

// runner carries the protected function of one call to the handler that all calls share.
type runner struct{}

func buildTraefik(raw json.RawMessage) (breaker, error) {
	var options traefikOptions
	decode(raw, &options)
	var with []cbreaker.Option
	if options.CheckPeriod != nil {
		with = append(with, cbreaker.CheckPeriod(time.Duration(*options.CheckPeriod)))
	}
	if options.FallbackDuration != nil {
		with = append(with, cbreaker.FallbackDuration(time.Duration(*options.FallbackDuration)))
	}
	if options.RecoveryDuration != nil {
		with = append(with, cbreaker.RecoveryDuration(time.Duration(*options.RecoveryDuration)))
	}
	built, err := cbreaker.New(http.HandlerFunc(serve), options.Expression, with...)
	return traefikBreaker{built}, err
}

// serve answers 200 for a success and, for a failure, 502: both a network error and a status from 500 to 599.
func serve(response http.ResponseWriter, request *http.Request) {
	if err := request.Context().Value(runner{}).(func() error)(); err != nil {
		response.WriteHeader(http.StatusBadGateway)
	}
}

func (b traefikBreaker) execute(run func() error) {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	b.ServeHTTP(httptest.NewRecorder(), request.WithContext(context.WithValue(request.Context(), runner{}, run)))
}

// state reads the field; recovering, which lets a growing share of calls through, is the library's half-open.
func (b traefikBreaker) state() byte {
	return "coh"[reflect.ValueOf(b.CircuitBreaker).Elem().FieldByName("state").Int()]
}
