// Package conformance runs a real circuit breaker under a fake clock and writes down every answer.
//
// Requests come as one JSON document a line on standard input; after a header, each gets one line on standard output.
// The clock, timers and tickers are those of testing/synctest, so the libraries run unchanged, and that is why the
// driver is a test binary. Each library has its file, chosen by a build tag, which declares `library`.
package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// description is what a library's file declares.
type description struct {
	name    string
	licence string
	build   func(options json.RawMessage) (breaker, error)
}

type header struct {
	Library  string `json:"library"`
	Version  string `json:"version"`
	Licence  string `json:"licence"`
	Language string `json:"language"`
	Runtime  string `json:"runtime"`
}

type request struct {
	ID      string          `json:"id"`
	Options json.RawMessage `json:"options"`
	Epoch   int64           `json:"epoch"` // milliseconds since 1970
	Starts  []int64         `json:"t"`     // milliseconds since the epoch
	Lengths []int64         `json:"d"`     // milliseconds
	Results string          `json:"r"`     // s success, f failure, i ignored
}

type answer struct {
	ID        string  `json:"id"`
	Permitted string  `json:"p"`
	Before    *string `json:"before"`
	After     *string `json:"after"`
}

type refusal struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

// duration is a Go duration as users write it: "10s".
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// version of the library's module, set when the driver is linked: a test binary has no list of its modules.
var version string

// decode reads options strictly: a name that the library does not have is a mistake in the request, not an answer.
func decode(options json.RawMessage, into any) {
	decoder := json.NewDecoder(strings.NewReader(string(options)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		fatal("options %s: %v", options, err)
	}
}

// scanned reads a rule of a known form: an expression that stands for the function that users pass.
func scanned(rule, form string, into ...any) bool {
	_, err := fmt.Sscanf(rule+";", form+";", into...) // the semicolon: nothing may follow
	return err == nil
}

func fatal(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}

// TestDriver answers requests to the end of standard input. It leaves by os.Exit, because a bubble may still stand.
func TestDriver(t *testing.T) {
	out := json.NewEncoder(os.Stdout)
	out.Encode(header{library.name, strings.TrimPrefix(version, "v"), library.licence, "Go", runtime.Version()})
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for requests := json.NewDecoder(lines); requests.More(); {
		var next request
		if err := requests.Decode(&next); err != nil {
			fatal("request: %v", err)
		}
		if err := out.Encode(record(t, next)); err != nil {
			fatal("answer: %v", err)
		}
	}
	os.Exit(0)
}
