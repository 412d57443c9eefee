package oidc

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

// fetchUserInfo asks userinfo who the bearer of the access token is, and refuses an answer about anyone but
// subject, the ID token's.
func (c *Client) fetchUserInfo(ctx context.Context, provider *provider, accessToken, subject string) ([]byte, error) {
	mediaType, body, err := c.callUserInfo(ctx, provider, accessToken)
	if err != nil {
		return nil, err
	}
	switch mediaType {
	case "application/json":
	case "application/jwt":
		body, err = c.openSignedUserInfo(ctx, provider, body)
		if err != nil {
			return nil, err
		}
	default:
		return nil, fail(ReasonInvalidResponse, "userinfo is neither JSON nor a signed JWT")
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	if err := json.Unmarshal(body, &claims); err != nil {
		return nil, fail(ReasonInvalidIdentity, "userinfo is not the JSON expected")
	}
	if claims.Subject != subject {
		return nil, fail(ReasonInvalidResponse, "userinfo speaks of another subject than the ID token")
	}
	return body, nil
}

func (c *Client) callUserInfo(ctx context.Context, provider *provider, accessToken string) (mediaType string, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, provider.userInfoURL, nil)
	if err != nil {
		return "", nil, fail(ReasonMisconfigured, "userinfo address cannot be used")
	}
	request.Header.Set("Authorization", "Bearer "+accessToken)
	request.Header.Set("Accept", "application/json, application/jwt")
	response, err := c.http.Do(request)
	if err != nil {
		return "", nil, callError("userinfo", err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized:
		return "", nil, fail(ReasonExpired, "userinfo no longer accepts the access token")
	default:
		return "", nil, fail(ReasonInvalidResponse, "userinfo answered "+http.StatusText(response.StatusCode))
	}
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return "", nil, callError("userinfo", err)
	}
	mediaType, _, err = mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		return "", nil, fail(ReasonInvalidResponse, "userinfo without a content type")
	}
	return mediaType, body, nil
}

// openSignedUserInfo verifies a userinfo sent as a JWT and returns its claims.
// The issuer must be ours; audience and expiry, which OpenID Connect leaves
// optional there, are checked when present.
func (c *Client) openSignedUserInfo(ctx context.Context, provider *provider, signed []byte) ([]byte, error) {
	keys := &capturingKeySet{recordingKeySet: recordingKeySet{keys: provider.keys}}
	verified, err := gooidc.NewVerifier(c.cfg.Issuer, keys, &gooidc.Config{
		SkipClientIDCheck:    true,
		SkipExpiryCheck:      true,
		SupportedSigningAlgs: signingAlgorithms,
	}).Verify(ctx, string(signed))
	if err != nil {
		return nil, tokenError("signed userinfo", err, keys.err)
	}
	if len(verified.Audience) > 0 && !slices.Contains(verified.Audience, c.cfg.ClientID) {
		return nil, fail(ReasonInvalidResponse, "signed userinfo for another audience")
	}
	if !verified.Expiry.IsZero() && verified.Expiry.Before(c.cfg.Now()) {
		return nil, fail(ReasonExpired, "signed userinfo expired")
	}
	return keys.payload, nil
}

// capturingKeySet keeps the payload whose signature was verified, so that what
// is read is byte for byte what was signed.
type capturingKeySet struct {
	recordingKeySet
	payload []byte
}

func (k *capturingKeySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.recordingKeySet.VerifySignature(ctx, jwt)
	k.payload = payload
	return payload, err
}
