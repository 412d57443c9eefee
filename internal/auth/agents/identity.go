package agents

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/registry"
)

// Identity is what the provider says of an agent. Texts are trimmed, hold no control character and at most 200
// characters.
type Identity struct {
	Subject    string // sub: never given again to another person
	GivenName  string // may be empty
	FamilyName string
	// Roles are those that the claim's values give, in the order of Roles(), each once. None is a case of its
	// own and not an error here.
	Roles []registry.Role
}

// maxValues bounds the values of the claim: an agent can be in many groups that mean nothing to us.
const maxValues = 1000

// Identity reads the claims of the ID token and of userinfo, JSON objects that speak of the same subject. What
// both tell is taken from the ID token, which is signed. Errors are *oidc.Error with ReasonInvalidIdentity and
// never quote what was read.
func (c *Client) Identity(subject string, claims, userInfo []byte) (Identity, error) {
	token, err := decode(claims)
	if err != nil {
		return Identity{}, err
	}
	info, err := decode(userInfo)
	if err != nil {
		return Identity{}, err
	}
	sources := []map[string]json.RawMessage{token, info}
	r := reader{sources: sources}
	identity := Identity{GivenName: r.text("given_name"), FamilyName: r.text("family_name")}
	if identity.FamilyName == "" {
		identity.GivenName, identity.FamilyName = "", r.text("name")
	}
	values := r.values(c.claim)
	if r.err != nil {
		return Identity{}, r.err
	}
	if identity.Subject, err = oidc.Text("sub", subject, oidc.MaxSubject); err != nil {
		return Identity{}, err
	}
	if identity.Subject == "" || identity.Subject != subject || identity.FamilyName == "" {
		// Every act of support bears a name on paper.
		return Identity{}, refuse("the account has no subject or no name")
	}
	for _, role := range Roles() {
		if slices.ContainsFunc(values, func(value string) bool { return c.roles[value] == role }) {
			identity.Roles = append(identity.Roles, role)
		}
	}
	return identity, nil
}

func refuse(detail string) error { return oidc.Fail(oidc.ReasonInvalidIdentity, detail) }

func decode(text []byte) (map[string]json.RawMessage, error) {
	if len(text) > oidc.MaxIdentity || !utf8.Valid(text) {
		return nil, refuse("claims too large or not UTF-8")
	}
	claims, ok := object(text)
	if !ok {
		return nil, refuse("claims are not the JSON expected")
	}
	return claims, nil
}

// object reads a JSON object, and nothing else that Go would take for one.
func object(text json.RawMessage) (map[string]json.RawMessage, bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return nil, false
	}
	var fields map[string]json.RawMessage
	return fields, json.Unmarshal(text, &fields) == nil
}

// reader reads claims from the first source that has them, and keeps the first failure.
type reader struct {
	sources []map[string]json.RawMessage
	err     error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// find returns a claim by its whole name, else by a path into objects.
func (r *reader) find(name string) (json.RawMessage, bool) {
	for _, source := range r.sources {
		if value, ok := source[name]; ok && !isNull(value) {
			return value, true
		}
		if value, ok := follow(source, strings.Split(name, ".")); ok {
			return value, true
		}
	}
	return nil, false
}

func follow(from map[string]json.RawMessage, path []string) (json.RawMessage, bool) {
	value, ok := from[path[0]]
	if !ok || isNull(value) {
		return nil, false
	}
	if len(path) == 1 {
		return value, true
	}
	inner, ok := object(value)
	if !ok {
		return nil, false
	}
	return follow(inner, path[1:])
}

func isNull(value json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(value), []byte("null")) }

func (r *reader) text(claim string) string {
	value, ok := r.find(claim)
	if !ok {
		return ""
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		r.fail(refuse(claim + " is not a text"))
		return ""
	}
	text, err := oidc.Text(claim, text, oidc.MaxText)
	if err != nil {
		r.fail(err)
	}
	return text
}

var errValues = errors.New("not a text nor a list of texts")

// values reads the claim of roles. One that is not as configured gives no role rather than some of them: the
// person is told to have it looked at.
func (r *reader) values(claim string) []string {
	value, ok := r.find(claim)
	if !ok {
		return nil
	}
	values, err := textOrList(value)
	if err != nil || len(values) > maxValues {
		r.fail(refuse("the claim of roles is neither a text nor a list of texts, or is too long"))
		return nil
	}
	return values
}

func textOrList(value json.RawMessage) ([]string, error) {
	value = bytes.TrimSpace(value)
	switch {
	case len(value) > 0 && value[0] == '"':
		var one string
		err := json.Unmarshal(value, &one)
		return []string{one}, err
	case len(value) > 0 && value[0] == '[':
		var pointers []*string // a null in the list is not an empty text
		if err := json.Unmarshal(value, &pointers); err != nil {
			return nil, err
		}
		list := make([]string, 0, len(pointers))
		for _, p := range pointers {
			if p == nil {
				return nil, errValues
			}
			list = append(list, *p)
		}
		return list, nil
	}
	return nil, errValues
}
