package oidc

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// callTimeout bounds each call to the provider, answer included.
	callTimeout = 5 * time.Second
	// maxBody bounds each answer of the provider, in bytes.
	maxBody = 1 << 20
)

// What the transport refuses; errUnreachable alone means "try again later".
var (
	errUnreachable = errors.New("provider unreachable")
	errRedirected  = errors.New("provider redirects a call")
	errTooLarge    = errors.New("answer too large")
)

// newHTTPClient puts our limits on a caller's client without changing it.
func newHTTPClient(base *http.Client) *http.Client {
	client := *base
	if client.Timeout <= 0 || client.Timeout > callTimeout {
		client.Timeout = callTimeout
	}
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	client.Transport = guardedTransport{next: transport}
	client.Jar = nil // the provider's cookies are the browser's affair
	return &client
}

// guardedTransport holds every call, whichever library makes it, to the same
// rules: no redirect is followed (one from the token endpoint would carry the
// code and our secret elsewhere), no answer is larger than maxBody, a 5xx is an
// unreachable provider.
type guardedTransport struct{ next http.RoundTripper }

func (t guardedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode >= http.StatusInternalServerError:
		return nil, fmt.Errorf("%w: status %d", errUnreachable, response.StatusCode)
	case response.StatusCode >= http.StatusMultipleChoices && response.StatusCode < http.StatusBadRequest:
		return nil, errRedirected
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	if len(body) > maxBody {
		return nil, errTooLarge
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// callError translates a failed call. what names the call, never its content.
func callError(what string, err error) *Error {
	switch {
	case errors.Is(err, errTooLarge):
		return fail(ReasonInvalidResponse, what+": answer larger than 1 MiB")
	case errors.Is(err, errRedirected):
		return fail(ReasonInvalidResponse, what+": the provider redirects the call")
	}
	return fail(ReasonProviderDown, what+": "+networkDetail(err))
}

// networkDetail says what an operator needs of a network failure, from the few
// errors known to hold addresses only: any other text could quote an answer.
func networkDetail(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "no answer in time"
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return "certificate not accepted"
	}
	var operation *net.OpError
	if errors.As(err, &operation) {
		return operation.Error()
	}
	return "call failed"
}

// isCallFailure tells a call that did not go through from an answer that a
// library could not read.
func isCallFailure(err error) bool {
	var call *url.Error
	return errors.As(err, &call)
}
