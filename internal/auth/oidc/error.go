package oidc

import (
	"errors"
	"net/http"

	"golang.org/x/oauth2"
)

// Reason says why a sign-in did not happen, so that a page can tell what to do.
type Reason string

// The reasons of every provider; a reader of identities may add its own.
const (
	// ReasonDenied: the person refused or gave up at the provider.
	ReasonDenied Reason = "denied"
	// ReasonProviderDown: the provider does not answer; try again later.
	ReasonProviderDown Reason = "provider_down"
	// ReasonStateMismatch: the return does not belong to a sign-in begun in this
	// browser (forged, replayed, or the login cookie is gone); begin again.
	ReasonStateMismatch Reason = "state_mismatch"
	// ReasonExpired: the return came too late or its code was already used; begin again.
	ReasonExpired Reason = "expired"
	// ReasonInvalidResponse: the provider's answer fails a check; nothing of it is believed.
	ReasonInvalidResponse Reason = "invalid_response"
	// ReasonInvalidIdentity: the account's description cannot be read safely
	// (unexpected form, control characters, excessive lengths).
	ReasonInvalidIdentity Reason = "invalid_identity"
	// ReasonMisconfigured: the provider refuses our registration (client id,
	// secret, redirect address, scope); only an operator can help.
	ReasonMisconfigured Reason = "misconfigured"
)

// Error is every failure of this package and of the readers of identities after New. Its text is made of fixed
// sentences and network addresses: it never holds a token, a code, a secret or
// anything about a person, so it may be logged.
type Error struct {
	Reason Reason
	detail string
}

func (e *Error) Error() string { return "sign-in: " + string(e.Reason) + ": " + e.detail }

// ReasonOf returns the reason of an error of this package, however wrapped, or
// "" for any other error.
func ReasonOf(err error) Reason {
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Reason
	}
	return ""
}

// Fail makes the error of a reader of identities. detail is a fixed sentence: it never quotes what was read.
func Fail(reason Reason, detail string) *Error { return fail(reason, detail) }

func fail(reason Reason, detail string) *Error { return &Error{Reason: reason, detail: detail} }

// callbackError translates the error code of the authorization endpoint. A code
// is quoted only when it is one we know: the query is anyone's text.
func callbackError(code string) *Error {
	switch code {
	case "access_denied", "login_required", "interaction_required", "consent_required":
		return fail(ReasonDenied, code)
	case "temporarily_unavailable", "server_error":
		return fail(ReasonProviderDown, code)
	case "invalid_request", "unauthorized_client", "invalid_scope", "unsupported_response_type":
		return fail(ReasonMisconfigured, code)
	}
	return fail(ReasonInvalidResponse, "callback with an unknown error code")
}

// exchangeError translates a failure of the token endpoint. The library's own
// text is dropped: it quotes the provider's answer.
func exchangeError(err error) *Error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		switch refused.ErrorCode {
		case "invalid_grant":
			return fail(ReasonExpired, "code expired, already used or not ours")
		case "invalid_client", "unauthorized_client", "invalid_request", "invalid_scope", "unsupported_grant_type":
			return fail(ReasonMisconfigured, "token endpoint answered "+refused.ErrorCode)
		case "temporarily_unavailable", "server_error":
			return fail(ReasonProviderDown, "token endpoint answered "+refused.ErrorCode)
		}
		if refused.Response != nil && refused.Response.StatusCode == http.StatusTooManyRequests {
			return fail(ReasonProviderDown, "token endpoint answered too many requests")
		}
		return fail(ReasonInvalidResponse, "token endpoint refused without a known error code")
	}
	if isCallFailure(err) {
		return callError("token endpoint", err)
	}
	return fail(ReasonInvalidResponse, "token endpoint's answer cannot be read")
}
