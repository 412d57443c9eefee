package opsim

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// serveUserInfo replaces the library's: a provider's claims are nested its own way, and it can sign them.
func (s *simulator) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	account, err := s.bearer(r)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		http.Error(w, "access token invalid", http.StatusUnauthorized)
		return
	}
	if !s.options.SignedUserInfo && !wantsJWT(r) {
		writeJSON(w, account.UserInfo)
		return
	}
	signed, err := s.signUserInfo(account.UserInfo)
	if err != nil {
		http.Error(w, "userinfo cannot be signed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jwt")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(signed)) // the client is gone: nothing left to tell it
}

// bearer returns the account whose access token the request carries.
func (s *simulator) bearer(r *http.Request) (Account, error) {
	ctx := op.ContextWithIssuer(r.Context(), s.addresses.Issuer)
	token, err := op.ParseUserinfoRequest(r.WithContext(ctx), s.provider.Decoder())
	if err != nil {
		return Account{}, err
	}
	verified, err := op.VerifyAccessToken[*oidc.AccessTokenClaims](ctx, token, s.provider.AccessTokenVerifier(ctx))
	if err != nil {
		return Account{}, err
	}
	return s.storage.accountOf(verified.JWTID, verified.Subject)
}

// signUserInfo signs a userinfo, which then says who made it and for whom.
func (s *simulator) signUserInfo(userInfo any) (string, error) {
	text, err := json.Marshal(userInfo)
	if err != nil {
		return "", err
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		return "", err
	}
	claims["iss"], claims["aud"] = s.addresses.Issuer, s.options.ClientID
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signer, err := op.SignerFromKey(privateKey{s.storage.key})
	if err != nil {
		return "", err
	}
	return crypto.SignPayload(payload, signer)
}

// wantsJWT tells a client that reads nothing but a signed userinfo.
func wantsJWT(r *http.Request) bool {
	accept := strings.ToLower(strings.Join(r.Header.Values("Accept"), ","))
	return strings.Contains(accept, "application/jwt") && !strings.Contains(accept, "application/json")
}
