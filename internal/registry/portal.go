package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"

	"vaccin/internal/nir"
)

// PortalAccount is someone who may sign in to the portal by login and password. That opens the portal
// alone: no page of the service (ACC-3).
type PortalAccount struct {
	Login      string // as FoldLogin writes it
	Hash       string // of the password; never the password
	NationalID string
	GivenName  string
	FamilyName string
}

// ErrNoPortalAccount is returned when there is no account of that login.
var ErrNoPortalAccount = errors.New("no such portal account")

// PortalAccountStore keeps the accounts of the portal.
type PortalAccountStore interface {
	// PortalAccount returns the account of a login, or ErrNoPortalAccount.
	PortalAccount(ctx context.Context, login string) (PortalAccount, error)

	// SetPortalAccount adds an account, or replaces the one of its login, in one transaction with its
	// event. Without an event nothing is written.
	SetPortalAccount(ctx context.Context, account PortalAccount, event Event) error

	// RemovePortalAccount removes the account of a login in one transaction with its event. When there is
	// none it returns ErrNoPortalAccount and writes no event.
	RemovePortalAccount(ctx context.Context, login string, event Event) error

	// RehashPortalAccount puts a new hash of the same password in the place of one: when the account does
	// not have that hash any more, nothing changes and it is no error.
	RehashPortalAccount(ctx context.Context, login, from, to string) error
}

var logins = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{2,63}$`)

// FoldLogin writes a login as accounts are known by it: case does not count.
func FoldLogin(typed string) (string, error) {
	login := strings.ToLower(strings.TrimSpace(typed))
	if !logins.MatchString(login) {
		return "", Invalid("Un identifiant compte de 3 à 64 caractères : lettres sans accent, chiffres, point, tiret, « _ » ou « @ ».")
	}
	if nir.Within(login) {
		return "", Invalid("Un identifiant ne peut pas être un numéro de sécurité sociale.")
	}
	return login, nil
}

var nationalIDs = regexp.MustCompile(`^(8[0-9]{11}|0[0-9]{9})$`)

// NewPortalAccount checks what an operator says of an account; the hash comes from elsewhere.
func NewPortalAccount(login, nationalID, givenName, familyName string) (PortalAccount, error) {
	login, err := FoldLogin(login)
	if err != nil {
		return PortalAccount{}, err
	}
	a := PortalAccount{Login: login, NationalID: strings.TrimSpace(nationalID)}
	if !nationalIDs.MatchString(a.NationalID) || a.NationalID[0] == '8' && !luhn(a.NationalID[1:]) {
		return PortalAccount{}, Invalid("L’identifiant national s’écrit 8 suivi du numéro RPPS (11 chiffres, dont une clé), ou 0 suivi du numéro ADELI (9 chiffres).")
	}
	if a.GivenName, err = personName(givenName, "Indiquez le prénom."); err != nil {
		return PortalAccount{}, err
	}
	a.FamilyName, err = personName(familyName, "Indiquez le nom.")
	return a, err
}

// PortalEvent is the entry of an act on a portal account: by whom, and on which, by its digest.
func (g *Registry) PortalEvent(by Actor, action Action, login string) Event {
	sum := sha256.Sum256([]byte(login))
	e := g.event(by, action, "")
	e.Count, e.Digest = 1, hex.EncodeToString(sum[:])
	return e
}
