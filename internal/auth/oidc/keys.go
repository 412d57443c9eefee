package oidc

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"
)

// keysPause is how long the answer of the key set's address serves again, good or bad. A token of an unknown key
// makes the library ask for the keys; whoever may send tokens (the address of logouts is open to everyone) must not
// make us ask the provider as often.
const keysPause = 2 * time.Second

// pausedKeys is the transport of calls to one address, the key set's.
type pausedKeys struct {
	next http.RoundTripper

	mu     sync.Mutex // held during a call: those who come meanwhile share its answer
	at     time.Time
	status int
	header http.Header
	body   []byte
	err    error
}

func (p *pausedKeys) RoundTrip(request *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at.IsZero() || time.Since(p.at) >= keysPause {
		p.ask(request)
		p.at = time.Now()
	}
	if p.err != nil {
		return nil, p.err
	}
	return &http.Response{
		StatusCode: p.status, Status: http.StatusText(p.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: p.header.Clone(), Body: io.NopCloser(bytes.NewReader(p.body)), ContentLength: int64(len(p.body)),
	}, nil
}

func (p *pausedKeys) ask(request *http.Request) {
	response, err := p.next.RoundTrip(request)
	if err != nil {
		p.err = err
		return
	}
	defer response.Body.Close()
	p.status, p.header = response.StatusCode, response.Header
	p.body, p.err = io.ReadAll(response.Body) // the transport below has bounded it
}
